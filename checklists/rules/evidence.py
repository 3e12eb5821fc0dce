"""What a reading may be called, how long it counts, and of which commit it is. Pure."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.rules.wording import duration_text, number_text

MINUTE, HOUR, DAY = 60, 3600, 86_400
# How long a result counts unless the sender or the criterion says otherwise: seconds, by its kind.
# Runs of the system age within a shift; what is true of a commit lasts until the next one.
VALID_FOR_S = {
    "value": HOUR,
    "junit": DAY,
    "coverage": DAY,
    "sarif": 7 * DAY,
    "scan": 7 * DAY,
    "locust": 12 * HOUR,
    "k6": 12 * HOUR,
}
LEAST_S, MOST_S = MINUTE, 366 * DAY
AHEAD = timedelta(minutes=1)  # clocks that run a little ahead are forgiven
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
KEY_RULE = _l(
    "A key is of letters, digits, dots, hyphens and underscores, at most 80: load.p95, backup."
)
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_HEX = re.compile(r"(?<![0-9A-Za-z])g?([0-9a-f]{7,64})(?![0-9A-Za-z])")
_VERSION = re.compile(r"(?<![0-9A-Za-z.])v?(\d+(?:\.\d+)+[0-9A-Za-z.-]*)")
_WRITTEN_G = 15  # from 10 to the power of this on, a number is written with an exponent


def is_key(key: str) -> bool:
    return _KEY.fullmatch(key) is not None


def is_prefix(prefix: str) -> bool:
    return _PREFIX.fullmatch(prefix) is not None


def value_text(value: float, unit: str) -> str:
    """A value as people read it; huge ones with an exponent, never with hundreds of digits."""
    if abs(value) >= 10**_WRITTEN_G:
        return f"{value:.4g} {unit}".rstrip()
    return number_text(value, unit)


def value_objection(value: object) -> str | None:
    """Why something is no value, in words; None when it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _("A value is a number.")
    try:
        return (
            None if math.isfinite(value) else _("A value is a finite number, not NaN or infinity.")
        )
    except OverflowError:
        return _("The number is too large to be kept.")


def as_utc(at: datetime) -> datetime:
    """Without a zone it is meant as UTC. Raises OverflowError at the ends of time."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def time_objection(at: datetime, now: datetime) -> str | None:
    """Why nothing can have been observed at ``at`` (both UTC); None when it can."""
    if at > now + AHEAD:
        ahead = duration_text(at - now)
        return _(
            "It would have been observed in {ahead}: give a time that has been, in UTC."
        ).format(ahead=ahead)
    return _("It is too long ago to be meant.") if at < EARLIEST else None


def span_objection(seconds: int) -> str | None:
    """Why a reading cannot count for so many seconds; None when it can."""
    if LEAST_S <= seconds <= MOST_S:
        return None
    return _("It counts for at least a minute and at most 366 days: 45m, 12h, 7d.")


def other_commit(given: str, named: Iterable[str]) -> str:
    """Which commit or version a release names instead of ``given``; "" when they may agree.

    Commits are compared by their first digits, at least seven; versions where either has no
    commit. Whoever names nothing that can be compared contradicts nothing.
    """
    texts = [text for text in named if text]
    for pattern, same in ((_HEX, _same_commit), (_VERSION, _same_version)):
        wanted = _told(pattern, texts)
        sent = pattern.findall(given.lower())
        if wanted and sent:
            return "" if any(same(one, other) for one in sent for other in wanted) else wanted[0]
    return ""


def names_commit(named: Iterable[str]) -> bool:
    """Whether a release names a commit that another can be compared with."""
    return bool(_told(_HEX, named))


def is_compared(given: str, named: Iterable[str]) -> bool:
    """Whether a release names a commit, or a version, that ``given`` can be held against."""
    texts = [*named]
    return any(one.search(given.lower()) and _told(one, texts) for one in (_HEX, _VERSION))


def _told(pattern: re.Pattern, named: Iterable[str]) -> list[str]:
    found = [one for text in named for one in pattern.findall(text.lower())]
    return [one for one in found if not one.isdigit()]  # 20251023 is a day


def _same_commit(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _same_version(one: str, other: str) -> bool:
    return _bare(one) == _bare(other)


def _bare(version: str) -> str:
    """4.0 and 4.0.0 are one version, and 4.0.0-rc1 is another."""
    return re.sub(r"(?:\.0)+$", "", version.rstrip(".-"))


def full_figures(prefix: str, figures: Iterable[Any]) -> list[dict[str, Any]]:
    """Figures of a file as they are kept, each once, under ``<prefix>.<key>``.

    A value that is no finite number is no data.
    """
    kept = {}
    for figure in figures:
        value = None if value_objection(figure.value) else float(figure.value)
        kept[f"{prefix}.{figure.key}"[:80]] = {
            "label": figure.label[:200],
            "value": value,
            "unit": figure.unit[:20],
            "text": figure.text[:300],
        }
    return [{"key": key, **figure} for key, figure in kept.items()]


def detail_text(form: str, detail: str) -> str:
    """Format and detail of a file in one line, the tool's name once: "k6 summary, 2 min"."""
    first, _unused, rest = detail.partition(", ")
    if first and first.lower() in form.lower():
        detail = rest
    return ", ".join(filter(None, (form, detail)))[:300]


def ends_well(reading: Any) -> bool:
    """Whether what a file does not say is known: no figure of it is without a value."""
    return all(figure.value is not None for figure in reading.figures)
