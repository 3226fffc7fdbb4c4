"""Where Confluence contradicts the model: the operator is told, wherever he looks."""

from casb_sdk.cloud import CheckAnswer, CloudSite
from sdk.tests.cases.reading import wiki
from tests.e2e.conftest import StartCloud
from tests.e2e.operator import Operator, accept

NO = CheckAnswer(allowed=False, error="User does not have permission to the content")


def test_a_disagreement_stands_in_the_report_and_in_the_health_of_the_site(
    operator: Operator, start_cloud: StartCloud
) -> None:
    place = wiki().guest("gus").allows("gus", "read/space", "create/page")
    place.page("Own").restricted_to("gus")
    own, snapshot = place.id_of("Own"), place.snapshot()
    operator.connected_to(start_cloud(CloudSite(snapshot, checks={("gus", own): NO})))
    operator.casb("install", browse=accept)
    site = snapshot.directory.site.url
    operator.casb("sites", "set", site, "verify=true", "internal_domains=acme.example")

    shown = operator.casb("scan", site)
    report = operator.casb("scan", site, "--json").json
    health = operator.casb("sites", "show", site)
    document = operator.casb("sites", "show", site, "--json").json

    [note] = [note for note in report["notes"] if "denies edit" in note]
    assert note == (
        f"model_mismatch: Confluence denies edit to gus on item {own}; "
        "its answer counts"
    )
    assert f"Warning: {note}" in shown.said
    assert note in health.out
    assert "Health" in health.out
    assert document["last_complete_scan"]["notes"] == report["notes"]
