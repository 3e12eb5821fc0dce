"""The readiness score of a document: categories, weights, scores, and what it claims they make.

The first table or list with weights is the score. Without any, the first one with scores is, and
its categories weigh the same. A further one is another reading: it is not imported, its targets
help out, and what it types below its own rows is checked against them.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from checklists.documents.score_claims import ClaimFound, bar_in, claims_in, remarks_in
from checklists.documents.scores import CategoryFound, ReadingFound, readings
from checklists.models import CategoryScore, ReadinessCategory, ReadinessScale
from checklists.rules import readiness, score_params
from warroom.documents.blocks import Document
from warroom.documents.readers import NOTE, WARNING, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan

WEIGHTS = "Correct them in the settings of the release."


class Readiness(Reader):
    name = "readiness"
    order = 35  # before the criteria, whose tables also have targets

    def read(self, document: Document, understanding: Understanding) -> None:
        understanding.parts["readiness"] = ()
        understanding.parts["readiness_scale"] = None
        found = list(readings(document, understanding.is_claimed))
        chosen = next((one for one in found if one.weighted), None) or next(iter(found), None)
        if chosen is None:
            return
        others = [one for one in found if one is not chosen]
        _claim(chosen, understanding)
        chosen = _with_targets(_with_weights(chosen, understanding), others)
        _say_weights(chosen, understanding)
        _say_targets([chosen, *others], understanding)
        claims = _claims(chosen, document, understanding)
        claims += [one for other in others if (one := _other(other, understanding))]
        best = chosen.best
        understanding.parts["readiness"] = chosen.rows
        understanding.parts["readiness_scale"] = {
            "best": best,
            "bar": _bar(document, found, best),
            "claims": [*claims, *remarks_in(document)],
        }

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        found = understanding.parts["readiness"]
        if not found or (creation.extending and plan.readiness.exists()):
            return  # the weights of a plan are one whole
        scale: dict[str, Any] = understanding.parts["readiness_scale"]
        if creation.extending:  # the lines are of another document
            scale = scale | {"claims": []}
        ReadinessScale.objects.update_or_create(plan=plan, defaults=scale)
        made = ReadinessCategory.objects.bulk_create(
            ReadinessCategory(
                plan=plan,
                key=one.key,
                label=one.label,
                weight=one.weight,
                target=one.target,
                target_value=target_of(one, scale["best"]),
                position=place,
                source_line=creation.source(one.line),
            )
            for place, one in enumerate(found, start=1)
        )
        creation.made["readiness"] = made
        CategoryScore.objects.bulk_create(
            CategoryScore(
                category=category,
                value=one.score.on(scale["best"]),
                why=one.why,
                by_name="the document",
                at=creation.at,
            )
            for category, one in zip(made, found, strict=True)
            if one.score is not None
        )


def target_of(one: CategoryFound, best: Decimal) -> Decimal | None:
    """The figure of a target on the scale; None where it names none, or one beyond the scale."""
    value = score_params.target_of(one.target, best) if one.target else None
    return value if value is not None and 0 <= value <= best else None


def score_of(reading: ReadingFound) -> readiness.Readiness:
    """What a reading's own rows make, whatever is typed below them."""
    best = reading.best
    return readiness.assess(
        [
            readiness.Category(
                one.key,
                one.label,
                one.weight if one.weight is not None else Decimal(1),
                one.score.on(best) if one.score else None,
                target_of(one, best),
            )
            for one in reading.rows
        ],
        best=best,
    )


# --- reading --------------------------------------------------------------------------------


def _claim(chosen: ReadingFound, understanding: Understanding) -> None:
    """Say what each line became. A matrix without weights is left to the criteria of its gate."""
    if not chosen.weighted:
        return
    if chosen.table is not None:
        text = _("Readiness score: {count} categories").format(count=len(chosen.rows))
        understanding.claim(chosen.table, "readiness", text)
        understanding.claim(chosen.table.line + 1, "readiness", "")
    for one in chosen.rows:
        score = (
            _(", {score} of {of}").format(score=one.score.value, of=one.score.of or chosen.best)
            if one.score
            else ""
        )
        label = _("Category, weight {short} %{score}").format(
            short=readiness.short(one.weight), score=score
        )
        understanding.claim(one.line, "readiness", label)


