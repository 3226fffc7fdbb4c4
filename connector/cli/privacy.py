"""`casb privacy`."""

import rich_click as click

from connector.bootstrap.application import open_application
from connector.bootstrap.caring import (
    erase_account,
    report_accounts,
    scrub_database,
)
from connector.cli.options import json_option, settings
from connector.cli.output import note, print_json, say, warn
from connector.domain.counting import counted
from connector.domain.errors import AtlassianError
from connector.domain.privacy import SCOPE


@click.group()
def privacy() -> None:
    """Erase what people are called, and report to Atlassian whose names are kept.

    Example: `casb privacy erase 5b10a2844c20165700ede21g`
    """


@privacy.command()
@click.argument("account")
@json_option
def erase(account: str, *, as_json: bool) -> None:
    """Erase the name of an account wherever it is stored, on every site.

    The account id stays: findings need it, and alone it names nobody. The name is not
    stored again until a scan sees the account as active. ACCOUNT is an account id.

    Example: `casb privacy erase 5b10a2844c20165700ede21g`
    """
    current = settings()
    with open_application(current) as application:
        erased = erase_account(application)(account, application.now())
    scrub_database(current)
    site_ids = sorted(erased.sites_of[account])
    if as_json:
        print_json({"account": account, "places": erased.places, "site_ids": site_ids})
        return
    if not erased.places:
        say(f"No name of {account} was stored.")
        return
    say(
        f"The name of {account} was erased in {counted(erased.places, 'place')} on "
        f"{counted(len(site_ids), 'site')}."
    )


@privacy.command()
@json_option
def report(*, as_json: bool) -> None:
    """Report to Atlassian whose names are kept; erase those of closed accounts.

    The worker does so where the consent holds report:personal-data, for each account
    once a week. Accounts reported less than a week ago are left out.

    Example: `casb privacy report`
    """
    with open_application(settings()) as application:
        done = report_accounts(application)()
    if as_json:
        print_json(
            {
                "sites": done.sites,
                "accounts": done.accounts,
                "closed": done.closed,
                "updated": done.updated,
                "failures": list(done.failures),
            }
        )
    elif not done.sites:
        note(f"No site's consent holds {SCOPE}, so there is nobody to report for.")
    else:
        say(
            f"{counted(done.accounts, 'account')} reported: {done.closed} closed and "
            f"erased, {done.updated} changed and forgotten until the next scan."
        )
    for failure in done.failures:
        warn(failure)
    if done.failures:
        raise AtlassianError("Some accounts could not be reported.", "See above.")
