"""v2 users, looked up in bulk."""

from casb_sdk.cloud.confluence.call import Answer, Call
from casb_sdk.cloud.confluence.render_people import v2_user
from casb_sdk.cloud.jsontext import array_of
from casb_sdk.cloud.refusals import v2_bad_parameter

MOST_IDS = 250


def users_in_bulk(call: Call) -> Answer:
    """Answer ``POST /api/v2/users-bulk``; ids nobody has are left out."""
    asked = call.json_body().get("accountIds")
    if not isinstance(asked, list) or not asked or len(asked) > MOST_IDS:
        raise v2_bad_parameter("accountIds")
    found = [call.site.account(str(id_)) for id_ in dict.fromkeys(asked)]
    pieces = [v2_user(call.site, account) for account in found if account]
    links = f'{{"base":"{call.site.base}"}}'
    body = f'{{"results":{array_of(pieces)},"_links":{links}}}'
    return Answer(body, identity=len(pieces))
