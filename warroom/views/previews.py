"""What the preview of an import shows of a reading: lines, choices, counts."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from warroom.documents.choices import KINDS, Bulk, as_text, bulks, every_item
from warroom.documents.readers import NOTE, WARNING, Line, Understanding, in_words
from warroom.documents.reading import Reading

# What became nothing to work with: shown in grey.
QUIET = frozenset(
    {"text", "fact", "blank field", "rule", "code", "comment", "front matter", "detail", "step"}
)
LINES_SHOWN = 2000  # of a long document at a time; the counts always speak of all
SELECTS_SHOWN = 800  # controls at a time, well below what one form may send
FINDINGS_SHOWN = 200
BULKS_SHOWN = 6
EAGER_BYTES = 100_000  # up to here a choice is read again at once, without the button
SHOWS = ("all", "choice", "warn", "notes")


@dataclass(frozen=True)
class Shown:
    """One line with the choices it offers: pairs of value and words, the chosen value."""

    line: Line
    choices: tuple[tuple[str, str], ...] = ()
    value: str = ""


def preview_of(reading: Reading, asked: str) -> dict[str, Any]:
    """The context of the preview. ``asked``: which lines, and from where on: ``warn:2000``."""
    found = reading.understanding
    show, start = _asked(asked)
    lines = [line for line in found.lines if line.became != "blank"]
    marked = _marked(found)
    chosen = [line for line in lines if _is_shown(line, show, marked)]
    shown = _page(chosen[start : start + LINES_SHOWN])
    offered = bulks(found)
    items = len(every_item(found))
    return {
        "found": found,
        "summary": _summary(found),
        "lines": shown,
        "shown_of": len(chosen),
        "more_lines": max(len(chosen) - start - len(shown), 0),
        "next_show": f"{show}:{start + len(shown)}",
        "findings_shown": FINDINGS_SHOWN,
        "findings_slice": f":{FINDINGS_SHOWN}",
        "show": show,
        "more_warnings": len(found.warnings) - FINDINGS_SHOWN,
        "more_notes": len(found.notes) - FINDINGS_SHOWN,
        "filters": _filters(lines, marked),
        "quiet_lines": QUIET,
        "lvl1": {"title", "phase", "gate"},
        "lvl2": {"group", "signer"},
        "blank_lines": len(found.lines) - len(lines),
        "bulks": offered[:BULKS_SHOWN],
        "more_bulks": _rest(offered),
        "every_item": items,
        "choices": as_text(reading.choices),
        "chosen_lines": len(reading.choices),
        "eager": len(reading.text) < EAGER_BYTES,
    }


def _rest(offered: list[Bulk]) -> list[Bulk]:
    return offered[BULKS_SHOWN : BULKS_SHOWN + 240]


def _asked(text: str) -> tuple[str, int]:
    """``warn:2000`` are the lines with warnings after the first 2000 of them."""
    show, _unused, start = text.partition(":")
    known = start.isascii() and start.isdecimal() and len(start) < 8
    return show if show in SHOWS else "all", int(start) if known else 0


def _page(lines: list[Line]) -> list[Shown]:
    """As many lines as one page bears: they end where its selects would be too many."""
    shown: list[Shown] = []
    selects = 0
    for line in lines:
        selects += line.offer is not None
        if selects > SELECTS_SHOWN:
            break
        shown.append(_shown(line))
    return shown


def _shown(line: Line) -> Shown:
    if line.offer is None:
        return Shown(line)
    now = KINDS[line.offer.now]
    if line.chosen:
        kinds = tuple((kind, KINDS[kind]) for kind in line.offer.kinds)
        return Shown(line, (("", _("As it was read first")), *kinds), line.offer.now)
    others = tuple((kind, KINDS[kind]) for kind in line.offer.kinds if kind != line.offer.now)
    return Shown(
        line, (("", _("{now} (guessed)").format(now=now) if line.guessed else now), *others)
    )


def _marked(found: Understanding) -> dict[str, set[int]]:
    """Lines by what they carry; one can carry findings of both severities, and shows the graver."""
    return {
        "choice": set(found.offers),
        "warn": {finding.line for finding in found.warnings},
        "notes": {finding.line for finding in found.notes},
    }


_SEVERITY = {"warn": WARNING, "notes": NOTE}


def _is_shown(line: Line, show: str, marked: dict[str, set[int]]) -> bool:
    severity = _SEVERITY.get(show)
    return show == "all" or line.number in marked[show] or bool(severity == line.severity)


def _filters(lines: list[Line], marked: dict[str, set[int]]) -> list[tuple[str, str]]:
    """``All 154``, ``Lines to check 4``, ``Lines with notes 7``.

    They count lines, of which one can carry several findings: the words tell them from those.
    """
    names = {
        "all": _("All"),
        "choice": _("To choose"),
        "warn": _("Lines to check"),
        "notes": _("Lines with notes"),
    }
    return [
        (key, f"{names[key]} {sum(_is_shown(line, key, marked) for line in lines)}")
        for key in SHOWS
    ]


def _summary(found: Understanding) -> list[tuple[int, str]]:
    groups = sum(1 for phase in found.parts.get("phases", ()) for g in phase.groups if g.title)
    counts = found.counts | {"groups": groups, "gates": len(found.parts.get("gates", ()))}
    return in_words(counts, always=("phases", "items"))
