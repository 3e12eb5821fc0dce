"""Accepted deviations: what one covers, and until when."""

from datetime import datetime

from django.utils.translation import gettext as _

from checklists.rules.bands import Band

_COVERS = {
    Band.YELLOW: {Band.YELLOW},
    Band.NO_DATA: {Band.NO_DATA},
    Band.RED: {Band.YELLOW, Band.RED},
}


def accepted(waived: str, band: Band, ends_at: datetime | None, now: datetime) -> bool:
    """Whether a waiver given at the band ``waived`` covers ``band`` at ``now`` (UTC).

    Yellow that was accepted is no red that was; no data covers only no data. Green needs none.
    """
    if ends_at is not None and now >= ends_at:
        return False
    try:
        return band in _COVERS.get(Band(waived), set())
    except ValueError:
        return False


def objection(reason: str, ends_at: datetime | None, now: datetime) -> tuple[str, str] | None:
    """Why a deviation may not be accepted like this: (field, sentence), or None if it may."""
    if not reason.strip():
        return "reason", _("Say why the deviation is accepted. It is shown to everybody.")
    if ends_at is None:
        return "ends_at", _("Say until when it is accepted, in UTC.")
    if ends_at <= now:
        return "ends_at", _("It ends before it begins: give a time that is still to come.")
    return None


def statement(
    person: str, role: str, label: str, stands: str, gate: str, until: str, *, rehearsal: bool
) -> str:
    """What somebody signs who accepts a deviation, word for word. ``stands``: 'yellow, 236 ms'."""
    practice = _("Rehearsal: ") if rehearsal else ""
    return _(
        "{practice}{person} accepts as {role} that {label} is {stands} at {gate}, "
        "until {until}. It counts neither for nor against a go; it ends when the "
        "criterion is changed or gets worse."
    ).format(
        practice=practice,
        person=person,
        role=role,
        label=label,
        stands=stands,
        gate=gate,
        until=until,
    )


def stands(band: Band, text: str) -> str:
    """``yellow, 236 ms``; ``without data``."""
    if band is Band.NO_DATA:
        return _("without data")
    return f"{band.value}, {text}" if text else band.value
