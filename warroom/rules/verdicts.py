"""How a kept verdict is read: it ages, and an aged one says HOLD (laws 5 and 6)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class ShownVerdict:
    """A verdict as a page may show it now. ``word`` is '', proceed, hold or rollback."""

    word: str
    sentence: str
    counts: str
    since: datetime | None
    aged: bool = False


def as_read(
    word: str,
    sentence: str,
    counts: str,
    since: datetime | None,
    valid_until: datetime | None,
    now: datetime,
) -> ShownVerdict:
    """Return the verdict as it counts at ``now`` (all times aware UTC).

    A PROCEED or HOLD whose readings have grown old is a HOLD for want of data. A ROLLBACK stays:
    that nothing is heard any more is no reason to take it back.
    """
    if not word or word == "rollback" or valid_until is None or now <= valid_until:
        return ShownVerdict(word, sentence, counts, since)
    return ShownVerdict(
        "hold",
        _(
            "No data since {valid_until:%H:%M:%S} UTC: the checks have stopped "
            "reporting. No data holds the stage; it does not roll back."
        ).format(valid_until=valid_until),
        "",
        valid_until,
        aged=True,
    )
