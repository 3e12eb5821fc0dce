"""The plan's own time zone beside UTC. Pure; the zone's rules come from the IANA database."""

import re
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

# What a plan is offered first; every name of the IANA database is taken.
USUAL = (
    "UTC", "America/Chicago", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo",
    "Asia/Hong_Kong", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
    "Europe/Berlin", "Europe/Helsinki", "Europe/Lisbon", "Europe/London",
)  # fmt: skip
_FIGURES = re.compile(r"^[+-]\d")


@cache
def known() -> frozenset[str]:
    """The names of all zones."""
    return frozenset(available_timezones())


def nearest(name: str, most: int = 3) -> list[str]:
    """The names of zones most like what somebody wrote: ``Berlin`` is Europe/Berlin."""
    wrote = name.strip().replace(" ", "_").lower()[:60]
    if not wrote:
        return []
    # The usual ones go first, and a city is known by the end of its zone's name.
    names = {one.lower(): one for one in (*USUAL, *sorted(known()))}
    cities = [full for low, full in names.items() if low.rpartition("/")[2] == wrote]
    place = wrote.rpartition("/")[2]
    ends = {low.rpartition("/")[2]: full for low, full in reversed(names.items())}
    close = [names[low] for low in get_close_matches(wrote, names, most, 0.75)]
    close += [ends[low] for low in get_close_matches(place, ends, most, 0.75)]
    return list(dict.fromkeys(cities or close))[:most]


def no_zone(name: str) -> str:
    """What is said to somebody who wrote ``name``, with the way out."""
    near = nearest(name)
    way_out = (
        _("Write {near}.").format(near=" or ".join(near))
        if near
        else _("Write one such as Europe/Berlin.")
    )
    return _("{name!r} is no time zone of the IANA list. {way_out}").format(
        name=name[:60], way_out=way_out
    )


@cache
def zone(name: str) -> ZoneInfo | None:
    """The zone of that name; None where there is none, or it is UTC itself."""
    if name in ("", "UTC", "Etc/UTC") or name not in known():
        return None
    return ZoneInfo(name)


def zone_text(at: datetime, name: str) -> str:
    """``23:00 CEST``, ``24 Oct 01:00 CEST`` where the day differs from the one in UTC; '' for UTC.

    The letters tell both passes of the hour apart that comes twice when summer time ends.
    """
    there = zone(name)
    if there is None:
        return ""
    local = at.astimezone(there)
    day = "" if local.date() == at.astimezone(UTC).date() else f"{local.day} {local:%b} "
    letters = local.tzname() or ""
    if _FIGURES.match(letters):
        letters = f"UTC{letters}".replace("-", "−")
    return f"{day}{local:%H:%M} {letters}"
