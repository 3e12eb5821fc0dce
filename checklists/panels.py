"""The panels of this app: the checklist, its items and signatures, and the gates."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _l

from checklists.models import ChecklistItem, Gate
from checklists.queries.criteria import CriterionRow
from checklists.queries.days import daily_needs, form_days
from checklists.queries.gates import (
    GateSheet,
    final_of,
    gate_sheet,
    gates_now,
    gates_of,
    next_open,
    opens_at,
)
from checklists.queries.needs import people_ahead, people_needs
from checklists.queries.outlook import checklist_count, ended_by, gates_count, next_gate, progress
from checklists.queries.phases import Checklist, PhaseRows, checklist
from checklists.queries.readiness import score_now
from checklists.rules.bands import Band
from checklists.rules.numbers import whole_number
from warroom import navigation
from warroom.live import needs, outlook, panels, shapes
from warroom.live.panels import Stand
from warroom.models import DeploymentPlan, TimelineEvent
from warroom.rules.fingerprint import fingerprint
from warroom.rules.shapes import BEFORE, CALM

# Items of the current phase that the room shows: so many open ones at most, and so many rows at
# least, filled up with what was closed last.
ROOM_ROWS, LEAST_ROWS = 8, 4
NEAR = timedelta(hours=1)  # before it opens a gate is worth a place in a calm room

Context = dict[str, Any]

# What happens to items, alone (item.done) or together (items.set), and to the list itself.
LIST = ("item", "phase.", "group.", "section.", "plan.updated_from_document", "plan.extended")
# What a gate is judged by.
GATE = ("vote.", "gate.", *LIST, "condition.", "criterion.", "waiver.", "evidence.", "signoff.")
GATE += ("plan.",)
LIST += ("scenario.started",)  # puts a phase with items in


def phases_of(event: TimelineEvent) -> list[int]:
    """The numbers of the phases that an event of the list touches."""
    named = [event.data.get("phase"), *event.data.get("phases", ())]
    return [number for number in named if number]


class Phases(panels.Panel):
    """The whole checklist in the room: every phase, and the open items of the current one."""

    name = "phases"
    template = "checklists/_phases.html"
    kinds = (*LIST, "signoff.", "vote.", "gate.", "seat.", "role.", "plan.")
    slot = "work"
    order = 20
    stands: Mapping[str, Stand | None] = {CALM: Stand("deck", 30, "shut")}
    heading: Any = _l("Checklist")
    sum = "phases-sum"
    refresh_s = 30  # an item falls due without anything being written

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        board = checklist(plan, now)
        if not board.phases:
            return None
        shown, rest = first_rows(board.current)
        return {
            "board": board,
            "current": board.current,
            "steps": steps(plan, board, now),
            "rows": shown,
            "rest": rest,
        }


def first_rows(rows: PhaseRows) -> tuple[list, int]:
    """The rows that the room shows, open ones first, and how many are left out."""
    still = [row for row in rows.rows if not row.item.closed]
    closed = [row for row in rows.rows if row.item.closed]
    closed.sort(key=lambda row: str(row.item.state_at), reverse=True)
    chosen = still[:ROOM_ROWS]
    chosen += closed[: max(0, LEAST_ROWS - len(chosen))]
    return chosen, len(rows.rows) - len(chosen)


def steps(plan: DeploymentPlan, board: Checklist, now: datetime) -> list[Context]:
    """Phases and gates in the order in which they come: by time, else phases first."""
    found = [{"phase": rows, "at": rows.starts, "order": 0} for rows in board.phases]
    for gate in gates_now(plan, now):
        final = final_of(gate)
        found.append({"gate": gate, "final": final, "at": opens_at(gate), "order": 1})
    if all(step["at"] is not None for step in found):
        found.sort(key=lambda step: (step["at"], step["order"]))
    return found


class PhasesSum(panels.Panel):
    """How far the whole list is: the live part of its heading, which may be folded."""

    name = "phases-sum"
    template = "checklists/_phases_sum.html"
    kinds = Phases.kinds
    slot = "sum"
    refresh_s = 30

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        return {"board": checklist(plan, now)}


class PhaseList(Phases):
    """The phases beside the checklist."""

    name = "phase-list"
    template = "checklists/_phase_list.html"
    places = ("checklist",)
    slot = "side"
    stands = {}
    heading = sum = ""


def items_of_events(events: Sequence[TimelineEvent]) -> list[int]:
    """The numbers of the items that events name, alone or among several, each once."""
    numbers: dict[int, None] = {}
    for event in events:
        alone, several = event.data.get("item"), event.data.get("items") or ()
        numbers |= dict.fromkeys(int(number) for number in (alone, *several) if number)
    return list(numbers)


class ItemRow(panels.Panel):
    """One item; a family with one member per item number. A tick re-renders one row."""

    name = "item"
    template = "checklists/_item.html"
    kinds = ("item", "plan.updated_from_document")
    places = ("checklist",)
    slot = "rows"

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        return [str(number) for number in items_of_events(events)]

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        # From the whole list, which other fragments of the same instant read as well: many rows
        # that change together cost no more than one.
        found = (row for phase in checklist(plan, now).phases for row in phase.rows)
        row = next((row for row in found if str(row.item.number) == key), None)
        return {"row": row} if row else None


class PhaseFamily(panels.Panel):
    """A family with one member per phase, named by its number."""

    places = ("checklist",)
    slot = "rows"

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        numbers = {number for event in events for number in phases_of(event)}
        return [str(number) for number in sorted(numbers)]

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        rows = _phase_of(checklist(plan, now), key)
        return {"phase": rows} if rows else None


def _phase_of(board: Checklist, key: str) -> PhaseRows | None:
    number = whole_number(key)
    return board.phase(number) if number is not None else None


class PhaseSum(PhaseFamily):
    """8 of 14 closed, 2 blocking open, 1 late."""

    name = "phase-sum"
    template = "checklists/_phase_sum.html"
    kinds = LIST


class ListShape(PhaseFamily):
    """Which items a phase has and in which order. Pages that show another order load theirs anew.

    It shows nothing itself: rows stand between forms, and each page filters its own.
    """

    name = "list"
    template = "checklists/_list_shape.html"
    kinds = ("item.added", "item.moved", "item.removed", "item.restored")
    kinds += ("phase.", "group.", "section.", "plan.updated_from_document", "plan.extended")
    kinds += ("scenario.started",)

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        # Others may have taken its number.
        if any(event.kind.startswith(("phase.", "plan.")) for event in events):
            return [str(number) for number in plan.phases.values_list("number", flat=True)]
        return super().keys(plan, events)

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        rows = _phase_of(checklist(plan, now), key)
        return {"phase": rows.phase, "shape": shape_of(rows)} if rows else None


def shape_of(rows: PhaseRows) -> str:
    """What stands where in a phase, as letters that differ when it does."""
    items = [(row.item.number, row.item.parent_id, row.item.group_id) for row in rows.rows]
    groups = [one.group for one in rows.groups if one.group]
    headings = [(group.pk, group.title, group.off_at is None) for group in groups]
    head = [rows.phase.pk, rows.phase.title, rows.phase.off_at is None]
    return fingerprint([*head, items, headings])


class GroupSum(panels.Panel):
    """How far a heading inside a phase is; a family named by phase and place: 4-2."""

    name = "group-sum"
    template = "checklists/_group_sum.html"
    kinds = LIST
    places = ("checklist",)
    slot = "rows"

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        numbers = items_of_events(events)
        found = ChecklistItem.objects.filter(plan=plan, number__in=numbers, group__isnull=False)
        pairs = found.order_by().values_list("phase__number", "group__position").distinct()
        return [f"{phase}-{position}" for phase, position in pairs]

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        phase, _, position = key.partition("-")
        rows, place = _phase_of(checklist(plan, now), phase), whole_number(position)
        groups = rows.groups if rows else []
        wanted = (g for g in groups if g.group and g.group.position == place)
        group = next(wanted, None)
        return {"group": group} if group else None


class Days(panels.Panel):
    """The forms that come back every day: which days are filled in, due, missed."""

    name = "days"
    template = "checklists/_days.html"
    kinds = ("daily.", "plan.", "seat.", "role.")
    places = ("days",)
    slot = "days"
    refresh_s = 60  # a day falls due without anything being written

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        return {"forms": form_days(plan, now)}


class NextGate(panels.Panel):
    """The next gate in the room: criteria with values, the rule's word, the votes."""

    name = "gate"
    template = "checklists/_gate.html"
    kinds = GATE
    slot = "system"
    order = 50
    stands = {CALM: Stand("needs", 50)}
    refresh_s = 5  # readings change and age without an event

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        gate = None if plan.is_closed else next_open(plan, now)
        if gate is None:
            return None
        shape, sheet = shapes.shape_of(plan, now), gate_sheet(gate, now)
        if shape == CALM and not is_near(sheet, now):
            return None  # the board counts down to it; nobody has to look yet
        missing = missing_first(sheet) if shape == BEFORE else []
        return {"sheet": sheet, "before": shape == BEFORE, "missing": missing}


