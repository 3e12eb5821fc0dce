"""The times of the checklist: phases, their headings, items, gates; and what has a fixed date."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.models import (
    ChecklistItem,
    Condition,
    DailyForm,
    Gate,
    Phase,
    PhaseGroup,
    Vote,
)
from checklists.queries.gates import final_of, gates_of
from checklists.rules.items import CLOSED
from warroom.actions.schedule import Source, register_schedule
from warroom.models import DeploymentPlan
from warroom.rules.schedule import Thing
from warroom.rules.wording import day_text

_MODELS = {"phase": Phase, "group": PhaseGroup, "item": ChecklistItem, "gate": Gate}


class ChecklistTimes(Source):
    prefix = "checklist"

    def things(self, plan: DeploymentPlan, now: datetime) -> Iterable[Thing]:
        """In a fixed number of SQL statements."""
        yield from _of_phases(plan)
        yield from _of_items(plan)
        yield from _of_gates(plan)
        yield from _fixed(plan)

    def move(self, plan: DeploymentPlan, keys: Collection[str], seconds: int) -> None:
        """All rows of one column move in one statement."""
        by_column: dict[tuple[str, str], list[int]] = defaultdict(list)
        for key in keys:
            _unused, kind, field, pk = key.split(":")
            by_column[kind, field].append(int(pk))
        for (kind, field), pks in by_column.items():
            rows = _MODELS[kind]._default_manager.filter(pk__in=pks)
            rows.update(**{field: F(field) + seconds})


def _key(kind: str, field: str, pk: int) -> str:
    return f"checklist:{kind}:{field}:{pk}"


def _of_phases(plan: DeploymentPlan) -> Iterable[Thing]:
    phases = Phase.objects.filter(plan=plan).prefetch_related("groups")
    for phase in phases:
        name = f"{phase.number} {phase.title}"
        yield from _span("phase", phase, name)
        for group in phase.groups.all():
            yield from _span("group", group, f"{phase.number}: {group.title}")
        if phase.starts_at is not None:
            yield Thing(_key("phase", "starts_at", phase.pk), name, at=phase.starts_at)


def _span(kind: str, row: Phase | PhaseGroup, name: str) -> Iterable[Thing]:
    """Begin and end are two things: of a phase under way only the end is ahead."""
    if row.offset_s is not None:
        yield Thing(_key(kind, "offset_s", row.pk), name, row.offset_s)
    if row.end_offset_s is not None and row.end_offset_s != row.offset_s:
        yield Thing(
            _key(kind, "end_offset_s", row.pk),
            _("{name}, end").format(name=name),
            row.end_offset_s,
            group=f"e{row.pk}",
        )
    elif row.end_offset_s is not None:
        yield Thing(_key(kind, "end_offset_s", row.pk), name, row.end_offset_s, hidden=True)


def _of_items(plan: DeploymentPlan) -> Iterable[Thing]:
    for item in ChecklistItem.objects.filter(plan=plan).select_related("phase"):
        done = True if item.state in CLOSED else None
        if item.due_at is not None:
            name = f"{item.phase.number}: {item.text[:60]}"
            yield Thing(_key("item", "due_at", item.pk), name, at=item.due_at, over=done)
        elif item.due_offset_s is not None:
            yield Thing(
                _key("item", "due_offset_s", item.pk),
                _("Items of {phase} {phase_title}").format(
                    phase=item.phase.number, phase_title=item.phase.title
                ),
                item.due_offset_s,
                over=done,
                group=f"items:{item.phase_id}",
            )


def _of_gates(plan: DeploymentPlan) -> Iterable[Thing]:
    votes: dict[int, int] = defaultdict(int)
    standing = Vote.objects.filter(gate__plan=plan, superseded_by=None)
    for gate_id in standing.values_list("gate_id", flat=True):
        votes[gate_id] += 1
    for gate in gates_of(plan):
        if gate.offset_s is None:
            continue
        count = votes[gate.pk]
        note = ngettext("{count} vote stays", "{count} votes stay", count).format(count=count)
        yield Thing(
            _key("gate", "offset_s", gate.pk),
            gate.title,
            gate.offset_s,
            over=final_of(gate) is not None,
            note=note if count else "",
        )


def _fixed(plan: DeploymentPlan) -> Iterable[Thing]:
    """What was agreed by date: conditions, and the wrap-ups of the days."""
    for row in Condition.objects.filter(plan=plan, closed_at=None).exclude(due_at=None):
        yield Thing(
            f"condition:{row.pk}", _("Condition {row}").format(row=row.number), at=row.due_at
        )
    for form in DailyForm.objects.filter(plan=plan):
        yield Thing(
            f"daily:{form.pk}",
            form.title,
            note=_("every day from {first_day}").format(first_day=day_text(form.first_day)),
        )


register_schedule(ChecklistTimes())
