"""The whole flow at the level of debugging: what was written holds no secret."""

import re
import tempfile
from pathlib import Path

import httpx
import pytest

from casb_sdk.cloud import RunningCloud
from tests.e2e.conftest import ACME, StartCloud
from tests.e2e.eavesdropping import Eavesdropper, Watched
from tests.e2e.operator import Ended, Operator
from tests.e2e.serving import casb_serve, go_on, send, sign_in

PASSWORD = "a long password of a test"
SERVED = 1
SHOWN_ON_PURPOSE = re.compile(r"/install\?ticket=([\w-]+)")


class Story:
    """Everything that was said, shown and logged in the course of a flow."""

    def __init__(self, operator: Operator, cloud: RunningCloud) -> None:
        self.operator = operator
        self.eavesdropper = Eavesdropper(cloud)
        self.watched = Watched(operator.settings["PUBLIC_URL"])
        self.tickets: set[str] = set()
        self.said: list[str] = []

    def casb(self, *arguments: str) -> Ended:
        ended = self.operator.casb("--debug", *arguments, browse=self.follow)
        self.tickets.update(SHOWN_ON_PURPOSE.findall(ended.out))
        self.said.append(SHOWN_ON_PURPOSE.sub("/install", ended.out) + ended.err)
        return ended

    def follow(self, link: str) -> None:
        with self.watched.opened() as browser:
            browser.get(link)

    @property
    def debug_logs(self) -> list[Path]:
        return list(self.operator.folder.glob("casb-debug-*"))

    @property
    def written(self) -> str:
        logs = [*self.debug_logs, self.operator.folder / "serve.log"]
        texts = [path.read_text("utf-8") for path in logs]
        return "\n".join([*texts, *self.said, *self.watched.shown])

    @property
    def secrets(self) -> dict[str, str]:
        settings = self.operator.settings
        return (
            self.eavesdropper.heard
            | dict.fromkeys(self.watched.cookies, "cookie")
            | dict.fromkeys(self.tickets, "ticket")
            | {PASSWORD: "password", settings["SECRET_KEY"]: "secret key"}
            | {settings["TOKEN_KEYS"]: "token key"}
        )


@pytest.fixture
def story(
    tmp_path: Path, start_cloud: StartCloud, monkeypatch: pytest.MonkeyPatch
) -> Story:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cloud = start_cloud()
    operator = Operator(tmp_path, ADMIN_PASSWORD=PASSWORD)
    return Story(operator.connected_to(cloud), cloud)


@pytest.mark.timeout(400)
def test_no_secret_is_in_any_log_page_or_redirect(
    story: Story, cloud: RunningCloud
) -> None:
    assert story.casb("migrate").code == 0
    with casb_serve(story.operator, "--debug"):
        with story.watched.opened() as browser:
            sign_in(browser, "a wrong one")
            sign_in(browser, PASSWORD)
            installed = go_on(browser, send(browser, "/", "/install"))
            assert "is connected" in installed.text
            refuse_and_forge(browser)
            renewed = send(browser, "/", f"{site_path(browser)}/consent")
            assert "is connected" in go_on(browser, renewed).text
            send(browser, "/", "/logout")
        assert story.casb("install").code == 0
        assert story.casb("sites", "show", ACME).code == 0
    assert story.casb("scan", ACME).code == 0
    cloud.oauth.expire_access_tokens()
    assert story.casb("scan", ACME).code == 0
    assert story.casb("sites", "uninstall", ACME, "--yes").code == 0

    leaks = {
        kind: secret
        for secret, kind in story.secrets.items()
        if secret in story.written
    }

    assert leaks == {}
    assert len(story.debug_logs) == len(story.said) + SERVED
    assert set(story.secrets.values()) >= {
        *("code", "code_verifier", "client_secret", "access_token", "refresh_token"),
        *("cookie", "ticket", "password"),
    }
    assert '"GET /oauth/callback" 303' in story.written
    assert "state=" not in (story.operator.folder / "serve.log").read_text("utf-8")


def refuse_and_forge(browser: httpx.Client) -> None:
    for query in (
        "state=forged&code=a-foreign-code",
        "state=forged&error=access_denied",
        "code=a-foreign-code",
    ):
        assert browser.get(f"/oauth/callback?{query}").status_code == 400


def site_path(browser: httpx.Client) -> str:
    found = re.search(r'href="(/sites/[^"]+)"', browser.get("/").text)
    assert found is not None
    return found[1]
