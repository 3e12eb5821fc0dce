"""What of a plan another release can begin with. Pure; works on data in the form of the plan file.

Nothing that somebody did goes along: no state, value, evidence or count; and as it is wanted, no
names and no dates.
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

Data = dict[str, Any]

# What the check marks of the New page take over, by the parts of the plan file. Roles go along in
# any case, because items and gates name them.
TAKES: dict[str, tuple[str, ...]] = {
    "items": ("phases", "daily", "dry_runs", "document"),
    "criteria": (
        "gates",
        "branches",
        "readiness_scale",
        "readiness",
        "metrics",
        "checks",
        "stages",
        "sources",
        "rounds",
        "round_limits",
        "success",
        "guardrails",
        "rollback_triggers",
        "baselines",
        "executors",
        "traffic",
        "procedures",
    ),
    "people": (),
    "comms": ("escalation", "contacts", "risks", "scenarios"),
}
_DONE_OF_ITEM = ("state", "reason", "by", "at", "started", "value", "evidence", "off_with_section")
_DONE_OF_KNOWN = ("state", "reason", "by", "at", "phase")  # of risks and scenarios
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T.+")


def taken(data: Data, takes: set[str]) -> Data:
    """The parts that are wanted, as a copy that may be changed, with nothing done in it."""
    left = {part for take, parts in TAKES.items() if take not in takes for part in parts}
    kept = deepcopy({key: part for key, part in data.items() if key not in left | {"record"}})
    for item in items_of(kept):
        _reopen(item)
    for section in sections_of(kept):
        section.pop("off", None)
    for known in (*kept.get("risks", ()), *kept.get("scenarios", ())):
        for key in _DONE_OF_KNOWN:
            known.pop(key, None)
    for executor in kept.get("executors", ()):
        executor["enabled"] = False  # nothing moves traffic unless somebody says so
    if "people" not in takes:
        drop_people(kept)
    if "document" not in kept:
        _drop_lines(kept)
    return kept


def _reopen(item: Data) -> None:
    for key in _DONE_OF_ITEM:
        item.pop(key, None)
    if "count" in item:
        item["count"].pop("done", None)
        if not item["count"]:
            del item["count"]


def drop_people(data: Data) -> None:
    """Take out the names of who held a role, owned an item or a risk, or stood for two roles."""
    data.get("plan", {}).pop("two_roles", None)
    for role in data.get("roles", ()):
        role.pop("holder", None)
    for owned in (*items_of(data), *data.get("risks", ())):
        owned.pop("owner", None)
    known = {role.get(key) for role in data.get("roles", ()) for key in ("key", "name")}
    for wish in (one for row in data.get("scenarios", ()) for one in row.get("items", ())):
        if wish.get("role") not in known:  # somebody's name
            wish.pop("role", None)


def drop_called(data: Data) -> None:
    """Take out whom to call; the levels stay."""
    data.pop("contacts", None)
    for level in data.get("escalation", ()):
        level.pop("contacts", None)


def _drop_lines(data: Any) -> None:
    """Line numbers count a document that does not come along."""
    if isinstance(data, dict):
        if isinstance(data.get("line"), int):
            del data["line"]
        data = list(data.values())
    if isinstance(data, list):
        for inner in data:
            _drop_lines(inner)


def drop_dates(data: Data, keep: Callable[[datetime], bool]) -> list[str]:
    """Take out the fixed dates that are not to be kept; say where each stood and what it was.

    Dates counted from T0 stay in any case.
    """
    return [
        said
        for place, holder, keys in _dated(data)
        for key in keys
        if (said := _dropped(place, holder, key, keep))
    ]


def _dated(data: Data) -> Iterator[tuple[str, Data, tuple[str, ...]]]:
    plan = data.get("plan", {})
    yield _("Window"), plan.get("window", {}), ("opens", "closes")
    yield _("Plan"), plan, ("protected_until",)
    for phase in data.get("phases", ()):
        yield phase["title"], phase, ("starts", "ends")
    for item in items_of(data):
        yield item["text"], item, ("due",)


def _dropped(place: str, holder: Data, key: str, keep: Callable[[datetime], bool]) -> str:
    value = holder.get(key)
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return ""
    at = datetime.fromisoformat(value).astimezone(UTC)
    if keep(at):
        return ""
    del holder[key]
    return _("{place}: {key} {at:%Y-%m-%d %H:%M} UTC").format(
        place=place[:120], key=key.replace("_", " "), at=at
    )


def days_from(data: Data, t0_day: date | None) -> None:
    """Count the days of the daily forms from T0's, so that they come along to another one.

    Without a T0, each form begins at the next one's.
    """
    for form in data.get("daily", ()):
        start = t0_day or _day(form["first"])
        for key in ("first", "last"):
            if (day := _day(form.get(key))) and start:
                form[key] = _offset((day - start).days)


def days_on(data: Data, today: date) -> None:
    """Give daily forms that count their days from T0 days of the calendar, from ``today`` on.

    For a plan without a T0: the form has to begin some day.
    """
    for form in data.get("daily", ()):
        begin = _days_of(form.get("first"))
        if begin is None:
            continue
        for key in ("first", "last"):
            if (days := _days_of(form.get(key))) is not None:
                form[key] = (today + timedelta(days=days - begin)).isoformat()


def _days_of(text: Any) -> int | None:
    match = re.fullmatch(r"T([+-]\d{1,4})d?", text) if isinstance(text, str) else None
    return int(match[1]) if match else None


def _day(text: Any) -> date | None:
    found = isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text)
    return date.fromisoformat(text) if found else None


def _offset(days: int) -> str:
    return f"T{'-' if days < 0 else '+'}{abs(days)}d" if days else "T+0"


def items_of(data: Data) -> Iterator[Data]:
    """Every item, those within others included, in the order of the list."""
    for section in sections_of(data):
        yield from _nested(section.get("items", ()))


def sections_of(data: Data) -> Iterator[Data]:
    """Every phase and its groups."""
    for phase in data.get("phases", ()):
        yield phase
        yield from phase.get("groups", ())


def _nested(items: Any) -> Iterator[Data]:
    for item in items:
        yield item
        yield from _nested(item.get("items", ()))
