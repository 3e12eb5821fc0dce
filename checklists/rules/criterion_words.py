"""A criterion in words, field by field, from the plain data in which versions are kept. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.bands import Bound, show
from warroom.rules.wording import duration_text

# By the values of models.Source.
SOURCES = {
    "evidence": _l("a reading by its key"),
    "checks": _l("health checks that pass"),
    "alerts": _l("alerts that fire"),
    "items": _l("required items that are closed"),
    "signoffs": _l("sign-offs that are given"),
    "score": _l("the readiness score"),
    "findings": _l("findings that count"),
    "dryruns": _l("dry runs that passed"),
    "age": _l("how old something is"),
    "person": _l("a person's judgement"),
}
LABELS = {
    "Name": _l("Name"),
    "Target": _l("Target"),
    "Acceptable": _l("Acceptable"),
    "Fail": _l("Fail"),
    "Green": _l("Green"),
    "Red": _l("Red"),
    "Value from": _l("Value from"),
    "Which": _l("Which"),
    "Counts": _l("Counts"),
    "Area": _l("Area"),
    "Reading counts for": _l("Reading counts for"),
}
_ALL = {
    "items": _l("all phases before the gate"),
    "signoffs": _l("all phases before the gate"),
    "checks": _l("all of them"),
    "alerts": "critical",
    "findings": "high",
}


@dataclass(frozen=True)
class Moved:
    """A field that differs, as people read it; "" for what is empty."""

    key: str
    was: str
    now: str

    @property
    def label(self) -> str:
        return str(LABELS[self.key])

    @property
    def text(self) -> str:
        """``target < 250 ms, was < 200 ms``."""
        return _("{label} {now}, was {was}").format(
            label=self.label.lower(), now=self.now or _("none"), was=self.was or _("none")
        )


def words_of(data: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a version, as people read them, by the keys of ``LABELS``."""
    source = data.get("source") or "evidence"
    return {
        "Name": data.get("label") or "",
        "Target": data.get("target") or _bound(data, "green"),
        "Acceptable": data.get("acceptable") or "",
        "Fail": data.get("fail") or _bound(data, "red"),
        "Green": _bound(data, "green"),
        "Red": _bound(data, "red"),
        "Value from": str(SOURCES.get(source, source)),
        "Which": _which(data, source),
        "Counts": counts_text(data.get("weight"), report_only=bool(data.get("report_only"))),
        "Area": data.get("area") or "",
        "Reading counts for": duration_text(data["valid_for_s"]) if data.get("valid_for_s") else "",
    }


def _bound(data: Mapping[str, Any], side: str) -> str:
    found = data.get(side)
    return show(Bound(*found), data.get("unit") or "") if found else ""


def _which(data: Mapping[str, Any], source: str) -> str:
    params = data.get("params") or {}
    named = [one for part in params.values() for one in _many(part)]
    if source == "items" and params.get("groups"):
        return ", ".join(params["groups"])
    if source == "items" and named:
        return (
            _("phases {numbers}").format(numbers=", ".join(map(str, named)))
            if len(named) > 1
            else _("phase {number}").format(number=named[0])
        )
    if source == "evidence":
        return data.get("evidence_key") or ""
    return ", ".join(map(str, named)) or str(_ALL.get(source, ""))


def _many(part: Any) -> Sequence:
    return part if isinstance(part, list) else [part]


def counts_text(weight: float | None, *, report_only: bool) -> str:
    """``a veto``, ``weight 20``, ``for the report only``."""
    if report_only:
        return _("for the report only")
    return _("a veto") if weight is None else _("weight {weight:g}").format(weight=float(weight))


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Moved]:
    """What two versions say differently. A bound is named once, by the text that says it."""
    was, now = words_of(before), words_of(after)
    moved = [Moved(key, was[key], now[key]) for key in now if was[key] != now[key]]
    said = {one.key for one in moved}
    same = {"Green": "Target", "Red": "Fail"}
    return [one for one in moved if same.get(one.key) not in said]
