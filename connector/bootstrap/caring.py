"""What looks after a deployment: the rounds, the reports, the clean-up."""

from connector.atlassian.oauth import SitesOverHttp
from connector.atlassian.personal_data import ReportsOverHttp
from connector.bootstrap.application import Application
from connector.bootstrap.installing import check_site
from connector.bootstrap.oauth_app import oauth_app, refresh_grant
from connector.settings import Settings
from connector.store.database import Database
from connector.store.erasing import scrub
from connector.use_cases.erase_people import EraseAccount
from connector.use_cases.reconcile import Reconcile
from connector.use_cases.report_accounts import ReportAccounts
from connector.use_cases.uninstall_site import UninstallSite


def reconcile(application: Application) -> Reconcile:
    """Return what goes round the installations."""
    return Reconcile(
        application.begin,
        refresh_grant(application),
        SitesOverHttp(oauth_app(application.settings)),
        check_site(application),
        uninstall_site(application),
        application.now,
    )


def uninstall_site(application: Application) -> UninstallSite:
    """Return what takes the connector off a site; it needs no call to Atlassian."""
    return UninstallSite(application.begin, application.now)


def report_accounts(application: Application) -> ReportAccounts:
    """Return what reports whose names are kept."""
    return ReportAccounts(
        application.begin,
        refresh_grant(application),
        ReportsOverHttp(oauth_app(application.settings), application.now),
        application.now,
    )


def erase_account(application: Application) -> EraseAccount:
    """Return what erases a person on request."""
    return EraseAccount(application.begin)


def scrub_database(settings: Settings) -> None:
    """Leave nothing of what was erased in the file of a SQLite database."""
    database = Database.open(settings.database_url, settings.token_keys)
    try:
        scrub(database.engines.writer)
    finally:
        database.close()
