"""Readiness: weighted categories make one score. Pure, in exact fractions, rounded only when shown.

A category without a score is no data: it is neither counted as full nor left out in silence. The
total then says over how many categories it was made, and is no verdict (law 5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

from django.utils.translation import gettext as _

from warroom.rules.wording import listed

EXCEEDS, MEETS, BELOW = "EXCEEDS", "MEETS", "BELOW"
_PLACES = (2, 3, 4)


class Standing(StrEnum):
    """How the total stands; ``OPEN`` where the plan gives no bar."""

    ABOVE = "above"
    BELOW = "below"
    OPEN = "open"
    NO_DATA = "no_data"


@dataclass(frozen=True)
class Category:
    """``weight`` in percent; ``score`` and ``target`` on the plan's scale, None while unknown."""

    key: str
    label: str
    weight: Decimal
    score: Fraction | Decimal | None = None
    target: Decimal | None = None
    veto: bool = False

    @property
    def counts(self) -> bool:
        """Whether a score is wanted: it weighs something, or is a veto."""
        return self.weight > 0 or self.veto


@dataclass(frozen=True)
class Row:
    """A category judged. ``adds``: its part of the sum; ``gain``: what the total gains at ``goal``.

    ``margin`` is score minus target; ``change`` is score minus the score before.
    """

    category: Category
    adds: Fraction | None
    goal: Fraction
    gain: Fraction
    margin: Fraction | None = None
    change: Fraction | None = None
    is_veto: bool = False

    @property
    def score(self) -> Fraction | None:
        given = self.category.score
        return Fraction(given) if given is not None else None

    @property
    def verdict(self) -> str:
        """EXCEEDS, MEETS or BELOW its target; "" without a target or a score (S29)."""
        if self.margin is None:
            return ""
        return EXCEEDS if self.margin > 0 else MEETS if self.margin == 0 else BELOW


@dataclass(frozen=True)
class Readiness:
    """The score of a plan. ``total`` is over the categories that have a score; None if none has.

    ``weights`` is the sum of all weights in percent, ``added`` the sum of the contributions as the
    weights stand, which is the total only where these make 100.
    """

    best: Fraction
    bar: Fraction | None
    rows: tuple[Row, ...]
    weights: Fraction
    added: Fraction
    total: Fraction | None
    scored: int
    wanted: int
    change: Fraction | None = None

    @property
    def complete(self) -> bool:
        return self.total is not None and self.scored == self.wanted

    @property
    def missing(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.category.counts and row.score is None)

    @property
    def vetoes(self) -> tuple[Row, ...]:
        """The vetoes under their target: whatever the score, they stand against going on."""
        return tuple(row for row in self.rows if row.is_veto)

    @property
    def unheard(self) -> tuple[Row, ...]:
        """The vetoes without a score: nobody knows whether they speak."""
        return tuple(row for row in self.missing if row.category.veto)

    @property
    def standing(self) -> Standing:
        if not self.complete:
            return Standing.NO_DATA
        if self.vetoes:
            return Standing.BELOW
        if self.bar is None:
            return Standing.OPEN
        return Standing.ABOVE if self.total >= self.bar else Standing.BELOW

    @property
    def margin(self) -> Fraction | None:
        """How far the total lies above the bar; negative below it."""
        return None if self.total is None or self.bar is None else self.total - self.bar

    @property
    def known(self) -> Fraction:
        """The weights of what has a score, in percent: what the sum is divided by."""
        given = (row.category.weight for row in self.rows if row.score is not None)
        return sum(map(Fraction, given), Fraction())

    @property
    def normalised(self) -> bool:
        """Whether the sum had to be divided by something else than 100 %."""
        return not adds_up([row.category.weight for row in self.rows if row.score is not None])

    @property
    def raises(self) -> tuple[Row, ...]:
        """What would raise the total, the largest step first; equal steps as the plan has them."""
        steps = [row for row in self.rows if row.gain > 0]
        return tuple(sorted(steps, key=lambda row: -row.gain))

    @property
    def possible(self) -> Fraction | None:
        """The total if every step of ``raises`` were taken."""
        if self.total is None:
            return None
        return self.total + sum((row.gain for row in self.rows), Fraction())


