"""An edited document is taken over into the checklist: what is chosen, and nothing that people did.

Every row that the document still has moves to its new line; what it has no more and is kept stays
as an item of the room.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.phases import renumber
from checklists.actions.placing import MOST_ITEMS, Layout, store
from checklists.actions.revoking import revoke_signatures
from checklists.documents import matching
from checklists.documents.found import GroupFound, PhaseFound
from checklists.documents.items import group_row, item_row, phase_row
from checklists.documents.matching import Found, Matching
from checklists.documents.sheet import Place
from checklists.models import ChecklistItem, Criterion, Gate, Phase, PhaseGroup
from checklists.rules.placement import Place as Stand
from warroom.actions.change import Change
from warroom.actions.refusals import Invalid
from warroom.actions.reimports import Applied, Comparer, register_comparer
from warroom.documents.comparing import Comparison
from warroom.documents.reading import Reading
from warroom.models import DeploymentPlan

REASON = _l("Gone from the document.")
SAID = "As the document says"
_SAVED = [one.name for one in matching.ITEM_FIELDS]
_SAVED += ["role", "state", "state_reason", "state_by", "state_by_name", "state_at"]
_SAVED += ["value", "revision", "removed_at", "removed_by_name", "removed_reason", "source_line"]


class Checklist(Comparer):
    name = "checklist"
    order = 10

    def compare(self, plan: DeploymentPlan, reading: Reading) -> Comparison:
        found = matching.matching(plan, reading, timezone.now())
        return Comparison([one.difference for one in found.found], _remarks(plan, reading))

    def apply(self, changing: Change, reading: Reading, chosen: Collection[str]) -> Applied:
        found = matching.matching(changing.plan, reading, changing.at)
        return _Update(changing, found, set(chosen)).run()


def _remarks(plan: DeploymentPlan, reading: Reading) -> list[str]:
    """What a new document says of the rest, which stays as it is in the room."""
    parts = reading.understanding.parts
    told = []
    gates, known = {one.title for one in parts.get("gates", ())}, _titles(plan)
    for title in sorted(gates - known):
        told.append(
            _("The gate “{title}” is new in the document; add it under Settings.").format(
                title=title
            )
        )
    roles = {one.key for one in parts.get("roles", ()) if one.line}
    new = roles - set(plan.roles.values_list("key", flat=True))
    if new:
        told.append(
            _("Roles that are new in the document are not added: {new}.").format(
                new=", ".join(sorted(new))
            )
        )
    return told


def _titles(plan: DeploymentPlan) -> set[str]:
    return set(Gate.objects.filter(plan=plan).values_list("title", flat=True))


@dataclass(slots=True)
class _Update:
    """One take-over, step by step, under the plan's lock."""

    changing: Change
    found: Matching
    chosen: set[str]
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    touched: dict[int, Phase] = field(default_factory=dict)
    ticked: dict[int, Phase] = field(default_factory=dict)
    made: dict[int, ChecklistItem] = field(default_factory=dict)  # by line of the new document
    numbers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    sections: dict[tuple[type, str], dict[int, Phase | PhaseGroup]] = field(
        default_factory=lambda: defaultdict(dict)
    )  # what is to be stored, by field
    number: int = 0  # the last that an item was given, once one was
    new_phases: bool = False

    def run(self) -> Applied:
        taken = [one for one in self.found.found if one.difference.key in self.chosen]
        for one in taken:
            self.counts[one.difference.kind] += 1
        by_kind = defaultdict(list)
        for one in taken:
            by_kind[one.difference.kind].append(one)
        for one in [*by_kind["changed"], *by_kind["conflict"]]:
            self._set(one)
        for one in by_kind["ticked"]:
            self._tick(one)
        for one in by_kind["gone"]:
            self._remove(one)
        for one in by_kind["new"]:
            self._add(one)
        self._create()
        self._anchor()
        self._arrange({one.difference.line for one in by_kind["moved"]})
        return self._done()

    # -- single changes -----------------------------------------------------------------------

    def _set(self, one: Found) -> None:
        row, own = one.row, one.field
        setattr(row, own.name, getattr(one.made, own.name))
        if not isinstance(row, ChecklistItem):
            self.sections[type(row), own.name][row.pk] = row
            self._touch(row if isinstance(row, Phase) else row.phase)
            return
        if own.name == "owner":
            row.role = one.made.role
        row.revision += 1
        self.numbers["changed"].append(row.number)
        self._touch(row.phase)

    def _tick(self, one: Found) -> None:
        row, by = one.row, self.changing
        row.state, row.state_reason = one.made.state, one.made.state_reason
        if one.difference.asks:
            row.state_reason = row.state_reason or SAID
        row.state_by, row.state_by_name, row.state_at = by.author, by.author_name, by.at
        row.value = row.value or one.made.value
        row.revision += 1
        self.numbers["ticked"].append(row.number)
        self.ticked[row.phase_id] = row.phase

    def _remove(self, one: Found) -> None:
        row = one.row
        row.removed_at, row.removed_by_name = self.changing.at, self.changing.author_name
        row.removed_reason = str(REASON)
        row.revision += 1
        self.numbers["removed"].append(row.number)
        self._touch(row.phase)

    def _touch(self, phase: Phase) -> None:
        self.touched[phase.pk] = phase

    # -- what is new --------------------------------------------------------------------------

    def _add(self, one: Found) -> None:
        place = one.place
        phase = self._phase(place.phase)
        group = self._group(phase, place.group)
        roles, creation = self.found.sheet.roles, self.found.creation
        row = item_row(phase, group, place.item, roles, creation)
        row.number = self._next_number()
        row.position = 1 + len(self.found.sheet.items) + len(self.made)
        if row.state != "open":
            row.state_by_name, row.state_at = "the document", self.changing.at
        self.made[place.item.line] = row
        self._stand_under(row, place.parent_line)
        self.numbers["added"].append(row.number)
        self._touch(phase)

    def _stand_under(self, row: ChecklistItem, line: int | None) -> None:
        parent = (self.found.rows.get(line) or self.made.get(line)) if line else None
        fits = parent is not None and parent.phase_id == row.phase_id and not parent.removed_at
        row.parent = parent if fits else None

    def _next_number(self) -> int:
        if len(self.found.sheet.items) + len(self.made) >= MOST_ITEMS:
            raise Invalid(
                "text", _("A release has at most {most_items} items.").format(most_items=MOST_ITEMS)
            )
        if not self.number:
            items = ChecklistItem.everything.filter(plan=self.changing.plan)
            self.number = items.aggregate(most=Max("number"))["most"] or 0
        self.number += 1
        return self.number

    def _create(self) -> None:
        """Store the new items level by level: a child needs the key of its parent."""
        level = list(self.made.values())
        while level:
            lower = [row for row in level if row.parent and row.parent.pk is None]
            ready = [row for row in level if not (row.parent and row.parent.pk is None)]
            ChecklistItem.objects.bulk_create(ready, batch_size=500)
            level = lower

    def _phase(self, found: PhaseFound) -> Phase:
        known = self.found.phase_rows.get(id(found))
        if known is None:
            known = phase_row(self.changing.plan, found)
            last = Phase.objects.filter(plan=self.changing.plan).aggregate(most=Max("number"))
            known.number = (last["most"] or 0) + 1
            known.save()
            self.found.phase_rows[id(found)] = known
            self.new_phases = True
        return known

    def _group(self, phase: Phase, found: GroupFound) -> PhaseGroup | None:
        if not found.title:
            return None
        known = self.found.group_rows.get(id(found))
        if known is None:
            known = group_row(phase, found, 1 + PhaseGroup.objects.filter(phase=phase).count())
            known.save()
            self.found.group_rows[id(found)] = known
        return known

    # -- lines and order ----------------------------------------------------------------------

    def _anchor(self) -> None:
        """Every row at its line of the new document, and none at a line of the old one."""
        line_of = {row.pk: line for line, row in self.found.rows.items()}
        said = {number for some in self.numbers.values() for number in some}
        changed = []
        for row in self.found.sheet.items:
            if row.source_line != line_of.get(row.pk) or row.number in said:
                row.source_line = line_of.get(row.pk)
                changed.append(row)
        store(changed, _SAVED)
        self._anchor_sections()

    def _anchor_sections(self) -> None:
        found, lines = self.found, {}
        for phase in found.phases:
            lines[Phase, _key(found.phase_rows.get(id(phase)))] = phase.line
            for group in phase.groups:
                lines[PhaseGroup, _key(found.group_rows.get(id(group)))] = group.line
        groups = (group for phase in found.sheet.phases for group in phase.groups.all())
        for row in (*found.sheet.phases, *groups):
            line = lines.get((type(row), row.pk))
            if row.source_line != line:
                row.source_line = line
                self.sections[type(row), "source_line"][row.pk] = row
        for (model, name), rows in self.sections.items():
            model.objects.bulk_update(rows.values(), [name])

    def _arrange(self, moved: set[int]) -> None:
        """New and moved items behind what stands before them in the document."""
        going = {line: self.found.rows[line] for line in moved} | self.made
        if not going and not self.numbers["removed"]:
            return
        self._order_sections()
        leaving = {row.pk for row in going.values()}
        behind: dict[int | None, list[ChecklistItem]] = defaultdict(list)
        before: dict[int, ChecklistItem] = {}  # the last item of a phase that stays where it is
        first: dict[int, list[ChecklistItem]] = defaultdict(list)
        for line in sorted(self.found.new):
            place = self.found.new[line]
            row = going.get(line) or self.found.rows.get(line)
            if row is None:
                continue
            if line not in going:
                before[id(place.phase)] = row
                continue
            if line in moved:
                self._go(row, place)
            after = before.get(id(place.phase))
            fits = after is not None and after.phase_id == row.phase_id
            (behind[after.pk] if fits else first[row.phase_id]).append(row)
        orders: dict[int, list[ChecklistItem]] = defaultdict(list, first)
        for row in self.found.sheet.items:
            if row.pk not in leaving:
                orders[row.phase_id] += [row, *behind[row.pk]]
        self._store(orders)
        gone = ChecklistItem.objects.filter(pk__in=[self.found.rows[line].pk for line in moved])
        gone.update(revision=F("revision") + 1)

    def _go(self, row: ChecklistItem, place: Place) -> None:
        self._touch(row.phase)
        row.phase = self._phase(place.phase)
        row.group = self._group(row.phase, place.group)
        self._stand_under(row, place.parent_line)
        self.numbers["moved"].append(row.number)
        self._touch(row.phase)

    def _store(self, orders: dict[int, list[ChecklistItem]]) -> None:
        stands = []
        for phase, rows in orders.items():
            here = {row.pk for row in rows if not row.removed_at}
            for row in rows:
                parent = row.parent_id if row.parent_id in here or row.removed_at else None
                stands.append(Stand(row.pk, phase, row.group_id, parent))
        layout = Layout(list(orders))
        store(layout.settle(stands))

    def _order_sections(self) -> None:
        """Phases and groups in the order of the document; those of the room after their like."""
        if self.new_phases:
            renumber(_woven([*self._phases_now()], self._phases_then()))
        now: dict[int, dict[int, PhaseGroup]] = defaultdict(dict)
        for group in PhaseGroup.objects.filter(phase__plan=self.changing.plan):
            now[group.phase_id][group.pk] = group
        wrong = []
        for phase in self.found.phases:
            here = now[_key(self.found.phase_rows.get(id(phase)))]
            then = [g.pk for one in phase.groups if (g := self.found.group_rows.get(id(one)))]
            for position, pk in enumerate(_woven([*here], then) if then else (), start=1):
                if here[pk].position != position:
                    here[pk].position = position
                    wrong.append(here[pk])
        PhaseGroup.objects.bulk_update(wrong, ["position"])

    def _phases_now(self) -> list[int]:
        return list(Phase.objects.filter(plan=self.changing.plan).values_list("pk", flat=True))

    def _phases_then(self) -> list[int]:
        rows = self.found.phase_rows
        return [rows[id(one)].pk for one in self.found.phases if id(one) in rows]

    # -- the end ------------------------------------------------------------------------------

    def _done(self) -> Applied:
        listed = revoke_signatures(
            self.changing,
            self.touched.values(),
            _("the list: the document was edited"),
            whole=bool(self.touched),
        )
        only = [phase for pk, phase in self.ticked.items() if pk not in self.touched]
        ticked = revoke_signatures(
            self.changing, only, _("items ticked in the document"), whole=False
        )
        _anchor_gates(self.changing.plan, self.found)
        data: dict[str, list] = {name: sorted(n) for name, n in self.numbers.items() if n}
        data["items"] = sorted({number for numbers in self.numbers.values() for number in numbers})
        data["phases"] = self._phases_touched()
        for name, keys in listed.data.items():
            data[name] = [*keys, *ticked.data[name]]
        return Applied(dict(self.counts), listed.said + ticked.said, data)

    def _phases_touched(self) -> list[int]:
        """Their numbers as they are now; all of them once one was put between."""
        phases = Phase.objects.filter(plan=self.changing.plan)
        if not self.new_phases:
            phases = phases.filter(pk__in=self.touched.keys() | self.ticked.keys())
        return list(phases.values_list("number", flat=True))


