"""A metric in words, field by field, from the plain settings in which versions are kept. Pure."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules import criterion_words
from checklists.rules.bands import Bound, show
from warroom.rules.wording import duration_text, number_text

# What is asked: with another of these an older reading says nothing about the metric any more.
ASKED = ("promql", "source_id", "reducer", "guard_promql", "guard_min")
# How it is judged, beside what is asked: the hours that were watched counted for the older text.
JUDGED = (
    *ASKED,
    "green_op",
    "green_value",
    "red_op",
    "red_value",
    "sustained_s",
    "red_after",
    "stale_s",
    "report_only",
    "enabled",
)
REDUCERS = {
    "": _l("none: several series are no data"),
    "sum": _l("their sum"),
    "max": _l("the highest"),
    "min": _l("the lowest"),
    "avg": _l("their average"),
    "count": _l("how many there are"),
    "worst": _l("the worst by the bands"),
}
LABELS = {
    "Name": _l("Name"),
    "PromQL": "PromQL",
    "Server": _l("Server"),
    "Unit": _l("Unit"),
    "Green": _l("Green"),
    "Red": _l("Red"),
    "Red counts after": _l("Red counts after"),
    "Bad answers in a row": _l("Bad answers in a row"),
    "No data after": _l("No data after"),
    "Asked every": _l("Asked every"),
    "Cadence": _l("Cadence"),
    "Several series": _l("Several series"),
    "Counts samples by": _l("Counts samples by"),
    "At least": _l("At least"),
    "Report only": _l("Report only"),
    "Off the list": _l("Off the list"),
    "Meaning": _l("Meaning"),
    "Expected": _l("Expected"),
    "Alert rule": _l("Alert rule"),
    "Runbook": _l("Runbook"),
    "Link": _l("Link"),
    "Words": _l("Words"),
}

Settings = Mapping[str, Any]


class Moved(criterion_words.Moved):
    """A field of a metric that differs, by its key in ``LABELS``."""

    @property
    def label(self) -> str:
        return str(LABELS[self.key])


def words_of(data: Settings, sources: Mapping[int, str] | None = None) -> dict[str, str]:
    """The fields of a version as people read them, by the keys of ``LABELS``.

    ``sources`` names servers by their ids.
    """
    return {
        "Name": data.get("name") or "",
        "PromQL": data.get("promql") or "",
        "Server": (sources or {}).get(data.get("source_id") or 0, ""),
        "Unit": data.get("unit") or "",
        "Green": _bound(data, "green"),
        "Red": _bound(data, "red"),
        "Red counts after": _length(data.get("sustained_s")),
        "Bad answers in a row": _more_than_one(data.get("red_after")),
        "No data after": _length(data.get("stale_s")),
        "Asked every": _length(data.get("interval_s")),
        "Cadence": cadence_text(data.get("cadence") or ()),
        "Several series": str(REDUCERS.get(data.get("reducer") or "", ""))
        if data.get("reducer")
        else "",
        "Counts samples by": data.get("guard_promql") or "",
        "At least": number_text(data["guard_min"]) if data.get("guard_min") is not None else "",
        "Report only": _("yes") if data.get("report_only") else "",
        "Off the list": _("yes") if data.get("enabled") is False else "",
        "Meaning": data.get("meaning") or "",
        "Expected": data.get("expected") or "",
        "Alert rule": data.get("alert_name") or "",
        "Runbook": data.get("runbook_url") or "",
        "Link": data.get("link_url") or "",
        "Words": ", ".join(f"{key} {word}" for key, word in (data.get("words") or {}).items()),
    }


def differences(
    before: Settings, after: Settings, sources: Mapping[int, str] | None = None
) -> list[Moved]:
    """What two versions say differently, as people read it."""
    was, now = words_of(before, sources), words_of(after, sources)
    return [Moved(key, was[key], now[key]) for key in now if was[key] != now[key]]


def asks_otherwise(before: Settings, after: Settings) -> bool:
    """Whether an older reading says nothing about the newer text."""
    return any(before.get(name) != after.get(name) for name in ASKED)


def judges_otherwise(before: Settings, after: Settings) -> bool:
    """Whether what was observed counted for another text. What counts neither way never does."""
    if not (_counts(before) or _counts(after)):
        return False
    return any(before.get(name) != after.get(name) for name in JUDGED)


def _counts(data: Settings) -> bool:
    judged = bool(data.get("green_op")) and data.get("enabled") is not False
    return judged and not data.get("report_only")


def cadence_text(cadence: Any) -> str:
    """``every 15 s until T+24 h, then every 1 min``; "" for none."""
    parts = []
    for step in cadence:
        until = step.get("until_s")
        every = _("every {every_s}").format(every_s=duration_text(step["every_s"]))
        parts.append(
            _("{every} until T+{until}").format(every=every, until=duration_text(until))
            if until
            else _("then {every}").format(every=every)
        )
    return ", ".join(parts)


def _bound(data: Settings, side: str) -> str:
    op, value = data.get(f"{side}_op"), data.get(f"{side}_value")
    return show(Bound(op, value), data.get("unit") or "") if op and value is not None else ""


def _length(seconds: float | None) -> str:
    return "" if seconds is None else duration_text(seconds) if seconds else _("at once")


def _more_than_one(count: int | None) -> str:
    return str(count) if count and count > 1 else ""