def _with_weights(chosen: ReadingFound, understanding: Understanding) -> ReadingFound:
    if chosen.weighted:
        return chosen
    equal = round(Decimal(100) / len(chosen.rows), 2)
    text = _("The scores have no weights: each category of the readiness score weighs the same.")
    understanding.find(chosen.line, NOTE, "weights_equal", text, WEIGHTS)
    return replace(chosen, rows=tuple(replace(one, weight=equal) for one in chosen.rows))


def _with_targets(chosen: ReadingFound, others: list[ReadingFound]) -> ReadingFound:
    """Targets that another reading gives to the same category, also under a shorter name."""
    targets = {one.key: one.target for other in others for one in other.rows if one.target}

    def target(one: CategoryFound) -> str:
        named = [key for key in targets if one.key == key or one.key.startswith(f"{key}-")]
        return one.target or (targets[max(named, key=len)] if named else "")

    return replace(chosen, rows=tuple(replace(one, target=target(one)) for one in chosen.rows))


def _say_weights(chosen: ReadingFound, understanding: Understanding) -> None:
    weights = [one.weight for one in chosen.rows]
    if not readiness.adds_up(weights):
        total = readiness.short(sum(weights, Decimal()))
        text = _("The weights of the readiness score add up to {total} %, not 100.").format(
            total=total
        )
        understanding.find(chosen.rows[0].line, WARNING, "weights", text, WEIGHTS)


def _say_targets(found: list[ReadingFound], understanding: Understanding) -> None:
    """EXCEEDS, MEETS, BELOW as computed, where the document says another of them (S29)."""
    for reading in found:
        rows = score_of(reading).rows
        for one, judged in zip(reading.rows, rows, strict=True):
            said = next((w for w in ("EXCEEDS", "MEETS", "BELOW") if w in one.status.upper()), "")
            if said and judged.verdict and said != judged.verdict:
                score, target = (
                    readiness.short(judged.score),
                    readiness.short(judged.category.target),
                )
                text = _(
                    "{one}: the document says {said}; {score} against {target} is {verdict}."
                ).format(
                    one=one.label, said=said, score=score, target=target, verdict=judged.verdict
                )
                understanding.find(one.line, NOTE, "score_status", text)


def _claims(
    chosen: ReadingFound, document: Document, understanding: Understanding
) -> list[dict[str, Any]]:
    """The document's claims; those that its rows do not make are findings (S81)."""
    score, found = score_of(chosen), claims_in(document)
    if chosen.overall is not None and chosen.overall.score is not None:
        one = chosen.overall
        best = one.score.of or chosen.best
        found.append(ClaimFound(one.label[:60], one.score.value, best, one.line))
    for one in found:
        understanding.claim(
            one.line,
            "readiness",
            _("Claim of the score: {one} of {short}").format(
                one=one.value, short=readiness.short(one.best)
            ),
        )
        if readiness.differs(one.value, one.best, score):
            text = readiness.claim_text(one.value, score)
            understanding.find(
                one.line, WARNING, "score_claimed", text, _("See what it is made of.")
            )
    return [one.as_data() for one in found]


def _other(other: ReadingFound, understanding: Understanding) -> dict[str, Any] | None:
    """Another reading of the score: said, and what it types checked against its own rows (S29)."""
    score, overall = score_of(other), other.overall
    how = _("its rows have no scores")
    if score.total is not None:
        how = _("its own {count} rows average {score}").format(
            count=len(other.rows), score=readiness.shown(score.total)
        )
    text = _("Another reading of the score, not imported: {how}.").format(how=how)
    if overall is None or overall.score is None:
        understanding.find(other.line, NOTE, "score_again", text)
        return None
    best = overall.score.of or other.best
    claim = ClaimFound(overall.label[:60], overall.score.value, best, overall.line)
    if readiness.differs(claim.value, best, score):
        said = _("The document says {claim}; {how}.").format(claim=claim.value, how=how)
        understanding.find(overall.line, WARNING, "score_claimed", said)
    understanding.find(other.line, NOTE, "score_again", text)
    return claim.as_data() | {"other": how}


def _bar(document: Document, found: list[ReadingFound], best: Decimal) -> Decimal | None:
    """The score that is asked for, on the plan's scale: told, or the target of an overall row."""
    told = bar_in(document)
    if told is not None:
        value, of = told
        value = round(value * best / of, 2) if of else value
        return value if value <= best else None
    totals = [one.overall for one in found if one.overall is not None and one.overall.target]
    return target_of(totals[0], best) if totals else None


register(Readiness())
