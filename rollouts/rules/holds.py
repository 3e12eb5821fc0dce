"""Who holds a rollout, until when, and when a rule looks again. Pure; times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from warroom.rules.wording import instant_text

RULE = "rule"


@dataclass(frozen=True)
class Hold:
    """A hold that stands. ``until`` None: until somebody ends it. One that a rule made lasts until
    it was looked at again, however late that is."""

    by: str
    reason: str
    at: datetime
    until: datetime | None = None

    @property
    def by_rule(self) -> bool:
        return self.by == RULE

    def is_over(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.until is not None and now >= self.until

    def said(self, now: datetime) -> str:
        """“Held by Cora until 03:00 UTC: reason.”"""
        who = "by rule" if self.by_rule else f"by {self.by}"
        until = f" until {instant_text(self.until, now)} UTC" if self.until else ""
        again = ", then looked at again" if self.by_rule and self.until else ""
        reason = self.reason.strip().rstrip(".")
        return f"Held {who}{until}{again}{f': {reason}' if reason else ''}."


@dataclass(frozen=True)
class Looked:
    """What becomes of a hold when it is looked at: it stands, begins (``until``), or ends."""

    stands: bool
    until: datetime | None = None
    begins: bool = False
    ends: bool = False


def look(
    hold: Hold | None, word: str, *, was: str, found: bool, at: datetime, length_s: float
) -> Looked:
    """Look at a hold at ``at``, when the readings say ``word`` and said ``was`` before.

    A rule holds for one hold length when the readings leave green, or show something that was
    found (``found``: yellow, or red that does not last). Want of data at the very beginning holds
    by itself, since nothing was green yet. At its end it is looked at again: green ends it,
    anything else holds for another length. A hold by a person ends at its own time.
    """
    if hold is None:
        if word == "hold" and (found or was == "proceed") and length_s:
            return Looked(True, at + timedelta(seconds=length_s), begins=True)
        return Looked(False)
    if not hold.is_over(at):
        return Looked(True, hold.until)
    if hold.by_rule and word in ("hold", "rollback"):
        return Looked(True, at + timedelta(seconds=length_s), begins=True)
    return Looked(False, ends=True)
