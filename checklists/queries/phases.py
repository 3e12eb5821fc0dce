"""The checklist as pages show it: phases, groups and items with their counts.

Everything here is computed from the rows (law 11), in a fixed number of SQL statements.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Prefetch, QuerySet, Value

from checklists.models import ChecklistItem, ItemFile, ItemNote, ItemState, Phase, PhaseGroup
from checklists.queries.refs import name_items, place_items
from checklists.queries.scopes import STABLE, Scope
from checklists.queries.signoffs import (
    Signature,
    Signatures,
    holders,
    signatures,
)
from checklists.rules import due as due_rule
from checklists.rules import items as rules
from checklists.rules.targets import Against, Met, against
from warroom.models import DeploymentPlan, Role
from warroom.queries.once import once
from warroom.queries.people import roles_now, seated
from warroom.queries.there import may_have, there

_MARKS = {
    ItemState.DONE: "ok",
    ItemState.DOING: "run",
    ItemState.FAILED: "bad",
    ItemState.BLOCKED: "block",
    ItemState.SKIPPED: "skip",
    ItemState.NOT_APPLICABLE: "skip",
}
# What one tap sets. It is spelled out in the button, so that a repeated tap changes nothing.
_TAP = {ItemState.OPEN: "done", ItemState.DOING: "done", ItemState.DONE: "open"}


@dataclass
class ItemRow:
    """One item as a row shows it. Instants are UTC."""

    item: ChecklistItem
    who: str
    due: datetime | None
    late: timedelta | None
    soon: bool
    notes: int
    at: datetime
    files: list[ItemFile] = field(default_factory=list)
    children: list["ItemRow"] = field(default_factory=list)
    context: bool = False  # does not match what was searched, and is shown for its place

    @property
    def counted(self) -> str:
        """``3 of 7 attached``; "" for an item that counts nothing."""
        return rules.count_text(self.item.count_done, self.item.count_of, self.item.count_unit)

    @property
    def next_count(self) -> int | None:
        """The number that one tap sets; None where files count, or there is nothing to reach."""
        item, done = self.item, self.item.count_done or 0
        counts = item.count_of and item.count_unit != "attached" and not item.closed
        return done + 1 if counts and done < item.count_of else None

    @property
    def all_counted(self) -> bool:
        """Whether everything is counted, so that the item may be set done."""
        of = self.item.count_of
        return bool(of) and not self.item.closed and (self.item.count_done or 0) >= of

    @property
    def ends(self) -> datetime | None:
        """When work that was begun is over (UTC)."""
        return rules.ends_at(self.item.started_at, self.item.duration_s)

    @property
    def runs(self) -> bool:
        return self.item.state == ItemState.DOING and self.ends is not None

    @property
    def over(self) -> bool:
        """Whether the time is over and somebody has to say how it went (S131)."""
        return self.runs and self.ends <= self.at

    @property
    def judged(self) -> Against:
        """The measured value against its target."""
        return against(self.item.value, self.item.target)

    @property
    def missed(self) -> bool:
        return self.judged.met is Met.MISSED

    @property
    def met(self) -> bool:
        return self.judged.met is Met.MET

    @property
    def left_out(self) -> str:
        """``required, skipped by Cora: …``; "" for all that was not left out, or with its part."""
        return left_out_of(self.item)

    @property
    def link(self) -> str:
        """Where the evidence lies; nothing but web addresses, whatever a document says."""
        url = self.item.evidence_url
        return url if url.startswith(("https://", "http://")) else ""

    @property
    def mark(self) -> str:
        return _MARKS.get(self.item.state, "open")

    @property
    def tap(self) -> str:
        if self.item.duration_s and self.item.state == ItemState.OPEN:
            return "doing"
        return _TAP.get(self.item.state, "open" if self.item.closed else "done")

    @property
    def checked(self) -> str:
        """For ``aria-checked``: true, false, or mixed while somebody is at it."""
        if self.item.closed:
            return "true"
        return "mixed" if self.item.state == ItemState.DOING else "false"

    @property
    def classes(self) -> str:
        names = {"is-done": self.item.closed, "is-late": bool(self.late), "is-soon": self.soon}
        return " ".join(name for name, holds in names.items() if holds)


@dataclass
class Counts:
    """How far a list of items has come."""

    total: int = 0
    closed: int = 0
    blocking: int = 0
    late: int = 0
    left_out: int = 0  # required, and skipped or set not applicable one by one

    def add(self, row: ItemRow) -> None:
        self.total += 1
        self.closed += row.item.closed
        self.blocking += row.item.blocking and not row.item.closed
        self.late += row.late is not None
        self.left_out += bool(row.left_out)

    @property
    def open(self) -> int:
        return self.total - self.closed


@dataclass
class GroupRows:
    """A heading of a phase (None: items without one) with its items, nested."""

    group: PhaseGroup | None
    starts: datetime | None = None
    ends: datetime | None = None
    rows: list[ItemRow] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)


@dataclass
class PhaseRows:
    phase: Phase
    starts: datetime | None
    ends: datetime | None
    groups: list[GroupRows]
    rows: list[ItemRow]
    counts: Counts
    signatures: list[Signature]

    @property
    def key(self) -> str:
        """How addresses and scopes name it: its number."""
        return str(self.phase.number)

    @property
    def signed(self) -> int:
        return sum(signature.stands for signature in self.signatures)

    @property
    def rejected(self) -> list[str]:
        """The roles whose newest word on this phase is that they reject it."""
        return [one.role.name for one in self.signatures if one.rejects]

    @property
    def blocking_refs(self) -> list[str]:
        return [r.item.ref for r in self.rows if r.item.blocking and not r.item.closed]

    @property
    def finished(self) -> bool:
        return self.counts.open == 0 and self.signed == len(self.signatures)


@dataclass
class Checklist:
    phases: list[PhaseRows]
    counts: Counts
    whole: list[Signature]
    signed: Signatures

    @property
    def whole_signed(self) -> int:
        """How many roles signed the whole release."""
        return sum(signature.stands for signature in self.whole)

    @property
    def stable_signed(self) -> int:
        """How many roles declared the release stable."""
        return sum(one.stands for one in self.signed.given(Scope(declaration=STABLE)))

    @property
    def current(self) -> PhaseRows | None:
        """The first phase that is not finished; the last one when all are."""
        unfinished = (phase for phase in self.phases if not phase.finished)
        return next(unfinished, self.phases[-1] if self.phases else None)

    def phase(self, number: int) -> PhaseRows | None:
        return next((rows for rows in self.phases if rows.phase.number == number), None)


def left_out_of(item: ChecklistItem) -> str:
    """What ``rules.items.left_out`` says of an item; "" for one that is off with its part."""
    if item.off_with_section:
        return ""
    return rules.left_out(item.required, item.state, item.state_by_name, item.state_reason)


def checklist(plan: DeploymentPlan, now: datetime) -> Checklist:
    """The whole checklist of a plan, in ten SQL statements whatever its length."""
    return once(plan, now, "checklist", lambda: _read(plan, now))


def _read(plan: DeploymentPlan, now: datetime) -> Checklist:
    roles = roles_now(plan, now)
    who = {role.pk: holders(role) for role in roles}
    rows = [item_row(item, plan, now, who) for item in items_now(plan, now)]
    _nest(rows)
    signed = signatures(plan, roles)
    phases, total = [], Counts()
    for phase in phases_now(plan, now):
        mine = [row for row in rows if row.item.phase_id == phase.pk]
        phases.append(_phase_rows(phase, mine, signed.under(phase)))
    for row in rows:
        total.add(row)
    return Checklist(phases, total, signed.under(None), signed)


def phases_now(plan: DeploymentPlan, now: datetime) -> list[Phase]:
    """All phases with their groups, read once for everything that is shown of one instant."""

    def read() -> list[Phase]:
        found = list(Phase.objects.filter(plan=plan).prefetch_related(_groups_of(plan)))
        for phase in found:
            phase.plan = plan
        return found

    return once(plan, now, "phases", read)


def _groups_of(plan: DeploymentPlan) -> Prefetch:
    return Prefetch("groups", there(plan, PhaseGroup.objects.all()))


def items_now(plan: DeploymentPlan, now: datetime) -> list[ChecklistItem]:
    """``items_of``, read once for everything that is shown of one instant.

    One SQL statement beside those for phases and roles, and one more where there are files.
    """
    return once(plan, now, "items", lambda: _items(plan, now))


def _items(plan: DeploymentPlan, now: datetime) -> list[ChecklistItem]:
    # Those taken off the list, too, because the others are counted past them.
    rows = list(_counted(plan, ChecklistItem.everything.filter(plan=plan)))
    place_items(rows)
    _tie(plan, rows, phases_now(plan, now), roles_now(plan, now))
    return [row for row in rows if row.removed_at is None]


def _tie(
    plan: DeploymentPlan, rows: list[ChecklistItem], phases: list[Phase], roles: list[Role]
) -> None:
    """Give items what was read already; joined, each would have a phase and a role of its own."""
    phase_of = {phase.pk: phase for phase in phases}
    group_of = {group.pk: group for phase in phases for group in phase.groups.all()}
    role_of, item_of = {role.pk: role for role in roles}, {row.pk: row for row in rows}
    for row in rows:
        row.plan, row.phase = plan, phase_of[row.phase_id]
        row.group = group_of[row.group_id] if row.group_id else None
        row.role = role_of[row.role_id] if row.role_id else None
        row.parent = item_of[row.parent_id] if row.parent_id else None


def items_of(plan: DeploymentPlan) -> QuerySet[ChecklistItem]:
    """Items in the order of the list, with phase, role, files and the number of notes."""
    rows = ChecklistItem.objects.filter(plan=plan)
    return _counted(plan, rows).select_related("phase", "group", "role", "parent")


def _counted(plan: DeploymentPlan, rows: QuerySet[ChecklistItem]) -> QuerySet[ChecklistItem]:
    notes = Count("notes") if may_have(plan, ItemNote) else Value(0)
    ordered = rows.order_by("phase__number", "position", "number").annotate(note_count=notes)
    return ordered.prefetch_related("files") if may_have(plan, ItemFile) else ordered


def item_row(
    item: ChecklistItem, plan: DeploymentPlan, now: datetime, who: dict[int, str]
) -> ItemRow:
    """``who`` maps a role's id to the people in it. In a closed release nothing grows later."""
    if plan.is_closed and plan.lifecycle_at is not None:
        now = plan.lifecycle_at
    due = due_rule.due_at(plan.t0, item.due_at, item.due_offset_s)
    return ItemRow(
        item=item,
        who=item.owner or who.get(item.role_id, ""),
        due=due,
        late=due_rule.lateness(due, item.closed, now),
        soon=due_rule.is_soon(due, item.closed, now),
        notes=item.note_count,
        at=now,
        files=list(item.files.all()) if may_have(plan, ItemFile) else [],
    )


