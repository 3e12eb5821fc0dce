"""Take over a set of metrics in one change: new ones are added, known ones edited."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from rollouts.actions import metric_fields
from rollouts.actions.metrics import apply_edit, begin_metric, fresh_metric
from rollouts.actions.versions import settings_of
from rollouts.documents.metric_sets import MetricSet, Wanted
from rollouts.documents.parts import SourceFields
from rollouts.models import PrometheusQuery, PrometheusSource
from rollouts.rules.metric_words import Moved, differences, judges_otherwise
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, User

NEW, CHANGED, SAME = "new", "changed", "same"


@dataclass(frozen=True)
class Taken:
    """What becomes of one metric of the set: new, changed or same; ``moved`` says how."""

    key: str
    name: str
    line: int
    kind: str
    moved: tuple[Moved, ...] = ()
    restarts: bool = False
    draft: PrometheusQuery | None = None


def preview(plan: DeploymentPlan, found: MetricSet) -> list[Taken]:
    """What an import would do; nothing is written. Raises Invalid, which names the metric."""
    rows = {row.key: row for row in PrometheusQuery.objects.filter(plan=plan)}
    sources = _sources(plan)
    known = {source.pk: name for name, source in sources.items()}
    sources |= {one.name: _unsaved(plan, one) for one in found.sources if one.name not in sources}
    return [_taken(plan, one, rows.get(one.key), sources, known) for one in found.metrics]


def _taken(
    plan: DeploymentPlan,
    wanted: Wanted,
    row: PrometheusQuery | None,
    sources: Mapping[str, PrometheusSource],
    known: Mapping[int, str],
) -> Taken:
    values = _values(wanted, sources)
    draft = copy(row) if row else PrometheusQuery(plan=plan, key=wanted.key)
    source = values.pop("source", None)
    metric_fields.assign(draft, metric_fields.columns(values))
    if source is not None and source.pk:
        draft.source_id = source.pk
    _switches(draft, wanted)
    name = draft.name
    if row is None:
        return Taken(wanted.key, name, wanted.line, NEW, draft=draft)
    was, now = settings_of(row), settings_of(draft)
    # Compared as values first: a database may give the names in a mapping in another order.
    moved = tuple(differences(was, now, known)) if was != now else ()
    if source is not None and not source.pk:
        moved += (Moved("Server", known.get(row.source_id, ""), source.name),)
    kind = CHANGED if moved or was != now else SAME
    return Taken(wanted.key, name, wanted.line, kind, moved, judges_otherwise(was, now), draft)


def import_set(
    plan: DeploymentPlan,
    found: MetricSet,
    *,
    by: User | str,
    reason: str = "",
    seen: str | None = None,
    request_id: str | None = None,
) -> Counter[str]:
    """Take the set over and say how many were new, changed and the same. All of it, or nothing.

    Where a known metric is judged otherwise a reason is wanted. ``seen``: the ``basis`` of
    the preview. Raises Invalid, NotAllowed and Refused.
    """
    reason = checked_reason(reason)
    with change(plan, by=by, right="edit", request_id=request_id) as importing:
        if importing.repeated:
            return Counter()
        plan = importing.plan
        if seen is not None and seen != basis(plan):
            raise Refused(_("The metrics were changed since the preview. Look at it again."))
        taken = preview(plan, found)
        if any(one.restarts for one in taken) and not reason:
            raise Invalid("reason", _("Say why: metrics that are judged already change."))
        counts = Counter(one.kind for one in taken)
        if not counts[NEW] + counts[CHANGED]:
            return counts
        said = _carry_out(importing, found, taken, reason)
        _record(importing, found, taken, counts, reason, said)
    return counts


def basis(plan: DeploymentPlan) -> str:
    """What a preview was made of: the versions of all metrics."""
    rows = PrometheusQuery.objects.filter(plan=plan).order_by("key")
    said = ",".join(f"{key}:{version}" for key, version in rows.values_list("key", "version"))
    return hashlib.sha256(said.encode()).hexdigest()[:20]


def _carry_out(importing: Change, found: MetricSet, taken: list[Taken], reason: str) -> list[str]:
    plan, said = importing.plan, []
    sources = _sources(plan)
    for one in found.sources:
        if one.name not in sources:
            sources[one.name] = _unsaved(plan, one)
            sources[one.name].save()
    wanted = {one.key: one for one in found.metrics}
    for one in taken:
        values = _values(wanted[one.key], sources)
        if one.kind == NEW:
            row = begin_metric(plan, {"name": one.name} | values, one.key)
            row.due_at = importing.at
            _switches(row, wanted[one.key])
            row.save()
        elif one.kind == CHANGED:
            said.append(_edit(importing, one, values, wanted[one.key], reason))
    return said


def _edit(
    importing: Change, one: Taken, values: dict[str, Any], wanted: Wanted, reason: str
) -> str:
    row = PrometheusQuery.objects.get(plan=importing.plan, key=one.key)
    row = fresh_metric(row, importing)
    before = copy(row)
    metric_fields.assign(row, metric_fields.columns(values))
    _switches(row, wanted)
    text, _unused = apply_edit(importing, before, row, reason or _("Imported"), why_wanted=False)
    return text


def _record(
    importing: Change,
    found: MetricSet,
    taken: list[Taken],
    counts: Counter[str],
    reason: str,
    said: list[str],
) -> None:
    parts = [f"{counts[kind]} {kind}" for kind in (NEW, CHANGED, SAME) if counts[kind]]
    text = _("Metrics were imported: {parts}").format(parts=", ".join(parts))
    if reason:
        text += f": {reason}"
    if said:
        text += (
            " "
            + " ".join(said[:3])
            + (_(" And {count} more.").format(count=len(said) - 3) if said[3:] else "")
        )
    importing.record(
        "metric.imported",
        text,
        form=found.form,
        new=[one.key for one in taken if one.kind == NEW],
        changed=[one.key for one in taken if one.kind == CHANGED],
        reason=reason,
    )


# --- parts ---------------------------------------------------------------------------------


def _values(wanted: Wanted, sources: Mapping[str, PrometheusSource]) -> dict[str, Any]:
    """Checked fields with the server; whatever is wrong names the metric."""
    try:
        values = metric_fields.checked(wanted.fields)
    except Invalid as wrong:
        sentence = _("Line {line}, {wanted}, {field}: {wrong}").format(
            line=wanted.line, wanted=wanted.key, field=wrong.field, wrong=wrong.sentence
        )
        raise Invalid("text", sentence) from wrong
    if wanted.source:
        if wanted.source not in sources:
            known = ", ".join(sources) or "none"
            raise Invalid(
                "text",
                _("Line {line}, {wanted}: there is no server “{source}”. Known: {known}.").format(
                    line=wanted.line, wanted=wanted.key, source=wanted.source, known=known
                ),
            )
        values["source"] = sources[wanted.source]
    return values


def _switches(row: PrometheusQuery, wanted: Wanted) -> None:
    if wanted.report_only is not None:
        row.report_only = wanted.report_only
    if wanted.enabled is not None:
        row.enabled = wanted.enabled


def _sources(plan: DeploymentPlan) -> dict[str, PrometheusSource]:
    rows = PrometheusSource.objects.filter(plan=plan, retired_at=None).order_by("-pk")
    return {row.name: row for row in rows}


def _unsaved(plan: DeploymentPlan, one: SourceFields) -> PrometheusSource:
    given = one.model_dump(exclude={"page"})
    return PrometheusSource(plan=plan, page_url=one.page, **given)
