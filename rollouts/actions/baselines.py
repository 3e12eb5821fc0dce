"""What was normal before the release: measured, typed, or taken from the document (S28, S42)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from checklists.rules.bands import Bound
from rollouts.models import Baseline, PrometheusQuery
from rollouts.queries.baselines import median_of
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.rules.wording import duration_text

MOST = 200
LONGEST_S = 7 * 86_400


def record_baseline(
    plan: DeploymentPlan, over_s: int, *, by: User | str, request_id: str | None = None
) -> int:
    """Record the median of every metric's last ``over_s`` seconds; gives how many had values.

    A metric without a row gets one. Raises Invalid for a length that cannot be meant, NotAllowed
    without the right to edit.
    """
    if not 60 <= over_s <= LONGEST_S:
        raise Invalid("over", _("Give a length from 1 min to 7 days."))
    with change(plan, by=by, right="edit", request_id=request_id) as recording:
        if recording.repeated:
            return 0
        since = recording.at - timedelta(seconds=over_s)
        rows = list(PrometheusQuery.objects.filter(plan=recording.plan, enabled=True))
        medians = median_of(rows, since)
        measured = [row for row in rows if medians.get(row.pk) is not None]
        if not measured:
            raise Invalid(
                "over",
                _("Nothing was read in the last {over_s}.").format(over_s=duration_text(over_s)),
            )
        _measure(recording, measured, medians, over_s)
        said = ", ".join(f"{row.name} {row.show(medians[row.pk])}" for row in measured[:5])
        more = _(" and {count} more").format(count=len(measured) - 5) if measured[5:] else ""
        recording.record(
            "baseline.recorded",
            _("Baseline over {over_s}: {said}{more}").format(
                over_s=duration_text(over_s), said=said, more=more
            ),
            over_s=over_s,
            values={row.key: medians[row.pk] for row in measured},
        )
    return len(measured)


def _measure(
    recording: Change,
    rows: list[PrometheusQuery],
    medians: Mapping[int, float],
    over_s: int,
) -> None:
    known = {row.query_id: row for row in Baseline.objects.filter(plan=recording.plan)}
    place = len(known)
    new, old = [], []
    for row in rows:
        one = known.get(row.pk)
        if one is None:
            place += 1
            one = Baseline(
                plan=recording.plan, query=row, name=row.name, unit=row.unit, position=place
            )
        one.value, one.over_s = medians[row.pk], over_s
        one.measured_at, one.measured_by = recording.at, recording.author_name
        (old if one.pk else new).append(one)
    Baseline.objects.bulk_create(new)
    Baseline.objects.bulk_update(old, ["value", "over_s", "measured_at", "measured_by"])


def save_baseline(
    plan: DeploymentPlan,
    fields: Mapping[str, Any],
    *,
    by: User | str,
    baseline: Baseline | None = None,
    reason: str = "",
    request_id: str | None = None,
) -> Baseline:
    """Add a row, or change it: ``name unit target alert value note query``, bounds as Bound.

    The same words change nothing. Raises Invalid and NotAllowed.
    """
    values, reason = _checked(fields, new=baseline is None), checked_reason(reason)
    with change(plan, by=by, right="edit", request_id=request_id) as saving:
        if baseline is None:
            if saving.repeated:
                event = saving.plan.events.get(request_id=saving.request_id)
                return Baseline.objects.get(pk=event.data["baseline"])
            count = Baseline.objects.filter(plan=saving.plan).count()
            if count >= MOST:
                raise Invalid(
                    "name", _("A release has at most {most} baselines.").format(most=MOST)
                )
            baseline = Baseline(plan=saving.plan, position=count + 1)
        else:
            baseline = Baseline.objects.get(pk=baseline.pk, plan=saving.plan)
            if saving.repeated or all(getattr(baseline, n) == v for n, v in values.items()):
                return baseline
        _save(saving, baseline, values, reason)
    return baseline


def _save(saving: Change, baseline: Baseline, values: Mapping[str, Any], reason: str) -> None:
    before = {name: getattr(baseline, name) for name in values if name != "query"}
    for name, value in values.items():
        setattr(baseline, name, value)
    if before.get("value") != baseline.value:
        typed = baseline.value is not None
        baseline.measured_at = saving.at if typed else None
        baseline.measured_by = saving.author_name if typed else ""
        baseline.over_s = None
    baseline.save()
    after = {name: getattr(baseline, name) for name in before}
    why = f": {reason}" if reason else ""
    saving.record(
        "baseline.changed",
        _("Baseline of {baseline} is set{why}").format(baseline=baseline.name, why=why),
        baseline=baseline.pk,
        before=before,
        after=after,
        reason=reason,
    )


def remove_baseline(baseline: Baseline, *, by: User, request_id: str | None = None) -> None:
    """Take a row off; again changes nothing. Its numbers stay in the events."""
    with change(baseline.plan, by=by, right="edit", request_id=request_id) as removing:
        found = Baseline.objects.filter(pk=baseline.pk).first()
        if removing.repeated or found is None:
            return
        removing.record(
            "baseline.changed",
            _("Baseline of {found} is taken off").format(found=found.name),
            value=found.value,
        )
        found.delete()


def _checked(fields: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, limit in (("name", 200), ("unit", 20), ("note", 500)):
        if name in fields:
            values[name] = " ".join(str(fields[name] or "").replace("\0", "").split())[:limit]
    if not values.get("name", "" if new else "-"):
        raise Invalid("name", _("Give it a name."))
    for name in ("target", "alert"):
        if name in fields:
            bound: Bound | None = fields[name]
            if bound is not None and not math.isfinite(bound.value):
                raise Invalid(name, _("Give a finite number."))
            values[f"{name}_op"] = bound.op if bound else ""
            values[f"{name}_value"] = bound.value if bound else None
    if "value" in fields:
        value = fields["value"]
        if value is not None and not math.isfinite(value):
            raise Invalid("value", _("Give a finite number."))
        values["value"] = value
    if "query" in fields:
        values["query"] = fields["query"]
    return values
