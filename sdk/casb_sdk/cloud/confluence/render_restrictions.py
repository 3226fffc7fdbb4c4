"""The read and update lists of an item in the shapes of v1."""

from casb_sdk.cloud.confluence.expand import OPERATIONS, SUBJECTS
from casb_sdk.cloud.confluence.render_people import v1_group, v1_user
from casb_sdk.cloud.confluence.site_index import SiteIndex
from casb_sdk.cloud.jsontext import array_of
from casb_sdk.cloud.options import CloudOptions
from casb_sdk.content import Lists
from casb_sdk.model import Restriction

KNOWN_SUBJECTS = 4096
ID = "\x00"


class RestrictionRenderer:
    """Writes restrictions; the same few subjects come again and again."""

    def __init__(self, site: SiteIndex, options: CloudOptions) -> None:
        self._site = site
        self._options = options
        self._users: dict[str, str] = {}
        self._groups: dict[str, str] = {}
        self._open: dict[frozenset[tuple[str, str]], str] = {}

    def expanded(
        self, content_id: str, lists: Lists, wanted: frozenset[tuple[str, str]]
    ) -> str:
        """Return the ``restrictions`` of an item as an ``expand`` shows them."""
        if lists.read or lists.update:
            return self._expanded(content_id, lists, wanted)
        if wanted not in self._open:
            self._open[wanted] = self._expanded(ID, lists, wanted)
        return self._open[wanted].replace(ID, content_id)

    def _expanded(
        self, content_id: str, lists: Lists, wanted: frozenset[tuple[str, str]]
    ) -> str:
        kinds: dict[str, set[str]] = {}
        for operation, subject in wanted:
            kinds.setdefault(operation, set()).add(subject)
        own = {"read": lists.read, "update": lists.update}
        parts = [
            f'"{operation}":'
            + self._lists(content_id, operation, own[operation], kinds[operation])
            for operation in OPERATIONS
            if operation in kinds
        ]
        left = ",".join(f'"{name}":""' for name in OPERATIONS if name not in kinds)
        self_link = f"{self._content_url(content_id)}/restriction/byOperation"
        parts.append(f'"_expandable":{{{left}}}')
        parts.append(f'"_links":{{"self":"{self_link}"}}')
        return f"{{{','.join(parts)}}}"

    def operation(
        self,
        content_id: str,
        operation: str,
        restriction: Restriction,
        start: int,
        limit: int,
    ) -> tuple[str, int]:
        """Return one operation from its own endpoint, and how many it lists."""
        users = sorted(restriction.users)[start : start + limit]
        groups = sorted(restriction.groups)[start : start + limit]
        inner = {
            "user": self._list([self._user(u) for u in users], start, limit),
            "group": self._list([self._group(g) for g in groups], start, limit),
        }
        text = self._wrapped(content_id, operation, inner)
        return text, len(users) + len(groups)

    def _lists(
        self,
        content_id: str,
        operation: str,
        restriction: Restriction,
        kinds: set[str],
    ) -> str:
        limit = self._options.inline_subjects
        inner: dict[str, str] = {}
        if "user" in kinds:
            users = sorted(restriction.users)[:limit]
            inner["user"] = self._list([self._user(u) for u in users], 0, limit)
        if "group" in kinds:
            groups = sorted(restriction.groups)[:limit]
            inner["group"] = self._list([self._group(g) for g in groups], 0, limit)
        return self._wrapped(content_id, operation, inner)

    def _wrapped(self, content_id: str, operation: str, inner: dict[str, str]) -> str:
        url = f"{self._content_url(content_id)}/restriction/byOperation/{operation}"
        content = f'"content":"/rest/api/content/{content_id}"'
        if inner:
            left = ",".join(f'"{kind}":""' for kind in SUBJECTS if kind not in inner)
            members = [f'"{kind}":{text}' for kind, text in inner.items()]
            if left:
                members.append(f'"_expandable":{{{left}}}')
            shown = f'"restrictions":{{{",".join(members)}}},'
        else:
            shown, content = "", f'"restrictions":"",{content}'
        return (
            f'{{"operation":"{operation}",{shown}'
            f'"_expandable":{{{content}}},"_links":{{"self":"{url}"}}}}'
        )

    def _list(self, pieces: list[str], start: int, limit: int) -> str:
        return (
            f'{{"results":{array_of(pieces)},"start":{start},'
            f'"limit":{limit},"size":{len(pieces)}}}'
        )

    def _user(self, account_id: str) -> str:
        if account_id not in self._users:
            if len(self._users) > KNOWN_SUBJECTS:
                self._users.clear()
            self._users[account_id] = v1_user(self._site, self._options, account_id)
        return self._users[account_id]

    def _group(self, group_id: str) -> str:
        if group_id not in self._groups:
            if len(self._groups) > KNOWN_SUBJECTS:
                self._groups.clear()
            self._groups[group_id] = v1_group(self._site, group_id)
        return self._groups[group_id]

    def _content_url(self, content_id: str) -> str:
        return f"{self._site.base}/rest/api/content/{content_id}"
