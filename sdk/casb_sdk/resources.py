"""Names and addresses of what findings are anchored at."""

from urllib.parse import quote

from casb_sdk.exposure import Resource, ResourceType
from casb_sdk.model import ContentItem, Site, Space

PATH_OF_TYPE = {"page": "pages", "blogpost": "blog", "embed": "embed"}


def space_resource(site: Site, space: Space, type_: ResourceType) -> Resource:
    """Return a space as a resource; its id is the space id, in both profiles."""
    return Resource(
        type=type_,
        id=space.id,
        key=space.key,
        title=space.name or space.key,
        url=f"{site.url}/wiki/spaces/{_path(space.key)}",
        space_key=space.key,
    )


def content_resource(site: Site, space: Space, item: ContentItem) -> Resource:
    """Return a content item as a resource."""
    return Resource(
        type=item.type,
        id=item.id,
        title=item.title,
        url=content_url(site, space, item.type, item.id),
        space_key=space.key,
    )


def content_url(site: Site, space: Space, content_type: str, content_id: str) -> str:
    """Return the address a person opens an item at."""
    folder = PATH_OF_TYPE.get(content_type, content_type)
    return (
        f"{site.url}/wiki/spaces/{_path(space.key)}/{_path(folder)}/{_path(content_id)}"
    )


def account_resource(site: Site, account_id: str, display_name: str) -> Resource:
    """Return an account as a resource."""
    return Resource(
        type=ResourceType.ACCOUNT,
        id=account_id,
        title=display_name or account_id,
        url=f"{site.url}/wiki/people/{_path(account_id)}",
    )


def _path(text: str) -> str:
    return quote(text, safe="~:")
