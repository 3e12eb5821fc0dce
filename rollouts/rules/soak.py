"""Soak is the time that was observed green, not the time that passed (law 12). Pure.

Between two judgements nobody looked. That time counts only where both said PROCEED and the earlier
one still held when the later one was made: so a gap, a stopped worker or a clock that jumps never
adds more than the two intervals for which a judgement is good.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from warroom.rules.wording import duration_text


@dataclass(frozen=True)
class Soak:
    """``observed_s``: green seconds so far. ``counted_at``: the newest judgement (UTC) if it said
    PROCEED, from which the next may count; None while it waits for green."""

    observed_s: float = 0.0
    counted_at: datetime | None = None


def judged(soak: Soak, at: datetime, *, green: bool, good_until: datetime | None) -> Soak:
    """The soak after a judgement at ``at`` (UTC).

    ``good_until`` is when the judgement before this one stopped counting: its oldest reading was
    two intervals old then; None when it was good for nothing. A clock that went back counts
    nothing, and counting goes on from there.
    """
    more = _between(soak.counted_at, at, good_until) if green else 0.0
    return Soak(soak.observed_s + more, at if green else None)


def seen(soak: Soak, now: datetime, good_until: datetime | None) -> float:
    """Green seconds up to ``now``, with what runs since the newest judgement while it is good."""
    return soak.observed_s + _between(soak.counted_at, now, good_until)


def _between(since: datetime | None, at: datetime, good_until: datetime | None) -> float:
    if since is None or good_until is None or not since <= at <= good_until:
        return 0.0
    return (at - since).total_seconds()


@dataclass(frozen=True)
class SoakNow:
    """How far a soak is. ``runs``: it counts at this moment; ``begun``: the share was seen.

    ``ends`` (UTC) is the earliest end, if all stays green from now on. ``claimed_s`` of what counts
    was said when the stage was begun, and not observed.
    """

    length_s: float
    observed_s: float
    begun: bool
    runs: bool
    ends: datetime
    claimed_s: float = 0.0

    @property
    def left_s(self) -> float:
        return max(self.length_s - self.observed_s, 0.0)

    @property
    def is_over(self) -> bool:
        return self.left_s <= 0

    @property
    def claimed(self) -> str:
        """What of it nobody observed, as a sentence; '' where all of it was."""
        return claimed_text(self.claimed_s) if self.claimed_s else ""

    @property
    def percent(self) -> int:
        """Whole per cent; 100 only when it is over."""
        return 100 if self.is_over else int(100 * self.observed_s / self.length_s)


def soak_now(
    soak: Soak,
    length_s: float,
    now: datetime,
    good_until: datetime | None,
    *,
    begun: bool,
    claimed_s: float = 0.0,
) -> SoakNow:
    """A soak of ``length_s`` seconds as it stands at ``now`` (UTC)."""
    observed = min(seen(soak, now, good_until), length_s)
    runs = soak.counted_at is not None and good_until is not None and now <= good_until
    ends = now + timedelta(seconds=length_s - observed)
    return SoakNow(length_s, observed, begun, begun and runs, ends, min(claimed_s, observed))


def claimed_text(seconds: float) -> str:
    """The part of a soak that rests on a word, in ``seconds``, for pages and events."""
    return _("Of its soak {seconds} were said when it was begun, not observed.").format(
        seconds=duration_text(seconds)
    )


def unwatched(length_s: float, since: datetime | None, now: datetime) -> SoakNow:
    """Where nothing is watched there is nothing to observe: the time that passed is all there is.

    The stage says “not measured” then.
    """
    passed = max((now - since).total_seconds(), 0.0) if since else 0.0
    observed = min(passed, length_s)
    left = timedelta(seconds=length_s - observed)
    return SoakNow(length_s, observed, since is not None, since is not None, now + left)
