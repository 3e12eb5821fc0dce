"""The readiness score in a plan file: its scale, its categories, and what people scored."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import AfterValidator, Field

from checklists.documents.parts import Line, has_lines
from checklists.models import CategoryScore, ReadinessCategory, ReadinessScale, ScoreSource
from checklists.queries.readiness import BEST, newest_scores
from checklists.rules import score_params
from warroom.documents import fields as f
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

MOST = 10_000


def _hundredths(value: float) -> float:
    if round(value, 2) != value:
        f.wrong(
            _("{value} has more than two decimals.").format(value=value),
            _("Write {value:g}.").format(value=round(value, 2)),
        )
    return value


def _figure(most: int, above: float = -1) -> Any:
    return Annotated[float, Field(gt=above, le=most, ge=0), AfterValidator(_hundredths)]


class ClaimFields(f.Strict):
    """What the plan's document says: a figure (``value`` of ``best``), or words."""

    label: f.words(60)
    value: f.text(12) = ""
    best: f.text(12) = ""
    text: f.text(300) = ""
    other: f.text(200) = ""
    line: int = Line


class ScaleFields(f.Strict):
    best: _figure(MOST, 0) = float(BEST)
    bar: _figure(MOST) | None = None
    claims: f.many(ClaimFields, 100) = []


class ScalePart(Part):
    key, order, schema = "readiness_scale", 59, ScaleFields

    def write(self, plan: DeploymentPlan, *, states: bool) -> dict[str, Any] | None:
        scale = ReadinessScale.objects.filter(plan=plan).first()
        if scale is None:
            return None
        claims = [f.given(**one) for one in scale.claims]
        return f.given(best=_plain(scale.best), bar=_plain(scale.bar), claims=claims)

    def check(self, value: ScaleFields, whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        if value.bar is not None and value.bar > value.best:
            text = _("The bar {bar:g} lies above the best score, {best:g}.").format(
                bar=value.bar, best=value.best
            )
            yield ("readiness_scale", "bar"), text, _("Change one of the two.")
        for n, one in enumerate(value.claims):
            if bool(one.value) != bool(one.best) or not _are_figures(one):
                where = ("readiness_scale", "claims", n)
                yield (
                    where,
                    _("A claim is a figure of a best one."),
                    _("Write value: 9.4, best: 10."),
                )

    def create(self, plan: DeploymentPlan, value: ScaleFields | None, creation: Creation) -> None:
        if value is None:
            return
        lined = creation.made.get("lined", False)
        claims = [f.given(**one.model_dump()) for one in value.claims]
        if not lined:
            claims = [{k: v for k, v in one.items() if k != "line"} for one in claims]
        best, bar = _decimal(value.best), _decimal(value.bar)
        ReadinessScale.objects.create(plan=plan, best=best, bar=bar, claims=claims)


class ReadinessFields(f.Strict):
    key: f.key(80)
    label: f.words(200)
    weight: _figure(9999)
    target: f.text(60) = ""
    target_value: _figure(MOST) | None = None
    veto: bool = False
    source: Literal["person", "items", "evidence", "criteria", "findings"] = "person"
    params: dict[str, Any] = {}
    # What the plan's document scored; nobody here did.
    score: _figure(MOST) | None = None
    why: f.text(1000) = ""
    line: int = Line


class ReadinessPart(Part):
    key, order, schema = "readiness", 60, f.many(ReadinessFields, 1000)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        given = newest_scores(plan) if states else {}
        told = {pk: one for pk, one in given.items() if one.by_id is None}
        return [_written(one, told.get(one.pk), has_lines(plan)) for one in plan.readiness.all()]

    def record(self, plan: DeploymentPlan) -> dict[str, Any]:
        rows = CategoryScore.objects.filter(category__plan=plan, by__isnull=False)
        return f.given(
            scores=[
                f.given(
                    category=one.category.key,
                    score=_plain(one.value),
                    why=one.why,
                    by=one.by_name,
                    at=f.instant(one.at),
                )
                for one in rows.order_by("at", "pk").select_related("category")
            ]
        )

    def check(self, value: list[ReadinessFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "key", ("readiness",))
        scale: ScaleFields | None = whole.get("readiness_scale")
        best = scale.best if scale else float(BEST)
        for n, one in enumerate(value):
            for name in ("target_value", "score"):
                figure = getattr(one, name)
                if figure is not None and figure > best:
                    text = _("{figure:g} lies above the best score, {best:g}.").format(
                        figure=figure, best=best
                    )
                    yield ("readiness", n, name), text, _("Change it, or best of readiness_scale.")
            try:
                score_params.checked(one.source, one.params)
            except (score_params.NotUnderstood, TypeError, ValueError) as wrong:
                yield ("readiness", n, "params"), _("This source wants something else."), str(wrong)

    def create(
        self, plan: DeploymentPlan, value: list[ReadinessFields] | None, creation: Creation
    ) -> None:
        lined, value = creation.made.get("lined", False), value or []
        made = ReadinessCategory.objects.bulk_create(
            ReadinessCategory(
                plan=plan,
                key=one.key,
                label=one.label,
                weight=_decimal(one.weight),
                target=one.target,
                target_value=_decimal(one.target_value),
                veto=one.veto,
                source=one.source,
                params=score_params.checked(one.source, one.params),
                position=place,
                source_line=one.line if lined else None,
            )
            for place, one in enumerate(value, start=1)
        )
        CategoryScore.objects.bulk_create(
            CategoryScore(
                category=category,
                value=_decimal(one.score),
                why=one.why,
                by_name="the document",
                at=creation.at,
            )
            for category, one in zip(made, value, strict=True)
            if one.score is not None
        )


def _written(one: ReadinessCategory, told: CategoryScore | None, lined: bool) -> dict[str, Any]:
    by_people = one.source == ScoreSource.PERSON
    return f.given(
        key=one.key,
        label=one.label,
        weight=_plain(one.weight),
        target=one.target,
        target_value=_plain(one.target_value),
        veto=one.veto or None,
        source=None if by_people else str(one.source),
        params=None if by_people else one.params,
        score=_plain(told.value) if told else None,
        why=told.why if told else None,
        line=one.source_line if lined else None,
    )


def _are_figures(one: ClaimFields) -> bool:
    try:
        return all(Decimal(text).is_finite() for text in (one.value, one.best) if text)
    except ArithmeticError:
        return False


def _plain(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


for part in (ScalePart(), ReadinessPart()):
    register_part(part)
