"""Who holds a rollout, until when, and when a rule looks again. Pure; times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

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
        reason = self.reason.strip().rstrip(".")
        until = instant_text(self.until, now) if self.until else ""
        said = self._sentence().format(by=self.by, until=until)
        return f"{said}{f': {reason}' if reason else ''}."

    def _sentence(self) -> str:
        if self.by_rule:
            return (
                _("Held by rule until {until} UTC, then looked at again")
                if self.until
                else _("Held by rule")
            )
        return _("Held by {by} until {until} UTC") if self.until else _("Held by {by}")


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
