"""Dry runs: which count as good, what a result wants, and the sum of them all. Pure."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

PASS, WARN, FAIL = WORDS = ("pass", "warn", "fail")
SHOWN = {PASS: "PASS", WARN: "WARN", FAIL: "FAIL"}
NOUNS = {WARN: ("warning", "warnings"), FAIL: ("failure", "failures")}
OUTPUT_LIMIT = 64 * 1024
ANALYSIS_LIMIT = 10_000
_COLOURS = re.compile(r"\x1b\[[0-9;?]{0,20}[ -/]?[@-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Outcome:
    """The newest result of a dry run: its word, "" where it never ran; None: nobody judged it.

    ``other``: the command or what it should give was changed since, so it says nothing of it.
    """

    word: str = ""
    accepted: bool | None = None
    other: bool = False

    @property
    def good(self) -> bool:
        if self.other:
            return False
        return self.word == PASS or (self.word in NOUNS and self.accepted is True)

    @property
    def to_judge(self) -> bool:
        """Whether somebody has to say if it is accepted."""
        return self.word in NOUNS and self.accepted is None and not self.other


def clean_output(text: str) -> str:
    """Output as text: without the colours of a terminal and other control characters."""
    return _CONTROL.sub("", _COLOURS.sub("", text.replace("\r\n", "\n")))


def objection(word: str, output: str, analysis: str) -> tuple[str, str] | None:
    """The field that is wrong with a result, and why; None when none is."""
    if word not in WORDS:
        return "word", _("A result is {values}.").format(values=", ".join(SHOWN.values()))
    size = len(output.encode())
    if size > OUTPUT_LIMIT:
        return "output", _("The output has {size:.0f} KB; 64 KB are kept. Send its end.").format(
            size=size / 1024
        )
    if len(analysis) > ANALYSIS_LIMIT:
        return "analysis", _("The analysis has more than {analysis_limit} characters.").format(
            analysis_limit=ANALYSIS_LIMIT
        )
    return None


def good_of(outcomes: Iterable[Outcome]) -> int:
    return sum(one.good for one in outcomes)


def totals(outcomes: Iterable[Outcome]) -> str:
    """``6 pass, 1 warning accepted of 7``: every dry run in one sentence (S76)."""
    found = list(outcomes)
    if not found:
        return _("none yet")
    stands = [one for one in found if not one.other]
    counted = Counter((one.word, one.accepted) for one in stands)
    parts = (
        [_("{number} pass").format(number=number)]
        if (number := sum(one.word == PASS for one in stands))
        else []
    )
    parts += _troubles(counted)
    if other := len(found) - len(stands):
        parts.append(_("{other} changed since").format(other=other))
    if never := sum(not one.word for one in stands):
        parts.append(_("{never} not run").format(never=never))
    return _("{parts} of {count}").format(parts=", ".join(parts), count=len(found))


_TROUBLES = {
    (WARN, True): ngettext_lazy("{count} warning accepted", "{count} warnings accepted"),
    (WARN, False): ngettext_lazy("{count} warning not accepted", "{count} warnings not accepted"),
    (WARN, None): ngettext_lazy("{count} warning", "{count} warnings"),
    (FAIL, True): ngettext_lazy("{count} failure accepted", "{count} failures accepted"),
    (FAIL, False): ngettext_lazy("{count} failure not accepted", "{count} failures not accepted"),
    (FAIL, None): ngettext_lazy("{count} failure", "{count} failures"),
}


def _troubles(counted: Counter[tuple[str, bool | None]]) -> Iterable[str]:
    for word in NOUNS:
        for accepted in (True, False, None):
            if number := counted[word, accepted]:
                yield (_TROUBLES[word, accepted] % number).format(count=number)
