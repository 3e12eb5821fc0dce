"""Add, change, retire and order metrics. The older text is kept as a version, word for word."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.criteria import FellMeanwhile
from checklists.models import Evidence
from checklists.rules.bands import Band, show
from rollouts.actions import metric_fields
from rollouts.actions.guardrails import set_guardrail
from rollouts.actions.metric_effects import carry, following
from rollouts.actions.versions import keep_version, settings_of
from rollouts.models import HealthCheck, PrometheusQuery, PrometheusSource, Rollout
from rollouts.queries.resting import rests_on
from rollouts.rules.metric_words import asks_otherwise, differences, judges_otherwise
from rollouts.rules.readings import judged
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.rules.keys import free_key

MOST = 500
RESERVED = frozenset({"new", "import"})
CHANGED = _l("Not read since it was changed")
# What red does: the modes of its guardrail, and two without one.
AUTOMATIC, RECOMMEND, HOLD, REPORT = "automatic", "recommend", "hold", "report"
DOES = (AUTOMATIC, RECOMMEND, HOLD, REPORT)


def add_metric(
    plan: DeploymentPlan,
    fields: Mapping[str, Any],
    *,
    by: User | str,
    reason: str = "",
    key: str = "",
    does: str = "",
    named: Collection[str] | None = None,
    request_id: str | None = None,
) -> PrometheusQuery:
    """Watch one more metric; ``fields`` as in ``metric_fields``. Returns it.

    ``does``: what red does, one of ``DOES``; "" for holds only. Raises Invalid, NotAllowed without
    the right to edit, Refused in a closed release.
    """
    values, reason = metric_fields.checked(fields, new=True), checked_reason(reason)
    with change(plan, by=by, right="edit", request_id=request_id) as adding:
        if adding.repeated:
            return _repeated(adding)
        row = begin_metric(adding.plan, values, key)
        row.due_at = adding.at
        _do(row, does)
        row.save()
        _guard(adding, row, does)
        said = f": {reason}" if reason else ""
        adding.record(
            "metric.added",
            _("{row} is watched, {judged_by}{said}").format(
                row=row.name, judged_by=_judged_by(row), said=said
            ),
            key=row.key,
            after=settings_of(row),
            reason=reason,
        )
    return row


def begin_metric(plan: DeploymentPlan, values: Mapping[str, Any], key: str = "") -> PrometheusQuery:
    """A new metric of the plan, unsaved, at the end of the list; ``values`` as checked."""
    taken = set(PrometheusQuery.objects.filter(plan=plan).values_list("key", flat=True))
    if len(taken) >= MOST:
        raise Invalid("name", _("A release watches at most {most} metrics.").format(most=MOST))
    if key and key in taken:
        raise Invalid("key", _("{key} is the key of another metric.").format(key=key))
    # Readings of metrics and checks are kept under their keys, side by side.
    checks = HealthCheck.objects.filter(plan=plan).values_list("key", flat=True)
    base = slugify(values["name"].replace("/", " "))[:70].strip("-") or "metric"
    key = key or free_key(base, taken | set(checks) | RESERVED)
    row = PrometheusQuery(plan=plan, key=key, position=len(taken) + 1, reason=_("Not read yet"))
    if values.get("source") is None:
        source = metric_fields.source_of(plan, "") or PrometheusSource.objects.create(plan=plan)
        values = {**values, "source": source}
    metric_fields.assign(row, metric_fields.columns(values))
    return row


def edit_metric(
    row: PrometheusQuery,
    fields: Mapping[str, Any],
    *,
    by: User | str,
    reason: str = "",
    does: str = "",
    seen_version: int | None = None,
    named: Collection[str] | None = None,
    request_id: str | None = None,
) -> PrometheusQuery:
    """Change what is asked or how it is judged; the older text is kept. The same changes nothing.

    ``seen_version``: the version that the author saw; who saw an older one is refused. ``named``:
    keys of the votes and signatures that the author was told of; None: whatever falls, falls.
    ``does`` "": as it was. A reason is wanted where more than words change. Raises Invalid,
    NotAllowed, FellMeanwhile and Refused.
    """
    values, reason = metric_fields.checked(fields), checked_reason(reason)
    with change(row.plan, by=by, right="edit", request_id=request_id) as editing:
        row = fresh_metric(row, editing)
        if editing.repeated:
            return row
        before, mode = copy(row), does_of(row)
        metric_fields.assign(row, metric_fields.columns(values))
        _do(row, does)
        same = settings_of(before) == settings_of(row)
        if same and does in ("", mode):
            return before
        refuse_older(before, seen_version)
        save_edit(editing, before, row, reason, does=does, named=named)
    return row


def save_edit(
    changing: Change,
    before: PrometheusQuery,
    row: PrometheusQuery,
    reason: str,
    *,
    does: str = "",
    named: Collection[str] | None = None,
) -> None:
    """Keep the older text, do what follows, save, and record the one event of all that."""
    text, data = apply_edit(changing, before, row, reason, does=does, named=named)
    changing.record("metric.edited", text, **data)


def apply_edit(
    changing: Change,
    before: PrometheusQuery,
    row: PrometheusQuery,
    reason: str,
    *,
    does: str = "",
    named: Collection[str] | None = None,
    why_wanted: bool = True,
) -> tuple[str, dict[str, Any]]:
    """As ``save_edit``, for a change whose event says more: gives its sentence and data."""
    was, now = settings_of(before), settings_of(row)
    mode = does_of(before)
    guarded = does not in ("", mode)
    if why_wanted and (judges_otherwise(was, now) or guarded) and not reason:
        raise Invalid("reason", _("Say why. It is shown to everybody."))
    _refuse_unnamed(before, row, changing, named)
    said, more, observed = carry(changing, before, row)
    keep_version(changing, row, reason, loosened=bool(more["loosened"]), soak_observed_s=observed)
    _judge_anew(changing, before, row, was, now)
    row.save()
    _guard(changing, row, does)
    moved = [one.text for one in differences(was, now, _names(row))]
    moved += (
        [_("red {does}, was: {mode}").format(does=_DOES[does], mode=_DOES[mode])] if guarded else []
    )
    why = f": {reason}" if reason else "."
    text = _("{row}, version {version}: {moved}{why}{said}").format(
        row=row.name, version=row.version, moved="; ".join(moved), why=why, said=said
    )
    data = {"key": row.key, "version": row.version, "before": was, "after": now, "reason": reason}
    return text, data | more


def set_enabled(
    row: PrometheusQuery,
    enabled: bool,
    *,
    by: User,
    reason: str = "",
    seen_version: int | None = None,
    named: Collection[str] | None = None,
    request_id: str | None = None,
) -> PrometheusQuery:
    """Take a metric off the list, or put it back: its readings and versions stay. Wants a reason.

    The same state changes nothing. The event names what falls still without it. Raises as
    ``edit_metric`` does, and Refused for the metric by which the traffic is seen.
    """
    reason = checked_reason(reason)
    with change(row.plan, by=by, right="edit", request_id=request_id) as changing:
        row = fresh_metric(row, changing)
        if changing.repeated or row.enabled == enabled:
            return row
        rests = [] if enabled else _rests(changing, row)
        if not reason:
            raise Invalid("reason", " ".join([_("Say why. It is shown to everybody."), *rests]))
        refuse_older(row, seen_version)
        before = copy(row)
        row.enabled = enabled
        text, data = apply_edit(changing, before, row, reason, named=named)
        if enabled:
            changing.record(
                "metric.added",
                _("{row} is watched again: {reason}").format(row=row.name, reason=reason),
                **data,
            )
        else:
            tail = text.partition(reason)[2]
            said = _("{row} is no longer watched: {reason}{tail}").format(
                row=row.name, reason=reason, tail=tail
            )
            said = " ".join([said if said.endswith(".") or not rests else f"{said}.", *rests])
            changing.record("metric.removed", said, **data, rests=rests)
    return row


def _rests(changing: Change, row: PrometheusQuery) -> list[str]:
    """What falls still without the metric. Raises Refused where the traffic is seen by it."""
    if Rollout.objects.filter(plan=changing.plan, observed_by=row).exists():
        raise Refused(
            _(
                "The share of the traffic is seen by {row}. Say in the settings how else "
                "it is seen; then it can go."
            ).format(row=row.name)
        )
    return [sentence for _unused, sentence in rests_on(changing.plan, [row])]


def move_metric(
    row: PrometheusQuery, place: int, *, by: User, request_id: str | None = None
) -> PrometheusQuery:
    """Stand a metric at ``place`` (from 1) among those that are watched. Judges nothing anew."""
    with change(row.plan, by=by, right="edit", request_id=request_id) as moving:
        row = fresh_metric(row, moving)
        every = PrometheusQuery.objects.filter(plan=moving.plan).order_by("position", "pk")
        rows = [one for one in every if one.enabled or one.pk == row.pk]
        was = [one.pk for one in rows]
        rest = [one for one in rows if one.pk != row.pk]
        place = min(max(1, place), len(rest) + 1)
        rest.insert(place - 1, row)
        if moving.repeated or [one.pk for one in rest] == was:
            return row
        for position, one in enumerate(rest, start=1):
            one.position = position
        PrometheusQuery.objects.bulk_update(rest, ["position"])
        moving.record(
            "metric.edited",
            _("{row} stands at place {place}").format(row=row.name, place=place),
            key=row.key,
            place=place,
        )
    return row


def note_metric(
    row: PrometheusQuery, text: str, *, by: User, request_id: str | None = None
) -> None:
    """Write down something odd that was seen of a metric, for the tuning log."""
    text = checked_reason(text)
    if not text:
        raise Invalid("text", _("Write what was seen."))
    with change(row.plan, by=by, right="tick", request_id=request_id) as noting:
        if noting.repeated:
            return
        row = fresh_metric(row, noting)
        noting.record(
            "metric.noted", f"{row.name}: {text}", key=row.key, note=text, value=row.now_text
        )


# --- parts ---------------------------------------------------------------------------------

_DOES = {
    AUTOMATIC: _l("rolls back without asking"),
    RECOMMEND: _l("recommends a rollback"),
    HOLD: _l("holds only"),
    REPORT: _l("is reported only"),
}


def does_of(row: PrometheusQuery) -> str:
    """What red of this metric does now, one of ``DOES``; one SQL statement at most."""
    if row.report_only:
        return REPORT
    modes = set(row.guardrails.values_list("mode", flat=True)) if row.pk else set()
    return next((mode for mode in (AUTOMATIC, RECOMMEND) if mode in modes), HOLD)


def _do(row: PrometheusQuery, does: str) -> None:
    if does and does not in DOES:
        raise Invalid("does", _("Red does one of: {does}.").format(does=", ".join(DOES)))
    if does:
        row.report_only = does == REPORT
    if does in (AUTOMATIC, RECOMMEND) and not row.red_op:
        raise Invalid("red", _("Say what is red: nothing else can roll back."))


def _guard(changing: Change, row: PrometheusQuery, does: str) -> None:
    """The guardrail as it is wanted. Its window is how long red must last."""
    mode = does if does in (AUTOMATIC, RECOMMEND) else "off"
    if does and (mode != "off" or row.guardrails.exists()):
        set_guardrail(changing, row, mode, row.sustained_s)
    elif not does and (standing := does_of(row)) in (AUTOMATIC, RECOMMEND):
        set_guardrail(changing, row, standing, row.sustained_s)


def _judge_anew(
    changing: Change,
    before: PrometheusQuery,
    row: PrometheusQuery,
    was: Mapping[str, Any],
    now: Mapping[str, Any],
) -> None:
    """An answer under way counts no more; an older reading is judged by the newer bands."""
    if was == now:
        return
    row.due_at, row.lease_token, row.lease_until = changing.at, "", None
    if asks_otherwise(was, now) or before.enabled != row.enabled:
        _forget_reading(changing, row)
    elif judges_otherwise(was, now) and row.band != Band.NO_DATA:
        found = judged(row.value, row.bands, row.unit)
        if found.band != row.band:
            row.band, row.reason, row.band_since = found.band.value, found.reason, changing.at
        row.red_since, row.red_at, row.reds = None, None, 0


def _forget_reading(changing: Change, row: PrometheusQuery) -> None:
    """What was read before says nothing about what is asked now (law 5)."""
    row.band, row.reason, row.band_since = Band.NO_DATA.value, CHANGED, changing.at
    row.value = row.observed_at = row.read_at = row.red_since = row.red_at = None
    row.reds, row.history = 0, {}
    Evidence.objects.filter(plan=changing.plan, key=row.key, result=None).delete()


def fresh_metric(row: PrometheusQuery, changing: Change) -> PrometheusQuery:
    """The row as it is under the lock, of the plan as it is."""
    found = PrometheusQuery.objects.select_for_update(of=("self",)).select_related("source")
    found = found.get(pk=row.pk)
    found.plan = changing.plan
    return found


def refuse_older(row: PrometheusQuery, seen: int | None) -> None:
    """Raise Refused where ``seen`` is not the version of now, with who changed it and why."""
    if seen is None or seen == row.version:
        return
    newest = row.versions.first()
    who = (
        _(" by {by_name}, {ended_at:%H:%M} UTC: “{reason}”").format(
            by_name=newest.by_name, ended_at=newest.ended_at, reason=newest.reason
        )
        if newest
        else ""
    )
    raise Refused(
        _(
            "{row} was changed while you wrote{who}. What you typed is compared with it "
            "below; send again if that is meant."
        ).format(row=row.name, who=who)
    )


def _refuse_unnamed(
    before: PrometheusQuery,
    row: PrometheusQuery,
    changing: Change,
    named: Collection[str] | None,
) -> None:
    if named is None:
        return
    stake = following(before, row, changing.at).stake
    unnamed = [words for key, words in stake.items() if key not in named]
    if unnamed:
        raise FellMeanwhile(unnamed)


def _names(row: PrometheusQuery) -> dict[int, str]:
    return dict(PrometheusSource.objects.filter(plan=row.plan).values_list("pk", "name"))


def _judged_by(row: PrometheusQuery) -> str:
    if row.bands is None:
        return _("shown and not judged")
    red = _(", red {show}").format(show=show(row.bands.red, row.unit)) if row.bands.red else ""
    return _("green {show}{red}").format(show=show(row.bands.green, row.unit), red=red)


def _repeated(adding: Change) -> PrometheusQuery:
    event = adding.plan.events.get(request_id=adding.request_id)
    return PrometheusQuery.objects.get(plan=adding.plan, key=event.data["key"])
