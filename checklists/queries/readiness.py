"""The readiness score as it stands at an instant, in a fixed number of SQL statements.

Nothing of it is stored: it is computed from the categories and their newest scores (law 11), and a
decision freezes it with the rest of its evidence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from checklists.models import (
    CategoryScore,
    Decision,
    ReadinessCategory,
    ReadinessScale,
    ScoreSource,
)
from checklists.queries.score_sources import Found, computed
from checklists.rules import readiness
from checklists.rules.readiness import Before, Category, Readiness, Row, Standing
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.queries.there import there

BEST = Decimal(100)


@dataclass(frozen=True)
class ScoreRow:
    """A category as it stands. ``why`` says what the score rests on, or why there is none.

    ``said`` names who gave it: a person, the document with its line, or the source.
    """

    category: ReadinessCategory
    judged: Row
    why: str
    said: str
    given: CategoryScore | None = None

    @property
    def by_people(self) -> bool:
        return self.category.source == ScoreSource.PERSON


@dataclass(frozen=True)
class ScoreSheet:
    """The score, its categories, and what the plan's document claims of it."""

    scale: ReadinessScale
    score: Readiness
    rows: tuple[ScoreRow, ...]
    before: str = ""

    @property
    def of_document(self) -> bool:
        """Whether every score is still the document's own, so that its claims can be checked."""
        given = [row.given for row in self.rows if row.judged.score is not None]
        return bool(given) and all(one is not None and one.by_id is None for one in given)

    @property
    def raises(self) -> list[tuple[ScoreRow, Row]]:
        rows = {row.category.key: row for row in self.rows}
        return [(rows[step.category.key], step) for step in self.score.raises]

    def of_scores(self, given: Mapping[int, CategoryScore]) -> Readiness:
        """The score as it was with these scores, by category id: those of the document."""
        return readiness.assess(
            [_category(row.category, given.get(row.category.pk), None) for row in self.rows],
            best=self.scale.best,
            bar=self.scale.bar,
        )

    @property
    def wrong_claims(self) -> list[dict[str, Any]]:
        """The document's figures that its own rows do not make."""
        return [one for one in claims_of(self.scale) if _differs(one, self.score)]


def score_now(plan: DeploymentPlan, now: datetime) -> ScoreSheet | None:
    """The score at ``now`` (UTC), without its change; None for a plan without categories.

    Two statements, and those of the sources that its categories ask.
    """
    return once(plan, now, "readiness", lambda: _read(plan, now, False))


def score_with_change(plan: DeploymentPlan, now: datetime) -> ScoreSheet | None:
    """As ``score_now``, against the score that the newest decision froze; one statement more."""
    return once(plan, now, "readiness-change", lambda: _read(plan, now, True))


def scale_of(plan: DeploymentPlan) -> ReadinessScale:
    """The plan's scale, or the usual one: 0 to 100 without a bar."""
    return getattr(plan, "readiness_scale", None) or ReadinessScale(plan=plan, best=BEST)


def claims_of(scale: ReadinessScale) -> list[dict[str, Any]]:
    """The claims that are figures: label, value and best as Decimal, line."""
    rows = [one for one in scale.claims if one.get("value") is not None]
    return [
        {**one, "value": Decimal(str(one["value"])), "best": Decimal(str(one["best"]))}
        for one in rows
    ]


def _differs(claim: dict[str, Any], score: Readiness) -> bool:
    return not claim.get("other") and readiness.differs(claim["value"], claim["best"], score)


@dataclass(frozen=True)
class _Inputs:
    """What the score is made of, read once for an instant."""

    scale: ReadinessScale
    categories: tuple[ReadinessCategory, ...]
    given: dict[int, CategoryScore]
    found: dict[int, Found | None]


def _inputs(plan: DeploymentPlan, now: datetime) -> _Inputs | None:
    rows = there(plan, ReadinessCategory.objects.filter(plan=plan)).select_related(
        "plan__readiness_scale"
    )
    categories = tuple(rows)
    if not categories:
        return None
    scale = scale_of(categories[0].plan)
    found = {one.pk: computed(plan, one, scale.best, now) for one in categories}
    return _Inputs(scale, categories, newest_scores(plan), found)


def _read(plan: DeploymentPlan, now: datetime, change: bool) -> ScoreSheet | None:
    inputs = once(plan, now, "readiness-inputs", lambda: _inputs(plan, now))
    if inputs is None:
        return None
    before = _before(plan) if change else None
    given, found = inputs.given, inputs.found
    score = readiness.assess(
        [_category(one, given.get(one.pk), found[one.pk]) for one in inputs.categories],
        best=inputs.scale.best,
        bar=inputs.scale.bar,
        before=before,
    )
    rows = tuple(
        _row(one, judged, given.get(one.pk), found[one.pk])
        for one, judged in zip(inputs.categories, score.rows, strict=True)
    )
    return ScoreSheet(inputs.scale, score, rows, before.name if before else "")


