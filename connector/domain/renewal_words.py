"""What an incremental scan read again, as people and as programs are told."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from connector.domain.counting import counted
from connector.domain.freshness import Renewal
from connector.domain.renewing import Why

WHY: Mapping[str, str] = {
    Why.NEW: "new",
    Why.RENEWED: "archived or restored",
    Why.UNREAD: "not read whole before",
    Why.COUNT: "whose count differs",
    Why.AUDIT: "named by the audit log",
    Why.SWEEP: "whose turn it was",
    Why.ALL: "as none could be kept",
}


def renewal_words(renewal: Renewal) -> str:
    """Return what was read again, and how old the rest is at most."""
    read = ", ".join(_read(renewal))
    kept = counted(renewal.kept, "space")
    sentences = [f"Read again: {read}; {kept} kept.", *_ages(renewal)]
    if renewal.reason:
        sentences.insert(0, f"Everything was read, because {renewal.reason}.")
    if renewal.audited:
        sentences.append("The audit log said whose permissions had changed.")
    return " ".join(sentences)


def renewal_document(renewal: Renewal | None) -> Mapping[str, object] | None:
    """Return what was read again as JSON values; how old the rest is, is coverage."""
    if renewal is None:
        return None
    return {
        "whole": dict(renewal.whole),
        "kept": renewal.kept,
        "changed": renewal.changed,
        "grants_read": renewal.grants_read,
        "groups_read": renewal.groups_read,
        "audited": renewal.audited,
        "reason": renewal.reason or None,
    }


def _read(renewal: Renewal) -> Iterator[str]:
    whole = sum(renewal.whole.values())
    reasons = ", ".join(_reasons(renewal))
    yield f"{counted(whole, 'space')} whole" + (f" ({reasons})" if reasons else "")
    yield counted(renewal.changed, "changed item")
    yield f"the grants of {counted(renewal.grants_read, 'space')}"
    yield counted(renewal.groups_read, "group")


def _reasons(renewal: Renewal) -> Iterator[str]:
    for name, number in sorted(renewal.whole.items()):
        if number:
            yield f"{number:,} {WHY.get(name, name)}"


def _ages(renewal: Renewal) -> Iterator[str]:
    restrictions = _moment(renewal.restrictions_as_of)
    members = _moment(renewal.members_as_of)
    if restrictions and members:
        yield (
            f"Restrictions are as of {restrictions} or newer, members of groups as of "
            f"{members} or newer."
        )
    elif restrictions:
        yield f"Restrictions are as of {restrictions} or newer."
    elif members:
        yield f"Members of groups are as of {members} or newer."


def _moment(time: datetime | None) -> str:
    return "" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
