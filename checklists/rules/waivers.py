"""Accepted deviations: what one covers, and until when."""

from datetime import datetime

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
