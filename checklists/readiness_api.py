"""The readiness score for pipelines: read it, score a category, set the weights."""

from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema, Status

from checklists.actions.readiness import (
    CategoryWanted,
    ScaleWanted,
    give_score,
    save_weights,
    weights_seen,
)
from checklists.models import ScoreSource
from checklists.queries.readiness import ScoreSheet, claims_of, frozen_score, score_with_change
from checklists.rules.readiness import shown
from warroom.api import plan_of
from warroom.models import DeploymentPlan
from warroom.once import once

router = Router(tags=["checklists"])
# Figures are decimal text in answers, so that none is changed on the way; requests take both.
Figure = Decimal


class ScoreIn(Schema):
    """``value`` on the plan's scale, at most two decimals."""

    value: Figure
    why: str = Field(max_length=1000)


class CategoryIn(Schema):
    """``weight`` in percent. ``key`` names a category that is there, so that it keeps its scores.

    Without ``target_value`` the figure in ``target`` counts. ``source``: person, items, evidence,
    criteria or findings; ``params``: what that source wants.
    """

    label: str = Field(min_length=1, max_length=200)
    weight: Figure
    key: str = ""
    target: str = Field("", max_length=60)
    target_value: Figure | None = None
    veto: bool = False
    source: str = ScoreSource.PERSON
    params: dict[str, Any] = {}


class WeightsIn(Schema):
    """The whole score as it shall be; what is left out of ``best`` and ``bar`` stays as it is.

    ``seen``: that of the answer that was read; when the weights were saved since, it is refused.
    """

    categories: list[CategoryIn]
    best: Figure | None = None
    bar: Figure | None = None
    seen: str = Field("", max_length=64)


@router.get("plans/{slug}/readiness", response=dict[str, Any])
def read_score(request: HttpRequest, slug: str):
    """The score as it is now, its categories, what would raise it, and the document's claims."""
    return _answer(plan_of(request, slug, "read"))


@router.post("plans/{slug}/readiness/{key}/score", response={201: dict[str, Any]})
def score_category(request: HttpRequest, slug: str, key: str, body: ScoreIn):
    """Score a category as the token's person. The same Idempotency-Key scores it once."""
    plan = plan_of(request, slug, "sign")
    given = give_score(plan, key, body.value, body.why, by=request.user, request_id=once(request))
    if given is None:
        raise Http404
    return Status(201, _answer(plan))


@router.put("plans/{slug}/readiness", response=dict[str, Any])
def set_weights(request: HttpRequest, slug: str, body: WeightsIn):
    """Set categories, weights, targets, vetoes and sources; the same again changes nothing."""
    plan = plan_of(request, slug, "edit")
    save_weights(
        plan,
        [CategoryWanted(**one.dict()) for one in body.categories],
        by=request.user,
        scale=_scale(plan, body),
        seen=body.seen,
        request_id=once(request),
    )
    return _answer(plan)


def _scale(plan: DeploymentPlan, body: WeightsIn) -> ScaleWanted | None:
    said = body.dict(exclude_unset=True)
    if not {"best", "bar"} & said.keys():
        return None
    stands = getattr(plan, "readiness_scale", None)
    best = body.best if body.best is not None else stands.best if stands else Decimal(100)
    bar = body.bar if "bar" in said else stands.bar if stands else None
    return ScaleWanted(best, bar)


def _answer(plan: DeploymentPlan) -> dict[str, Any]:
    plan = DeploymentPlan.objects.get(pk=plan.pk)
    sheet = score_with_change(plan, timezone.now())
    seen = weights_seen(plan)
    if sheet is None:
        empty = {"total": None, "standing": "no_data", "categories": [], "raises": []}
        return empty | {"claims": [], "seen": seen}
    change = sheet.score.change
    return frozen_score(sheet) | {
        "seen": seen,
        "since": sheet.before,
        "change": shown(change).replace("−", "-") if change is not None else None,
        "raises": _raises(sheet),
        "claims": [one | {"value": str(one["value"])} for one in _claims(sheet)],
    }


def _raises(sheet: ScoreSheet) -> list[dict[str, str]]:
    return [
        {"key": row.category.key, "to": shown(step.goal), "adds": shown(step.gain)}
        for row, step in sheet.raises
    ]


def _claims(sheet: ScoreSheet) -> list[dict[str, Any]]:
    wrong = {(one["label"], one["value"]) for one in sheet.wrong_claims}
    return [
        {
            "label": one["label"],
            "value": one["value"],
            "best": str(one["best"]),
            "line": one.get("line"),
            "differs": sheet.of_document and (one["label"], one["value"]) in wrong,
        }
        for one in claims_of(sheet.scale)
    ]
