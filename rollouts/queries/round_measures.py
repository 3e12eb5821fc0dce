"""Rounds and success criteria as gates ask for them, and as a decision freezes them (law 9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from checklists.models import Criterion
from checklists.queries.criteria import evidence_now
from checklists.queries.evidence import register_measured
from checklists.queries.frozen import register_frozen
from checklists.queries.gates import GateSheet
from checklists.queries.measures import Measured, register_stand_in
from rollouts.models import WatchRound
from rollouts.queries.rounds import Shown, shown_now
from rollouts.queries.success import KEY, success_rows
from warroom.models import DeploymentPlan

MISSED, PERFORMED, EXPECTED = "rounds.missed", "rounds.performed", "rounds.expected"
MET, NOT_MET = "success.met", "success.missed"
OWN = (MISSED, PERFORMED, EXPECTED, MET, NOT_MET)


def _of_rounds(shown: Shown | None, name: str) -> Measured:
    """A count of the stage that is watched now, or was watched last; computed, so never old."""
    if shown is None:
        return Measured(why=_("there were no rounds"), origin="rounds")
    count = getattr(shown.tally, name)
    origin = _("rounds of {shown}: {tally}").format(shown=shown.title, tally=shown.tally.sentence)
    return Measured(value=float(count), text=str(count), origin=origin)


def _missed(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured:
    return _of_rounds(shown_now(plan, now), "missed")


def _performed(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured:
    return _of_rounds(shown_now(plan, now), "performed")


def _expected(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured:
    return _of_rounds(shown_now(plan, now), "expected")


def _met(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured:
    """How many were met, of how many: "11 of 12"."""
    rows = success_rows(plan, now)
    if not rows:
        return Measured(why=_("there are no success criteria"), origin=_("success criteria"))
    met = sum(row.criterion.met is True for row in rows)
    text = _("{met} of {count}").format(met=met, count=len(rows))
    return Measured(
        value=float(met),
        text=text,
        unit=_("of {count}").format(count=len(rows)),
        origin=_("success criteria"),
    )


def _not_met(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured:
    """How many were missed. While one is not decided there is no data: calm is not yet success."""
    rows = success_rows(plan, now)
    missed = sum(row.criterion.met is False for row in rows)
    left = [row for row in rows if row.criterion.met is None]
    if not missed and (left or not rows):
        why = (
            _("{count} are not decided").format(count=len(left))
            if left
            else _("there are no success criteria")
        )
        return Measured(why=why, origin=_("success criteria"))
    return Measured(value=float(missed), text=str(missed), origin=_("success criteria"))


def own_keys(plan: DeploymentPlan, now: datetime) -> set[str]:
    """Keys that nobody posts: what rounds and success criteria say is computed here."""
    read = evidence_now(plan, now).values()
    return {*OWN, *(row.key for row in read if row.key.startswith(KEY) and row.result_id is None)}


def rounds_of_gate(sheet: GateSheet) -> dict[str, Any] | None:
    """The rounds of the stage that ends in the gate, in words and numbers; None without any."""
    plan, gate = sheet.gate.plan, sheet.gate
    last = WatchRound.objects.filter(plan=plan, stage__gate=gate).order_by("-generation").first()
    if last is None:
        return None
    rows = WatchRound.objects.filter(
        plan=plan, stage=last.stage_id, generation=last.generation
    ).defer("readings")
    found = list(rows.order_by("number"))
    return {
        "performed": sum(one.done_at is not None for one in found),
        "late": sum(one.late for one in found),
        "missed": [one.number for one in found if one.missed_at is not None],
        "not_green": [_odd(one) for one in found if one.done_at and one.band != "green"],
    }


def _odd(one: WatchRound) -> dict[str, Any]:
    return {
        "round": one.number,
        "at": one.done_at.isoformat() if one.done_at else None,
        "by": one.done_by,
        "result": one.result,
        "note": one.note,
        "action": one.action,
    }


def success_at(sheet: GateSheet) -> list[dict[str, Any]] | None:
    """Every success criterion as it stood."""
    plan = sheet.gate.plan
    return [
        {
            "key": row.key,
            "text": row.text,
            "group": row.group,
            "met": row.met,
            "value": row.value_text,
            "reason": row.reason,
            "by": row.evaluated_by,
            "at": row.evaluated_at.isoformat() if row.evaluated_at else None,
        }
        for row in plan.success_criteria.order_by("position", "pk")
    ] or None


for key, measure in (
    (MISSED, _missed),
    (PERFORMED, _performed),
    (EXPECTED, _expected),
    (MET, _met),
    (NOT_MET, _not_met),
):
    register_stand_in(key, measure)
register_measured(own_keys)
register_frozen("rounds", rounds_of_gate)
register_frozen("success", success_at)
