import asyncio

import pytest

from connector.domain.together import in_turn, together


async def echo(value: int, pauses: int = 0) -> int:
    for _ in range(pauses):
        await asyncio.sleep(0)
    return value


async def fail() -> int:
    raise ValueError("no")


async def test_results_come_in_the_order_of_the_calls() -> None:
    assert await together([echo(1, pauses=3), echo(2)]) == [1, 2]


async def test_no_calls_have_no_results() -> None:
    assert await together([]) == []


async def test_the_first_failure_comes_out_bare() -> None:
    with pytest.raises(ValueError, match="no"):
        await together([echo(1), together([fail()])])


async def test_a_failure_ends_the_other_calls() -> None:
    ended: list[str] = []

    async def wait_for_ever() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")
        return 0

    with pytest.raises(ValueError, match="no"):
        await together([wait_for_ever(), fail()])

    assert ended == ["cancelled"]


async def test_results_in_turn_come_in_the_order_of_the_calls() -> None:
    calls = (echo(number, pauses=9 - number) for number in range(9))

    assert [number async for number in in_turn(calls, at_once=lambda: 4)] == list(
        range(9)
    )


async def test_so_many_calls_are_under_way_while_a_result_is_dealt_with() -> None:
    begun: list[int] = []

    async def call(number: int) -> int:
        begun.append(number)
        return number

    results = in_turn(map(call, range(9)), at_once=lambda: 3)
    assert await anext(results) == 0
    await asyncio.sleep(0)

    assert begun == [0, 1, 2]
    await results.aclose()
    assert begun == [0, 1, 2]


async def test_a_failure_comes_in_its_turn_and_ends_the_calls_behind_it() -> None:
    ended: list[str] = []

    async def wait_for_ever() -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")
        return 0

    results = in_turn([echo(1), fail(), wait_for_ever()], at_once=lambda: 3)

    assert await anext(results) == 1
    with pytest.raises(ValueError, match="no"):
        await anext(results)
    assert ended == ["cancelled"]
