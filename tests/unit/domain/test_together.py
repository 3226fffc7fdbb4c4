import asyncio

import pytest

from connector.domain.together import together


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
