"""Who reaches what in one space, by the letter of access-model 1.4 to 1.6 and 1.8."""

from collections.abc import Iterator

from casb_sdk.coverage import GapKind
from casb_sdk.model import ContentItem, Restriction
from casb_sdk.snapshot import SpaceSnapshot
from sdk.tests.oracle_people import ANONYMOUS, PeopleOracle

NEVER_THEIR_OWN_FINDING = {"attachment", "comment"}

Anchor = tuple[str, str]
Operations = set[str]


class SpaceOracle:
    """One space, asked about one principal and one item at a time."""

    def __init__(self, people: PeopleOracle, snapshot: SpaceSnapshot) -> None:
        self.people = people
        self.snapshot = snapshot
        self.id = snapshot.space.id
        table = snapshot.content
        self.nodes = {
            node.id: node for node in (table.item(row) for row in range(len(table)))
        }
        self._own: dict[str, Operations] = {}
        self.is_split = self._is_split()
        self._chains = {c.id: self._chain(c) for c in self.nodes.values()}

    def items(self) -> Iterator[ContentItem]:
        for node in self.nodes.values():
            if node.state == "listed" and node.type not in NEVER_THEIR_OWN_FINDING:
                yield node

    # 1.4: operations

    def own(self, p: str) -> Operations:
        if p not in self._own:
            self._own[p] = self._own_of(p)
        return self._own[p]

    def anon(self) -> Operations:
        return self.own(ANONYMOUS)

    def ops(self, p: str) -> Operations:
        return self.own(p) | self.anon()

    def _own_of(self, p: str) -> Operations:
        if p != ANONYMOUS and not self.people.has_product_access(p):
            return set()
        names = self._names_of(p)
        roles = {
            assignment.role_id
            for assignment in self.snapshot.assignments
            if (assignment.subject.type, assignment.subject.id) in names
        }
        names |= {("role", role) for role in roles}
        operations = {
            grant.operation
            for grant in self.snapshot.grants
            if (grant.subject.type, grant.subject.id) in names
        }
        for role in roles:
            operations |= self._operations_of_role(role)
        return operations

    def _names_of(self, p: str) -> set[tuple[str, str]]:
        """Return every subject of a grant that means this principal."""
        if p == ANONYMOUS:
            return {("access-class", "anonymous-users"), ("user", ANONYMOUS)} | {
                ("user", account)
                for account in self.people.accounts
                if self.people.audience(account) == "ANONYMOUS"
            }
        names = {("user", p)}
        for group in self.people.directory.groups:
            if p in self.people.members(group):
                names.add(("group", group))
        if self.people.is_licensed_human(p):
            names.add(("access-class", "all-licensed-users"))
        if self.people.is_in_group_giving(p, "admin", "site-admin"):
            names.add(("access-class", "all-product-admins"))
        return names

    def _operations_of_role(self, role_id: str) -> Operations:
        role = self.people.directory.roles.get(role_id)
        return {p for p in role.permissions if "/" in p} if role else set()

    # 1.5: levels

    def _is_split(self) -> bool:
        rows = {grant.operation for grant in self.snapshot.grants}
        for assignment in self.snapshot.assignments:
            rows |= self._operations_of_role(assignment.role_id)
        return "update/page" in rows or "update/blogpost" in rows

    def edit_operations(self, kind: str) -> Operations:
        """Return the operations that edit a type; an unknown type is like a page."""
        verb = "update" if self.is_split else "create"
        if kind == "blogpost":
            return {f"{verb}/blogpost"}
        return {f"{verb}/page", f"{verb}/{kind}"}

    # 1.6: content

    def chain(self, c: ContentItem) -> list[ContentItem] | None:
        """Return the item and its ancestors; None where the chain cannot be known.

        That is where one was refused, is not described, or is its own ancestor.
        """
        return self._chains[c.id]

    def _chain(self, c: ContentItem) -> list[ContentItem] | None:
        chain = [c]
        while c.type != "blogpost" and c.parent_id:
            if c.parent_id not in self.nodes:
                return None
            c = self.nodes[c.parent_id]
            if c in chain:
                return None
            chain.append(c)
        refused = self.snapshot.coverage.ids(GapKind.RESTRICTION)
        if any(x.state == "unreadable" or x.id in refused for x in chain):
            return None
        return [x for x in chain if x.state != "missing"]

    def is_in(self, p: str, names: Restriction) -> bool:
        if p == ANONYMOUS:
            return False
        return p in names.users or any(
            p in self.people.members(g) for g in names.groups
        )

    def passes_read(self, p: str, c: ContentItem) -> bool:
        chain = self.chain(c)
        return chain is not None and all(
            not x.read or self.is_in(p, x.read) for x in chain
        )

    def passes_update(self, p: str, c: ContentItem) -> bool:
        return not c.update or self.is_in(p, c.update)

    def reaches(self, p: str, c: ContentItem, level: str, by: Operations) -> bool:
        """Return view(p,c) or edit(p,c), by a given set of operations."""
        can_view = (
            "read/space" in by
            and self.passes_read(p, c)
            and c.status in {"current", "archived"}
        )
        if level == "view":
            return can_view
        return (
            can_view
            and bool(self.edit_operations(c.type) & by)
            and self.passes_update(p, c)
            and c.status == "current"
        )

    def is_attributed(self, p: str, c: ContentItem, level: str) -> bool:
        """Return whether a reach is p's, and not only that of anybody at all."""
        if not self.reaches(p, c, level, self.ops(p)):
            return False
        if self.reaches(p, c, level, self.own(p)):
            return True
        return not self.reaches(ANONYMOUS, c, level, self.anon())

    # 1.8: boundaries

    def boundary(self, c: ContentItem, level: str) -> Anchor:
        if level == "edit" and c.update:
            return c.type, c.id
        for x in self.chain(c) or ():
            if x.read:
                return x.type, x.id
        return "space_content", self.id
