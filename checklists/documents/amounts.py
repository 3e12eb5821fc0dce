"""How long a line of work runs, and how many of something it wants. Pure (S36, S131)."""

import re

from warroom.rules.offsets import parse_length

# Shorter ones are waited for; nobody starts a timer for them.
SHORTEST_S = 15 * 60

_LENGTH = (
    r"(\d+(?:[.,]\d+)?)\s?\+?[\s-]?(min(?:ute)?s?|h(?:(?:ou)?rs?)?|days?|d|weeks?)(?![A-Za-z/])"
)
_FILLER = r"(?: (?:the|at least|a|an|full|another|minimum|soak|test|it))*:? "
_RUNS = re.compile(rf"\b(?:for|runs?|running|soaks?|monitor|watch|observe){_FILLER}{_LENGTH}", re.I)
_RUN = re.compile(
    rf"(?<![-+−\d.]){_LENGTH}[\s-](?:soak|run|burn-?in|stability|monitoring|observation)\b",
    re.I,
)
# A time that is kept, promised or counted from is no work that runs.
_NOT_BEFORE = re.compile(r"\b(?:kept?|retain\w*|retention|stored?|valid|expir\w*|notice)\b", re.I)
_NOT_AFTER = re.compile(r"\s*\+?\s*(?:before|prior|ago|after|earlier|notice|in advance)\b", re.I)

_UNITS = (
    "attached|reviews?|rounds?|screenshots?|sessions?|interviews?|drills?|runs?|approvals?"
    "|recorded|reviewed|collected"
)
_COUNTED = re.compile(rf"\b(\d{{1,4}}) (?:of|out of) (\d{{1,4}}) ({_UNITS})\b", re.I)
_ATTACH_ALL = re.compile(
    r"\b(?:attach|upload)\b.{0,40}?\b(?:all|of the|the) (\d{1,3}) \w+|\battach (\d{1,3}) \w+", re.I
)


def duration_s(text: str) -> int | None:
    """How long the work runs, in seconds: "for 24+ hours", "48 hour soak"; None if unsaid."""
    match = _RUNS.search(text) or _RUN.search(text)
    if match is None or _NOT_BEFORE.search(text) or _NOT_AFTER.match(text, match.end()):
        return None
    seconds = parse_length(f"{match[1]} {match[2]}")
    return seconds if seconds is not None and seconds >= SHORTEST_S else None


def counted(text: str) -> tuple[int | None, int | None, str]:
    """What a line counts: done, of how many, of what. "3 of 7 attached", "attach all 7 panels"."""
    if match := _COUNTED.search(text):
        done, of = int(match[1]), int(match[2])
        return (done, of, match[3].lower()) if 0 < of >= done else (None, None, "")
    if match := _ATTACH_ALL.search(text):
        of = int(match[1] or match[2])
        return (None, of, "attached") if of > 1 else (None, None, "")
    return None, None, ""
