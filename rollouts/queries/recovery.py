"""Can we go back, how long does it take, and until when may we start?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from checklists.queries.frozen import register_frozen
from checklists.queries.gates import GateSheet
from checklists.queries.pack import Look, Mark, Part, register_part
from checklists.rules.bands import Band
from rollouts.models import RollbackProcedure, RollbackRun, RunOutcome
from rollouts.queries.backups import backups_now, newest_that_counts, reads_back
from rollouts.queries.procedures import procedures_now, ruled
from rollouts.queries.run_board import measured
from rollouts.queries.safe_start import runs_now, safe_starts, total_s
from rollouts.rules.procedures import odd, segments
from rollouts.rules.runs import TOTAL, Measure, result
from rollouts.rules.safe_start import SafeStart, earliest
from warroom.models import DeploymentPlan
from warroom.rules.wording import instant_text, span_text

SHOWN_RUNS = 20
HOUR = timedelta(hours=1)


# --- drills and runs -------------------------------------------------------------------------


@dataclass(frozen=True)
class DrillRow:
    """A run in the list. ``signal``: mute, warn, bad or run; ``word`` its result."""

    run: RollbackRun
    total: str
    target: str
    signal: str
    word: str


@dataclass(frozen=True)
class Last:
    """The last run of a procedure that was measured, against its targets."""

    run: RollbackRun
    lines: tuple[tuple[Measure, str, str, int, int], ...]
    signal: str
    word: str
    too_long: str


def drill_rows(plan: DeploymentPlan, now: datetime) -> list[DrillRow]:
    """The newest drills and real runs with their results; two SQL statements."""
    runs = runs_now(plan, now)[:SHOWN_RUNS]
    prefetch_related_objects(runs, "steps")
    return [_drill_row(run, now) for run in runs]


def _drill_row(run: RollbackRun, now: datetime) -> DrillRow:
    took = total_s(run)
    target = span_text(run.target_s) if run.target_s else ""
    if took is None:
        return DrillRow(run, "", target, "run", _("Running"))
    if run.outcome == RunOutcome.FAILED:
        return DrillRow(run, span_text(took), target, "bad", _("Did not work"))
    word, said = result(measured(run, now))
    signal = "warn" if word == "missed" else "mute"
    return DrillRow(run, span_text(took), target, signal, said if word else _("Verified"))


def last_measured(plan: DeploymentPlan, now: datetime) -> Last | None:
    """The newest run that is over: of the procedure with the most to compare, if it missed."""
    over = [row for row in drill_rows(plan, now) if row.run.ended_at is not None]
    newest: dict[int | None, DrillRow] = {}
    for row in over:
        newest.setdefault(row.run.procedure_id, row)
    chosen = sorted(newest.values(), key=lambda row: (row.signal == "mute", -row.run.pk))
    return _last(chosen[0], now) if chosen else None


def _last(row: DrillRow, now: datetime) -> Last:
    found = measured(row.run, now)
    lines = tuple(_line(row.run, one) for one in found if one.taken is not None)
    missed = next((one for one in found if one.word == "missed"), None)
    too_long = ""
    if missed is not None:
        over = span_text(missed.taken - missed.target_s)
        too_long = _("{named} takes {over} too long").format(named=missed.text, over=over)
    return Last(row.run, lines, row.signal, row.word, too_long)


def _line(run: RollbackRun, one: Measure) -> tuple[Measure, str, str, int, int]:
    target = run.target_s if one.name == TOTAL else one.target_s
    most = max(round(target or one.taken or 1), 1)
    of = span_text(target) if target is not None else ""
    return one, span_text(one.taken or 0), of, most, min(round(one.taken or 0), most)


# --- procedures ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A procedure as the page shows it. ``odd``: what does not add up, in sentences."""

    procedure: RollbackProcedure
    steps: tuple[tuple[int, str, str, str], ...]  # number, title, target, note
    target: str
    odd: tuple[str, ...]


def shown_procedures(plan: DeploymentPlan, now: datetime) -> list[Shown]:
    """The ways back with their steps; two SQL statements."""
    return [_shown(row) for row in procedures_now(plan, now)]


def _shown(row: RollbackProcedure) -> Shown:
    steps = list(row.steps.all())
    rules = [ruled(step) for step in steps]
    lines = tuple(
        (
            place,
            step.title,
            span_text(step.target_s) if step.target_s is not None else "",
            step.expected,
        )
        for place, step in enumerate(steps, start=1)
    )
    said = tuple(text for _unused, text in odd(row.target_s, rules))
    total = row.target_s or sum(seconds or 0 for _unused, seconds in segments(rules))
    return Shown(row, lines, span_text(total) if total else "", said)


# --- the latest safe start -------------------------------------------------------------------


@dataclass(frozen=True)
class Scale:
    """The bar of the latest start, in per cent of its width; hours as (x, text)."""

    now: str
    latest: str
    until: str
    safe: str
    reserve: str
    after: str
    hours: tuple[tuple[str, str], ...]
    first: str
    words: str


