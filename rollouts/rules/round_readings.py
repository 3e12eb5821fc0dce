"""What somebody saw in a round: each value as it was measured, and what they come to. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.bands import Band

_RANK = {Band.GREEN: 0, "": 0, Band.YELLOW: 1, Band.NO_DATA: 2, Band.RED: 3}
_WORDS = {"yellow": _l("yellow"), "no_data": _l("without data"), "red": _l("red")}


@dataclass(frozen=True)
class Reading:
    """A value as it was shown. ``band`` is "" for what is shown and not judged."""

    key: str
    name: str
    text: str
    band: str
    target: str = ""
    value: float | None = None
    why: str = ""
    at: str = ""  # when it was measured, ISO, UTC

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


def of_data(data: Iterable[Mapping[str, Any]]) -> list[Reading]:
    """Readings as they were frozen; fields that are not known are left out."""
    names = Reading.__dataclass_fields__
    return [Reading(**{name: row[name] for name in names if name in row}) for row in data]


def worst(readings: Iterable[Reading]) -> str:
    """The worst band; "no_data" where nothing is judged at all (no data is never green)."""
    judged = [one.band for one in readings if one.band]
    return max(judged, key=lambda band: _RANK.get(band, 2), default=Band.NO_DATA.value)


def result(readings: Sequence[Reading]) -> str:
    """ "All green" · "1 red, 2 yellow" · "Nothing measured"."""
    counts = Counter(one.band for one in readings if one.band)
    if not counts:
        return _("Nothing measured")
    bad = [
        f"{counts[band]} {_WORDS[band]}" for band in ("red", "yellow", "no_data") if counts[band]
    ]
    return ", ".join(bad) if bad else _("All green")


def wants_note(readings: Sequence[Reading]) -> str:
    """Why a note is wanted, as a sentence; "" when all is green."""
    bad = [one for one in readings if one.band not in ("", Band.GREEN)]
    if not bad:
        return (
            "" if any(one.band for one in readings) else _("Wanted, because nothing is measured.")
        )
    if len(bad) == 1:
        return _("Wanted, because {bad} is {band}.").format(
            bad=bad[0].name, band=_WORDS[bad[0].band]
        )
    return _("Wanted, because {count} values are not green.").format(count=len(bad))


def seen(readings: Iterable[Reading]) -> str:
    """A short word for what was shown: it differs once a band differs, not with every number."""
    rows = sorted([one.key, one.band] for one in readings)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]


def changed(before: Iterable[Reading], now: Iterable[Reading]) -> list[str]:
    """ "P95 latency is red now": what turned, a sentence each without its full stop."""
    known = {one.key: one.band for one in before}
    return [
        _("{one} is {get} now").format(one=one.name, get=_WORDS.get(one.band, _("green")))
        for one in now
        if one.band != known.get(one.key)
    ]
