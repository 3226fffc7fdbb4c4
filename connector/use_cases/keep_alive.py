"""Refreshes grants that nobody uses, so that Atlassian does not let them lapse.

A refresh token lapses when it rests for 90 days, and a consent may end a year after
it was given (oauth-and-installation, part 2, 1.3): what comes near is an alarm.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.domain.care import Alarm
from connector.domain.errors import (
    AtlassianUnavailableError,
    CasbError,
    CredentialsError,
    DeadGrantError,
)
from connector.domain.grant import IDLE, OLD, GrantAge, alarm_about
from connector.domain.installation import Installation
from connector.domain.store_ports import Begin, Stores
from connector.use_cases.bury_grant import names_of
from connector.use_cases.refresh_grant import RefreshGrant

RESTS_AT_MOST = timedelta(days=7)
LAPSES_AFTER = timedelta(days=90)
IDLE_WARNING = timedelta(days=75)
CONSENT_ENDS_AFTER = timedelta(days=365)
CONSENT_WARNING = timedelta(days=330)
MOST = 100_000


@dataclass(frozen=True, slots=True)
class KeptAlive:
    """What came of the idle grants; ``put_off`` are left for the next time.

    ``failures`` say what was wrong with single grants, ``stopped_by`` what stopped
    all, and ``alarms`` counts the grants that are near their end.
    """

    refreshed: int = 0
    died: int = 0
    put_off: int = 0
    stopped_by: str = ""
    failures: tuple[str, ...] = ()
    alarms: int = 0


class KeepAlive:
    """Refreshes what rested for a week, one grant after the other."""

    def __init__(
        self, begin: Begin, refresh: RefreshGrant, now: Callable[[], datetime]
    ) -> None:
        self._begin = begin
        self._refresh = refresh
        self._now = now

    def __call__(self, keep_going: Callable[[], bool] = lambda: True) -> KeptAlive:
        """Refresh, then warn; one bad grant stops no other, an outage stops all.

        ``keep_going`` is asked before each grant whether the work is still ours.
        """
        before = self._now() - RESTS_AT_MOST
        with self._begin(write=False) as stores:
            due = stores.grants.idle(before, MOST)
        refreshed, died, failures, stopped_by = 0, 0, list[str](), ""
        for grant_id in due:
            if not keep_going():
                break
            try:
                self._refresh(grant_id, newer_than=before)
                refreshed += 1
            except DeadGrantError:
                died += 1
            except (AtlassianUnavailableError, CredentialsError) as error:
                stopped_by = str(error)
                break
            except CasbError as error:
                failures.append(str(error))
        return KeptAlive(
            refreshed=refreshed,
            died=died,
            put_off=len(due) - refreshed - died - len(failures),
            stopped_by=stopped_by,
            failures=tuple(failures),
            alarms=self._warn(),
        )

    def _warn(self) -> int:
        """Let the alarms say which grants are near their end, and no other."""
        now = self._now()
        with self._begin() as stores:
            ageing = stores.grants.ageing(now - CONSENT_WARNING, now - IDLE_WARNING)
            alarms = {
                alarm.key: alarm
                for age in ageing
                for alarm in _alarms_of(stores, age, now)
            }
            for standing in stores.alarms.all():
                if _is_about_age(standing) and standing.key not in alarms:
                    stores.alarms.end(standing.key)
            for alarm in alarms.values():
                stores.alarms.raise_(alarm)
        return len(alarms)


def _is_about_age(alarm: Alarm) -> bool:
    return alarm.key.startswith((alarm_about(IDLE, ""), alarm_about(OLD, "")))


def _alarms_of(stores: Stores, age: GrantAge, now: datetime) -> Iterator[Alarm]:
    sites = stores.installations.of_grant(age.id)
    if not sites:
        return
    site_id = sites[0].site.cloud_id if len(sites) == 1 else ""
    if age.consented_at < now - CONSENT_WARNING:
        message, remedy = _old(sites[0], names_of(sites), age)
        yield Alarm(alarm_about(OLD, age.id), message, remedy, now, site_id)
    if age.refreshed_at < now - IDLE_WARNING:
        message, remedy = _idle(names_of(sites), age)
        yield Alarm(alarm_about(IDLE, age.id), message, remedy, now, site_id)


def _old(site: Installation, names: str, age: GrantAge) -> tuple[str, str]:
    return (
        f"The consent for {names} was given on {age.consented_at:%Y-%m-%d}; Atlassian "
        "may end it after a year.",
        f"Renew it before {age.consented_at + CONSENT_ENDS_AFTER:%Y-%m-%d} with "
        f"`casb install --site {site.site.url}`.",
    )


def _idle(names: str, age: GrantAge) -> tuple[str, str]:
    return (
        f"The tokens for {names} have not been refreshed since "
        f"{age.refreshed_at:%Y-%m-%d}; Atlassian ends them on "
        f"{age.refreshed_at + LAPSES_AFTER:%Y-%m-%d}.",
        "See that a worker runs and reaches Atlassian: `casb doctor`.",
    )