@dataclass(frozen=True)
class Latest:
    starts: tuple[SafeStart, ...]
    counts: SafeStart
    slowest: DrillRow | None
    scale: Scale
    passed: bool
    soon: bool


def latest(plan: DeploymentPlan, now: datetime) -> Latest | None:
    """The latest safe start of each way; None without a protected window or any length."""
    starts = safe_starts(plan, now)
    counts = earliest(starts)
    if counts is None:
        return None
    worked = [row for row in drill_rows(plan, now) if row.run.outcome == RunOutcome.VERIFIED]
    slowest = max(worked, key=lambda row: total_s(row.run) or 0, default=None)
    scale = _scale(counts, now)
    return Latest(tuple(starts), counts, slowest, scale, counts.passed(now), counts.soon(now))


def _scale(start: SafeStart, now: datetime) -> Scale:
    """From the hour before now to the end of the window, drawn in per cent."""
    until = start.protected_until
    first = min(now, start.at).replace(minute=0, second=0, microsecond=0)
    span = max((until - first).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return min(max((at - first).total_seconds() / span * 100, 0.0), 100.0)

    here, safe = x(now), x(start.at)
    words = _(
        "From {first} to {until} UTC. Now {now:%H:%M}. The latest safe start is {at}."
    ).format(
        first=instant_text(first, now),
        until=instant_text(until, now),
        now=now,
        at=instant_text(start.at, now),
    )
    return Scale(
        now=f"{here:.3f}%",
        latest=f"{safe:.3f}%",
        until="100%",
        safe=f"{max(safe - here, 0):.3f}%",
        reserve=f"{max(100 - max(safe, here), 0):.3f}%",
        after=f"{max(safe, here):.3f}%",
        hours=tuple(_hours(first, until, now, x)),
        first=instant_text(first, now),
        words=words,
    )


def _hours(first: datetime, until: datetime, now: datetime, x) -> list[tuple[str, str]]:
    """Three times between both ends, on whole hours where there are so many."""
    hours = round((until - first) / HOUR)
    step = max(1, hours // 3)
    marks = [first + HOUR * n for n in range(step, hours, step)][:3]
    return [(f"{x(at):.3f}%", instant_text(at, now)) for at in marks if 8 < x(at) < 80]


# --- frozen, and in the review pack ----------------------------------------------------------


def frozen(sheet: GateSheet) -> dict | None:
    """The newest backup and the newest drill as a decision freezes them; three statements."""
    plan, now = sheet.gate.plan, sheet.at
    rows, runs = backups_now(plan, now), runs_now(plan, now)
    if not rows and not runs:
        return None
    counts = newest_that_counts(plan, now)
    over = next((run for run in runs if run.ended_at is not None), None)
    newest = rows[0] if rows else None
    return {
        "newest_backup": _backup(newest) if newest else None,
        "newest_that_counts": _backup(counts) if counts else None,
        "newest_run": _run(over) if over else None,
        "latest_safe_start": _start(earliest(safe_starts(plan, now))),
    }


def _backup(row) -> dict:
    return {
        "name": row.name,
        "environment": row.environment,
        "commit": row.commit,
        "taken_at": row.taken_at.isoformat() if row.taken_at else None,
        "sha256": row.sha256,
        "verified_sha256": row.verified_sha256,
        "verified_at": row.verified_at.isoformat() if row.verified_at else None,
        "reads_back": reads_back(row),
    }


def _run(run: RollbackRun) -> dict:
    return {
        "number": run.number,
        "drill": run.drill,
        "name": run.name,
        "place": run.place,
        "started_at": run.started_at.isoformat(),
        "seconds": round(total_s(run) or 0, 1),
        "target_s": run.target_s,
        "outcome": run.outcome,
        "from_notes": run.noted_at is not None,
    }


def _start(found: SafeStart | None) -> dict | None:
    if found is None:
        return None
    return {"procedure": found.key, "at": found.at.isoformat(), "needs": found.needs}


def pack_part(look: Look) -> Part | None:
    """Drills against their targets, in the review pack (S8)."""
    rows = drill_rows(look.plan, look.now)
    if not rows:
        return None
    head = (_("Procedure"), _("When"), _("Where, who"), _("Total"), _("Target"), _("Result"))
    return Part(
        "drills",
        _("Rollback drills"),
        "",
        head,
        tuple(_cells(row, look.now) for row in rows[:10]),
    )


def _cells(row: DrillRow, now: datetime) -> Sequence:
    run = row.run
    notes = _(", from notes") if run.noted_at else "" if run.drill else _(", a real run")
    bands = {"warn": Band.YELLOW, "bad": Band.RED, "mute": Band.GREEN}
    where = ", ".join(filter(None, (run.place, run.started_by))) + notes
    mark = Mark(bands.get(row.signal, Band.NO_DATA), row.word)
    return (run.name, instant_text(run.started_at, now), where, row.total, row.target, mark)


register_frozen("recovery", frozen)
register_part(76, pack_part)
