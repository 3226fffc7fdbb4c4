"""The parts of the recipes that no walk goes through fit the rows and the commands."""

import json
import re
import shlex
from datetime import datetime
from typing import Any

import click
import pytest

from connector.cli.main import VERBS
from connector.export.fitting import ROW_LIMIT
from tests.recipes import cribl, sentinel
from tests.recipes.pages import (
    HOW_TO,
    block,
    blocks,
    conf_block,
    json_block,
    yaml_block,
)
from tests.recipes.served_world import Row, ServedWorld

PAGES = (
    *("pull-into-microsoft-sentinel", "pull-into-elastic", "pull-into-splunk"),
    *("pull-into-cribl", "push-into-google-secops", "follow-from-the-command-line"),
)
KEPT_BY_LOG_ANALYTICS = {"id", "title", "type", "tenantid", "uniqueid", "_resourceid"}
PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "datetime": str,
    "long": int,
    "int": int,
    "dynamic": (dict, list),
}
SPLUNK, FOLLOWING = "pull-into-splunk", "follow-from-the-command-line"
FILE = "/var/lib/casb/changes.ndjson"


@pytest.fixture(scope="module")
def row(world: ServedWorld) -> Row:
    headers = {"Authorization": f"Bearer {world.key()}"}
    body = world.ask(world.address, {"limit": "1"}, headers).json()
    [row] = body["items"]
    assert isinstance(row, dict)
    return row


def columns(told: list[dict[str, str]]) -> dict[str, str]:
    return {column["name"]: column["type"] for column in told}


def test_sentinel_declares_columns_that_rows_have(row: Row) -> None:
    rule = sentinel.resource("dataCollectionRules")
    [stream] = rule["streamDeclarations"].values()
    declared = columns(stream["columns"])

    assert declared.keys() <= row.keys()
    for name, type_ in declared.items():
        assert row[name] is None or isinstance(row[name], PYTHON_TYPES[type_])
        if type_ == "datetime" and row[name]:
            assert datetime.fromisoformat(row[name]).tzinfo


def test_sentinel_projects_its_stream_onto_its_table() -> None:
    rule = sentinel.resource("dataCollectionRules")
    [name] = rule["streamDeclarations"]
    declared = columns(rule["streamDeclarations"][name]["columns"])
    [flow] = rule["dataFlows"]
    [destination] = rule["destinations"]["logAnalytics"]
    schema = sentinel.resource("tables")["schema"]
    head, _, projected = flow["transformKql"].partition(" | project ")
    pairs = dict(pair.split(" = ") for pair in projected.split(", "))

    assert head == "source"
    assert {new: declared[old] for new, old in pairs.items()} == columns(
        schema["columns"]
    )
    assert flow["streams"] == [name]
    assert flow["destinations"] == [destination["name"]]
    assert flow["outputStream"] == f"Custom-{schema['name']}"
    assert not KEPT_BY_LOG_ANALYTICS & {new.lower() for new in pairs}


def test_sentinels_parts_name_each_other() -> None:
    poller = sentinel.resource("dataConnectors")
    definition = sentinel.resource("dataConnectorDefinitions")["connectorUiConfig"]
    rule = sentinel.resource("dataCollectionRules")

    assert poller["connectorDefinitionName"] == definition["id"]
    assert poller["dcrConfig"]["streamName"] in rule["streamDeclarations"]
    assert 1 <= poller["request"]["retryCount"] <= 6
    assert poller["request"]["timeoutInSeconds"] <= 180


def test_sentinel_reads_the_limits_the_connector_tells(world: ServedWorld) -> None:
    headers = {"Authorization": f"Bearer {world.key()}"}
    answer = world.ask(world.address, {"limit": "1"}, headers)
    config = sentinel.resource("dataConnectors")["request"]["rateLimitConfig"]

    for told in config["extraction"]["headers"].values():
        assert answer.headers[told["name"]].isdigit()


def test_sentinel_queries_name_columns_of_the_table() -> None:
    known = columns(sentinel.resource("tables")["schema"]["columns"]).keys()
    queries = blocks("pull-into-microsoft-sentinel", "kusto")

    assert len(queries) == 2
    for query in queries:
        words = set(re.findall(r"\b[A-Z]\w+", query))
        assert words - known <= {"CasbFindings_CL", "Findings"}


@pytest.mark.parametrize(
    ("page", "having", "names"),
    [
        ("pull-into-elastic", "STATS", r"casb\.(\w+)"),
        (
            "pull-into-splunk",
            "dedup",
            r"dedup (\w+)|num\((\w+)\)|search (\w+)|BY (\w+)",
        ),
        ("pull-into-cribl", "arg_max", r"max\((\w+)|by (\w+)|where (\w+)"),
    ],
)
def test_a_query_names_fields_of_rows(
    row: Row, page: str, having: str, names: str
) -> None:
    found = re.findall(names, block(page, "text", having))
    fields = {
        name
        for groups in found
        for name in ([groups] if isinstance(groups, str) else groups)
        if name
    }

    assert {"finding_type", "status"} <= fields <= row.keys()


