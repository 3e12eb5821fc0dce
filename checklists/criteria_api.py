"""Pipelines change what a gate asks, and people accept deviations by token: as on the pages.

A change that asks for new votes or takes signatures back is refused with 409, which names them,
unless the request says ``revoke: true``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from checklists.actions import criteria as actions
from checklists.actions.criterion_fields import shown
from checklists.actions.judging import judge_criterion
from checklists.actions.waivers import grant_waiver, withdraw_waiver
from checklists.models import Criterion, Gate, Waiver
from checklists.queries.criteria import CriterionRow, bands_of, criterion_rows
from checklists.rules.drafts import Bounds, WrongBound, change_bounds, read_bounds
from checklists.rules.due_text import NotUnderstood, parse_length
from warroom.actions.refusals import Invalid, Refused
from warroom.api import find_role, plan_of
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.problems import Instant

router = Router(tags=["checklists"])


class AskIn(Schema):
    """What is asked. ``target`` and ``fail`` as people write them: "< 0.1 %", ">= 98 %", "5/5".

    ``source``: evidence (by ``evidence_key``), checks, alerts, items, signoffs, score, findings,
    dryruns, age, person; ``params`` as the plan file says. Without ``weight`` it decides alone.
    ``valid_for``: how long a reading counts, as 24h or 30 min.
    """

    label: str | None = None
    source: str | None = None
    params: dict[str, Any] | None = None
    evidence_key: str | None = None
    target: str | None = None
    acceptable: str | None = None
    fail: str | None = None
    direction: str | None = None
    unit: str | None = None
    weight: float | None = None
    report_only: bool | None = None
    area: str | None = None
    valid_for: str | None = None


class CriterionIn(AskIn):
    reason: str = ""
    version: int | None = None
    place: int | None = None
    revoke: bool = False


class WaiverIn(Schema):
    """``band``: what is accepted, as it was read: yellow, red or no_data."""

    role: str
    band: str
    reason: str = ""
    ends_at: Instant | None = None
    version: int | None = None


@router.get("plans/{slug}/gates/{key}/criteria", response=list[dict[str, Any]])
def list_criteria(request: HttpRequest, slug: str, key: str):
    """What a gate asks, with its values and bands as they count now, and what was accepted."""
    gate = _gate(plan_of(request, slug), key)
    rows = criterion_rows(gate.plan, gate.criteria.select_related("gate"), timezone.now())
    return [_out(row) for row in rows]


@router.post("plans/{slug}/gates/{key}/criteria", response={201: dict[str, Any]})
def add_criterion(request: HttpRequest, slug: str, key: str, body: CriterionIn):
    """Ask one more thing. The same Idempotency-Key adds it once."""
    gate = _gate(plan_of(request, slug, "edit"), key)
    with _naming_votes():
        made = actions.add_criterion(
            gate,
            _fields(body, None),
            by=request.user,
            reason=body.reason,
            named=None if body.revoke else (),
            request_id=once(request),
        )
    return Status(201, _fresh(gate, made))


@router.patch("plans/{slug}/gates/{key}/criteria/{criterion}", response=dict[str, Any])
def change_criterion(request: HttpRequest, slug: str, key: str, criterion: str, body: CriterionIn):
    """Change what is asked, or (with ``place`` alone) where it stands. What is left out stays."""
    gate = _gate(plan_of(request, slug, "edit"), key)
    found = _find(gate, criterion)
    said = body.dict(exclude_unset=True)
    if body.place is not None:
        if set(said) & set(AskIn.model_fields):
            raise Invalid("place", _("Change what it asks or where it stands: not both at once."))
        moved = actions.move_criterion(found, body.place, by=request.user, request_id=once(request))
        return _fresh(gate, moved)
    with _naming_votes():
        changed = actions.edit_criterion(
            found,
            _fields(body, found),
            by=request.user,
            reason=body.reason,
            seen_version=body.version,
            named=None if body.revoke else (),
            request_id=once(request),
        )
    return _fresh(gate, changed)


@router.delete("plans/{slug}/gates/{key}/criteria/{criterion}", response={204: None})
def remove_criterion(
    request: HttpRequest,
    slug: str,
    key: str,
    criterion: str,
    reason: str = "",
    version: int | None = None,
    revoke: bool = False,
):
    """Take a criterion off its gate. It is kept, with the reason and its versions."""
    gate = _gate(plan_of(request, slug, "edit"), key)
    with _naming_votes():
        actions.remove_criterion(
            _find(gate, criterion),
            by=request.user,
            reason=reason,
            seen_version=version,
            named=None if revoke else (),
            request_id=once(request),
        )
    return Status(204, None)


@router.post("plans/{slug}/gates/{key}/criteria/{criterion}/waiver", response={201: dict[str, Any]})
def accept(request: HttpRequest, slug: str, key: str, criterion: str, body: WaiverIn):
    """Accept as a role of the token's person that a criterion is not green, until a time.

    409 when it stands at another band than the one that was read.
    """
    plan = plan_of(request, slug, "sign")
    gate = _gate(plan, key)
    ends = body.ends_at
    if ends is not None and ends.tzinfo is None:
        ends = ends.replace(tzinfo=UTC)
    waiver = grant_waiver(
        _find(gate, criterion),
        find_role(plan, body.role),
        by=request.user,
        reason=body.reason,
        ends_at=ends,
        seen_version=body.version,
        seen_band=body.band,
        request_id=once(request),
    )
    return Status(201, _waiver(waiver))


@router.delete("plans/{slug}/gates/{key}/criteria/{criterion}/waiver", response={204: None})
def take_back(request: HttpRequest, slug: str, key: str, criterion: str, reason: str = ""):
    """Take back what was accepted."""
    gate = _gate(plan_of(request, slug, "sign"), key)
    withdraw_waiver(
        _find(gate, criterion), by=request.user, reason=reason, request_id=once(request)
    )
    return Status(204, None)


class JudgementIn(Schema):
    """``band``: green, yellow or red; or a ``value`` where it has bounds. ``note``: on what."""

    band: str = ""
    value: float | None = None
    note: str = ""


class BarIn(Schema):
    """In percent of the weights; null: all of it must be reached, and nothing alone is a no-go."""

    bar: float | None = None
    bar_fail: float | None = None
    reason: str = ""
    revoke: bool = False


@router.put("plans/{slug}/gates/{key}/criteria/{criterion}/judgement", response=dict[str, Any])
def judge(request: HttpRequest, slug: str, key: str, criterion: str, body: JudgementIn):
    """Judge what nothing measures; the newest judgement counts."""
    gate = _gate(plan_of(request, slug, "vote"), key)
    found, said = _find(gate, criterion), body.dict()
    judge_criterion(found, by=request.user, request_id=once(request), **said)
    return _fresh(gate, found)


@router.put("plans/{slug}/gates/{key}/bar", response=dict[str, Any])
def put_bar(request: HttpRequest, slug: str, key: str, body: BarIn):
    """What the weighted criteria must reach, and under what it is a no-go."""
    gate = _gate(plan_of(request, slug, "edit"), key)
    reach, fail = (None if one is None else Decimal(str(one)) for one in (body.bar, body.bar_fail))
    with _naming_votes():
        gate = actions.set_bar(
            gate,
            reach,
            fail,
            by=request.user,
            reason=body.reason,
            named=None if body.revoke else (),
            request_id=once(request),
        )
    return {"bar": gate.bar, "bar_fail": gate.bar_fail, "version": gate.version}


@contextmanager
def _naming_votes() -> Iterator[None]:
    """A form says beforehand whose votes fall; here the refusal says it, and the way out."""
    try:
        yield
    except actions.FellMeanwhile as refused:
        said = refused.sentence.removeprefix("Meanwhile: ").partition(". ")[0]
        raise Refused(
            _(
                "{said}. This would count no more. Nothing was saved. Send it with "
                "revoke: true to do it all the same."
            ).format(said=said)
        ) from refused


def _gate(plan: DeploymentPlan, key: str) -> Gate:
    gate = Gate.objects.filter(plan=plan, key=key).select_related("decider").first()
    if gate is None:
        raise Http404
    gate.plan = plan
    return gate


def _find(gate: Gate, key: str) -> Criterion:
    found = gate.criteria.filter(key=key).first()
    if found is None:
        raise Http404
    found.gate = gate
    return found


_PLAIN = ("label", "source", "evidence_key", "acceptable", "area")


def _fields(body: AskIn, stands: Criterion | None) -> dict[str, Any]:
    """What the body says, as ``actions.criteria`` takes it; null empties a field."""
    said = body.dict(exclude_unset=True)
    fields = {name: said[name] or "" for name in _PLAIN if name in said}
    if "source" in said or "params" in said:
        fields["source"] = said.get("source") or (stands.source if stands else "evidence")
        same = stands is not None and fields["source"] == stands.source
        stays = stands.params if same and "params" not in said else {}
        fields["params"] = said.get("params") or stays
    if "report_only" in said:
        fields["report_only"] = bool(said["report_only"])
    if "weight" in said:
        fields["weight"] = said["weight"]
    if "valid_for" in said:
        fields["valid_for_s"] = _length(said["valid_for"])
    if {"target", "fail", "unit", "direction"} & set(said):
        fields |= _bounds(said, stands, fields.get("source", stands.source if stands else ""))
    return fields


def _bounds(said: dict[str, Any], stands: Criterion | None, source: str) -> dict[str, Any]:
    before = shown(stands) if stands else {}
    texts = {name: said.get(name, before.get(name)) or "" for name in ("target", "fail")}
    direction, words = said.get("direction") or "", source == "person"
    unit = (said["unit"] or "") if "unit" in said else None
    try:
        if stands is None or direction:
            kept = unit if unit is not None else before.get("unit", "")
            found = read_bounds(texts["target"], texts["fail"], direction, kept, words=words)
        else:
            given = {name: texts[name] if name in said else None for name in texts}
            found = change_bounds(
                _stored(stands), (before["target"], before["fail"]), **given, unit=unit, words=words
            )
    except (WrongBound, KeyError) as wrong:
        field = getattr(wrong, "field", "direction")
        sentence = getattr(wrong, "sentence", "One of: lower, higher, exactly.")
        raise Invalid(field, sentence) from wrong
    return texts | {"green": found.green, "red": found.red, "unit": found.unit}


def _stored(criterion: Criterion) -> Bounds:
    limits = bands_of(criterion)
    return Bounds(limits.green, limits.red, criterion.unit) if limits else Bounds(None, None, "")


def _length(text: str | None) -> int | None:
    try:
        return parse_length((text or "")[:60])
    except NotUnderstood as wrong:
        raise Invalid("valid_for", str(wrong)) from wrong


def _fresh(gate: Gate, criterion: Criterion) -> dict[str, Any]:
    found = Criterion.objects.get(pk=criterion.pk)
    found.gate = gate
    gate.plan.refresh_from_db()
    [row] = criterion_rows(gate.plan, [found], timezone.now())
    return _out(row)


def _out(row: CriterionRow) -> dict[str, Any]:
    criterion = row.criterion
    return shown(criterion) | {
        "key": criterion.key,
        "place": criterion.position,
        "version": criterion.version,
        "value": row.value,
        "text": row.text,
        "band": row.band.value,
        "why": row.why,
        "origin": row.source,
        "observed_at": row.observed_at,
        "judged": row.judged,
        "accepted": row.accepted,
        "waiver": _waiver(row.waiver) if row.waiver else None,
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "role": waiver.role.key,
        "person": waiver.person_name,
        "band": waiver.band,
        "text": waiver.text,
        "reason": waiver.reason,
        "ends_at": waiver.ends_at,
        "statement": waiver.statement,
        "withdrawn": waiver.withdrawn,
        "version": waiver.criterion_version,
        "at": waiver.at,
    }
