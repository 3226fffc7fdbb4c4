"""One call of a Confluence operation, as its route sees it, and its answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from casb_sdk.cloud.confluence.render_content import ContentRenderer
from casb_sdk.cloud.confluence.search_memo import SearchMemo
from casb_sdk.cloud.confluence.site_index import SiteIndex
from casb_sdk.cloud.options import CloudOptions
from casb_sdk.cloud.queries import Query
from casb_sdk.cloud.refusals import v1_bad_request


@dataclass(frozen=True, slots=True)
class Call:
    """What a route needs to answer: the site, the request, who asks."""

    site: SiteIndex
    content: ContentRenderer
    searches: SearchMemo
    options: CloudOptions
    params: Mapping[str, str]
    query: Query
    account_id: str
    path: str
    body: bytes = b""

    def json_body(self) -> dict[str, object]:
        """Return the JSON object that was sent."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise v1_bad_request("Could not read JSON")
        return cast("dict[str, object]", value)


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON body, and how many objects it holds for the points ledger.

    ``core`` counts content and spaces, ``identity`` users, groups and
    permissions, ``other`` everything else.
    """

    body: str
    core: int = 0
    identity: int = 0
    other: int = 0
    headers: tuple[tuple[str, str], ...] = ()


Route = Callable[[Call], Answer]
