"""What holds for an installation whatever befalls it, in whatever order."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from connector.domain import life
from connector.domain.installation import InstallationState, Trail
from connector.domain.life import NoticeKind, Step
from connector.domain.life_steps import HIDDEN_BY_PAUSE, LIVE, RUNNING, advance
from tests.unit.domain.lives import EVENTS, FRESH, NOON, State

ENDING = frozenset({State.UNINSTALLING, State.UNINSTALLED, State.PURGED})
WITHOUT_CARE = frozenset({State.REAUTH_REQUIRED, State.PURGED})
"""Nobody has to look at these again: a person does, or nobody."""

events = st.sampled_from(EVENTS)
pauses = st.sampled_from([0, 5, 625, 43_200, 86_400, 30 * 86_400])


def standing(step: Step) -> InstallationState:
    """Return the state, looking behind a pause."""
    installation = step.installation
    return installation.trail.beneath or installation.state


class Life(RuleBasedStateMachine):
    """An installation that anything may befall."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOON
        self.step = Step(FRESH)
        self.told: list[NoticeKind] = []

    @rule(event=events, seconds=pauses)
    def befall(self, event: life.Event, seconds: int) -> None:
        """Let something happen after a while."""
        before = self.step.installation
        self.now += timedelta(seconds=seconds)
        self.step = advance(before, event, self.now)
        kinds = [notice.kind for notice in self.step.notices]
        self.told += kinds
        if NoticeKind.IGNORED in kinds:
            assert kinds == [NoticeKind.IGNORED]
            assert self.step.installation == before
        if before.state in ENDING:
            assert self.step.installation.state in ENDING
        if before.state is State.PURGED:
            assert self.step.installation == before

    @invariant()
    def whoever_left_holds_no_grant(self) -> None:
        """No token in UNINSTALLING, UNINSTALLED and PURGED."""
        installation = self.step.installation
        assert (installation.grant_id == "") == (installation.state in ENDING)

    @invariant()
    def only_a_running_installation_may_scan(self) -> None:
        """No scan unless ACTIVE, UPGRADE_PENDING or DEGRADED."""
        state = self.step.installation.state
        assert state.may_scan == (state in RUNNING)
        assert state in LIVE | ENDING

    @invariant()
    def a_pause_hides_something_that_is_no_pause(self) -> None:
        """Suspended, and only then, there is something beneath."""
        installation = self.step.installation
        is_paused = installation.state is State.SUSPENDED
        assert (installation.trail.beneath is not None) == is_paused
        assert not is_paused or installation.trail.beneath in HIDDEN_BY_PAUSE

    @invariant()
    def somebody_looks_at_it_again(self) -> None:
        """No installation is forgotten, and none is looked at for ever."""
        is_due = self.step.installation.due_at is not None
        assert is_due == (standing(self.step) not in WITHOUT_CARE)

    @invariant()
    def what_is_lost_has_been_missed_for_a_day(self) -> None:
        """Three checks over at least a day, and nothing less."""
        trail = self.step.installation.trail
        if standing(self.step) is State.ACCESS_LOST:
            assert trail.lost_at
            assert trail.missed_since
            assert trail.misses >= life.MISSES
            assert trail.lost_at - trail.missed_since >= life.MISSING_FOR

    @invariant()
    def what_is_wrong_is_said(self) -> None:
        """Trouble comes with a sentence."""
        if standing(self.step) in {
            State.DEGRADED,
            State.UPGRADE_PENDING,
            State.REAUTH_REQUIRED,
            State.ACCESS_LOST,
        }:
            assert self.step.installation.note

    @invariant()
    def a_tombstone_holds_no_personal_data(self) -> None:
        """The site's address, and when it was there, and nothing else."""
        installation = self.step.installation
        if installation.state is State.PURGED:
            assert installation.trail == Trail()
            assert installation.note == installation.learnt == ""
            assert installation.installing_account == installation.site.name == ""

    @invariant()
    def it_is_installed_and_uninstalled_once(self) -> None:
        """The beginning and the end are told once."""
        for kind in (
            NoticeKind.INSTALLED,
            NoticeKind.UNINSTALLED,
            NoticeKind.PRE_UNINSTALL,
            NoticeKind.PURGED,
        ):
            assert self.told.count(kind) <= 1


TestLife = Life.TestCase
