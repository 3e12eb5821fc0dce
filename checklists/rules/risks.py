"""The matrix of risks and the overall level: computed, never typed.

What counts: a risk that is closed does not; one that has happened is as likely as can be. What is
not rated is shown so and keeps the overall level from being called low.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from checklists.rules.ratings import (
    Chance,
    Level,
    Severity,
    chance_of,
    severity_of,
    severity_of_impact,
)
from warroom.rules.wording import listed

OPEN, WATCHED, OCCURRED, CLOSED = "open", "watched", "occurred", "closed"
PROCEED, HOLD, ROLLBACK = "proceed", "hold", "rollback"


class Word(StrEnum):
    """What a cell of the matrix asks for."""

    WATCH = "watch"
    ACT = "act"
    STOP = "stop"


LEVELS = {Word.WATCH: "low", Word.ACT: "medium", Word.STOP: "high"}
ROWS = (
    (Level.HIGH, _l("Over 40 %")),
    (Level.MEDIUM, _l("15 to 40 %")),
    (Level.LOW, _l("Under 15 %")),
)
COLUMNS = ((Level.LOW, _l("P3 low")), (Level.MEDIUM, _l("P2 medium")), (Level.HIGH, _l("P1 high")))


@dataclass(frozen=True)
class Said:
    """A risk in the words of its document; ``state`` is one of the four."""

    name: str
    severity: str = ""
    probability: str = ""
    probability_after: str = ""
    impact: str = ""
    state: str = OPEN


@dataclass(frozen=True)
class Rated:
    """A risk as it was read. ``after`` is what counts now; None where it cannot be told."""

    name: str
    state: str
    severity: Severity | None
    before: Chance | None
    after: Chance | None
    unread: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        return self.state != CLOSED

    @property
    def word(self) -> Word | None:
        """What the risk asks for after mitigation; None: not rated."""
        return word_of(self.severity, self.after)

    @property
    def level(self) -> str:
        return LEVELS[self.word] if self.word else _("not rated")


@dataclass(frozen=True)
class Cell:
    """A cell of the matrix with the names of the risks that stand in it."""

    word: Word
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def weight(self) -> int:
        """1 to 3, by which the page tints it."""
        return list(Word).index(self.word) + 1


@dataclass(frozen=True)
class Overall:
    """``level``: low, medium, high, none (nothing is open), or "" where it cannot be told."""

    level: str
    sentence: str


def rate(said: Said) -> Rated:
    """Read a risk's words. Without a probability after mitigation, the one before counts on.

    A severity that is not given is taken from the impact where that is nothing but a rating.
    """
    severity = severity_of(said.severity)
    if severity is None:
        severity = severity_of_impact(said.impact)
    before, after = chance_of(said.probability), chance_of(said.probability_after)
    if not said.probability_after.strip():
        after = before
    if said.state == OCCURRED:
        after = Chance(Level.HIGH, 100)
    unread = (severity is None, "severity"), (said.state != OCCURRED and after is None, PROBABLE)
    names = tuple(name for missing, name in unread if missing)
    return Rated(said.name, said.state, severity, before, after, names)


PROBABLE = "probability"


def word_of(severity: Severity | None, chance: Chance | None) -> Word | None:
    """The word of a cell: one step worse along either side of the matrix."""
    if severity is None or chance is None:
        return None
    return _cell(chance.level, severity.level)


def _cell(row: Level, column: Level) -> Word:
    return (Word.WATCH, Word.WATCH, Word.ACT, Word.STOP, Word.STOP)[row + column]


def matrix(risks: Sequence[Rated]) -> list[tuple[str, list[Cell]]]:
    """Rows from the most to the least probable, each with its label and its three cells.

    A risk stands at its place before, and at the one after mitigation; where the two are one,
    only after.
    """
    return [
        (label, [_filled(risks, row, column) for column, _unused in COLUMNS]) for row, label in ROWS
    ]


def _filled(risks: Iterable[Rated], row: Level, column: Level) -> Cell:
    def at(risk: Rated, chance: Chance | None) -> bool:
        if risk.severity is None or chance is None:
            return False
        return (chance.level, risk.severity.level) == (row, column)

    after = tuple(risk.name for risk in risks if at(risk, risk.after))
    placed = set(after)
    before = tuple(r.name for r in risks if at(r, r.before) and r.name not in placed)
    return Cell(_cell(row, column), before, after)


def overall(risks: Sequence[Rated]) -> Overall:
    """The worst of those that count, in one sentence."""
    counting = [risk for risk in risks if risk.counts]
    if not counting:
        return Overall("none", _("No risk is open.") if risks else _("No risk is on the list."))
    words = [risk.word for risk in counting if risk.word]
    unrated = [risk.name for risk in counting if risk.word is None]
    worst = max(words, key=list(Word).index) if words else None
    when = _when(risks)
    if not unrated:
        return Overall(
            LEVELS[worst], _("Overall: {worst}{when}.").format(worst=LEVELS[worst], when=when)
        )
    missing = ngettext("{risks} is not rated", "{risks} are not rated", len(unrated)).format(
        risks=listed(unrated)
    )
    if worst is Word.STOP:
        return Overall(
            LEVELS[worst],
            _("Overall: {worst}{when}; {missing}.").format(
                worst=LEVELS[worst], when=when, missing=missing
            ),
        )
    least = (
        _("; the others are {worst}{when}").format(worst=LEVELS[worst], when=when) if worst else ""
    )
    return Overall(
        "", _("Overall: cannot be told, {missing}{least}.").format(missing=missing, least=least)
    )


def _when(risks: Iterable[Rated]) -> str:
    """ " after mitigation" where anything was said about it."""
    return _(" after mitigation") if any(r.counts and r.before != r.after for r in risks) else ""


# --- the word of a criterion -----------------------------------------------------------------

_ACTS = (
    (PROCEED, ("proceed", "continue", "go on", "go ahead", "carry on", "move on")),
    (HOLD, ("hold", "pause", "wait", "stay at")),
    (ROLLBACK, ("rollback", "roll back", "rolls back", "abort", "revert", "stop")),
)


def guess_word(text: str) -> str:
    """Which of proceed, hold and rollback a sentence names first; "" where it names none."""
    lower = f" {' '.join(text.lower().replace(',', ' ').replace('.', ' ').split())} "
    found = [
        (place, word)
        for word, names in _ACTS
        for name in names
        if (place := lower.find(f" {name} ")) >= 0
    ]
    return min(found)[1] if found else ""
