"""What is told of a grant that was tried out."""

from connector.domain.health import Answer, ProbedCall, ProbeReport

SEARCH = "GET /wiki/rest/api/content/search"
SPACES = "GET /wiki/rest/api/space"
CHECK = "POST /wiki/rest/api/content/{id}/permission/check"


def report(*calls: ProbedCall, profile: str = "current") -> ProbeReport:
    return ProbeReport(profile, calls)


def call(
    operation: str, answer: Answer, scope: str = "s", *, is_needed: bool = True
) -> ProbedCall:
    status = {Answer.GONE: 410, Answer.FORBIDDEN: 403}.get(answer, 200)
    return ProbedCall(operation, "do it", scope, answer, status, is_needed)


def test_where_all_is_well_there_is_nothing_to_say() -> None:
    well = report(
        call(SEARCH, Answer.OK),
        call(SPACES, Answer.UNKNOWN),
        call(CHECK, Answer.FORBIDDEN, is_needed=False),
    )

    assert well.note == ""
    assert well.is_well


def test_a_missing_scope_is_named_with_its_operation_and_the_remedy() -> None:
    lacking = report(
        call(SEARCH, Answer.SCOPE_MISSING, "search:confluence"),
        call(CHECK, Answer.SCOPE_MISSING, "check:it", is_needed=False),
    )

    assert not lacking.is_well
    assert lacking.missing_scopes == ("search:confluence", "check:it")
    assert lacking.note == (
        f"The consent lacks search:confluence for {SEARCH} and check:it for {CHECK}: "
        "add what is missing to the OAuth app in Atlassian's developer console and "
        "connect the site again with `casb install`."
    )


def test_a_removed_listing_leads_to_the_other_profile() -> None:
    gone = report(call(SPACES, Answer.GONE), profile="reference")

    assert gone.gone == (SPACES,)
    assert gone.note == (
        f"Atlassian has removed {SPACES} (410) on this site: set "
        "CASB_SCOPE_PROFILE=current, which adds search:confluence, and connect the "
        "site again with `casb install`."
    )


def test_what_the_default_profile_misses_for_good_takes_a_newer_connector() -> None:
    gone = report(call(SEARCH, Answer.GONE))

    assert gone.note.endswith(": update the connector.")


def test_who_is_not_let_in_is_told_what_to_look_at() -> None:
    kept_out = report(call(SEARCH, Answer.FORBIDDEN))

    assert kept_out.note.startswith(f"Confluence refuses {SEARCH} (403): give")
    assert kept_out.note.count(".") == 1
