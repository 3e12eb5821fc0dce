"""The readiness score: its categories and weights, and the scores that people give them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from checklists.models import CategoryScore, ReadinessCategory, ReadinessScale, ScoreSource
from checklists.queries.readiness import newest_scores, scale_of
from checklists.rules import score_params
from checklists.rules.readiness import short
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, Right, User
from warroom.rules.fingerprint import fingerprint

MOST = 40
LARGEST = 10_000
KEY = re.compile(r"[-\w]{1,80}", re.ASCII)


@dataclass(frozen=True)
class ScaleWanted:
    """The best score there is, and the bar below which a gate holds; None: no bar."""

    best: Decimal
    bar: Decimal | None = None


@dataclass(frozen=True)
class CategoryWanted:
    """A part of the readiness score as it shall be; ``weight`` in percent.

    ``key`` names the row that it is, so that a new name keeps its scores; empty: by its name.
    Without ``target_value`` the figure of ``target`` counts, where it has one.
    """

    label: str
    weight: Decimal
    target: str = ""
    key: str = ""
    target_value: Decimal | None = None
    veto: bool = False
    source: str = ScoreSource.PERSON
    params: dict[str, Any] = field(default_factory=dict)


def weights_seen(plan: DeploymentPlan) -> str:
    """The fingerprint of the scale and the weights, which their form carries."""
    return fingerprint(_now(plan))


def save_weights(
    plan: DeploymentPlan,
    categories: Sequence[CategoryWanted],
    *,
    by: User,
    scale: ScaleWanted | None = None,
    seen: str = "",
    request_id: str | None = None,
) -> None:
    """Set the categories of the score, their weights and, with ``scale``, the best and the bar.

    What is the same is no event. Weights that do not make 100 % are taken: a finding says so.
    Raises Invalid for a weight below 0 or above 1000, two categories of one name, figures beyond
    the scale, and to drop a category that people have scored; Refused when they were saved
    meanwhile.
    """
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as saving:
        stands = scale_of(saving.plan)
        scale = scale or ScaleWanted(stands.best, stands.bar)
        wanted = {"scale": _scale(scale), "categories": _checked(categories, scale)}
        before = _now(saving.plan)
        if saving.repeated or before == wanted:
            return
        if seen and seen != fingerprint(before):
            raise Refused(_("Somebody saved the weights meanwhile. Nothing of yours was saved."))
        _write_scale(saving.plan, stands, scale)
        _write(saving.plan, wanted["categories"])
        total = sum((one.weight for one in categories), Decimal())
        text = _("Score weights set: {count} categories, {short} %").format(
            count=len(categories), short=short(total)
        )
        saving.record("plan.weights_saved", text, before=before, after=wanted)


def give_score(
    plan: DeploymentPlan,
    key: str,
    value: Decimal,
    why: str,
    *,
    by: User,
    request_id: str | None = None,
) -> CategoryScore | None:
    """A person scores a category on the plan's scale and says why. The newest score counts.

    The same person giving the same again is no event. Raises Invalid for a value beyond the scale
    or without a reason, and Refused where the score is computed; None: there is no such category.
    """
    why = checked_reason(why, 1000)
    with change(plan, by=by, right=Right.SIGN, request_id=request_id) as scoring:
        category = ReadinessCategory.objects.filter(plan=scoring.plan, key=key).first()
        if category is None:
            return None
        newest = newest_scores(scoring.plan).get(category.pk)
        if scoring.repeated:
            return newest
        _demand_score(category, scale_of(scoring.plan).best, value, why)
        same = newest and (newest.value, newest.why, newest.by_id) == (value, why, by.pk)
        return newest if same else _score(scoring, category, newest, value, why)


def _demand_score(category: ReadinessCategory, best: Decimal, value: Decimal, why: str) -> None:
    if category.source != ScoreSource.PERSON:
        raise Refused(
            _(
                "{category} is computed: {source}. Change its source in the settings to "
                "score it by hand."
            ).format(category=category.label, source=category.get_source_display().lower())
        )
    if not value.is_finite() or not 0 <= value <= best:
        raise Invalid("value", _("A score lies between 0 and {short}.").format(short=short(best)))
    _demand_two("value", category.label, value)
    if not why:
        raise Invalid("why", _("Say why: what the score rests on."))


def _score(
    scoring: Change,
    category: ReadinessCategory,
    newest: CategoryScore | None,
    value: Decimal,
    why: str,
) -> CategoryScore:
    given = CategoryScore.objects.create(
        category=category,
        value=value,
        why=why,
        by=scoring.author,
        by_name=scoring.author_name,
        at=scoring.at,
    )
    best = short(scale_of(scoring.plan).best)
    was = _(" (was {short})").format(short=short(newest.value)) if newest else ""
    scoring.record(
        "readiness.scored",
        _("{category} scored {short} of {best}{was}: {why}").format(
            category=category.label, short=short(value), best=best, was=was, why=why
        ),
        category=category.key,
        before=str(newest.value) if newest else None,
        after=str(value),
        why=why,
    )
    return given


# --- as they stand, and as they shall be -----------------------------------------------------


def _now(plan: DeploymentPlan) -> dict[str, Any]:
    stands = scale_of(plan)
    rows = plan.readiness.order_by("position")
    return {
        "scale": _scale(ScaleWanted(stands.best, stands.bar)),
        "categories": [_plain(one, one.target_value) for one in rows],
    }


def _scale(scale: ScaleWanted) -> list[str | None]:
    if not 0 < scale.best <= LARGEST:
        raise Invalid(
            "best",
            _("The best score lies above 0 and is at most {largest}.").format(largest=LARGEST),
        )
    if scale.bar is not None and not 0 <= scale.bar <= scale.best:
        raise Invalid(
            "bar", _("The bar lies between 0 and {short}.").format(short=short(scale.best))
        )
    for name, value in (("best", scale.best), ("bar", scale.bar)):
        _demand_two(name, _("The scale"), value)
    return [_text(scale.best), _text(scale.bar)]


def _checked(categories: Sequence[CategoryWanted], scale: ScaleWanted) -> list[dict[str, Any]]:
    if len(categories) > MOST:
        raise Invalid("weights", _("At most {most} categories.").format(most=MOST))
    keys = [one.key or _key(one.label) for one in categories]
    names = [_key(one.label) for one in categories]
    for one, key, name in zip(categories, keys, names, strict=True):
        if not 0 <= one.weight <= 1000:
            raise Invalid(
                "weights", _("{one}: a weight lies between 0 and 1000 %.").format(one=one.label)
            )
        _demand_two("weights", one.label, one.weight)
        if keys.count(key) > 1 or names.count(name) > 1:
            raise Invalid(
                "weights", _("There are two categories called {one}.").format(one=one.label)
            )
    return [_plain(one, _target(one, scale.best)) for one in categories]


def _target(one: CategoryWanted, best: Decimal) -> Decimal | None:
    target = one.target_value
    if target is None and one.target:
        target = score_params.target_of(one.target, best)
    if target is not None and not 0 <= target <= best:
        raise Invalid(
            "weights",
            _("{one}: a target lies between 0 and {short}.").format(
                one=one.label, short=short(best)
            ),
        )
    _demand_two("weights", one.label, target)
    return target


def _demand_two(name: str, label: str, value: Decimal | None) -> None:
    if value is not None and value != round(value, 2):
        raise Invalid(name, _("{label}: at most two decimals.").format(label=label))


def _plain(one: CategoryWanted | ReadinessCategory, target_value: Decimal | None) -> dict[str, Any]:
    label = one.label.strip()
    if one.key and not KEY.fullmatch(one.key):
        raise Invalid(
            "weights", _("{one!r} is no key: letters, digits and - only.").format(one=one.key[:80])
        )
    if one.source not in ScoreSource.values:
        raise Invalid(
            "weights",
            _("{label}: {source!r} is no source of a score.").format(
                label=label, source=one.source
            ),
        )
    try:
        params = score_params.checked(one.source, one.params)
    except score_params.NotUnderstood as wrong:
        raise Invalid("weights", f"{label}: {wrong}") from wrong
    return {
        "key": one.key or _key(label),
        "label": label,
        "weight": _text(one.weight),
        "target": one.target.strip(),
        "target_value": _text(target_value),
        "veto": one.veto,
        "source": str(one.source),
        "params": params,
    }


def _write_scale(plan: DeploymentPlan, stands: ReadinessScale, scale: ScaleWanted) -> None:
    if stands.best != scale.best and CategoryScore.objects.filter(category__plan=plan).exists():
        raise Invalid(
            "best",
            _("Scores stand on the scale to {short} already.").format(short=short(stands.best)),
        )
    ReadinessScale.objects.update_or_create(
        plan=plan, defaults={"best": scale.best, "bar": scale.bar}
    )
    plan._state.fields_cache.pop("readiness_scale", None)


def _write(plan: DeploymentPlan, wanted: Sequence[dict[str, Any]]) -> None:
    known = {row.key: row for row in plan.readiness.all()}
    gone = plan.readiness.exclude(key__in=[one["key"] for one in wanted])
    scored = gone.filter(scores__by__isnull=False).first()
    if scored is not None:
        raise Invalid(
            "weights",
            _("{scored} was scored: it stays. Set its weight to 0.").format(scored=scored.label),
        )
    gone.delete()
    for position, one in enumerate(wanted):
        row = known.get(one["key"]) or ReadinessCategory(plan=plan)
        for name, value in one.items():
            setattr(row, name, value)
        row.position = position
        row.save()


def _key(label: str) -> str:
    return slugify(label)[:80] or fingerprint(label)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
