"""Whether somebody is in the room, from when their page was last open. Comfort, never required."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from warroom.rules.wording import MINUTE, duration_text

NOTE_EVERY_S = 20.0  # how often web processes write down who has a page open
HERE = timedelta(seconds=2.5 * NOTE_EVERY_S)  # two notes may be late before somebody is away


def is_here(seen_at: datetime | None, now: datetime) -> bool:
    return seen_at is not None and now - seen_at <= HERE


def presence_text(seen_at: datetime | None, now: datetime) -> str:
    """``here``, ``away 14 min``, ``not seen yet``."""
    if seen_at is None:
        return _("not seen yet")
    if is_here(seen_at, now):
        return _("here")
    return _("away {span}").format(span=duration_text(max(MINUTE, (now - seen_at).total_seconds())))
