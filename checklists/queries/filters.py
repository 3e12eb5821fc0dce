"""Which rows of the checklist a reader asked for: mine, a role's, open, late, or by words."""

from dataclasses import dataclass, field, replace

from django.db.models import Q, QuerySet

from checklists.models import ChecklistItem
from checklists.queries.phases import ItemRow
from checklists.rules.owners import named, plain
from warroom.models import DeploymentPlan, User
from warroom.queries.people import Standing

SHOWN = ("all", "mine", "open", "late", "blocking")
QUERY_LIMIT = 200


@dataclass(frozen=True)
class Filter:
    """``q`` is searched in text, owner and notes; ``found``: the items (ids) in which it stands."""

    show: str = "all"
    role: str = ""
    q: str = ""
    found: frozenset[int] | None = None
    role_ids: frozenset[int] = frozenset()
    names: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_set(self) -> bool:
        return bool(self.show != "all" or self.role or self.q)

    def wants(self, row: ItemRow) -> bool:
        """Whether the row itself fits."""
        item = row.item
        if self.found is not None and item.pk not in self.found:
            return False
        if self.role and (item.role is None or item.role.key != self.role):
            return False
        return self._fits(row)

    def keeps(self, row: ItemRow) -> bool:
        """Whether the row is shown: it fits, or one below it does."""
        return self.wants(row) or any(self.keeps(child) for child in row.children)

    def is_mine(self, row: ItemRow) -> bool:
        """The reader sits in the item's role, or is named as its owner."""
        called = {plain(name) for name in named(row.item.owner)}
        return row.item.role_id in self.role_ids or bool(called & self.names)

    def _fits(self, row: ItemRow) -> bool:
        if self.show == "mine":
            return self.is_mine(row)
        if self.show == "open":
            return not row.item.closed
        if self.show == "late":
            return row.late is not None
        return self.show != "blocking" or (row.item.blocking and not row.item.closed)


def read_filter(
    plan: DeploymentPlan, person: User, held: Standing, *, show: str, role: str, q: str
) -> Filter:
    """The filter that an address names; what it does not know counts as nothing. One statement."""
    q = " ".join(q.replace("\0", "").split())[:QUERY_LIMIT]
    names = {person.username, person.display_name, person.first_name}
    names |= {name for one in held.roles for name in (one.key, one.name)}
    return Filter(
        show=show if show in SHOWN else "all",
        role=role,
        q=q,
        found=frozenset(search(plan, q).values_list("pk", flat=True)) if q else None,
        role_ids=held.role_ids,
        names=frozenset(name.casefold() for name in names if name),
    )


def search(plan: DeploymentPlan, q: str) -> QuerySet[ChecklistItem]:
    """The items in which every word of ``q`` stands: in text, owner, role, reason or a note."""
    found = ChecklistItem.objects.filter(plan=plan).order_by()
    for word in q.split()[:10]:
        found = found.filter(
            Q(text__icontains=word)
            | Q(owner__icontains=word)
            | Q(role__name__icontains=word)
            | Q(state_reason__icontains=word)
            | Q(pk__in=ChecklistItem.objects.filter(plan=plan, notes__text__icontains=word))
        )
    return found


def counts(rows: list[ItemRow], chosen: Filter) -> dict[str, int]:
    """How many of ``rows`` each choice of ``show`` leaves, with the role and words chosen."""
    return {show: sum(replace(chosen, show=show).wants(row) for row in rows) for show in SHOWN}
