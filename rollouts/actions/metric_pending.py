"""An edit that waits: it counts from the next stage on, and leaves the running soak as it is."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from django.utils.translation import gettext as _

from rollouts.actions import metric_fields
from rollouts.actions.metrics import (
    DOES,
    apply_edit,
    does_of,
    fresh_metric,
    refuse_older,
)
from rollouts.actions.stages import register_begun
from rollouts.actions.versions import settings_of
from rollouts.models import PrometheusQuery, Stage
from rollouts.queries.stages import coming, of_plan
from rollouts.rules.metric_words import differences
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import User


def save_for_next_stage(
    row: PrometheusQuery,
    fields: Mapping[str, Any],
    *,
    by: User,
    reason: str,
    does: str = "",
    seen_version: int | None = None,
    request_id: str | None = None,
) -> PrometheusQuery:
    """Keep an edit until the next stage begins; a later one replaces it. Restarts nothing now.

    Raises as ``edit_metric`` does, and Refused where no stage comes any more.
    """
    values, reason = metric_fields.checked(fields), checked_reason(reason)
    if not reason:
        raise Invalid("reason", _("Say why. It is shown to everybody."))
    if does and does not in DOES:
        raise Invalid("does", _("Red does one of: {does}.").format(does=", ".join(DOES)))
    with change(row.plan, by=by, right="edit", request_id=request_id) as planning:
        row = fresh_metric(row, planning)
        if planning.repeated:
            return row
        refuse_older(row, seen_version)
        stage = coming(of_plan(planning.plan))
        if stage is None:
            raise Refused(_("No stage comes any more: save it now."))
        draft = copy(row)
        metric_fields.assign(draft, metric_fields.columns(values))
        was, now = settings_of(row), settings_of(draft)
        moved = {name: value for name, value in now.items() if was[name] != value}
        wanted = does if does not in ("", does_of(row)) else ""
        if not moved and not wanted:
            raise Invalid("promql", _("The draft says what stands already."))
        _keep(planning, row, stage, moved, wanted, reason, was | moved)
    return row


def _keep(
    planning: Change,
    row: PrometheusQuery,
    stage: Stage,
    moved: dict[str, Any],
    does: str,
    reason: str,
    draft: dict[str, Any],
) -> None:
    row.pending = {
        "fields": moved,
        "does": does,
        "reason": reason,
        "by": planning.author_name,
        "at": planning.at.isoformat(),
    }
    row.save(update_fields=["pending"])
    said = "; ".join(one.text for one in differences(settings_of(row), draft)) or _(
        "red: {does}"
    ).format(does=does)
    planning.record(
        "metric.planned",
        _("{row} changes when stage {stage} begins: {said}: {reason}").format(
            row=row.name, stage=stage.number, said=said, reason=reason
        ),
        key=row.key,
        stage=stage.number,
        fields=moved,
        reason=reason,
    )


def drop_pending(row: PrometheusQuery, *, by: User, request_id: str | None = None) -> None:
    """Take back what waits for the next stage. Nothing waits: nothing changes."""
    with change(row.plan, by=by, right="edit", request_id=request_id) as dropping:
        row = fresh_metric(row, dropping)
        if dropping.repeated or not row.pending:
            return
        dropped, row.pending = row.pending, {}
        row.save(update_fields=["pending"])
        text = _("{row}: the change that waited for the next stage is taken back").format(
            row=row.name
        )
        dropping.record("metric.planned", text, key=row.key, dropped=dropped["fields"])


def apply_pending(changing: Change, stage: Stage) -> tuple[str, dict[str, Any]]:
    """Carry out what waited for ``stage``, in the change that begins it; for its event."""
    rows = PrometheusQuery.objects.filter(plan=changing.plan).exclude(pending={})
    said, found = "", []
    for row in rows.select_related("source"):
        row.plan = changing.plan
        text, data = _apply(changing, row)
        said, found = f"{said} {text}", [*found, data]
    return said, {"metrics": found} if found else {}


def _apply(changing: Change, row: PrometheusQuery) -> tuple[str, dict[str, Any]]:
    waited, row.pending = row.pending, {}
    before = copy(row)
    metric_fields.assign(row, waited["fields"])
    does = waited.get("does") or ""
    if does:
        row.report_only = does == "report"
    reason = _("{reason} (saved by {by} for this stage)").format(
        reason=waited["reason"], by=waited["by"]
    )
    return apply_edit(changing, before, row, reason, does=does, why_wanted=False)


register_begun(apply_pending)
