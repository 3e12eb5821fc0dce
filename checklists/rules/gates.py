"""What the rule says about a go/no-go: GO, HOLD or NO-GO, with its reasons. Worst wins (law 6).

NO-GO: a counting criterion is red, or a no-go stands against the quorum (where every role is
wanted, one no-go outweighs every go). HOLD: anything yellow or without data, a vote missing, a
blocking item or condition open, or nothing at all to go by. GO: none of these, and at least one
vote, one green criterion or one accepted value speaks for it.

A criterion with a weight does not decide alone: all of them together are held against the bar. One
without data holds all the same (law 5), and what a veto of the score rules decides alone all the
same. An accepted deviation counts neither way, and is said.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from checklists.rules.bands import Band, band_word
from checklists.rules.votes import ALL, Ballot, Quorum, against
from checklists.rules.words import FINAL, GO, HOLD, NO_GO, SHOWN, WORDS, Reason, ended
from warroom.rules.wording import listed

__all__ = ["ALL", "FINAL", "GO", "HOLD", "NO_GO", "SHOWN", "WORDS", "Ballot", "Quorum"]
LEAST_RATIONALE = 20  # characters with which somebody goes against the rule
_RANK = {GO: 0, HOLD: 1, NO_GO: 2}


@dataclass(frozen=True)
class Reading:
    """One criterion as it counts now. ``sentence`` says what is measured, or why nothing is.

    ``waived`` says who accepted the deviation and until when; "" where nobody did. Without
    ``weight`` it is a veto; ``ruled``: a veto within it speaks, which no weight softens.
    """

    label: str
    band: Band
    sentence: str = ""
    report_only: bool = False
    waived: str = ""
    weight: float | None = None
    ruled: bool = False

    @property
    def alone(self) -> bool:
        """Whether its band decides by itself, whatever the weighted ones reach together."""
        return self.weight is None or self.ruled or self.band is Band.NO_DATA


@dataclass(frozen=True)
class Bar:
    """What the weighted criteria must reach, in percent of their weights; ``fail``: no-go under it.

    Green is worth its whole weight, yellow half of it, red nothing.
    """

    reach: float = 100.0
    fail: float | None = None


@dataclass(frozen=True)
class Facts:
    """All that a gate is judged by. Items and conditions are the open blocking ones, as words.

    ``score`` says why the readiness score holds, "" where it does not.
    """

    readings: tuple[Reading, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    items: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    quorum: Quorum = field(default_factory=Quorum)
    bar: Bar = field(default_factory=Bar)
    score: str = ""


@dataclass(frozen=True)
class Recommendation:
    """The rule's answer. ``reasons`` are its grounds, worst first; ``counts`` sums the criteria."""

    word: str
    reasons: tuple[str, ...]
    counts: str
    green: int = field(default=0, compare=False)
    yellow: int = field(default=0, compare=False)
    red: int = field(default=0, compare=False)
    no_data: int = field(default=0, compare=False)
    accepted: int = field(default=0, compare=False)
    # What the weighted criteria reach, in percent; None where there are none.
    reached: float | None = field(default=None, compare=False)

    @property
    def shown(self) -> str:
        return SHOWN[self.word]

    @property
    def sentence(self) -> str:
        """'HOLD: P95 latency is 236 ms, above its 200 ms target.'"""
        return f"{self.shown}: {' '.join(self.reasons)}"


def recommend(facts: Facts) -> Recommendation:
    """Judge the facts. A report-only criterion is shown, but counts neither way."""
    counting = [reading for reading in facts.readings if not reading.report_only]
    accepted = [reading for reading in counting if reading.waived]
    rest = [reading for reading in counting if not reading.waived]
    reached = reached_percent(rest)
    reasons = [
        *_of_readings(rest),
        *_of_weights(rest, reached, facts.bar),
        *against(facts.ballots, facts.quorum),
        *_of_open_work(facts),
    ]
    if not reasons:
        reasons = [_for_go(facts, rest, accepted)]
    word = max((reason.word for reason in reasons), key=_RANK.__getitem__)
    reasons.sort(key=lambda reason: -_RANK[reason.word])
    bands = Counter(reading.band for reading in rest)
    return Recommendation(
        word,
        tuple(reason.text for reason in reasons),
        _counted(bands, len(accepted)),
        green=bands[Band.GREEN],
        yellow=bands[Band.YELLOW],
        red=bands[Band.RED],
        no_data=bands[Band.NO_DATA],
        accepted=len(accepted),
        reached=reached,
    )


def _counted(bands: Counter, accepted: int) -> str:
    if not bands.total() and not accepted:
        return _("nothing is measured")
    counts = _("{green} green, {yellow} yellow, {red} red").format(
        green=bands[Band.GREEN], yellow=bands[Band.YELLOW], red=bands[Band.RED]
    )
    counts += (
        _(", {no_data} without data").format(no_data=bands[Band.NO_DATA])
        if bands[Band.NO_DATA]
        else ""
    )
    return (
        _("{counts}, {accepted} accepted").format(counts=counts, accepted=accepted)
        if accepted
        else counts
    )


def _of_readings(readings: Sequence[Reading]) -> list[Reason]:
    words = {Band.RED: NO_GO, Band.YELLOW: HOLD, Band.NO_DATA: HOLD}
    return [
        Reason(words[reading.band], ended(reading.sentence or f"{reading.label}: {reading.band}"))
        for reading in readings
        if reading.band in words and reading.alone
    ]


