"""The affected items of a finding, one row each."""

from collections.abc import Collection

from casb_sdk import AffectedItem, Resource, ResourceType, Site, Space
from casb_sdk.model import ANONYMOUS_ID
from casb_sdk.resources import content_resource, space_resource
from connector.export.fitting import Row, mended


def affected_resource(affected: AffectedItem, space: Space, site: Site) -> Row:
    """Return an affected item as a row, with the accounts that reach it."""
    resource = content_resource(site, space, affected.item)
    return _row(resource, affected.account_ids)


def affected_space(space: Space, site: Site, account_ids: Collection[str]) -> Row:
    """Return a space that an account reaches as a row of the same shape."""
    return _row(space_resource(site, space, ResourceType.SPACE), account_ids)


def _row(resource: Resource, account_ids: Collection[str]) -> Row:
    return mended(
        {
            "type": str(resource.type),
            "id": resource.id,
            "title": resource.title,
            "url": resource.url,
            "space_key": resource.space_key,
            "account_ids": [id_ for id_ in account_ids if id_ != ANONYMOUS_ID],
            "is_anonymous": ANONYMOUS_ID in account_ids,
        }
    )
