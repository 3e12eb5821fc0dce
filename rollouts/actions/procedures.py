"""Procedures: the ordered steps back, written by whoever may edit the plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from rollouts.models import (
    HealthCheck,
    ProcedureStep,
    PrometheusQuery,
    RollbackProcedure,
    StepKind,
)
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.rules.keys import free_key

MOST_STEPS, MOST_PROCEDURES, MOST_S = 60, 40, 7 * 86_400
PARTS = ("code", "database", "dependencies", "configuration", "flag")
LIMITS = {"name": 200, "command": 4000, "to_text": 200}
STEP_LIMITS = {"segment": 60, "title": 300, "command": 4000, "expected": 300}
FIELDS = ("name", "target_s", "downtime_target_s", "command", "to_percent", "to_text", "parts")
STEP_FIELDS = (
    "segment", "title", "kind", "target_s", "command", "expected", "blocking", "hold_s",
)  # fmt: skip


def shown(procedure: RollbackProcedure) -> dict[str, Any]:
    """What a procedure says, as ``save_procedure`` takes it; steps name what they watch by key."""
    steps = procedure.steps.select_related("query", "health_check")
    return {name: getattr(procedure, name) for name in FIELDS} | {
        "steps": [
            {name: getattr(step, name) for name in STEP_FIELDS} | {"watches": watched_key(step)}
            for step in steps
        ]
    }


def watched_key(step: ProcedureStep) -> str:
    """``metric:error-rate``, ``check:demo`` or ""."""
    if step.query_id:
        return f"metric:{step.query.key}"
    return f"check:{step.health_check.key}" if step.health_check_id else ""


def basis_of(procedure: RollbackProcedure) -> str:
    """A mark of what a procedure says, by which a late form is known."""
    said = json.dumps(shown(procedure), sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def save_procedure(
    plan: DeploymentPlan,
    said: Mapping[str, Any],
    *,
    by: User | str,
    procedure: RollbackProcedure | None = None,
    is_default: bool | None = None,
    basis: str = "",
    request_id: str | None = None,
) -> RollbackProcedure:
    """Write a procedure down, or what it says now; runs that began keep what they copied.

    ``said`` has ``name``, ``target_s``, ``downtime_target_s``, ``command``, ``to_percent``,
    ``to_text``, ``parts`` and ``steps``, each with the fields of a step and ``watches``. The first
    of a plan is its default. Raises Invalid with the field (``steps.2.title``), Refused when it
    was changed since ``basis``, NotAllowed without the right to edit.
    """
    with change(plan, by=by, right="edit", request_id=request_id) as saving:
        rows = RollbackProcedure.objects.filter(plan=saving.plan)
        row = rows.filter(pk=procedure.pk).first() if procedure else None
        if saving.repeated:
            return row or rows.filter(name=said.get("name", "")).order_by("-pk")[0]
        if procedure is not None:
            _demand_same(row, basis)
        given, steps = _checked(said), _steps(saving.plan, said.get("steps") or ())
        others = rows.filter(retired_at=None)
        if row is None and others.count() >= MOST_PROCEDURES:
            raise Refused(
                _("There are {most_procedures} procedures; retire some of them.").format(
                    most_procedures=MOST_PROCEDURES
                )
            )
        before = shown(row) if row else None
        first = not others.exclude(pk=row.pk if row else None).exists()
        row = row or _new(saving, rows, given["name"])
        for name, value in given.items():
            setattr(row, name, value)
        wanted = first or (row.is_default if is_default is None else is_default)
        turned, row.is_default = wanted != row.is_default, wanted
        row.save()
        if wanted:
            others.exclude(pk=row.pk).update(is_default=False)
        _replace(row, steps)
        if turned or before is None or before != shown(row):
            _record(saving, row, before)
    return row


def _demand_same(row: RollbackProcedure | None, basis: str) -> None:
    if row is None or row.retired_at is not None:
        raise Refused(_("This procedure was retired."))
    if basis and basis != basis_of(row):
        raise Refused(
            _("{row} was changed while you wrote. See what it says now.").format(row=row.name)
        )


def _new(saving: Change, rows, name: str) -> RollbackProcedure:
    taken = set(rows.values_list("key", flat=True))
    key = free_key(slugify(name)[:70].strip("-_") or "procedure", taken)
    return RollbackProcedure(plan=saving.plan, key=key, position=len(taken) + 1)


def _checked(said: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: _text(name, said.get(name), most) for name, most in LIMITS.items()}
    if not given["name"]:
        raise Invalid("name", _("Give it a name, such as Full restore."))
    given["target_s"] = _span("target_s", said.get("target_s"))
    given["downtime_target_s"] = _span("downtime_target_s", said.get("downtime_target_s"))
    percent = said.get("to_percent") or 0
    if not isinstance(percent, int) or not 0 <= percent <= 100:
        raise Invalid("to_percent", _("A share of the traffic from 0 to 100 belongs here."))
    given["to_percent"] = percent
    parts = list(dict.fromkeys(_text("parts", one, 40) for one in said.get("parts") or ()))
    given["parts"] = [part for part in parts if part][:20]
    return given


def _text(field: str, value: Any, most: int) -> str:
    text = str(value or "").replace("\0", "").strip()
    if len(text) > most:
        raise Invalid(field, _("More than {most} characters are not kept.").format(most=most))
    return text


def _span(field: str, value: Any) -> int | None:
    if value is None or value == "":
        return None
    if not isinstance(value, int) or not 0 <= value <= MOST_S:
        raise Invalid(field, _("A length up to 7 days belongs here, such as 5:00 or 90 s."))
    return value


def _steps(plan: DeploymentPlan, given: Sequence[Mapping[str, Any]]) -> list[ProcedureStep]:
    if len(given) > MOST_STEPS:
        raise Invalid(
            "steps", _("More than {most_steps} steps are not kept.").format(most_steps=MOST_STEPS)
        )
    watched = _watched(plan) if any(one.get("watches") for one in given) else {}
    return [_step(place, one, watched) for place, one in enumerate(given, start=1)]


def _watched(plan: DeploymentPlan) -> dict[str, PrometheusQuery | HealthCheck]:
    metrics = PrometheusQuery.objects.filter(plan=plan).defer("history")
    checks = HealthCheck.objects.filter(plan=plan).defer("history")
    found: dict[str, PrometheusQuery | HealthCheck] = {f"metric:{one.key}": one for one in metrics}
    return found | {f"check:{one.key}": one for one in checks}


def _step(place: int, given: Mapping[str, Any], watched: Mapping[str, Any]) -> ProcedureStep:
    at = f"steps.{place}"
    texts = {
        name: _text(f"{at}.{name}", given.get(name), most) for name, most in STEP_LIMITS.items()
    }
    if not texts["title"]:
        raise Invalid(
            f"{at}.title", _("Step {place} does not say what is done.").format(place=place)
        )
    kind = given.get("kind") or StepKind.PERSON
    if kind not in StepKind.values:
        raise Invalid(
            f"{at}.kind",
            _("{kind!r} is none of {values}.").format(
                kind=str(kind)[:40], values=", ".join(StepKind.values)
            ),
        )
    key = str(given.get("watches") or "")
    if key and key not in watched:
        raise Invalid(
            f"{at}.watches", _("This release has no {key}.").format(key=key.replace(":", " ")[:80])
        )
    row = watched.get(key)
    if row is not None:  # what is named says what kind of step it is
        kind = StepKind.METRIC if isinstance(row, PrometheusQuery) else StepKind.CHECK
    return ProcedureStep(
        position=place,
        kind=kind,
        target_s=_span(f"{at}.target_s", given.get("target_s")),
        hold_s=_span(f"{at}.hold_s", given.get("hold_s")) or 0,
        blocking=bool(given.get("blocking")),
        query=row if isinstance(row, PrometheusQuery) else None,
        health_check=row if isinstance(row, HealthCheck) else None,
        **(texts | {"segment": texts["segment"] or _usual_segment(kind)}),
    )


def _usual_segment(kind: str) -> str:
    return "verify" if kind in (StepKind.METRIC, StepKind.CHECK) else "execute"


def _replace(row: RollbackProcedure, steps: Sequence[ProcedureStep]) -> None:
    row.steps.all().delete()
    for step in steps:
        step.procedure = row
    ProcedureStep.objects.bulk_create(steps)


def _record(saving: Change, row: RollbackProcedure, before: dict[str, Any] | None) -> None:
    count = row.steps.count()
    steps = _("1 step") if count == 1 else _("{count} steps").format(count=count)
    default = _(", the default") if row.is_default else ""
    text = (
        f"{row.name}: {steps}{default}"
        if before
        else _("{row} added: {steps}{default}").format(row=row.name, steps=steps, default=default)
    )
    saving.record("procedure.changed", text, procedure=row.key, before=before, after=shown(row))


def retire_procedure(
    procedure: RollbackProcedure, reason: str, *, by: User, request_id: str | None = None
) -> RollbackProcedure:
    """Take a procedure out of use; its runs stay. Another becomes the default where there is one.

    Raises Invalid without a reason, NotAllowed without the right to edit.
    """
    reason = checked_reason(reason, 500)
    with change(procedure.plan, by=by, right="edit", request_id=request_id) as retiring:
        row = RollbackProcedure.objects.get(pk=procedure.pk)
        if retiring.repeated or row.retired_at is not None:
            return row
        if not reason:
            raise Invalid("reason", _("Say why it is out of use."))
        row.retired_at, was_default = retiring.at, row.is_default
        row.is_default = False
        row.save(update_fields=["retired_at", "is_default"])
        others = RollbackProcedure.objects.filter(plan=retiring.plan, retired_at=None)
        heir = others.first() if was_default else None
        if heir is not None:
            others.filter(pk=heir.pk).update(is_default=True)
        more = _("; {heir} is the default").format(heir=heir.name) if heir else ""
        text = _("{row} is out of use: {reason}{more}").format(
            row=row.name, reason=reason, more=more
        )
        retiring.record("procedure.changed", text, procedure=row.key, retired=True, reason=reason)
    return row