@dataclass(frozen=True)
class Before:
    """The score as a decision froze it: ``scores`` by key. ``name`` says of which decision."""

    name: str
    total: Fraction | None
    scores: Mapping[str, Fraction]


def adds_up(weights: Sequence[Decimal]) -> bool:
    """Whether weights in percent make 100; equal ones may lack what rounding took (3 of 33.33)."""
    off = abs(sum(weights, Decimal()) - 100)
    return off == 0 or (len(set(weights)) == 1 and off < Decimal("0.01") * len(weights))


def assess(
    categories: Sequence[Category],
    *,
    best: Decimal,
    bar: Decimal | None = None,
    before: Before | None = None,
) -> Readiness:
    """The score of ``categories`` on a scale from 0 to ``best``, against ``bar`` on that scale.

    The total is the sum of weight times score over the sum of those weights (S13, S81).
    """
    scored = [one for one in categories if one.score is not None]
    known = sum((Fraction(one.weight) for one in scored), Fraction())
    added = sum((_adds(one) for one in scored), Fraction())
    total = added * 100 / known if known > 0 else None
    rows = tuple(_row(one, Fraction(best), bar, known, before) for one in categories)
    has_before = before is not None and before.total is not None and total is not None
    return Readiness(
        best=Fraction(best),
        bar=Fraction(bar) if bar is not None else None,
        rows=rows,
        weights=sum((Fraction(one.weight) for one in categories), Fraction()),
        added=added,
        total=total,
        scored=sum(one.counts for one in scored),
        wanted=sum(one.counts for one in categories),
        change=total - before.total if has_before else None,
    )


def _adds(one: Category) -> Fraction:
    return Fraction(one.weight) * Fraction(one.score) / 100


def _row(
    one: Category, best: Fraction, bar: Decimal | None, known: Fraction, before: Before | None
) -> Row:
    target = Fraction(one.target) if one.target is not None else None
    if one.score is None:
        return Row(one, None, target or best, Fraction())
    score = Fraction(one.score)
    goal = target if target is not None and score < target else best
    gain = max(Fraction(), (goal - score) * Fraction(one.weight) / known) if known else Fraction()
    was = before.scores.get(one.key) if before else None
    # A veto without a target of its own is held to the bar of the whole.
    floor = target if target is not None else Fraction(bar) if bar is not None else None
    return Row(
        one,
        _adds(one),
        goal,
        gain,
        score - target if target is not None else None,
        score - was if was is not None else None,
        one.veto and floor is not None and score < floor,
    )


# --- in words ------------------------------------------------------------------------------


def shown(value: Fraction | Decimal, places: int = 2) -> str:
    """Rounded half up, with so many places: ``9.00``, ``−0.05``."""
    return _text(value, places, ROUND_HALF_UP)


def short(value: Fraction | Decimal) -> str:
    """As ``shown``, without zeros that say nothing: ``8``, ``17.4``."""
    text = shown(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: Fraction | Decimal) -> str:
    """A change: ``+0.14``, ``−2``."""
    return f"+{short(value)}" if value > 0 else short(value)


def total_text(score: Readiness) -> str:
    """The total, with as many places as it takes to tell it from the bar that it misses.

    8.496 rounds to 8.50, and would look as if it reached a bar of 8.50.
    """
    if score.total is None:
        return _("no data")
    if score.bar is None or score.total >= score.bar:
        return shown(score.total)
    for places in _PLACES:
        text = shown(score.total, places)
        if text != shown(score.bar, places):
            return text
    return _text(score.total, 2, ROUND_DOWN)


def sum_text(score: Readiness) -> str:
    """How weights that do not make 100 % were divided: ``9.45 ÷ 1.05 = 9.00``."""
    if score.total is None:
        return ""
    by = shown(score.known / 100, 4).rstrip("0").rstrip(".")
    return f"{shown(score.added)} ÷ {by} = {shown(score.total)}"


