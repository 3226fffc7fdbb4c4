"""The Airbyte CDK pulls the export as `docs/how-to/pull-with-airbyte.md` says."""

import itertools
import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.deployment import Deployment
from tests.clients.environment import Environment, environment
from tests.clients.page import HowTo
from tests.clients.story import Story, event_ids, pages, tell

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]

HOW_TO = HowTo.read("pull-with-airbyte")
SIGN_INS = (
    "Sign in with OAuth 2.0",
    "Sign in with an API key",
    "Sign in with an API key as bearer",
)
PAGINGS = ("Page by the next URL", "Page by the Link header", "Page by the cursor")
NUMBER, TIME = "Go on from a number", "Go on from a time"
CHOICES = {
    f"{paging}; {cursor}; {sign_in}": (sign_in, paging, cursor)
    for cursor, paging, sign_in in itertools.product((NUMBER, TIME), PAGINGS, SIGN_INS)
}
NUMBERS = [name for name in CHOICES if NUMBER in name]
TIMES = [name for name in CHOICES if TIME in name]
COMMAND = HOW_TO.block("The command")
READ = shlex.split(COMMAND.partition(">")[0].replace("\\\n", ""))
KEEP, MESSAGES, FINDINGS = "keep.py", "messages.ndjson", "findings.ndjson"


@dataclass(frozen=True, slots=True)
class Pulled:
    """How many pages a run asked for, and the changes that it brought, in order."""

    pages: int
    event_ids: list[str]


@dataclass(frozen=True, slots=True)
class Consumer:
    """A folder with the files of the page, and who may run them."""

    folder: Path
    airbyte: Environment
    deployment: Deployment

    @property
    def kept(self) -> list[str]:
        """Every change so far."""
        kept = self.folder / FINDINGS
        lines = kept.read_text("utf-8").splitlines() if kept.exists() else []
        return event_ids([json.loads(line) for line in lines])

    def pull(self) -> Pulled:
        """Read once, and keep what came."""
        before, asked = self.kept, self.deployment.gate.watch()
        name, *arguments = READ
        command = [str(self.airbyte.programs / name), *arguments]
        said = self.airbyte.run(self.folder, command, self.variables)
        (self.folder / MESSAGES).write_text(said, "utf-8")
        self.airbyte.run(self.folder, [KEEP], {})
        return Pulled(len(asked), self.kept[len(before) :])

    def is_killed_behind(self, pages: int) -> None:
        """Read, and be killed while the page that follows is waited for."""
        command = ["sh", "-c", COMMAND]
        gate = self.deployment.gate
        self.airbyte.kill_behind(gate, pages, self.folder, command, self.variables)

    @property
    def variables(self) -> dict[str, str]:
        """What leads through the gate."""
        return {"HTTP_PROXY": self.deployment.gate.url}


@pytest.fixture(scope="module")
def airbyte() -> Iterator[Environment]:
    module = "airbyte_cdk.cli.source_declarative_manifest"
    with environment("airbyte", module) as airbyte:
        yield airbyte


def consumer(
    folder: Path, airbyte: Environment, deployment: Deployment, *blocks: str
) -> Consumer:
    folder.mkdir()
    given = deployment.client(folder.name) | {"url": deployment.url}
    asked = json.loads(HOW_TO.block("The configuration"))
    files = {
        "manifest.yaml": HOW_TO.file("The source", *blocks),
        "config.json": json.dumps({name: given[name] for name in asked}),
        "catalog.json": HOW_TO.block("The catalog"),
        "state.json": "[]",
        KEEP: HOW_TO.block("Keep what came"),
    }
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return Consumer(folder, airbyte, deployment)


@pytest.fixture(scope="module")
def story(
    deployment: Deployment,
    airbyte: Environment,
    tmp_path_factory: pytest.TempPathFactory,
) -> Story[Pulled]:
    """Every consumer pulls three times; things happen before the third."""
    folder = tmp_path_factory.mktemp("airbyte")
    pulls = {
        name: consumer(folder / f"lake-{number}", airbyte, deployment, *blocks).pull
        for number, (name, blocks) in enumerate(CHOICES.items())
    }
    return tell(deployment, pulls)


@pytest.mark.parametrize("name", NUMBERS)
def test_by_number_each_change_comes_exactly_once(
    story: Story[Pulled], name: str
) -> None:
    before, changes = event_ids(story.before), event_ids(story.changes)

    assert story.pulls[name] == (
        Pulled(pages(len(before)), before),
        Pulled(1, []),
        Pulled(pages(len(changes)), changes),
    )


@pytest.mark.parametrize("name", TIMES)
def test_by_time_only_the_last_change_comes_again(
    story: Story[Pulled], name: str
) -> None:
    before, changes = event_ids(story.before), event_ids(story.changes)
    last = before[-1:]

    assert story.pulls[name] == (
        Pulled(pages(len(before)), before),
        Pulled(1, last),
        Pulled(pages(len(last + changes)), last + changes),
    )


@pytest.mark.parametrize("cursor", [NUMBER, TIME])
def test_a_killed_pull_loses_and_doubles_nothing(
    deployment: Deployment, airbyte: Environment, tmp_path: Path, cursor: str
) -> None:
    killed = consumer(
        tmp_path / f"killed-{cursor[-4:]}",
        *(airbyte, deployment),
        *(SIGN_INS[0], PAGINGS[0], cursor),
    )
    feed = event_ids(deployment.feed())

    killed.is_killed_behind(2)
    pulled = killed.pull()

    assert pulled == Pulled(pages(len(feed)), feed)
    assert killed.kept == feed


@pytest.mark.parametrize("cursor", [NUMBER, TIME])
def test_a_killed_pull_of_changes_loses_and_doubles_nothing(
    deployment: Deployment, airbyte: Environment, tmp_path: Path, cursor: str
) -> None:
    killed = consumer(
        tmp_path / f"killed-later-{cursor[-4:]}",
        *(airbyte, deployment),
        *(SIGN_INS[1], PAGINGS[2], cursor),
    )
    before = killed.pull().event_ids
    deployment.suppress(10)
    feed = event_ids(deployment.feed())

    killed.is_killed_behind(1)
    killed.pull()

    again, changes = before[-1:] if cursor == TIME else [], feed[len(before) :]
    assert pages(len(changes)) > 1
    assert killed.kept == before + again + changes
