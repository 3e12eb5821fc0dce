"""What people judge by, in a plan file: gates with criteria, daily forms."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from checklists.documents.criteria_parts import (
    CriterionFields,
    Share,
    criterion_in,
    criterion_out,
    hundredths,
    record_of,
    unknown_phases,
)
from checklists.documents.parts import Line, has_lines, role_keys
from checklists.documents.vote_parts import (
    VotingFields,
    voting_faults,
    voting_given,
    voting_row,
)
from checklists.models import Criterion, DailyForm, Gate
from warroom.documents import fields as f
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

HOLD_MINUTES = 360

# --- gates ---------------------------------------------------------------------------------


class GateFields(VotingFields):
    key: f.key(60)
    title: f.words(200)
    opens: f.Offset = None
    hold: f.a_length(step=60) = HOLD_MINUTES * 60
    decider: f.key(60) = ""
    rule: f.text() = ""
    bar: Share = None
    bar_fail: Share = None
    line: int = Line
    criteria: f.many(CriterionFields, 1000) = []


class GatesPart(Part):
    key, order, schema = "gates", 50, f.many(GateFields, 200)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        criteria: dict[int, list[Criterion]] = {}
        for one in Criterion.objects.filter(gate__plan=plan).order_by("position", "pk"):
            criteria.setdefault(one.gate_id, []).append(one)
        gates = plan.gates.select_related("decider").order_by("number", "pk")
        lined, roles = has_lines(plan), set(plan.roles.values_list("key", flat=True))
        return [_gate(gate, criteria.get(gate.pk, []), lined, roles) for gate in gates]

    def check(self, value: list[GateFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "key", ("gates",))
        for n, gate in enumerate(value):
            yield from f.unknown(gate.decider, role_keys(whole), ("gates", n, "decider"), "role")
            yield from voting_faults(gate, n, role_keys(whole))
            yield from f.doubled(gate.criteria, "key", ("gates", n, "criteria"))
            yield from unknown_phases(gate.criteria, whole, ("gates", n, "criteria"))

    def record(self, plan: DeploymentPlan) -> dict[str, Any]:
        return record_of(plan)

    def count(self, value: list[GateFields]) -> dict[str, int]:
        return {"criteria": sum(len(gate.criteria) for gate in value)}

    def create(
        self, plan: DeploymentPlan, value: list[GateFields] | None, creation: Creation
    ) -> None:
        value, lined = value or [], creation.made.get("lined", False)
        gates = Gate.objects.bulk_create(
            Gate(
                plan=plan,
                key=one.key,
                number=number,
                title=one.title,
                rule_text=one.rule,
                offset_s=one.opens,
                hold_minutes=one.hold // 60,
                decider=creation.made["roles"].get(one.decider),
                **voting_row(one),
                bar=hundredths(one.bar),
                bar_fail=hundredths(one.bar_fail),
                source_line=one.line if lined else None,
            )
            for number, one in enumerate(value, start=1)
        )
        creation.made["gates"] = gates
        Criterion.objects.bulk_create(
            criterion_in(gate, place, criterion, lined)
            for gate, one in zip(gates, value, strict=True)
            for place, criterion in enumerate(one.criteria, start=1)
        )


def _gate(
    gate: Gate, criteria: list[Criterion], lined: bool, roles: Collection[str]
) -> dict[str, Any]:
    usual = gate.hold_minutes == HOLD_MINUTES
    return f.given(
        key=gate.key,
        title=gate.title,
        opens=f.offset(gate.offset_s),
        hold=None if usual else f.length(gate.hold_minutes * 60),
        decider=gate.decider.key if gate.decider else None,
        **voting_given(gate, roles),
        rule=gate.rule_text,
        bar=None if gate.bar is None else float(gate.bar),
        bar_fail=None if gate.bar_fail is None else float(gate.bar_fail),
        line=gate.source_line if lined else None,
        criteria=[criterion_out(one, lined) for one in criteria],
    )


# --- daily forms ---------------------------------------------------------------------------


class Question(f.Strict):
    key: f.key(60)
    label: f.words(300)
    kind: Literal["text", "number", "yes-no"] = "text"
    wanted: bool = True


class DailyFields(f.Strict):
    key: f.key(60)
    title: f.words(200)
    role: f.key(60) = ""
    at: f.Clock
    first: f.PlanDay
    last: f.PlanDay = None
    questions: f.many(Question, 100) = []


class DailyPart(Part):
    key, order, schema = "daily", 80, f.many(DailyFields, 100)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        return [_daily(form) for form in plan.daily_forms.select_related("role")]

    def check(self, value: list[DailyFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "key", ("daily",))
        for n, form in enumerate(value):
            yield from f.unknown(form.role, role_keys(whole), ("daily", n, "role"), "role")
            yield from f.doubled(form.questions, "key", ("daily", n, "questions"))
            yield from _days(form.first, form.last, ("daily", n, "last"))

    def wants_t0(self, value: list[DailyFields]) -> str:
        counted = [one for one in value if isinstance(one.first, int) or isinstance(one.last, int)]
        if not counted:
            return ""
        return _("The days of “{counted}” count from T0: give T0, or write its days.").format(
            counted=counted[0].title
        )

    def create(
        self, plan: DeploymentPlan, value: list[DailyFields] | None, creation: Creation
    ) -> None:
        DailyForm.objects.bulk_create(
            DailyForm(
                plan=plan,
                key=one.key,
                title=one.title,
                role=creation.made["roles"].get(one.role),
                at_time=one.at,
                first_day=_day(one.first, plan),
                last_day=_day(one.last, plan),
                questions=[question.model_dump() for question in one.questions],
                position=place,
            )
            for place, one in enumerate(value or [], start=1)
        )


def _day(day: date | int | None, plan: DeploymentPlan) -> date | None:
    """The day of the calendar; a number counts days from T0's day, in the plan's time zone."""
    if not isinstance(day, int):
        return day
    return plan.t0.astimezone(ZoneInfo(plan.time_zone)).date() + timedelta(days=day)


def _days(first: date | int, last: date | int | None, path: tuple) -> Iterable[f.Fault]:
    if type(last) is type(first) and last < first:
        yield (
            path,
            _("The last day {last} is before the first, {first}.").format(last=last, first=first),
            _("Change one of the two."),
        )


def _daily(form: DailyForm) -> dict[str, Any]:
    return f.given(
        key=form.key,
        title=form.title,
        role=form.role.key if form.role else None,
        at=form.at_time.strftime("%H:%M"),
        first=form.first_day.isoformat(),
        last=form.last_day.isoformat() if form.last_day else None,
        questions=[_question(one) for one in form.questions],
    )


def _question(one: dict[str, Any]) -> dict[str, Any]:
    kind = one.get("kind", "text")
    return f.given(
        key=one["key"],
        label=one["label"],
        kind=None if kind == "text" else kind,
        wanted=None if one.get("wanted", True) else False,
    )


for part in (GatesPart(), DailyPart()):
    register_part(part)