def is_near(sheet: GateSheet, now: datetime) -> bool:
    """Whether it may be voted on, or decided, within the hour."""
    return sheet.opens_at is None or sheet.opens_at <= now + NEAR or bool(sheet.cast)


def missing_first(sheet: GateSheet) -> list[CriterionRow]:
    """The criteria in their order, those that are not green before those that are."""
    return sorted(sheet.criteria, key=lambda row: row.band == Band.GREEN)


class GateFamily(panels.Panel):
    """A part of a gate's page; one member per gate, named by its key."""

    kinds = GATE
    places = ("gate", "meeting")
    slot = "gate"

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        """The gate that an event names; every undecided one where none is named."""
        named = {event.data.get("gate") for event in events}
        if events and all(named):
            return sorted(named)
        return sorted(
            {gate.key for gate in gates_of(plan) if final_of(gate) is None} | (named - {None, ""})
        )

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        gate = Gate.objects.filter(plan=plan, key=key).select_related("decider").first()
        if not key or gate is None:
            return None
        gate.plan = plan
        return gate_context(gate_sheet(gate, now))


def gate_context(sheet: GateSheet) -> Context:
    found = {"sheet": sheet, "gate": sheet.gate, "advice": sheet.recommendation}
    return found | {"readiness": score_now(sheet.gate.plan, sheet.at)}


