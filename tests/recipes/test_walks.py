"""Each recipe, walked against a running connector by its product's rules."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from tests.recipes.cribl import Collector
from tests.recipes.elastic_cel import CelInput
from tests.recipes.elastic_httpjson import HttpJson
from tests.recipes.sentinel import TokenPoller, WindowPoller
from tests.recipes.served_world import (
    BEYOND_A_MILLION,
    CHANGED,
    Row,
    ServedWorld,
    Walker,
)
from tests.recipes.splunk import PythonInput, RestInput
from tests.unit.web.api.export_world import NOW

RECIPES: dict[str, Callable[[ServedWorld], Walker]] = {
    "sentinel by token": TokenPoller,
    "sentinel by windows": WindowPoller,
    "elastic cel": CelInput,
    "elastic httpjson": HttpJson,
    "cribl by the next address": Collector,
    "cribl that repeats parameters": partial(Collector, repeats_parameters=True),
    "cribl by the link header": partial(Collector, by_link=True),
    "splunk in python": PythonInput,
    "splunk without code": RestInput,
}


def events_of(rows: list[Row]) -> list[str]:
    return [row["event_id"] for row in rows]


def asked_by(world: ServedWorld, walker: Walker) -> tuple[list[str], int]:
    world.clock.turn(minutes=20)
    before = len(world.asked)
    return events_of(walker.run()), len(world.asked) - before


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_loads_all_then_nothing_then_exactly_what_changed(
    world: ServedWorld, name: str
) -> None:
    walker = RECIPES[name](world)
    everything = world.events()

    first, requests = asked_by(world, walker)
    again, _ = asked_by(world, walker)
    world.change()
    later, _ = asked_by(world, walker)
    at_last, _ = asked_by(world, walker)

    assert first == everything
    assert again == []
    assert later == world.events()[len(everything) :]
    assert len(later) == len(CHANGED)
    assert at_last == []
    windows = (world.clock() - NOW) // timedelta(minutes=5)
    assert requests <= 2 * world.pages_of(len(everything)) + windows


def test_the_walks_go_through_many_pages_and_large_numbers(world: ServedWorld) -> None:
    assert world.pages_of(len(world.events())) > 5
    assert world.events()[-1] > f"acme:{BEYOND_A_MILLION}"


def test_a_fixed_finding_arrives_as_the_pages_say(world: ServedWorld) -> None:
    walker = TokenPoller(world)
    walker.run()

    world.change()
    changed = walker.run()

    told = [(row["change_type"], row["status"]) for row in changed]
    assert told[:5] == [("resolved", "resolved")] * 5
    assert {"resolution", "resolved_at", "change_seq", "id"} <= changed[0].keys()
