"""When a guardrail trips, and what happens then: pure, from what the database holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.bands import Band
from rollouts.rules.sustained import RedMemory
from warroom.rules.wording import duration_text

OFF, RECOMMEND, AUTOMATIC = "off", "recommend", "automatic"
MODES = (OFF, RECOMMEND, AUTOMATIC)  # from soft to hard


@dataclass(frozen=True)
class Breach:
    """A breach that goes on: since when, and up to when it was seen (aware).

    Red and drift are seen sample by sample, so they last up to the last sample; silence lasts
    until now.
    """

    since: datetime
    until: datetime

    @property
    def lasts(self) -> timedelta:
        return max(self.until - self.since, timedelta())


def red_breach(memory: RedMemory, band: Band, from_: datetime | None) -> Breach | None:
    """The breach of a metric or check that counts as ``band`` now; None unless it is red.

    ``from_``: what was red before (before this share was served, before a person resumed) is
    not held against it. One bad sample is a breach that has lasted for nothing yet.
    """
    if band is not Band.RED or memory.since is None or memory.last is None:
        return None
    return _from(memory.since, memory.last, from_)


def silence(since: Iterable[datetime | None], now: datetime, from_: datetime | None
            ) -> Breach | None:  # fmt: skip
    """The breach of “no metric at all”: since the last of them fell silent.

    ``since`` gives for every metric when it fell silent, None for one that answers. Without any
    metric there is nothing that could be missing. ``from_``: when the present share was wanted;
    nobody was served it before.
    """
    silent = list(since)
    if not silent or None in silent:
        return None
    return _from(max(silent), now, from_)


def drift(since: datetime | None, seen: datetime | None, from_: datetime | None) -> Breach | None:
    """The breach of a share that is not the wanted one, up to when it was ``seen`` last (law 5)."""
    return None if since is None or seen is None else _from(since, seen, from_)


def _from(since: datetime, until: datetime, from_: datetime | None) -> Breach:
    return Breach(max(since, from_) if from_ else since, until)


def has_tripped(breach: Breach | None, window: timedelta) -> bool:
    """Whether the breach has lasted for the whole window."""
    return breach is not None and breach.lasts >= window


def softer(mode: str, of_stage: str) -> str:
    """What holds where both the guardrail and its stage say something: a stage only softens."""
    return min(mode, of_stage or AUTOMATIC, key=MODES.index)


def counted_from(cause: str, desired_at: datetime | None) -> datetime | None:
    """From when breaches count: anew after a rollback and after a person resumed.

    An advance does not begin anew: what was going wrong at 5 % goes on counting at 10 %.
    """
    return desired_at if cause in ("rollback", "resume") else None


_BEYOND = {
    ">": _l("above"),
    ">=": _l("at or above"),
    "<": _l("below"),
    "<=": _l("at or below"),
    "=": _l("at"),
}


def rule_of_metric(name: str, op: str, limit: str, window_s: int) -> str:
    """ "Error rate above 1 % for 5 min"; ``limit`` with its unit, "" without a red band."""
    beyond = f"{_BEYOND[op]} {limit}" if limit else _("red")
    return _("{name} {beyond} for {window_s}").format(
        name=name, beyond=beyond, window_s=duration_text(window_s)
    )


def reason_of_metric(name: str, op: str, limit: str, window_s: int, peak: str) -> str:
    """ "Error rate was above 1 % for 5 min, peak 1.31 %." """
    beyond = f"{_BEYOND[op]} {limit}" if limit else _("red")
    worst = _(", peak {peak}").format(peak=peak) if peak else ""
    return _("{name} was {beyond} for {window_s}{worst}.").format(
        name=name, beyond=beyond, window_s=duration_text(window_s), worst=worst
    )
