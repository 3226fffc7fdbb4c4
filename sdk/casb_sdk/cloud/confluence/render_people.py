"""Users and groups in the shapes of v1 and v2."""

from urllib.parse import quote

from casb_sdk.cloud.confluence.site_index import SiteIndex
from casb_sdk.cloud.jsontext import dumps
from casb_sdk.cloud.options import CloudOptions
from casb_sdk.model import ANONYMOUS_ID, Account, Group

MAILBOX = "user"
ALL_GUEST_FLAGS = ("isGuest", "isExternalCollaborator", "externalCollaborator")
UNNAMED_GROUP = "deleted-group"


def email_of(account: Account) -> str:
    """Return an address in the account's domain, empty where it is hidden."""
    return f"{MAILBOX}@{account.email_domain}" if account.email_domain else ""


def v1_user(
    site: SiteIndex, options: CloudOptions, account_id: str, extra: str = ""
) -> str:
    """Return a user as v1 shows one; an id nobody has is of type ``unknown``."""
    account = site.account(account_id)
    if account is None:
        return dumps(_unknown_user(account_id))
    shown: dict[str, object] = {
        "type": account.type,
        "accountId": account.id,
        "accountType": account.account_type,
        "email": email_of(account),
        "publicName": account.display_name,
        "timeZone": "Europe/Berlin",
        "profilePicture": _picture(account.id),
        "displayName": account.display_name,
    }
    shown |= dict.fromkeys(options.guest_flags, account.is_guest)
    shown["_expandable"] = {"operations": "", "personalSpace": ""}
    shown["_links"] = {"self": f"{site.base}/rest/api/user?accountId={account.id}"}
    text = dumps(shown)
    return f"{text[:-1]},{extra}}}" if extra else text


def v1_anonymous() -> str:
    """Return the stub of the anonymous user."""
    return dumps(
        {
            "type": ANONYMOUS_ID,
            "displayName": "Anonymous",
            "profilePicture": _picture(ANONYMOUS_ID),
            "_expandable": {"operations": ""},
            "_links": {},
        }
    )


def v2_user(site: SiteIndex, account: Account) -> str:
    """Return a user as v2 ``users-bulk`` shows one."""
    kind = account.account_type
    if account.type == "unknown" and not kind:
        kind = "unknown"
    return dumps(
        {
            "displayName": account.display_name,
            "timeZone": "Europe/Berlin",
            "personalSpaceId": _personal_space(site, account.id),
            "isExternalCollaborator": account.is_guest,
            "accountStatus": account.account_status or "active",
            "accountId": account.id,
            "email": email_of(account),
            "accountType": kind,
            "publicName": account.display_name,
            "profilePicture": {
                "path": f"/wiki/aa-avatar/{account.id}",
                "isDefault": False,
            },
        }
    )


def v1_group(site: SiteIndex, group_id: str) -> str:
    """Return a group as v1 shows one; a deleted group keeps its id."""
    group = site.directory.groups.get(group_id) or Group(group_id)
    name = group.name or f"{UNNAMED_GROUP}-{group_id}"
    return dumps(
        {
            "type": "group",
            "name": name,
            "id": group.id,
            "usageType": "USERBASE_GROUP",
            "managedBy": "ADMINS",
            "_links": {"self": f"{site.base}/rest/experimental/group/{quote(name)}"},
        }
    )


def _unknown_user(account_id: str) -> dict[str, object]:
    return {
        "type": "unknown",
        "accountId": account_id,
        "accountType": "",
        "email": "",
        "publicName": "Unknown user",
        "profilePicture": _picture(account_id),
        "displayName": "Unknown user",
        "_expandable": {"operations": "", "personalSpace": ""},
        "_links": {},
    }


def _picture(account_id: str) -> dict[str, object]:
    return {
        "path": f"/wiki/aa-avatar/{account_id}",
        "width": 48,
        "height": 48,
        "isDefault": False,
    }


def _personal_space(site: SiteIndex, account_id: str) -> str | None:
    number = site.by_key.get(f"~{account_id}")
    return None if number is None else site.spaces[number].space.id
