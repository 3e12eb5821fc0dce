"""One run as its page shows it: the stopwatch, the steps, what froze, and its timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.models import RollbackRun, RunStep, StepKind
from rollouts.queries.runs import (
    Watch,
    begins_at,
    in_the_way,
    legs_of,
    open_steps,
    watches,
)
from rollouts.rules.runs import DECIDE, Leg, Measure, measures, result, segment_text
from warroom.models import DeploymentPlan, TimelineEvent
from warroom.queries.once import once
from warroom.rules.wording import instant_text, span_text

RULE = "rule"
EVENTS = 15
AFTER = timedelta(hours=1)
# What belongs to a rollback while it runs, and what led to it since the breach began.
OF_A_RUN = ("rollback.", "effect.", "rollout.", "escalation.", "verdict.", "note.")
LED_TO_IT = ("verdict.", "metric.changed", "check.changed", "check.failed", "alert.fired")
CAUSES = {
    "guardrail": _l("Automatic, no vote needed"),
    "trigger": _l("A declared trigger, no vote needed"),
    "person": _l("Started by hand, no vote needed"),
    "round": _l("From a watch round, no vote needed"),
    "drill": _l("Moves no production traffic"),
    "notes": _l("Entered from notes, not timed here"),
}


@dataclass(frozen=True)
class LegRow:
    """A leg as it is shown. ``bar`` is the modifier of its progress, ``most`` its maximum."""

    leg: Leg
    name: str
    note: str
    icon: str
    bar: str
    taken: str
    of: str
    most: int
    value: int

    @property
    def is_now(self) -> bool:
        return self.leg.is_now


@dataclass(frozen=True)
class StepRow:
    """A step as it is shown. ``mark``: the icon of its state; ``waits``: the step before it."""

    step: RunStep
    ref: str
    state: str
    mark: str
    checked: str
    watch: Watch | None
    waits: str
    due: datetime | None

    @property
    def is_closed(self) -> bool:
        return self.step.done_at is not None


@dataclass(frozen=True)
class Group:
    """The steps of a segment."""

    name: str
    rows: tuple[StepRow, ...]
    closed: int


@dataclass(frozen=True)
class Board:
    run: RollbackRun
    title: str
    cause: str
    begins: datetime
    taken: str
    target: str
    late: bool
    most: int
    value: int
    legs: tuple[LegRow, ...]
    groups: tuple[Group, ...]
    left: int
    result: str
    missed: bool
    downtime: str
    downtime_of: str

    @property
    def is_over(self) -> bool:
        return self.run.ended_at is not None


def run_now(plan: DeploymentPlan, number: int, now: datetime) -> RollbackRun | None:
    """A run with its steps, read once for ``now`` (UTC); two SQL statements."""

    def read() -> RollbackRun | None:
        rows = RollbackRun.objects.filter(plan=plan, number=number)
        rows = rows.select_related("procedure", "guardrail", "trigger")
        found = rows.prefetch_related("steps").first()
        if found is not None:
            found.plan = plan
        return found

    return once(plan, now, ("run", number), read)


def board(run: RollbackRun, now: datetime) -> Board:
    """What the page shows of a run at ``now`` (UTC); four SQL statements beyond ``run_now``."""
    steps = list(run.steps.all())
    begins, until = begins_at(run), run.ended_at or now
    legs = legs_of(run, steps)
    seconds = (until - begins).total_seconds()
    word, said = result(
        measures(
            legs,
            until,
            total=(run.target_s, seconds),
            downtime=(run.downtime_target_s, run.downtime_s),
        )
    )
    target = run.target_s or 0
    return Board(
        run=run,
        title=title_of(run),
        cause=CAUSES.get(run.cause, ""),
        begins=begins,
        taken=span_text(seconds),
        target=span_text(target) if target else "",
        late=bool(target) and seconds > target,
        most=max(target, 1),
        value=round(min(max(seconds, 0), target)) if target else 0,
        legs=tuple(_leg_row(run, leg, steps, until) for leg in legs),
        groups=_groups(run, steps, legs, now),
        left=len(open_steps(steps)),
        result=said,
        missed=word == "missed",
        downtime=span_text(run.downtime_s) if run.downtime_s is not None else "",
        downtime_of=span_text(run.downtime_target_s) if run.downtime_target_s else "",
    )


def title_of(run: RollbackRun) -> str:
    """``Rollback run 1: 5 to 0 %``, ``Drill 3: full restore``."""
    if run.drill:
        return _("Drill {run}: {name}").format(
            run=run.number, name=run.name[:1].lower() + run.name[1:]
        )
    return _("Rollback run {run}: {from_percent} to {to_percent} %").format(
        run=run.number, from_percent=run.from_percent, to_percent=run.to_percent
    )


def _leg_row(run: RollbackRun, leg: Leg, steps: list[RunStep], until: datetime) -> LegRow:
    taken, missed = leg.seconds(until), leg.missed(until)
    over = leg.ends is not None
    done = over and leg.closed == leg.steps
    icon = "warn" if missed else "ok" if done else "run" if leg.is_now else "open"
    if over and not done:
        icon = "bad"
    bar = "is-warn" if missed else "is-run" if leg.is_now else ""
    most = max(leg.target_s or round(taken or 0), 1)
    return LegRow(
        leg=leg,
        name=segment_text(leg.segment),
        note=_leg_note(run, leg, steps, until),
        icon=icon,
        bar=bar,
        taken="" if taken is None else span_text(taken),
        of=span_text(leg.target_s) if leg.target_s is not None else "",
        most=most,
        value=min(round(taken or 0), most),
    )


def _leg_note(run: RollbackRun, leg: Leg, steps: list[RunStep], until: datetime) -> str:
    own = [step for step in steps if step.segment == leg.segment]
    over = leg.seconds(until)
    late = (
        _("{over} over").format(over=span_text(over - leg.target_s))
        if leg.missed(until) and leg.target_s
        else ""
    )
    if leg.segment == DECIDE and leg.ends is not None and not run.drill:
        by = (
            _("automatic")
            if run.cause == "guardrail"
            else _("by {started_by}").format(started_by=run.started_by)
        )
        said = f"{run.started_at:%H:%M:%S}, {by}"
    elif len(own) == 1:
        said = own[0].note if own[0].done_by == RULE else own[0].title
    else:
        said = _("{closed} of {steps} done").format(closed=leg.closed, steps=leg.steps)
    return ", ".join(part for part in (said[:90], late) if part)


_MARKS = {"open": "open", "done": "ok", "skipped": "skip", "failed": "bad"}


def _groups(
    run: RollbackRun, steps: list[RunStep], legs: list[Leg], now: datetime
) -> tuple[Group, ...]:
    shown = watches(run, steps, now)
    due = _due(legs)
    found: dict[str, list[StepRow]] = {}
    for step in steps:
        row = _step_row(step, steps, shown.get(step.position), due.get(step.segment))
        found.setdefault(step.segment, []).append(row)
    return tuple(
        Group(segment_text(name), tuple(rows), sum(row.is_closed for row in rows))
        for name, rows in found.items()
    )


def _due(legs: list[Leg]) -> dict[str, datetime]:
    """When each leg has to be over, as far as targets say: they are added up from its start."""
    found: dict[str, datetime] = {}
    at: datetime | None = None
    for leg in legs:
        at = leg.ends or leg.begins or at
        if leg.ends is None and at is not None and leg.target_s is not None:
            at = found[leg.segment] = at + timedelta(seconds=leg.target_s)
        elif leg.ends is None:
            at = None
    return found


def _step_row(
    step: RunStep, steps: list[RunStep], watch: Watch | None, due: datetime | None
) -> StepRow:
    before = in_the_way(steps, step) if step.done_at is None else None
    state = "failed" if step.failed else "open"
    if step.done_at is not None:
        state = "skipped" if step.skipped else "done"
    mixed = state == "open" and watch is not None and watch.held_s > 0
    return StepRow(
        step=step,
        ref=f"R.{step.position}",
        state=state,
        mark="run" if mixed else _MARKS[state],
        checked="true" if state == "done" else "mixed" if mixed else "false",
        watch=watch,
        waits=before.title if before else "",
        due=None if step.done_at else due,
    )


def events_of(run: RollbackRun, now: datetime) -> list[TimelineEvent]:
    """What belongs to the run, with what led to a real one; newest first, one SQL statement."""
    own = Q(kind__startswith="run.", data__run=run.number)
    if run.drill:
        found = Q(data__run=run.number, at__gte=begins_at(run))
    else:
        found = (own | _of_kinds(OF_A_RUN)) & Q(at__gte=run.started_at)
        found |= _of_kinds(LED_TO_IT) & Q(at__gte=run.breach_at or run.started_at)
    if run.ended_at is not None:
        found &= Q(at__lte=run.ended_at + AFTER)
    return list(run.plan.events.filter(found).order_by("-seq")[:EVENTS])


def _of_kinds(kinds: tuple[str, ...]) -> Q:
    return reduce(or_, (Q(kind__startswith=kind) for kind in kinds))


def command_of(run: RollbackRun) -> tuple[str, str]:
    """What to type if the button fails, and what is expected then."""
    steps = list(run.steps.all())
    own = run.procedure.command if run.procedure else ""
    said = [step.command for step in steps if step.command and step.kind == StepKind.EXECUTE]
    expected = next((step.expected for step in steps if step.command and step.expected), "")
    return own or "\n".join(said), expected


def measured(run: RollbackRun, now: datetime) -> list[Measure]:
    """A run that is over against its targets: total, legs, downtime."""
    steps = list(run.steps.all())
    until = run.ended_at or now
    total = (run.target_s, (until - begins_at(run)).total_seconds())
    downtime = (run.downtime_target_s, run.downtime_s)
    return measures(legs_of(run, steps), until, total=total, downtime=downtime)


def sentence(run: RollbackRun, now: datetime) -> tuple[str, str]:
    """What the banner says of a run: its cause, and who started it when."""
    at = instant_text(run.started_at, now)
    if run.noted_at is not None:
        return _("Held {at} UTC at {place}.").format(at=at, place=run.place), _(
            "{started_by} held it; notes tell the times."
        ).format(started_by=run.started_by)
    if run.drill:
        return _("A drill at {place}.").format(place=run.place), _(
            "{started_by} started it at {at} UTC."
        ).format(started_by=run.started_by, at=at)
    who = (
        _("Guardrail {guardrail}").format(guardrail=run.guardrail.name)
        if run.guardrail
        else run.started_by
    )
    reason = run.reason if run.reason.endswith((".", "?")) else f"{run.reason}."
    return reason, _("{who} started the rollback at {started_at:%H:%M:%S}.").format(
        who=who, started_at=run.started_at
    )
