"""What the last hours would have been under other bands. Pure; times are seconds of the epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _

from checklists.rules.bands import Band, Bands, judge
from rollouts.rules.sustained import RedMemory, is_sustained, remember

Point = tuple[float, float | None]


@dataclass(frozen=True)
class Shares:
    """How much of the time each band had, in percent, and how often red would have lasted."""

    green: int = 0
    yellow: int = 0
    red: int = 0
    no_data: int = 0
    rollbacks: int = 0

    @property
    def text(self) -> str:
        """``green 93 %, yellow 7 %, red 0 %``; without data only where there was such time."""
        said = [
            _("green {green} %").format(green=self.green),
            _("yellow {yellow} %").format(yellow=self.yellow),
            _("red {red} %").format(red=self.red),
        ]
        return ", ".join(
            [*said, _("no data {no_data} %").format(no_data=self.no_data)] if self.no_data else said
        )


def shares(
    points: Sequence[Point], bands: Bands, *, sustained_s: float, interval_s: float
) -> Shares | None:
    """The readings judged by ``bands``; None where there are none.

    Red lasts when it is unbroken for ``sustained_s``; it is counted once for each time.
    """
    if not points:
        return None
    judged = [(at, judge(bands, value)) for at, value in points]
    counts = {band: sum(one is band for _unused, one in judged) for band in Band}
    return Shares(**_percent(counts), rollbacks=_lasting(judged, sustained_s, interval_s))


def _percent(counts: dict[Band, int]) -> dict[str, int]:
    """Whole percents that add up: what rounding leaves goes to the largest."""
    total = sum(counts.values())
    parts = {band.value: 100 * count // total for band, count in counts.items()}
    largest = max(counts, key=lambda band: counts[band]).value
    return parts | {largest: parts[largest] + 100 - sum(parts.values())}


def _lasting(judged: Sequence[tuple[float, Band]], sustained_s: float, interval_s: float) -> int:
    memory, found, lasted = RedMemory(), 0, False
    window, interval = timedelta(seconds=sustained_s), timedelta(seconds=interval_s)
    for at, band in judged:
        memory = remember(memory, datetime.fromtimestamp(at, UTC), band, interval)
        lasts = is_sustained(memory, band, window)
        found, lasted = found + (lasts and not lasted), lasts
    return found
