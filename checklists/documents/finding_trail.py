"""The audit trail of findings for people outside: what happened to each, when, by whom (S108).

One row per finding and event, with the event's number and hash, by which the timeline proves it.
Cells that a spreadsheet would take for a formula begin with an apostrophe.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from checklists.models import Finding
from checklists.queries.findings import IMPORTED, in_order
from warroom.models import DeploymentPlan, TimelineEvent
from warroom.rules.wording import full_instant

TYPES = {"csv": "text/csv; charset=utf-8", "md": "text/markdown; charset=utf-8"}
HEAD = ("Finding", "Severity", "Title", "Place", "State now", "At, UTC", "By", "What")
HEAD += ("Before", "After", "Reason", "Timeline", "Hash")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_FORMULA += ("＝", "＋", "－", "＠")
_VALUE = 300


@dataclass(frozen=True)
class TrailRow:
    """One thing that happened to one finding."""

    finding: str
    severity: str
    title: str
    place: str
    state: str
    at: str
    by: str
    what: str
    before: str
    after: str
    reason: str
    seq: str
    hash: str


def trail(plan: DeploymentPlan, form: str, now: datetime) -> str:
    """The trail as ``csv`` or ``md``; two SQL statements whatever its length."""
    rows = list(_rows(plan))
    return _as_csv(rows) if form == "csv" else _as_markdown(plan, rows, now)


def _rows(plan: DeploymentPlan) -> Iterator[TrailRow]:
    events = _events_by_number(plan)
    for finding in in_order(Finding.objects.filter(plan=plan)).defer("description"):
        for event, what in events.get(finding.number, ()):
            yield _row(finding, event, what)


def _events_by_number(plan: DeploymentPlan) -> dict[int, list[tuple[TimelineEvent, str]]]:
    found: dict[int, list[tuple[TimelineEvent, str]]] = {}
    kinds = ("finding.added", "finding.changed", "evidence.recorded")
    for event in plan.events.filter(kind__in=kinds).order_by("seq"):
        if "finding" in event.data:
            found.setdefault(event.data["finding"], []).append((event, event.text))
        for key, spans in (event.data.get("findings") or {}).items():
            if key not in IMPORTED:
                continue
            for first, last in spans:
                for number in range(first, last + 1):
                    found.setdefault(number, []).append((event, IMPORTED[key]))
    return found


def _row(finding: Finding, event: TimelineEvent, what: str) -> TrailRow:
    return TrailRow(
        finding=f"F-{finding.number}",
        severity=finding.severity,
        title=finding.title,
        place=finding.place,
        state=finding.get_state_display(),
        at=f"{event.at:%Y-%m-%d %H:%M:%S}",
        by=event.actor_name,
        what=what,
        before=_values(event.data.get("before")),
        after=_values(event.data.get("after")),
        reason=event.data.get("reason") or "",
        seq=str(event.seq),
        hash=event.hash,
    )


def _values(told: Any) -> str:
    """``state: open; retest: yes``: the state first, then by name. JSON keeps no order."""
    if not isinstance(told, dict):
        return ""
    words = {True: "yes", False: "no", None: ""}
    told = dict(sorted(told.items(), key=lambda pair: (pair[0] != "state", pair[0])))
    shown = {k: words.get(v, v) if isinstance(v, bool | None) else v for k, v in told.items()}
    return "; ".join(f"{k}: {str(v)[:_VALUE]}" for k, v in shown.items() if v != "")


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, whatever blanks it begins with."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _as_csv(rows: list[TrailRow]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    writer.writerows([safe_cell(cell) for cell in astuple(row)] for row in rows)
    return out.getvalue()


def _as_markdown(plan: DeploymentPlan, rows: list[TrailRow], now: datetime) -> str:
    head = [
        f"# Audit trail of findings: {_cell(plan.name)}",
        "",
        f"As of {full_instant(now)}, timeline entry {plan.timeline_seq}, "
        f"head `{plan.timeline_hash}`.",
        "",
        f"| {' | '.join(HEAD)} |",
        f"|{' --- |' * len(HEAD)}",
    ]
    lines = [f"| {' | '.join(_cell(cell) for cell in astuple(row))} |" for row in rows]
    return "\n".join([*head, *lines]) + "\n"


def _cell(text: str) -> str:
    """Text that stays within its cell and is neither markup nor a link."""
    plain = " ".join(text.split())
    for sign in ("\\", "|", "`", "*", "_", "[", "]", "<", ">"):
        plain = plain.replace(sign, f"\\{sign}")
    return plain