def one_row(plan: DeploymentPlan, number: int, now: datetime) -> ItemRow | None:
    """The row of one item, in five SQL statements; None when the plan has no such item."""
    item = items_of(plan).filter(number=number).first()
    if item is None:
        return None
    name_items([item])
    seats = Role.objects.filter(pk=item.role_id).prefetch_related(seated(now))
    return item_row(item, plan, now, {role.pk: holders(role) for role in seats})


def _nest(rows: list[ItemRow]) -> None:
    by_id = {row.item.pk: row for row in rows}
    for row in rows:
        parent = by_id.get(row.item.parent_id)
        if parent is not None:
            parent.children.append(row)


def _phase_rows(phase: Phase, rows: list[ItemRow], signed: list[Signature]) -> PhaseRows:
    t0 = phase.plan.t0
    groups = {None: GroupRows(None)} | {
        group.pk: GroupRows(
            group,
            due_rule.due_at(t0, None, group.offset_s),
            due_rule.due_at(t0, None, group.end_offset_s),
        )
        for group in phase.groups.all()
    }
    counts = Counts()
    for row in rows:
        counts.add(row)
        group = groups[row.item.group_id if row.item.group_id in groups else None]
        group.counts.add(row)
        if row.item.parent_id is None:
            group.rows.append(row)
    return PhaseRows(
        phase=phase,
        starts=due_rule.due_at(t0, phase.starts_at, phase.offset_s),
        ends=due_rule.due_at(t0, phase.ends_at, phase.end_offset_s),
        groups=[group for group in groups.values() if group.rows],
        rows=rows,
        counts=counts,
        signatures=signed,
    )