def reached_percent(readings: Sequence[Reading]) -> float | None:
    """What the weighted among these reach, in percent of their weights; None without any."""
    worth = {Band.GREEN: 1.0, Band.YELLOW: 0.5}
    weighted = [(reading.weight, worth.get(reading.band, 0.0)) for reading in readings]
    total = sum(weight for weight, _unused in weighted if weight)
    if not total:
        return None
    return 100 * sum(weight * worth for weight, worth in weighted if weight) / total


def _of_weights(readings: Sequence[Reading], reached: float | None, bar: Bar) -> list[Reason]:
    if (wrong := _weightless(readings, reached, bar)) is not None:
        return [wrong]
    if reached is None or reached >= bar.reach - 1e-9:
        return []
    weighted = [r for r in readings if r.weight and r.band in (Band.YELLOW, Band.RED)]
    low = ", ".join(f"{r.label} {band_word(r.band)}" for r in weighted)
    because = f": {low}" if low else ""
    text = _("The weighted criteria reach {reached:.1f} % of {reach:g} %{because}.").format(
        reached=reached, reach=bar.reach, because=because
    )
    if bar.fail is not None and reached < bar.fail:
        return [
            Reason(
                NO_GO,
                _("{text}; under {fail:g} % it is a no-go.").format(text=text[:-1], fail=bar.fail),
            )
        ]
    return [Reason(HOLD, text)]


def _weightless(readings: Sequence[Reading], reached: float | None, bar: Bar) -> Reason | None:
    """What weighs nothing, or must reach nothing, would say go whatever was measured."""
    weighted = [reading for reading in readings if reading.weight is not None]
    if weighted and reached is None:
        return Reason(
            HOLD, _("{r}: the weights add up to 0.").format(r=", ".join(r.label for r in weighted))
        )
    if weighted and bar.reach <= 0:
        return Reason(HOLD, _("The weighted criteria have to reach 0 %, which says nothing."))
    return None


_ITEMS = ngettext_lazy(
    "{count} blocking item is open: {names}.", "{count} blocking items are open: {names}."
)
_CONDITIONS = ngettext_lazy(
    "{count} blocking condition is open: {names}.",
    "{count} blocking conditions are open: {names}.",
)


def _of_open_work(facts: Facts) -> list[Reason]:
    found = []
    for said, names in ((_ITEMS, facts.items), (_CONDITIONS, facts.conditions)):
        if names:
            text = (said % len(names)).format(count=len(names), names=", ".join(names))
            found.append(Reason(HOLD, text))
    return [*found, Reason(HOLD, facts.score)] if facts.score else found


def _for_go(facts: Facts, rest: Sequence[Reading], accepted: Sequence[Reading]) -> Reason:
    if not _speaks(rest, accepted) and not facts.ballots:
        if rest:
            nothing = _("Nothing is green and nobody votes here, so nothing says go.")
        else:
            nothing = _("Nothing is measured and nobody votes here, so nothing says go.")
        return Reason(HOLD, nothing)
    said = []
    if rest:
        green = sum(reading.band is Band.GREEN for reading in rest)
        said.append(_measured(green, len(rest)))
    if facts.ballots:
        said.append(facts.quorum.met(facts.ballots))
    text = listed(said) or _("nothing else is asked")
    text = f"{text[0].upper()}{text[1:]}."
    deviations = " ".join(ended(f"{reading.label}: {reading.waived}") for reading in accepted)
    return Reason(GO, f"{text} {deviations}".strip())


def _speaks(rest: Sequence[Reading], accepted: Sequence[Reading]) -> bool:
    """Whether a value says go: a green one, or one that somebody accepted. No data says nothing."""
    measured = (reading.band is not Band.NO_DATA for reading in accepted)
    return any(reading.band is Band.GREEN for reading in rest) or any(measured)


def _measured(green: int, count: int) -> str:
    if green < count:
        return _(
            "{green} of {count} criteria are green and the weighted ones reach their bar"
        ).format(green=green, count=count)
    return (
        _("its one criterion is green")
        if count == 1
        else _("all {count} criteria are green").format(count=count)
    )


def written_length(text: str) -> int:
    """How many characters of a text can be read; blanks between words count once each."""
    seen = "".join(one for one in text if one.isspace() or unicodedata.category(one)[0] != "C")
    return len(" ".join(seen.split()))


def decision_objection(
    word: str,
    recommended: str,
    rationale: str,
    *,
    is_open: bool,
    opens: str,
    accepted: Sequence[str] = (),
) -> tuple[str, str] | None:
    """Why a decision may not be made: (field, sentence), or None if it may.

    ``opens`` says when the gate opens, as people read it. To go against the rule wants a rationale
    (law 9), and so does a GO that rests on what the decider ``accepted`` (names of criteria); GO
    waits for the gate to open; HOLD and NO-GO never wait.
    """
    if word not in WORDS:
        return "decision", _("{word!r} is no decision. One of: {words}.").format(
            word=word, words=", ".join(WORDS)
        )
    if word == GO and not is_open:
        return "decision", _("GO is possible from {opens}, or once all votes are in.").format(
            opens=opens
        )
    if written_length(rationale) >= LEAST_RATIONALE:
        return None
    if word == GO and accepted:
        return (
            "rationale",
            _(
                "You accepted this yourself: {accepted}. A GO that rests on it wants a "
                "written reason of at least {least_rationale} characters."
            ).format(accepted=", ".join(accepted), least_rationale=LEAST_RATIONALE),
        )
    if word != recommended:
        return (
            "rationale",
            _(
                "The rule says {recommended}. To decide {word} wants a written reason of "
                "at least {least_rationale} characters."
            ).format(
                recommended=SHOWN[recommended], word=SHOWN[word], least_rationale=LEAST_RATIONALE
            ),
        )
    return None
