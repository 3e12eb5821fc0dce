"""What an Alertmanager or a Grafana posts, as alerts. Pure; times are aware UTC.

Both send an envelope around single alerts. Only these count: the envelope says “firing” while some
of them are resolved, and does not repeat what was resolved before. Grafana's envelope has the same
parts with a version of its own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from warroom.rules.moments import can_be_kept

DRILL = "warroom_drill"
MOST = 1000
_TEXT, _LABELS, _NAME = 1000, 64, 200
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")


class WrongPayload(Exception):
    """It is no notification; the message says where and why."""


@dataclass(frozen=True)
class Told:
    """One alert as its manager told it. ``ended_at`` None: no end was said, also of a resolved."""

    fingerprint: str
    name: str
    severity: str
    summary: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    runbook_url: str
    source_url: str
    firing: bool
    started_at: datetime
    ended_at: datetime | None

    @property
    def drill(self) -> str:
        """The key of the test alert that it is; "" for a real one."""
        return self.labels.get(DRILL, "")


@dataclass(frozen=True)
class Envelope:
    """``cut``: how many alerts of this group were left out, so that nobody knows them."""

    alerts: tuple[Told, ...]
    group: str
    cut: int


def read(body: bytes) -> Envelope:
    """A notification as alerts. Raises WrongPayload with the part that is wrong."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WrongPayload(_("The body is no JSON.")) from error
    if not isinstance(said, dict) or not isinstance(said.get("alerts"), list):
        raise WrongPayload(_("alerts: a list of alerts is wanted, in an object."))
    rows = said["alerts"]
    alerts = tuple(_told(row, f"alerts.{n}") for n, row in enumerate(rows[:MOST]))
    cut = said.get("truncatedAlerts") or 0
    if type(cut) is not int or cut < 0:
        raise WrongPayload(_("truncatedAlerts: a count is wanted."))
    group = _text(said.get("groupKey")) or _text(said.get("receiver"))
    return Envelope(alerts, _digest(group), min(cut + len(rows) - len(alerts), 1_000_000))


def _told(row: Any, at: str) -> Told:
    if not isinstance(row, dict):
        raise WrongPayload(_("{at}: an object is wanted.").format(at=at))
    status = row.get("status")
    if status not in ("firing", "resolved"):
        raise WrongPayload(
            _("{at}.status: firing or resolved is wanted, not {short}.").format(
                at=at, short=_short(status)
            )
        )
    labels, notes = _pairs(row.get("labels"), at), _pairs(row.get("annotations"), at)
    started, ended = _time(row.get("startsAt")), _time(row.get("endsAt"))
    if started is None:
        raise WrongPayload(
            _("{at}.startsAt: a time such as 2026-01-31T12:00:00Z is wanted.").format(at=at)
        )
    return Told(
        fingerprint=_fingerprint(row.get("fingerprint"), labels),
        name=(labels.get("alertname") or _("Alert without a name"))[:_NAME],
        severity=labels.get("severity", "").strip().lower()[:40],
        summary=(notes.get("summary") or notes.get("message") or notes.get("description", ""))[
            :500
        ],
        labels=labels,
        annotations=notes,
        runbook_url=_address(notes.get("runbook_url") or notes.get("runbook")),
        source_url=_address(row.get("generatorURL") or row.get("panelURL")),
        firing=status == "firing",
        started_at=started,
        ended_at=ended if status == "resolved" else None,
    )


def _pairs(said: Any, at: str) -> dict[str, str]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise WrongPayload(_("{at}: labels and annotations are objects.").format(at=at))
    return {_text(name)[:_NAME]: _text(value) for name, value in list(said.items())[:_LABELS]}


def _text(value: Any) -> str:
    """A word as it can be kept: no half characters, which JSON lets through, and no NUL."""
    text = "" if value is None else str(value)[:_TEXT]
    return text.encode(errors="replace").decode().replace("\0", "")


def _short(value: Any) -> str:
    return repr(value)[:40]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def _fingerprint(said: Any, labels: Mapping[str, str]) -> str:
    """The manager's, or one of the labels, by which it does the same."""
    text = _text(said)
    if text and len(text) <= 64 and text.isascii():
        return text
    return _digest(text or json.dumps(labels, sort_keys=True))


def _time(said: Any) -> datetime | None:
    """A time with up to nine digits of a second; None for none, and for the year 1."""
    match = _TIME.fullmatch(said) if isinstance(said, str) else None
    if match is None:
        return None
    try:
        whole = f"{match[1]}{(match[2] or '')[:7]}{match[3]}"
        at = datetime.fromisoformat(whole).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if can_be_kept(at) else None


def _address(said: Any) -> str:
    text = _text(said).strip()
    plain = text.startswith(("http://", "https://")) and not re.search(r"[\s\"'<>\\]", text)
    return text if plain and len(text) <= 500 else ""
