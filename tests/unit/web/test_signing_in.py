import pytest

from connector.domain.store_ports import Begin
from connector.use_cases.sign_in import MOST_OF_AN_ADDRESS
from connector.web.forms import own_path
from tests.unit.web.pages import PUBLIC_URL, World, form_token, words


@pytest.fixture
def world(begin: Begin) -> World:
    return World(begin)


def test_whoever_is_not_signed_in_is_sent_to_the_door(world: World) -> None:
    answer = world.get("/sites/acme-id?x=1")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/sites/acme-id?x%3D1"


@pytest.mark.parametrize("path", ["/install", "/sites/acme-id/consent"])
def test_nothing_can_be_done_without_signing_in(world: World, path: str) -> None:
    answer = world.post(path, token="forged")

    assert answer.headers["Location"].startswith("/login")


def test_whoever_signs_in_goes_on_to_where_they_wanted(world: World) -> None:
    answer = world.enter(next="/sites/acme-id")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sites/acme-id"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "evil.example",
        "/%0d%0aLocation: x\r\n",
        "http:evil.example",
        "",
    ],
)
def test_no_link_leads_through_the_door_to_somewhere_else(
    world: World, target: str
) -> None:
    assert own_path(target) == "/"
    assert world.enter(next=target).headers["Location"] == "/"


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"name": "nobody"}])
def test_a_wrong_name_and_a_wrong_password_look_alike(
    world: World, wrong: dict[str, str]
) -> None:
    answer = world.enter(**wrong)

    assert answer.status_code == 401
    assert "The name or the password is wrong." in words(answer)
    assert world.get("/").status_code == 303


def test_another_site_cannot_sign_a_browser_in(world: World) -> None:
    world.get("/login")

    answer = world.post("/login", name="admin", password="correct horse")

    assert answer.status_code == 400
    assert world.get("/").status_code == 303


def test_a_form_that_another_site_sends_is_refused_whatever_it_holds(
    world: World,
) -> None:
    token = form_token(world.get("/login"))

    answer = world.browser.post(
        "/login",
        data={"token": token, "name": "admin", "password": "correct horse"},
        base_url=PUBLIC_URL,
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 400
    assert "out of date" in words(answer)


def test_another_site_cannot_sign_a_browser_out(world: World) -> None:
    world.enter()

    assert world.post("/logout").status_code == 400
    assert world.get("/").status_code == 200


def test_whoever_guesses_has_to_wait(world: World) -> None:
    for _ in range(MOST_OF_AN_ADDRESS):
        world.enter("wrong")

    answer = world.enter()

    assert answer.status_code == 429
    assert "too many attempts" in words(answer)


def test_the_form_keeps_the_name_but_never_the_password(world: World) -> None:
    answer = world.enter("a wrong secret", name="adm<in")

    assert 'value="adm&lt;in"' in answer.text
    assert "a wrong secret" not in answer.text


def test_whoever_is_signed_in_needs_no_door(world: World) -> None:
    world.enter()

    assert world.get("/login?next=/sites/x").headers["Location"] == "/sites/x"
