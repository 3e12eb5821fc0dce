from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from checklists.rules.bands import Band
from rollouts.actions.holding import look_at_hold
from rollouts.actions.soaks import count_soak
from rollouts.models import Probing, Rollout
from rollouts.queries.due import watched
from rollouts.queries.rollbacks import leading_of, standing_run, standing_sentence
from rollouts.queries.rollouts import running_of
from rollouts.rules.holds import Hold, Looked
from rollouts.rules.readings import as_read, reason_text, valid_until
from rollouts.rules.sustained import RedMemory, is_settled, is_sustained
from rollouts.rules.verdict import Reading, Verdict, Word, decide, held
from warroom.actions.change import RULE, Change, change
from warroom.live import doorbell
from warroom.models import DeploymentPlan
from warroom.rules.wording import instant_text

FIELDS = [
    "verdict", "verdict_sentence", "verdict_counts", "verdict_leading", "verdict_since",
    "verdict_valid_until",
]  # fmt: skip


def apply_verdict(plan: DeploymentPlan) -> Verdict:
    """Judge all readings of a plan anew and keep the answer.

    An event is written when the word or what led to it changed, not when only numbers moved.
    The answer is valid until its oldest reading is two intervals old; after that it is read as
    HOLD (law 5).
    """
    with change(plan, by=RULE) as judging:
        rows = watched(plan)
        readings = [reading(row, judging.at) for row in rows]
        said = decide(readings)
        rollout = Rollout.objects.filter(plan=plan).first()
        stage = running_of(plan)
        count_soak(judging, stage, rollout, said.word)
        hold, looked = look_at_hold(judging, rollout, stage, said)
        verdict = _standing(judging.plan, rollout) or (
            held(said, hold.said(judging.at)) if hold else said
        )
        before = (judging.plan.verdict, judging.plan.verdict_leading)
        _keep(judging, verdict, rows, readings)
        if before != (verdict.word, verdict.leading) or looked.begins or looked.ends:
            _record(judging, verdict, before[0], hold, looked)
        else:
            transaction.on_commit(lambda: doorbell.ring(plan.pk, ("verdict", "strip", "track")))
    return verdict


def sticky(plan: DeploymentPlan) -> Verdict | None:
    """The verdict of a rollback that stands: however green it looks, a person resumes (law 7)."""
    run = standing_run(plan)
    if run is None:
        return None
    said = standing_sentence(run)
    return Verdict(Word.ROLLBACK, said, (said,), leading_of(run))


def _standing(plan: DeploymentPlan, rollout: Rollout | None) -> Verdict | None:
    """``sticky``, asked only where a rollback stands."""
    return sticky(plan) if rollout is not None and rollout.rolled_back_at else None


def by_readings(plan: DeploymentPlan, now: datetime) -> Verdict:
    """What the readings alone say at ``now`` (UTC), whatever stands. Two SQL statements."""
    return decide([reading(row, now) for row in watched(plan)])


def reading(row: Probing, now: datetime) -> Reading:
    """A watched thing as it counts at `now`."""
    interval, window = timedelta(seconds=row.look_s), timedelta(seconds=row.sustained_s)
    said = as_read(row.band, row.reason, row.read_at, row.fresh_s, now)
    memory = RedMemory(row.red_since, row.red_at)
    return Reading(
        name=row.name,
        band=said.band,
        value=row.now_text,
        reason=reason_text(said.reason),
        since=row.band_since if said.band == row.band else valid_until(row.read_at, row.fresh_s),
        sustained=is_sustained(memory, said.band, window),
        settled=is_settled(memory, said.band, now, window, interval),
    )


def _keep(
    judging: Change, verdict: Verdict, rows: Sequence[Probing], readings: Sequence[Reading]
) -> None:
    plan = judging.plan
    green = sum(one.band is Band.GREEN for one in readings)
    if plan.verdict != verdict.word or plan.verdict_since is None:
        plan.verdict_since = judging.at
    plan.verdict, plan.verdict_sentence = verdict.word.value, verdict.sentence
    plan.verdict_leading = verdict.leading[:220]
    plan.verdict_counts = (
        _("{green} of {count} green").format(green=green, count=len(rows)) if rows else ""
    )
    plan.verdict_valid_until = _valid_until(rows, judging.at)
    plan.save(update_fields=FIELDS)


def _valid_until(rows: Sequence[Probing], now: datetime) -> datetime | None:
    """When the first reading that still counts stops counting.

    One that was read later than now, by a clock that went back since, is as young as now and no
    younger: nothing is good for longer than its own two intervals.
    """
    read = [(min(row.read_at, now), row.fresh_s) for row in rows if row.read_at is not None]
    ends = [valid_until(at, fresh_s) for at, fresh_s in read]
    return min((end for end in ends if end >= now), default=None)


def _record(
    judging: Change, verdict: Verdict, before: str, hold: Hold | None, looked: Looked
) -> None:
    """One event for the word, for what led to it, and for a hold that began or ended."""
    word = verdict.word.upper() or _("NO VERDICT")
    moved = (
        _("{before} changed to {word}").format(before=before.upper(), word=word)
        if before and before != verdict.word
        else word
    )
    data: dict[str, Any] = {}
    text = f"{moved}: {verdict.sentence}"
    if looked.begins and hold is not None and hold.until is not None:
        text += _(" Held until {until} UTC, then looked at again.").format(
            until=instant_text(hold.until, judging.at)
        )
        data = {"hold": "began", "hold_until": hold.until.isoformat()}
    elif looked.ends:
        text, data = _("{text} The hold is over.").format(text=text), {"hold": "ended"}
    judging.record(
        "verdict.changed",
        text,
        before=before,
        verdict=verdict.word.value,
        leading=verdict.leading,
        reasons=list(verdict.reasons),
        **data,
    )
