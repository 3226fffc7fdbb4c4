import pytest

from connector.domain.installation import InstallationState
from connector.domain.store_ports import Begin
from tests.unit.web.pages import World, words

SITE = "/sites/acme-id"
State = InstallationState


@pytest.fixture
def world(begin: Begin) -> World:
    world = World(begin)
    world.enter()
    world.connect()
    return world


def test_a_site_is_paused_and_resumed(world: World) -> None:
    assert world.send(SITE, f"{SITE}/pause").headers["Location"] == SITE
    assert world.installation().state is State.SUSPENDED
    assert "Paused" in words(world.get(SITE))

    world.send(SITE, f"{SITE}/resume")

    assert world.installation().state is State.ACTIVE


def test_uninstalling_is_asked_about_first(world: World) -> None:
    page = world.get(f"{SITE}/uninstall")

    assert "Uninstall from acme?" in words(page)
    assert "kept for 21 days" in words(page)
    assert world.installation().state is State.ACTIVE


def test_uninstalling_erases_the_tokens_at_once(world: World) -> None:
    grant_id = world.installation().grant_id

    world.send(f"{SITE}/uninstall", f"{SITE}/uninstall")

    assert world.installation().state is State.UNINSTALLING
    with world.begin(write=False) as stores:
        assert stores.grants.get(grant_id) is None
    said = words(world.get(SITE))
    assert "Uninstalling" in said
    assert "by: admin admin" in said


@pytest.mark.parametrize("deed", ["pause", "resume", "uninstall"])
def test_another_site_can_do_nothing_of_this(world: World, deed: str) -> None:
    assert world.post(f"{SITE}/{deed}").status_code == 400

    assert world.installation().state is State.ACTIVE


@pytest.mark.parametrize("deed", ["pause", "resume", "uninstall"])
def test_nor_can_whoever_is_not_signed_in(world: World, deed: str) -> None:
    world.browser = world.new_browser()

    answer = world.post(f"{SITE}/{deed}")

    assert answer.headers["Location"].startswith("/login")
    assert world.installation().state is State.ACTIVE


def test_what_is_being_uninstalled_can_no_longer_be_paused(world: World) -> None:
    world.send(f"{SITE}/uninstall", f"{SITE}/uninstall")

    answer = world.send("/", f"{SITE}/pause")

    assert "is being uninstalled" in words(answer)
