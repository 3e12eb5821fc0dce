"""The versions of metrics, newest first, and the log of everything that was tuned (S42)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from rollouts.models import PrometheusQuery, PrometheusSource, WatchVersion
from rollouts.queries import watching
from rollouts.rules import drafted
from rollouts.rules.metric_words import LABELS, Moved, differences, words_of
from warroom.models import DeploymentPlan, TimelineEvent

SPAN = timedelta(hours=12)
MOST = 200


@dataclass(frozen=True)
class Version:
    """One version. ``moved`` is what it changed of the one before; ``words`` what it says."""

    number: int
    moved: tuple[Moved, ...]
    words: dict[str, str]
    reason: str = ""
    by_name: str = ""
    at: datetime | None = None
    loosened: bool = False
    observed_s: float | None = None

    @property
    def said(self) -> dict[str, str]:
        return {str(LABELS[key]): text for key, text in self.words.items() if text}


def versions_of(row: PrometheusQuery, now: dict[str, Any]) -> list[Version]:
    """Every version of a metric, the one that stands first; two SQL statements.

    ``now`` is the settings of the version that stands.
    """
    kept = list(reversed(row.versions.all()))
    sources = source_names(row.plan)
    texts = [one.settings for one in kept] + [now]
    found = [Version(kept[0].version if kept else row.version, (), words_of(texts[0], sources))]
    for one, (before, after) in zip(kept, pairwise(texts), strict=True):
        found.append(_version(one, before, after, sources))
    return found[::-1]


def _version(
    kept: WatchVersion, before: dict[str, Any], after: dict[str, Any], sources: dict[int, str]
) -> Version:
    return Version(
        kept.version + 1,
        tuple(differences(before, after, sources)),
        words_of(after, sources),
        kept.reason,
        kept.by_name,
        kept.ended_at,
        kept.loosened,
        kept.soak_observed_s,
    )


def source_names(plan: DeploymentPlan) -> dict[int, str]:
    """Names of the plan's servers by their ids, retired ones too."""
    return dict(PrometheusSource.objects.filter(plan=plan).values_list("pk", "name"))


@dataclass(frozen=True)
class Tuned:
    """A line of the tuning log: a version, or a note. ``at`` is UTC."""

    at: datetime
    key: str
    name: str
    text: str
    reason: str
    by_name: str
    kind: str  # version or note
    loosened: bool = False
    observed_s: float | None = None


def tuning_log(plan: DeploymentPlan) -> list[Tuned]:
    """Everything that was tuned or noted of the plan's metrics, newest first.

    Four SQL statements, however many there are; at most ``MOST`` lines.
    """
    rows = PrometheusQuery.objects.filter(plan=plan).defer("history")
    names = {row.pk: row for row in rows}
    lines = [*_tuned(plan, names), *_noted(plan, {row.key: row.name for row in rows})]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:MOST]


def _tuned(plan: DeploymentPlan, rows: dict[int, PrometheusQuery]) -> list[Tuned]:
    kept = list(WatchVersion.objects.filter(query__plan=plan).order_by("-ended_at")[:MOST])
    sources = source_names(plan)
    after = {(one.query_id, one.version): one.settings for one in kept}
    found = []
    for one in kept:
        row = rows[one.query_id]
        later = after.get((one.query_id, one.version + 1)) or _stands(row)
        moved = differences(one.settings, later, sources)
        text = "; ".join(part.text for part in moved) or _("changed")
        found.append(
            Tuned(
                one.ended_at,
                row.key,
                row.name,
                _("Version {version}: {text}").format(version=one.version + 1, text=text),
                one.reason,
                one.by_name,
                "version",
                one.loosened,
                one.soak_observed_s,
            )
        )
    return found


def _stands(row: PrometheusQuery) -> dict[str, Any]:
    fields = [field.attname for field in row._meta.concrete_fields if field.name != "history"]
    return {name: getattr(row, name) for name in fields}


def _noted(plan: DeploymentPlan, names: dict[str, str]) -> list[Tuned]:
    events = TimelineEvent.objects.filter(plan=plan, kind="metric.noted").order_by("-seq")[:MOST]
    return [
        Tuned(
            event.at,
            event.data.get("key", ""),
            names.get(event.data.get("key", ""), ""),
            event.data.get("note", ""),
            _("it read {value}").format(value=value)
            if (value := event.data.get("value"))
            else _("no value then"),
            event.actor_name,
            "note",
        )
        for event in events
    ]


def drafted_shares(
    row: PrometheusQuery, draft: PrometheusQuery, now: datetime
) -> tuple[drafted.Shares | None, drafted.Shares | None]:
    """The last twelve hours by the draft and by what stands; one SQL statement.

    None where nothing was read, or nothing judges it.
    """
    points = watching.samples(row, now - SPAN) if row.pk else []
    said = []
    for one in (draft, row):
        bands = one.bands
        found = (
            drafted.shares(points, bands, sustained_s=one.sustained_s, interval_s=one.interval_s)
            if bands
            else None
        )
        said.append(found)
    return said[0], said[1]