class GateVerdict(GateFamily):
    """What the rule says, or what was decided."""

    name = "gate-verdict"
    template = "checklists/_gate_verdict.html"
    refresh_s = 5


class Criteria(GateFamily):
    """Each criterion with its value and its bands."""

    name = "criteria"
    template = "checklists/_criteria.html"
    kinds = GATE
    refresh_s = 5


class Votes(GateFamily):
    """What each role votes."""

    name = "votes"
    template = "checklists/_votes.html"
    kinds = ("vote.", "gate.", "plan.", "seat.", "role.")


class Conditions(GateFamily):
    """The conditions that votes and signatures were tied to."""

    name = "conditions"
    template = "checklists/_conditions.html"
    kinds = ("vote.", "condition.", "signoff.", "gate.")


class Decisive(GateFamily):
    """What still stands against a decision; beside the form that takes it."""

    name = "decisive"
    template = "checklists/_decisive.html"
    refresh_s = 5


GATE_PARTS = (GateVerdict(), Criteria(), Votes(), Conditions(), Decisive())

for panel in (
    Phases(),
    PhasesSum(),
    PhaseList(),
    ItemRow(),
    PhaseSum(),
    ListShape(),
    GroupSum(),
    Days(),
    NextGate(),
    *GATE_PARTS,
):
    panels.register(panel)

outlook.register_next(next_gate)
outlook.register_ended(ended_by)
outlook.register_progress(progress)
needs.register_needs(people_needs)
needs.register_ahead(people_ahead)
needs.register_needs(daily_needs)
navigation.register_tab(
    "checklist", _l("Checklist"), "checklist", 20, count=checklist_count, icon="list", key="c"
)
navigation.register_tab("gate", _l("Gates"), "gates", 30, count=gates_count, icon="gate", key="g")