def sentence(score: Readiness) -> str:
    """How the score stands, in one sentence."""
    if score.total is None:
        return _("No category has a score yet.")
    of = _("{score} of {short}").format(score=total_text(score), short=short(score.best))
    if not score.complete:
        names = ", ".join(row.category.label for row in score.missing)
        return _("{of} over {scored} of {wanted} categories; no score: {names}.").format(
            of=of, scored=score.scored, wanted=score.wanted, names=names
        )
    if score.vetoes:
        return _("{of}, but {score}.").format(of=of, score=veto_text(score))
    if score.bar is None:
        return _("{of}; the plan gives no bar.").format(of=of)
    if score.total == score.bar:
        said = _("{score}, at its bar of {bar}.")
    elif score.total > score.bar:
        said = _("{score}, above its bar of {bar}.")
    else:
        said = _("{score}, below its bar of {bar}.")
    return said.format(score=of, bar=shown(score.bar))


def veto_text(score: Readiness) -> str:
    """``Security is a veto and stands at 6``; "" without one."""
    said = _("{category} is a veto and stands at {score}")
    return listed([said.format(category=row.category.label, score=short(row.score)) for row in
                   score.vetoes])  # fmt: skip


def _text(value: Fraction | Decimal, places: int, how: str) -> str:
    exact = Fraction(value)
    scaled = exact * 10**places
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    if how == ROUND_HALF_UP and 2 * rest >= scaled.denominator:
        whole += 1
    text = f"{Decimal(whole).scaleb(-places):.{places}f}"
    return f"−{text}" if exact < 0 and whole else text


# --- what a document claims ----------------------------------------------------------------


def differs(claimed: Decimal, claimed_best: Decimal, score: Readiness) -> bool:
    """Whether a claim is neither the total nor the plain sum, at the places it was written with.

    A claim on another scale (95.4 % of 10) is brought onto the plan's.
    """
    if score.total is None or claimed_best <= 0:
        return False
    places = max(0, -claimed.as_tuple().exponent)
    ratio = Fraction(claimed_best) / score.best
    computed = (score.total * ratio, score.added * ratio)
    return all(shown(one, places) != shown(Fraction(claimed), places) for one in computed)


def claim_text(claimed: Decimal, score: Readiness) -> str:
    """``The document says 9.40; its own rows make 9.45, normalised 9.00.``"""
    rows = _("its own rows make {shown}").format(
        shown=shown(score.added if score.normalised else score.total)
    )
    if not score.complete:
        rows = _("{rows} over {scored} of {wanted} categories").format(
            rows=rows, scored=score.scored, wanted=score.wanted
        )
    more = _(", normalised {shown}").format(shown=shown(score.total)) if score.normalised else ""
    return _("The document says {claimed}; {rows}{more}.").format(
        claimed=claimed, rows=rows, more=more
    )


# --- scores out of what was measured -------------------------------------------------------


def share(reached: int, of: int, best: Decimal) -> Fraction | None:
    """So much of ``best`` as was reached; None where there is nothing to reach."""
    return Fraction(best) * reached / of if of else None


def between(value: float, zero: float, full: float, best: Decimal) -> Fraction | None:
    """Nothing at ``zero``, ``best`` at ``full`` and beyond, a straight line between, either way."""
    low, high = Fraction(str(zero)), Fraction(str(full))
    if low == high:
        return None
    part = (Fraction(str(value)) - low) / (high - low)
    return Fraction(best) * min(Fraction(1), max(Fraction(), part))


def less(counts: Mapping[str, int], points: Mapping[str, float], best: Decimal) -> Fraction:
    """``best`` less the points of each thing that was found, never under 0."""
    off = sum((Fraction(str(points.get(key, 0))) * many for key, many in counts.items()), 0)
    return max(Fraction(), Fraction(best) - off)
