"""What a rollback says of itself, and how bad it was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from checklists.rules.bands import Bands

# What a person types in the browser before the traffic moves.
WORD = "ROLLBACK"


def is_confirmed(typed: str) -> bool:
    """Whether the word was typed; a phone's small letters and blanks count."""
    return typed.strip().upper() == WORD


def sentence(text: str) -> str:
    """A reason as a sentence, with its full stop."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."


def standing(reason: str, starter: str, to_percent: int, at: datetime) -> str:
    """The verdict's sentence while a rollback stands; ``at`` is aware, shown in UTC."""
    began = _("{starter} started the rollback to {to_percent} % at {at:%H:%M:%S}.").format(
        starter=starter, to_percent=to_percent, at=at.astimezone(UTC)
    )
    return " ".join(part for part in (sentence(reason), began) if part)


def began(number: int, from_percent: int, to_percent: int, reason: str, called: str) -> str:
    """The line of the timeline; ``called`` names the escalation, '' when none was opened."""
    moved = _("Rollback run {number} began: {from_percent} % to {to_percent} %.").format(
        number=number, from_percent=from_percent, to_percent=to_percent
    )
    called = _("{called} calls the first level.").format(called=called) if called else ""
    return " ".join(part for part in (moved, sentence(reason), called) if part)


def idle(current: int, target: int, *, stands: bool) -> str:
    """Why there is nothing to roll back."""
    if stands:
        return _("A rollback stands already: {current} % is wanted. Nothing was changed.").format(
            current=current
        )
    if current == 0:
        return _("Nothing to roll back: the new version serves 0 %. Nothing was changed.")
    return _(
        "Nothing to roll back: {current} % is not above {target} %. Nothing was changed."
    ).format(current=current, target=target)


def peak(points: Iterable[Sequence], since: datetime, bands: Bands | None) -> float | None:
    """The worst value since an instant: the greatest, or the least where low is bad.

    ``points`` are [epoch, value, band] as rules/history.py keeps them; None when none has a value.
    """
    # A step of the history may have begun before the instant and still hold what came after it.
    begin = since.timestamp() - 60
    values = [value for epoch, value, _unused in points if value is not None and epoch >= begin]
    if not values:
        return None
    return min(values) if _low_is_bad(bands) else max(values)


def _low_is_bad(bands: Bands | None) -> bool:
    if bands is None:
        return False
    return bands.red.op.startswith("<") if bands.red else bands.green.op.startswith(">")
