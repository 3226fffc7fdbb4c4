"""Since when a site cannot be scanned (installation 2.1, ``stale_since``)."""

from tests.unit.domain.lives import (
    CONSENT,
    DEAD,
    HOUR,
    NOON,
    PAUSE,
    RESUME,
    TROUBLED,
    WELL,
    State,
    after,
    lost,
)

V = State.VERIFYING


def test_a_site_is_stale_since_it_could_not_be_scanned_any_more() -> None:
    dead = after(WELL, DEAD, every=HOUR)
    assert dead.trail.stopped_at == NOON + HOUR
    assert lost().trail.stopped_at == NOON
    assert after(WELL, PAUSE, every=HOUR).trail.stopped_at == NOON + HOUR


def test_a_pause_upon_a_dead_consent_leaves_it_stale_since_the_consent_died() -> None:
    paused = after(WELL, DEAD, PAUSE, every=HOUR)
    assert paused.trail.stopped_at == NOON + HOUR
    assert after(RESUME, start=paused).trail.stopped_at == NOON + HOUR


def test_what_happens_beneath_a_pause_does_not_make_it_younger() -> None:
    busy = after(WELL, PAUSE, TROUBLED, DEAD, CONSENT, WELL, every=HOUR)
    assert busy.state is State.SUSPENDED
    assert busy.trail.stopped_at == NOON + HOUR


def test_a_consent_that_is_being_verified_is_still_stale_and_a_good_one_is_not() -> (
    None
):
    renewed = after(WELL, DEAD, CONSENT, every=HOUR)
    assert (renewed.state, renewed.trail.stopped_at) == (V, NOON + HOUR)
    assert after(WELL, start=renewed).trail.stopped_at is None
    assert after(WELL, PAUSE, RESUME, every=HOUR).trail.stopped_at is None
