"""What the page of one check shows: its latest results, what it said, its versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.models import CheckResult, HealthCheck, WatchVersion
from rollouts.queries.watching import Row, asked_text, row_of

SHOWN = 50
SPAN = timedelta(hours=12)


@dataclass(frozen=True)
class ResultRow:
    """One answer; ``value`` in words, ``detail`` what a script said with it."""

    result: CheckResult
    value: str
    run: str

    @property
    def output(self) -> str:
        return self.result.detail.get("output", "")


@dataclass(frozen=True)
class CheckSheet:
    row: Row
    results: list[ResultRow]
    versions: list[tuple[WatchVersion, list[tuple[str, str, str]]]]


def check_sheet(check: HealthCheck, now: datetime) -> CheckSheet:
    """A check at ``now`` (UTC) with its newest results; two SQL statements."""
    results = CheckResult.objects.filter(health_check=check).order_by("-at", "-pk")[:SHOWN]
    return CheckSheet(
        row_of(check, now, SPAN, asked_text(check)),
        [_result(check, one) for one in results],
        _versions(check),
    )


def _result(check: HealthCheck, one: CheckResult) -> ResultRow:
    detail = one.detail
    value = detail.get("value", one.latency_ms)
    run_s = detail.get("run_s")
    return ResultRow(
        one,
        check.show(value) if isinstance(value, int | float) and check.kind != "heartbeat" else "",
        check.show(run_s) if isinstance(run_s, int | float) else "",
    )


def _versions(check: HealthCheck) -> list[tuple[WatchVersion, list[tuple[str, str, str]]]]:
    """Each older version, newest first, with what the edit that ended it changed."""
    kept = list(WatchVersion.objects.filter(health_check=check))
    after: dict[str, Any] = {name: getattr(check, name, None) for name in _NAMES}
    found = []
    for one in kept:
        found.append((one, _moved(one.settings, after)))
        after = one.settings
    return found


_NAMES = {
    "name": _l("name"), "group": _l("group"), "url": _l("address"),
    "expect_status": _l("status"),
    "slow_ms": _l("yellow from, ms"), "red_ms": _l("red from, ms"), "options": _l("options"),
    "interval_s": _l("every, s"), "cadence": _l("by age"), "grace_s": _l("grace, s"),
    "sustained_s": _l("rolls back after, s"), "red_after": _l("red after"),
    "report_only": _l("shown only"),
    "runbook_url": _l("runbook"),
}  # fmt: skip


def _moved(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (label, _said(before.get(name)), _said(after.get(name)))
        for name, label in _NAMES.items()
        if before.get(name) != after.get(name)
    ]


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items()) or _("none")
    return _("none") if value in (None, "", []) else str(value)
