"""Findings: which of them count, who may let one go, and how they are put in order. Pure.

An accepted one counts again once its end has come; a fixed one that wants a retest counts until
something agrees. What a person calls false never counts, and is recognised when it comes again.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

CRITICAL, HIGH, MEDIUM, LOW, INFO = SEVERITIES = ("critical", "high", "medium", "low", "info")
GRAVE = frozenset({CRITICAL, HIGH})
OPEN, ACCEPTED, FIXED, FALSE = STATES = ("open", "accepted", "fixed", "false-positive")
WORDS = {
    OPEN: _l("open"),
    ACCEPTED: _l("accepted"),
    FIXED: _l("fixed"),
    FALSE: _l("false positive"),
}
ICONS = {OPEN: "open", ACCEPTED: "cond", FIXED: "ok", FALSE: "skip"}
LETS_GO = frozenset({ACCEPTED, FALSE})
REASON_LEAST = 10
_SECURITY = "security"


class Stands(Protocol):
    """What the rules ask of a finding; the row of the register has it."""

    state: str
    severity: str
    retest: bool
    confirmed_at: datetime | None
    accepted_until: datetime | None


class Bearer(Protocol):
    """A role, by the names that it has."""

    key: str
    name: str


def counts(one: Stands, now: datetime) -> bool:
    """Whether a finding counts at ``now`` (UTC)."""
    if one.state == OPEN:
        return True
    if one.state == ACCEPTED:
        return one.accepted_until is None or one.accepted_until <= now
    return one.state == FIXED and one.retest and one.confirmed_at is None


def waits_for_retest(one: Stands) -> bool:
    return one.state == FIXED and one.retest and one.confirmed_at is None


def wants_retest(severity: str) -> bool:
    """Whether a fix of this severity is believed only once it was tried again."""
    return severity in GRAVE


def rank(severity: str) -> int:
    """0 is the gravest; what is no severity comes last."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def at_least(severity: str) -> tuple[str, ...]:
    """This severity and the worse ones: ``high`` gives critical and high."""
    return SEVERITIES[: rank(severity) + 1]


def is_security(role: Bearer) -> bool:
    return _SECURITY in role.key.lower() or _SECURITY in role.name.lower()


def stated(counted: Iterable[tuple[str, int]]) -> str:
    """``7: 1 open, 1 accepted, 4 fixed, 1 false positive`` of pairs of state and number."""
    known = dict(counted)
    parts = [f"{known[state]} {WORDS[state]}" for state in STATES if known.get(state)]
    return f"{sum(known.values())}: {', '.join(parts)}" if parts else _("none yet")


def graded(counted: Iterable[tuple[str, int]]) -> str:
    """``1 critical, 2 high`` of pairs of severity and number, gravest first; "" for none."""
    known = dict(counted)
    return ", ".join(f"{known[one]} {one}" for one in SEVERITIES if known.get(one))


def objection(state: str, reason: str, until: datetime | None, now: datetime) -> tuple[str, str]:
    """Which field is wrong with a state that is wanted, and why; two empty texts when none is."""
    if state not in STATES:
        return "state", _("A finding is {values}.").format(
            values=", ".join(map(str, WORDS.values()))
        )
    if state in LETS_GO and len(reason) < REASON_LEAST:
        return "reason", _("Say why, in at least {reason_least} characters; gates show it.").format(
            reason_least=REASON_LEAST
        )
    if state == ACCEPTED and until is None:
        return "until", _("Say until when it is accepted; then it counts again.")
    if state == ACCEPTED and until is not None and until <= now:
        return "until", _("This end has passed. Write one that lies ahead.")
    return "", ""