def holding(plan: DeploymentPlan, now: datetime) -> str:
    """Why the score holds every gate of the plan, as a sentence; "" where it does not.

    A bar that is not reached, or cannot be told, holds; so does a veto under its target or without
    a score. Statements as ``score_now``.
    """
    sheet = score_now(plan, now)
    if sheet is None:
        return ""
    if sheet.scale.bar is None and not (sheet.score.vetoes or sheet.score.unheard):
        return ""
    if sheet.score.standing in (Standing.ABOVE, Standing.OPEN):
        return ""
    if sheet.score.total is None:
        return _("The readiness score has no data: no category has a score yet.")
    said = (
        _("The readiness score is {sentence}")
        if sheet.score.complete
        else _("The readiness score has no data yet: {sentence}")
    )
    return said.format(sentence=readiness.sentence(sheet.score))


def newest_scores(plan: DeploymentPlan) -> dict[int, CategoryScore]:
    """The score that counts of each category, by its id; one SQL statement."""
    of_plan = CategoryScore.objects.filter(category__plan=plan).order_by()
    newest = of_plan.values("category").annotate(newest=Max("pk")).values("newest")
    return {one.category_id: one for one in CategoryScore.objects.filter(pk__in=newest)}


def _category(one: ReadinessCategory, given: CategoryScore | None, found: Found | None) -> Category:
    score = found.score if found else given.value if given else None
    return Category(one.key, one.label, one.weight, score, one.target_value, one.veto)


def _row(
    one: ReadinessCategory, judged: Row, given: CategoryScore | None, found: Found | None
) -> ScoreRow:
    if found is not None:
        return ScoreRow(one, judged, found.why, one.get_source_display())
    if given is None:
        return ScoreRow(one, judged, _("nobody has scored it"), "")
    return ScoreRow(one, judged, given.why, said_by(given, one), given)


def said_by(given: CategoryScore, category: ReadinessCategory) -> str:
    """Who gave a score: a person, or the document with its line."""
    if given.by_id is not None:
        return given.by_name
    line = category.source_line
    return (
        _("stands in the document, line {line}").format(line=line)
        if line
        else _("stands in the document")
    )


# --- the score as a decision froze it --------------------------------------------------------


def _before(plan: DeploymentPlan) -> Before | None:
    newest = (
        Decision.objects.filter(gate__plan=plan, evidence__has_key="readiness")
        .order_by("-at", "-pk")
        .values_list("evidence__readiness", "gate__title")
        .first()
    )
    if newest is None:
        return None
    kept, title = newest
    scores = {
        one["key"]: Fraction(one["score"]) for one in kept["categories"] if one["score"] is not None
    }
    total = Fraction(kept["total"]) if kept["total"] is not None else None
    return Before(title, total, scores)


def frozen_score(sheet: ScoreSheet) -> dict[str, Any]:
    """The score as plain JSON; figures are decimal text, exact to four places."""
    score = sheet.score
    return {
        "total": _plain(score.total),
        "best": _plain(score.best),
        "bar": _plain(score.bar),
        "standing": score.standing.value,
        "weights": _plain(score.weights),
        "added": _plain(score.added),
        "scored": score.scored,
        "wanted": score.wanted,
        "sentence": readiness.sentence(score),
        "categories": [_frozen_row(row) for row in sheet.rows],
    }


def _frozen_row(row: ScoreRow) -> dict[str, Any]:
    one, judged = row.category, row.judged
    return {
        "key": one.key,
        "label": one.label,
        "weight": _plain(one.weight),
        "score": _plain(judged.score),
        "target": _plain(one.target_value),
        "verdict": judged.verdict,
        "veto": one.veto,
        "adds": _plain(judged.adds),
        "why": row.why,
        "source": one.source,
        "said": row.said,
        "at": row.given.at.isoformat() if row.given else None,
    }


def _plain(value: Fraction | Decimal | None) -> str | None:
    if value is None:
        return None
    text = readiness.shown(value, 4).replace("−", "-")
    return text.rstrip("0").rstrip(".")


def history(plan: DeploymentPlan) -> dict[int, list[CategoryScore]]:
    """Every score that was given, newest first, by its category's id; one SQL statement."""
    found: dict[int, list[CategoryScore]] = {}
    rows: Iterable[CategoryScore] = CategoryScore.objects.filter(category__plan=plan)
    for one in rows.order_by("-at", "-pk"):
        found.setdefault(one.category_id, []).append(one)
    return found
