"""What happened in a chart's window: stages, decisions and edits as marks with words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.models import PrometheusQuery
from rollouts.rules import sparkline
from warroom.models import TimelineEvent
from warroom.rules.lengths import written

MOST = 8
KINDS = (
    "stage.started", "stage.ended", "gate.decided", "gate.held", "rollback.started",
    "rollback.finished", "rollout.held", "rollout.resumed",
)  # fmt: skip
OWN = ("metric.edited", "metric.noted")
_WORDS = {
    "gate.held": "HOLD",
    "rollback.started": _l("Rollback"),
    "rollback.finished": _l("Rolled back"),
    "rollout.held": _l("Held"),
    "rollout.resumed": _l("Resumed"),
    "metric.noted": _l("Noted"),
}


@dataclass(frozen=True)
class EventMark:
    """A mark at ``x`` with its word at ``y``; ``said`` is the whole sentence, ``at`` UTC."""

    x: str
    y: int
    anchor: str
    text: str
    said: str
    at: datetime


def event_marks(row: PrometheusQuery, start: float, end: float) -> tuple[EventMark, ...]:
    """What happened from ``start`` to ``end`` (epoch seconds), oldest first; one SQL statement."""
    since = datetime.fromtimestamp(start, UTC)
    own = Q(kind__in=OWN, data__key=row.key)
    events = TimelineEvent.objects.filter(plan_id=row.plan_id, at__gte=since)
    found = events.filter(Q(kind__in=KINDS) | own).order_by("-seq")[:MOST]
    return tuple(_mark(event, n, start, end) for n, event in enumerate(reversed(found)))


def _mark(event: TimelineEvent, n: int, start: float, end: float) -> EventMark:
    x = sparkline.time_x(event.at.timestamp(), start, end)
    anchor = "end" if x > 800 else "start"
    words = f"{event.at:%H:%M} {_word(event)}"
    return EventMark(sparkline.px(x), 28 + 16 * (n % 4), anchor, words, event.text, event.at)


def _word(event: TimelineEvent) -> str:
    data = event.data
    if event.kind in ("stage.started", "stage.ended"):
        text = _("Stage {stage}") if event.kind == "stage.started" else _("Stage {stage} ended")
        return text.format(stage=data.get("stage", ""))
    if event.kind == "gate.decided":
        return str(data.get("word") or _("decided")).upper()
    if event.kind == "metric.edited":
        return (
            _("Version {version}").format(version=data["version"])
            if data.get("version")
            else _("Moved")
        )
    return str(_WORDS.get(event.kind, ""))


def graph_url(row: PrometheusQuery, span_s: float) -> str:
    """The same query and window in Prometheus itself; "" where nobody can open it.

    The query travels encoded: no character of it can leave its place.
    """
    base = row.source.page_url or row.source.url or settings.PROMETHEUS_URL
    if not base.startswith(("http://", "https://")):
        return ""
    said = {"g0.expr": row.promql, "g0.tab": "0", "g0.range_input": written(int(span_s))}
    return f"{base.rstrip('/')}/graph?{urlencode(said)}"
