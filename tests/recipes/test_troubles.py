"""What the recipes do when a consumer crashes, or is refused."""

from tests.recipes.elastic_cel import CelInput
from tests.recipes.served_world import ServedWorld
from tests.recipes.splunk import PythonInput


def test_a_crash_in_the_middle_of_a_page_loses_nothing(world: ServedWorld) -> None:
    splunk = PythonInput(world, crash_after=60)

    before = [row["event_id"] for row in splunk.run()]
    after = [row["event_id"] for row in splunk.run()]

    assert len(before) == 60
    assert list(dict.fromkeys(before + after)) == world.events()
    assert 0 < len(before + after) - len(world.events()) <= 40


def test_a_refused_elastic_input_says_why_and_stays_where_it_is(
    world: ServedWorld,
) -> None:
    elastic = CelInput(world)
    elastic.run()
    place = dict(elastic.cursor)
    refused = CelInput(world, key="casb_no_key", cursor=place)

    rows = refused.run()

    assert rows == []
    assert refused.error["code"] == "401"
    assert "urn:casb:problem:unauthorized" in refused.error["message"]
    assert refused.cursor == place


def test_a_refused_splunk_input_says_why_and_stays_where_it_is(
    world: ServedWorld,
) -> None:
    refused = PythonInput(world, key="casb_no_key")

    rows = refused.run()

    assert rows == []
    [said] = refused.helper.errors
    assert said.startswith("casb: 401")
    assert refused.helper.checkpoints == {}
