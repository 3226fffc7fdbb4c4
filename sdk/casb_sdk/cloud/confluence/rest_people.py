"""v1 users and groups."""

from casb_sdk.cloud.confluence.call import Answer, Call
from casb_sdk.cloud.confluence.paging import v1_links, v1_list, v1_page, v1_window
from casb_sdk.cloud.confluence.render_people import v1_anonymous, v1_group, v1_user
from casb_sdk.cloud.jsontext import dumps
from casb_sdk.cloud.refusals import v1_bad_request, v1_not_found
from casb_sdk.model import Group

PAGE = 200
BULK = 100
ACCESS_TYPES = frozenset({"user", "admin", "site-admin"})


def list_groups(call: Call) -> Answer:
    """Answer ``GET /rest/api/group``."""
    access = call.query.text("accessType")
    if access and access not in ACCESS_TYPES:
        raise v1_bad_request(f"Unknown accessType {access}")
    groups = [g for g in call.site.groups if not access or access in g.access_types]
    window = v1_window(call, PAGE, PAGE)
    body = v1_list(call, groups, window, lambda g: v1_group(call.site, g.id))
    return Answer(body, identity=len(window.of(groups)))


def group_by_id(call: Call) -> Answer:
    """Answer ``GET /rest/api/group/by-id``."""
    group_id = call.query.text("id")
    if not call.site.group(group_id):
        raise v1_not_found(f"No group with id {group_id}")
    return Answer(v1_group(call.site, group_id), identity=1)


def group_members(call: Call) -> Answer:
    """Answer ``GET /rest/api/group/{groupId}/membersByGroupId``.

    A group nobody knows has an empty list, not an error; here a limit that is too
    large is one.
    """
    window = v1_window(call, PAGE)
    if window.limit > PAGE:
        raise v1_bad_request(f"Limit cannot be greater than {PAGE}")
    group = call.site.group(call.params["groupId"]) or Group("")
    members = sorted(group.members)
    body = v1_list(call, members, window, lambda id_: _user(call, id_))
    if call.query.flag("shouldReturnTotalSize"):
        body = f'{body[:-1]},"totalSize":{len(members)}}}'
    return Answer(body, identity=len(window.of(members)))


def one_user(call: Call) -> Answer:
    """Answer ``GET /rest/api/user``."""
    account_id = call.query.text("accountId")
    if not call.site.account(account_id):
        raise v1_not_found(f"No user found with accountId : {account_id}")
    return Answer(_user(call, account_id), identity=1)


def current_user(call: Call) -> Answer:
    """Answer ``GET /rest/api/user/current``."""
    return Answer(_user(call, call.account_id), identity=1)


def anonymous_user(_call: Call) -> Answer:
    """Answer ``GET /rest/api/user/anonymous``."""
    return Answer(v1_anonymous(), identity=1)


def users_in_bulk(call: Call) -> Answer:
    """Answer ``GET /rest/api/user/bulk``: the first hundred, without the missing."""
    asked = call.query.repeated("accountId")[:BULK]
    found = [id_ for id_ in dict.fromkeys(asked) if call.site.account(id_)]
    window = v1_window(call, PAGE)
    body = v1_list(call, found, window, lambda id_: _user(call, id_))
    return Answer(body, identity=len(found))


def groups_of_user(call: Call) -> Answer:
    """Answer ``GET /rest/api/user/memberof``; it never has a next link."""
    groups = call.site.groups_of.get(call.query.text("accountId"), ())
    window = v1_window(call, PAGE, PAGE)
    pieces = [v1_group(call.site, group.id) for group in window.of(groups)]
    body = v1_page(call, window, pieces, v1_links(call, window, more=False))
    return Answer(body, identity=len(pieces))


def search_users(call: Call) -> Answer:
    """Answer ``GET /rest/api/search/user``; it never has a next link."""
    wanted = call.query.text("sitePermissionTypeFilter", "none")
    people = [
        account.id
        for account in call.site.accounts
        if wanted == "all" or account.is_guest == (wanted == "externalCollaborator")
    ]
    window = v1_window(call, 25)
    pieces = [_found_user(call, id_) for id_ in window.of(people)]
    links = v1_links(call, window, more=False)
    body = v1_page(call, window, pieces, links)
    extra = {
        "totalSize": len(people),
        "cqlQuery": call.query.text("cql"),
        "searchDuration": 20,
    }
    return Answer(f"{body[:-1]},{dumps(extra)[1:]}", identity=len(pieces))


def _found_user(call: Call, account_id: str) -> str:
    account = call.site.account(account_id)
    rest = dumps(
        {
            "title": account.display_name if account else "",
            "excerpt": "",
            "url": f"/people/{account_id}",
            "breadcrumbs": [],
            "entityType": "user",
            "iconCssClass": "aui-iconfont-user",
            "score": 0.0,
        }
    )
    return f'{{"user":{_user(call, account_id)},{rest[1:]}'


def _user(call: Call, account_id: str) -> str:
    return v1_user(call.site, call.options, account_id)
