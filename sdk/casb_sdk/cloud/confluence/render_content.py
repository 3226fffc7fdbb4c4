"""Content items in the shape of v1, put together from pieces kept ready."""

from collections.abc import Callable
from urllib.parse import quote_plus

from casb_sdk.cloud.clock import iso
from casb_sdk.cloud.confluence.expand import Expansion
from casb_sdk.cloud.confluence.render_people import v1_user
from casb_sdk.cloud.confluence.render_restrictions import ID, RestrictionRenderer
from casb_sdk.cloud.confluence.render_spaces import v1_permissions, v1_space
from casb_sdk.cloud.confluence.site_index import ROW_BITS, SiteIndex, Spot
from casb_sdk.cloud.jsontext import dumps
from casb_sdk.cloud.options import CloudOptions
from casb_sdk.cloud.refusals import v1_no_content

KEPT_PIECES = 16_384
EMPTY_LIST = '{"results":[],"start":0,"limit":25,"size":0}'
WEB_PATHS = {"page": "pages", "blogpost": "blog", "folder": "folder"}
BARE = Expansion()

Part = Callable[[Spot, Expansion], str]


class ContentRenderer:
    """Writes the items of one site; keeps what repeats from item to item."""

    def __init__(self, site: SiteIndex, options: CloudOptions) -> None:
        self.restrictions = RestrictionRenderer(site, options)
        self._site = site
        self._options = options
        self._author = v1_user(site, options, site.installer)
        self._spaces: dict[tuple[int, bool], str] = {}
        self._plans: dict[Expansion, list[tuple[str, Part]]] = {}
        self._tails: dict[tuple[Expansion, int], str] = {}
        self._ancestors: dict[int, str] = {}
        self._parts: dict[str, Part] = {
            "space": self._space,
            "container": self._space,
            "version": self._version,
            "history": self._history,
            "ancestors": self._ancestry,
            "restrictions": self._restrictions,
            "childTypes": lambda _spot, _wanted: '{"_expandable":{}}',
            "operations": lambda _spot, _wanted: "[]",
            "metadata": lambda _spot, _wanted: '{"labels":' + EMPTY_LIST + "}",
            "body": lambda _spot, _wanted: "{}",
            "children": lambda _spot, _wanted: '{"_expandable":{}}',
        }

    def item(self, spot: Spot, wanted: Expansion) -> str:
        """Return an item with the parts asked for."""
        table, row = spot.table, spot.row
        pieces = [
            f'{{"id":"{table.ids[row]}","type":"{table.types[row]}",'
            f'"status":"{table.statuses[row]}","title":{dumps(table.titles[row])},'
            f'"macroRenderedOutput":{{}},"extensions":{{"position":{row}}}'
        ]
        for name, part in self._plan(wanted):
            pieces += (name, part(spot, wanted))
        pieces.append(self._tail(spot, wanted))
        return "".join(pieces)

    def _plan(self, wanted: Expansion) -> list[tuple[str, Part]]:
        if wanted not in self._plans:
            if len(self._plans) > KEPT_PIECES:
                self._plans.clear()
                self._tails.clear()
            self._plans[wanted] = [
                (f',"{name}":', part)
                for name, part in self._parts.items()
                if wanted.has(name)
            ]
        return self._plans[wanted]

    def _tail(self, spot: Spot, wanted: Expansion) -> str:
        """Return what is left to expand, and the links."""
        key = (wanted, spot.number)
        if key not in self._tails:
            if len(self._tails) > KEPT_PIECES:
                self._tails.clear()
            self._tails[key] = self._tail_template(spot.space.key, wanted)
        tail = self._tails[key].replace(ID, spot.id)
        title = spot.table.titles[spot.row]
        words = title.replace(" ", "")
        plain = words.isascii() and words.isalnum()
        name = title.replace(" ", "+") if plain else quote_plus(title)
        folder = WEB_PATHS.get(spot.type, spot.type)
        return f'{tail}"webui":"/spaces/{spot.space.key}/{folder}/{spot.id}/{name}"}}}}'

    def _tail_template(self, key: str, wanted: Expansion) -> str:
        content, space = f"/rest/api/content/{ID}", f"/rest/api/space/{key}"
        expandable = {
            "container": space,
            "metadata": "",
            "restrictions": f"{content}/restriction/byOperation",
            "history": f"{content}/history",
            "body": "",
            "version": "",
            "descendants": f"{content}/descendant",
            "space": space,
            "childTypes": "",
            "operations": "",
            "schedulePublishDate": "",
            "children": f"{content}/child",
            "ancestors": "",
        }
        left = ",".join(
            f'"{name}":"{path}"'
            for name, path in expandable.items()
            if not wanted.has(name)
        )
        return (
            f',"_expandable":{{{left}}},'
            f'"_links":{{"self":"{self._site.base}{content}","tinyui":"/x/{ID}",'
            f'"editui":"/pages/resumedraft.action?draftId={ID}",'
        )

    def _space(self, spot: Spot, wanted: Expansion) -> str:
        full = (
            wanted.has("space.permissions")
            and self._options.search_expands_space_permissions
        )
        key = (spot.number, full)
        if key not in self._spaces:
            snapshot = self._site.spaces[spot.number]
            permissions = (
                v1_permissions(self._site, self._options, snapshot)[0] if full else ""
            )
            self._spaces[key] = v1_space(self._site, spot.space, permissions)
        return self._spaces[key]

    def _version(self, spot: Spot, _wanted: Expansion) -> str:
        number = spot.table.versions[spot.row]
        when = iso(self._site.modified(spot))
        content = f"/rest/api/content/{spot.id}"
        return (
            f'{{"by":{self._author},"when":"{when}","friendlyWhen":"{when[:10]}",'
            f'"message":"","number":{number},"minorEdit":false,"syncRev":"",'
            f'"syncRevSource":"","confRev":"confluence$content${spot.id}.{number}",'
            '"contentTypeModified":false,'
            f'"_expandable":{{"collaborators":"","content":"{content}"}},'
            f'"_links":{{"self":"{self._site.base}{content}/version/{number}"}}}}'
        )

    def _history(self, spot: Spot, wanted: Expansion) -> str:
        last = self._version(spot, wanted)
        shown = f'"lastUpdated":{last},' if wanted.has("history.lastUpdated") else ""
        return (
            f'{{{shown}"latest":true,"createdBy":{self._author},'
            f'"createdDate":"{iso(self._site.created(spot))}",'
            '"_expandable":{"previousVersion":"","contributors":"","nextVersion":""},'
            f'"_links":{{"self":"{self._site.base}/rest/api/content/{spot.id}/history"}}'
            "}"
        )

    def _ancestry(self, spot: Spot, wanted: Expansion) -> str:
        chain = spot.table.chain(spot.row)
        orphan = spot.table.orphans.get(chain[-1], "")
        if wanted.ancestor_lists:
            pieces = self._restricted_ancestors(spot, wanted, orphan)
        else:
            hidden = self._site.site.hidden_ids
            pieces = [
                self._ancestor(spot, row)
                for row in chain[:0:-1]
                if not hidden or spot.table.ids[row] not in hidden
            ]
        if orphan:
            pieces.insert(0, _stub(orphan))
        return f"[{','.join(pieces)}]"

    def _ancestor(self, spot: Spot, row: int) -> str:
        place = spot.number << ROW_BITS | row
        if place not in self._ancestors:
            if len(self._ancestors) > KEPT_PIECES:
                self._ancestors.clear()
            self._ancestors[place] = self.item(self._site.at(place), BARE)
        return self._ancestors[place]

    def _restricted_ancestors(
        self, spot: Spot, wanted: Expansion, orphan: str
    ) -> list[str]:
        """Return the ancestors with their lists; one that is gone fails the page.

        That is CONFCLOUD-77618.
        """
        above = self._site.ancestors(spot)
        gone = next((ancestor.id for ancestor in above if ancestor.is_gone), orphan)
        if gone:
            raise v1_no_content(gone)
        inner = Expansion(
            frozenset({"restrictions"}), wanted.ancestor_lists, wants_lists=True
        )
        return [self.item(ancestor, inner) for ancestor in above]

    def _restrictions(self, spot: Spot, wanted: Expansion) -> str:
        return self.restrictions.expanded(spot.id, spot.lists, wanted.lists)


def _stub(content_id: str) -> str:
    """Return an ancestor of which only the id is known."""
    return dumps(
        {
            "id": content_id,
            "type": "page",
            "status": "draft",
            "title": "",
            "_expandable": {"ancestors": ""},
            "_links": {},
        }
    )
