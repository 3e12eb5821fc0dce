from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.text import slugify

from checklists.models import ReadinessCategory
from warroom.actions.change import change
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right, User
from warroom.rules.fingerprint import fingerprint

MOST = 40


@dataclass(frozen=True)
class CategoryWanted:
    """A part of the readiness score as it shall be; ``weight`` in percent."""

    label: str
    weight: Decimal
    target: str = ""


def weights_seen(plan: DeploymentPlan) -> str:
    """The fingerprint of the weights, which their form carries."""
    return fingerprint(_now(plan))


def save_weights(
    plan: DeploymentPlan,
    categories: Sequence[CategoryWanted],
    *,
    by: User,
    seen: str = "",
    request_id: str | None = None,
) -> None:
    """Set the categories of the score and their weights; what is the same is no event.

    Weights that do not make 100 % are taken: a finding says so. Raises Invalid for a weight below 0
    or above 1000 and for two categories of one name, Refused when they were saved meanwhile.
    """
    wanted = _checked(categories)
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as saving:
        before = _now(saving.plan)
        if saving.repeated or before == wanted:
            return
        if seen and seen != fingerprint(before):
            raise Refused("Somebody saved the weights meanwhile. Nothing of yours was saved.")
        _write(saving.plan, categories)
        total = sum((one.weight for one in categories), Decimal())
        text = f"Score weights set: {len(categories)} categories, {total.normalize():f} %"
        saving.record("plan.weights_saved", text, before=before, after=wanted)


def _now(plan: DeploymentPlan) -> list[list[str]]:
    rows = plan.readiness.order_by("position").values_list("label", "weight", "target")
    return [[label, _text(weight), target] for label, weight, target in rows]


def _checked(categories: Sequence[CategoryWanted]) -> list[list[str]]:
    if len(categories) > MOST:
        raise Invalid("weights", f"At most {MOST} categories.")
    keys = [_key(one.label) for one in categories]
    for one, key in zip(categories, keys, strict=True):
        if not 0 <= one.weight <= 1000:
            raise Invalid("weights", f"{one.label}: a weight lies between 0 and 1000 %.")
        if keys.count(key) > 1:
            raise Invalid("weights", f"There are two categories called {one.label}.")
    return [[one.label.strip(), _text(one.weight), one.target.strip()] for one in categories]


def _write(plan: DeploymentPlan, categories: Sequence[CategoryWanted]) -> None:
    known: dict[str, Any] = {row.key: row for row in plan.readiness.all()}
    kept = {_key(one.label) for one in categories}
    plan.readiness.exclude(key__in=kept).delete()
    for position, one in enumerate(categories):
        row = known.get(_key(one.label)) or ReadinessCategory(plan=plan, key=_key(one.label))
        row.label, row.target = one.label.strip(), one.target.strip()
        row.weight, row.position = one.weight, position
        row.save()


def _key(label: str) -> str:
    return slugify(label)[:80] or fingerprint(label)


def _text(weight: Decimal) -> str:
    return f"{weight.normalize():f}"