def _key(row: Phase | PhaseGroup | None) -> int:
    return row.pk if row else 0


def _woven(now: list[int], then: list[int]) -> list[int]:
    """``now`` with the members of ``then`` in their order; the others stay behind their like."""
    known = [one for one in then if one in set(now)]
    order = list(known)
    for place, one in enumerate(now):
        if one not in set(known):
            before = now[place - 1] if place else None
            order.insert(order.index(before) + 1 if before in order else 0, one)
    return order


def _anchor_gates(plan: DeploymentPlan, found: Matching) -> None:
    """Gates and criteria at their new lines, by title and label."""
    parts = found.reading_parts
    known = {one.title: one for one in reversed(parts.get("gates", ()))}
    gates = list(Gate.objects.filter(plan=plan).prefetch_related("criteria"))
    lines: dict[tuple[type, int], int] = {}
    for gate in gates:
        if new := known.get(gate.title):
            lines[Gate, gate.pk] = new.line
            by_key = {one.key: one.line for one in new.criteria}
            lines |= {(Criterion, one.pk): by_key.get(one.key) for one in gate.criteria.all()}
    criteria = [one for gate in gates for one in gate.criteria.all()]
    for model, rows in ((Gate, gates), (Criterion, criteria)):
        elsewhere = [row for row in rows if row.source_line != lines.get((model, row.pk))]
        for row in elsewhere:
            row.source_line = lines.get((model, row.pk))
        model.objects.bulk_update(elsewhere, ["source_line"])


register_comparer(Checklist())