def test_splunk_finds_the_time_of_a_change_and_takes_the_longest(row: Row) -> None:
    conf = conf_block(SPLUNK, "TIME_PREFIX")["casb:change"]
    text = json_text(row)

    [found] = re.finditer(conf["TIME_PREFIX"], text)
    start = found.end()
    stamp = text[start : start + int(conf["MAX_TIMESTAMP_LOOKAHEAD"])].split('"')[0]
    read = datetime.strptime(stamp, conf["TIME_FORMAT"].replace("%6N", "%f"))  # noqa: DTZ007 - its Z is text

    assert f"{read.isoformat(timespec='microseconds')}Z" == row["changed_at"]
    assert int(conf["TRUNCATE"]) > ROW_LIMIT


def test_splunks_files_name_each_other_and_fields_of_rows(row: Row) -> None:
    conf = conf_block(SPLUNK, "TIME_PREFIX")
    [source_type] = conf.sections()
    inputs = conf_block(SPLUNK, "[script://")
    [script] = inputs.sections()
    [event_type] = conf_block(SPLUNK, "search =").sections()
    aliases = [
        value.split(" AS ")
        for name, value in conf[source_type].items()
        if name.startswith("FIELDALIAS-")
    ]

    assert f"`{script.rpartition('/./')[2]}`" in read(SPLUNK)
    assert inputs[script]["sourcetype"] == source_type
    assert conf_block(SPLUNK, "alert =").sections() == [f"eventtype={event_type}"]
    assert {old for old, _ in aliases} <= row.keys()


def test_cribl_finds_the_time_of_a_change_and_takes_the_longest(row: Row) -> None:
    anchor = cribl.rule()["timestampAnchorRegex"].strip("/")
    text = json_text(row)

    [found] = re.finditer(anchor, text)

    after = text[found.end() :][: cribl.rule()["timestamp"]["length"]]
    assert after.startswith(row["changed_at"])
    assert cribl.rule()["maxEventBytes"] > ROW_LIMIT


def test_cribls_collector_uses_the_rules_beside_it() -> None:
    rules = json_block(cribl.PAGE, cribl.BREAKER)["id"]

    assert json_block(cribl.PAGE, cribl.COLLECTOR)["input"]["breakerRulesets"] == [
        rules
    ]


def test_elastic_keeps_the_newest_by_names_that_rows_have(row: Row) -> None:
    transform = json_block("pull-into-elastic", "unique_key")
    [unique] = transform["latest"]["unique_key"]

    assert unique.removeprefix("casb.") in row
    for having in ("type: cel", "type: httpjson"):
        [input_] = yaml_block("pull-into-elastic", having)["filebeat.inputs"]
        decode, _, stamp = input_["processors"]
        assert decode["decode_json_fields"]["document_id"] in row
        assert decode["decode_json_fields"]["target"] == "casb"
        assert stamp["timestamp"]["field"].removeprefix("casb.") in row


def test_every_reader_of_the_file_reads_what_the_service_writes() -> None:
    service = conf_block(FOLLOWING, "ExecStart")["Service"]
    fluent_bit = yaml_block(FOLLOWING, "read_from_head")["pipeline"]["inputs"][0]

    assert service["StandardOutput"] == f"append:{FILE}"
    assert fluent_bit["path"] == FILE
    assert f'path => "{FILE}"' in block(FOLLOWING, "text", "sincedb_path")
    assert f'File="{FILE}"' in block(FOLLOWING, "text", "imfile")
    assert block(FOLLOWING, "text", "weekly").startswith(f"{FILE} {{")


def commands(page: str) -> list[list[str]]:
    text = "\n".join(blocks(page, "console")).replace("\\\n", " ")
    lines = re.findall(r"^\$ (casb .+)$", text, re.MULTILINE)
    inline = re.findall(r"`(casb (?:clients|webhooks) [^`]+)`", read(page))
    return [shlex.split(line) for line in lines + inline]


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_exist_with_their_options(page: str) -> None:
    verbs = {verb.name: verb for verb in VERBS}

    for _, name, *words in commands(page):
        command: Any = verbs[name].load()
        if isinstance(command, click.Group):
            command = command.commands[words[0]]
        known = {option for param in command.params for option in param.opts}
        assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("page", PAGES)
def test_a_page_tells_what_its_reader_has_to_know(page: str) -> None:
    text = read(page)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)

    assert {"Rows", "When it stands still", "What was checked"} <= set(headings)
    assert headings[-1] == "What was checked"


def read(page: str) -> str:
    return (HOW_TO / f"{page}.md").read_text("utf-8")


def json_text(row: Row) -> str:
    return json.dumps(row)
