import pytest

from connector.domain.consent import ConsentStatus
from connector.domain.errors import ConsentError
from connector.domain.store_ports import Begin
from tests.fakes.atlassian_sites import ACME, BETA
from tests.unit.web.pages import ATLASSIAN, PUBLIC_URL, World, form_token, words


@pytest.fixture
def world(begin: Begin) -> World:
    return World(begin)


def test_the_link_leads_to_atlassian_and_back_to_our_call_back(world: World) -> None:
    ticket = world.install.ask()

    answer = world.get(f"/install?ticket={ticket.secret}")

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{ATLASSIAN}?state=state-0"
    assert world.page.redirect_uri == f"{PUBLIC_URL}/oauth/callback"


def test_a_link_that_was_used_is_refused_in_another_browser(world: World) -> None:
    ticket = world.install.ask()
    world.get(f"/install?ticket={ticket.secret}")
    world.browser = world.new_browser()

    answer = world.get(f"/install?ticket={ticket.secret}")

    assert answer.status_code == 400
    assert "used before" in words(answer)
    assert "casb install" in words(answer)


def test_the_same_browser_may_open_the_link_again(world: World) -> None:
    ticket = world.install.ask()
    world.get(f"/install?ticket={ticket.secret}")

    assert world.get(f"/install?ticket={ticket.secret}").status_code == 303


def test_a_link_checker_does_not_use_the_link_up(world: World) -> None:
    ticket = world.install.ask()

    world.browser.head(f"/install?ticket={ticket.secret}", base_url=PUBLIC_URL)

    assert world.status(ticket.consent.id) is ConsentStatus.ISSUED


def test_a_link_without_its_ticket_is_explained(world: World) -> None:
    assert "not whole" in words(world.get("/install"))


def test_a_consent_ends_on_a_page_without_the_code(world: World) -> None:
    attempt = world.begin_consent()

    answer = world.get("/oauth/callback?state=state-0&code=abc")

    assert answer.headers["Location"] == f"{PUBLIC_URL}/install/result"
    assert world.status(attempt) is ConsentStatus.DONE
    page = world.get("/install/result")
    assert page.status_code == 200
    assert "acme is connected" in words(page)


def test_an_answer_of_an_unknown_state_changes_nothing(world: World) -> None:
    attempt = world.begin_consent()

    answer = world.get("/oauth/callback?state=forged&error=access_denied")

    assert answer.status_code == 400
    assert "belongs to no consent" in words(answer)
    assert world.status(attempt) is ConsentStatus.STARTED


def test_a_refusal_ends_the_attempt(world: World) -> None:
    attempt = world.begin_consent()

    world.get("/oauth/callback?state=state-0&error=access_denied")

    assert world.status(attempt) is ConsentStatus.FAILED
    page = world.get("/install/result")
    assert page.status_code == 400
    assert "refused on Atlassian" in words(page)
    assert world.page.states == {}


def test_what_atlassian_says_is_shown_as_text(world: World) -> None:
    world.begin_consent()

    world.get(
        "/oauth/callback?state=state-0&error=x&error_description=<script>alert(1)</script>"
    )

    page = world.get("/install/result")
    assert "<script>" not in page.text
    assert "alert(1)" in page.text


def test_an_answer_without_a_code_ends_the_attempt(world: World) -> None:
    attempt = world.begin_consent()

    world.get("/oauth/callback?state=state-0")

    assert world.status(attempt) is ConsentStatus.FAILED


def test_a_code_that_cannot_be_exchanged_ends_the_attempt(world: World) -> None:
    attempt = world.begin_consent()
    world.page.trouble = ConsentError("The code is too old.", "Begin again.")

    world.get("/oauth/callback?state=state-0&code=abc")

    assert world.install.attempt(attempt).error == "The code is too old."
    assert "Begin again." in words(world.get("/install/result"))


def test_of_several_sites_one_is_chosen_on_a_page(world: World) -> None:
    world.sites.sites = [ACME, BETA]
    attempt = world.begin_consent()
    answer = world.get("/oauth/callback?state=state-0&code=abc")
    assert answer.headers["Location"] == f"{PUBLIC_URL}/install/site"

    page = world.get("/install/site")
    chosen = world.post("/install/site", token=form_token(page), site="beta-id")

    assert "beta.atlassian.example" in page.text
    assert chosen.headers["Location"] == f"{PUBLIC_URL}/install/result"
    assert world.install.attempt(attempt).site_id == "beta-id"


def test_a_choice_that_another_page_makes_is_refused(world: World) -> None:
    world.sites.sites = [ACME, BETA]
    attempt = world.begin_consent()
    world.get("/oauth/callback?state=state-0&code=abc")
    world.get("/install/site")

    forged = world.post("/install/site", site="beta-id")

    assert forged.status_code == 400
    assert world.status(attempt) is ConsentStatus.STARTED


def test_a_browser_that_began_nothing_learns_nothing(world: World) -> None:
    world.begin_consent()
    world.browser = world.new_browser()

    for path in ("/install/result", "/install/site"):
        assert world.get(path).status_code == 400


def test_every_page_carries_the_headers_that_protect_it(world: World) -> None:
    headers = world.get("/install").headers

    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_the_cookie_is_for_this_site_and_encrypted_lines_only(world: World) -> None:
    ticket = world.install.ask()

    answer = world.get(f"/install?ticket={ticket.secret}")

    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax"))
    assert ticket.secret not in cookie


def test_an_address_that_does_not_exist_gets_a_page_of_ours(world: World) -> None:
    answer = world.get("/nothing/here")

    assert answer.status_code == 404
    assert "Not Found." in words(answer)


def test_an_unexpected_error_leaks_nothing(world: World) -> None:
    world.sites.trouble = KeyError("a token, say")
    attempt = world.begin_consent()

    answer = world.get("/oauth/callback?state=state-0&code=abc")

    assert answer.status_code == 500
    assert words(answer) == (
        "That did not work Something unexpected happened. "
        "The log of the connector says more."
    )
    assert world.status(attempt) is ConsentStatus.FAILED


def test_the_process_says_that_it_is_there(world: World) -> None:
    assert world.get("/healthz").json == {"status": "ok", "name": "casb-connector"}
