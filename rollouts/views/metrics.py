"""The page on which people set up a metric. What a draft asks and would do stands beside it."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checklists.actions.criteria_effects import Effect
from checklists.rules import bands
from checklists.rules.numbers import whole_number
from checklists.rules.scale import Scale, scale_of
from rollouts.actions import metric_pending
from rollouts.actions import metrics as actions
from rollouts.actions.metric_effects import Following, effects, following
from rollouts.actions.metric_fields import assign, checked, columns, source_of
from rollouts.actions.versions import settings_of
from rollouts.forms.metrics import MetricForm, NoteForm, ReasonForm
from rollouts.models import PrometheusQuery, PrometheusSource
from rollouts.probes.prometheus import try_query
from rollouts.queries.metric_drafts import Shown, shown, uses
from rollouts.queries.metric_versions import drafted_shares, source_names, versions_of
from rollouts.queries.stages import coming, stages_now
from rollouts.queries.targets import target_of
from rollouts.queries.watching import watched
from rollouts.rules.drafted import Shares
from rollouts.rules.metric_words import Moved, asks_otherwise, differences, judges_otherwise
from rollouts.rules.promql import lint
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted


def find_metric(request: HttpRequest, slug: str, key: str) -> PrometheusQuery:
    """A metric through (user, plan), or 404; one that was taken off the list too."""
    plan = get_plan(request.user, slug)
    found = PrometheusQuery.objects.filter(plan=plan, key=key).select_related("source").first()
    if found is None:
        raise Http404(_("No such metric in this release."))
    found.plan = plan
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def metric_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Watch one more metric; the same page as for a change."""
    plan = get_plan(request.user, slug)
    if request.method != "POST":
        return _page(request, plan, None, MetricForm(plan=plan))
    demand(plan, request.user, Right.EDIT)
    return _save(request, plan, None, MetricForm(_fixed(request), plan=plan))


@require_http_methods(["GET", "HEAD", "POST"])
def metric_edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Change what a metric asks. A draft is tried and looked at first; nothing typed is lost.

    What somebody else changed first stands beside the draft, which can then be sent again.
    """
    stands = find_metric(request, slug, key)
    if request.method != "POST":
        return _page(request, stands.plan, stands, MetricForm(plan=stands.plan, stands=stands))
    demand(stands.plan, request.user, Right.EDIT)
    form = MetricForm(_fixed(request), plan=stands.plan, stands=stands)
    return _save(request, stands.plan, stands, form)


def _fixed(request: HttpRequest) -> Any:
    """What was sent; with a fix chosen, its query in place of the one that was typed."""
    said = request.POST.copy()
    if fix := said.get("fix"):
        said["promql"] = fix
    if reducer := said.get("reduce"):
        said["reducer"] = reducer
    return said


def _save(
    request: HttpRequest, plan: DeploymentPlan, stands: PrometheusQuery | None, form: MetricForm
) -> HttpResponse:
    if {"try", "fix", "reduce", "preview"} & request.POST.keys():
        if request.htmx and "try" in request.POST:
            return _try(request, plan, stands, form)
        status = 200 if form.is_valid() else 422
        return _page(request, plan, stands, form, status, ask="preview" not in request.POST)
    if not form.is_valid():
        return _page(request, plan, stands, form, 422)
    try:
        saved, say = _write(request, plan, stands, form)
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, plan, stands, form, 422)
    except Refused as refused:
        if refused.status != 409:
            raise
        form.add_error(None, refused.sentence)
        return _page(request, plan, _again(stands), form, 409)
    return done(request, f"{reverse('checks', args=[plan.slug])}?focus={saved.key}", say)


def _write(
    request: HttpRequest, plan: DeploymentPlan, stands: PrometheusQuery | None, form: MetricForm
) -> tuple[PrometheusQuery, str]:
    said = form.cleaned_data
    common = {
        "by": request.user,
        "reason": said["reason"],
        "does": said["does"],
        "request_id": once(request),
    }
    if stands is None:
        row = actions.add_metric(plan, form.said, **common)
        return row, _("{row} is watched.").format(row=row.name)
    seen = whole_number(request.POST.get("version", ""))
    if request.POST.get("when") == "next":
        row = metric_pending.save_for_next_stage(stands, form.said, seen_version=seen, **common)
        return row, _("{row} changes when the next stage begins.").format(row=row.name)
    named = [key for key in request.POST.get("named", "").split(",") if key]
    row = actions.edit_metric(stands, form.said, seen_version=seen, named=named, **common)
    return row, _("Saved: {row}, version {version}.").format(row=row.name, version=row.version)


def _again(stands: PrometheusQuery | None) -> PrometheusQuery | None:
    if stands is None:
        return None
    found = PrometheusQuery.objects.select_related("source").get(pk=stands.pk)
    found.plan = stands.plan
    return found


@posted("metric-edit", "key")
def metric_switch(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Take a metric off the list, or put it back; the state itself, never the other one."""
    row = find_metric(request, slug, key)
    demand(row.plan, request.user, Right.EDIT)
    wanted, form = request.POST.get("state", ""), ReasonForm(request.POST)
    if wanted not in ("on", "off"):
        raise Invalid("state", _("A metric is on or off: nothing else."))
    if not form.is_valid():
        empty = MetricForm(plan=row.plan, stands=row)
        return _page(request, row.plan, row, empty, 422, off_form=form)
    actions.set_enabled(
        row,
        wanted == "on",
        by=request.user,
        reason=form.cleaned_data["reason"],
        request_id=once(request),
    )
    say = (
        _("{row} is watched again.").format(row=row.name)
        if wanted == "on"
        else _("{row} is off the list.").format(row=row.name)
    )
    return done(request, reverse("checks", args=[slug]), say)


@posted("metric-edit", "key")
def metric_move(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Stand a metric at another place of the list; the place itself, never one further."""
    row, place = find_metric(request, slug, key), whole_number(request.POST.get("place", ""))
    if place is None:
        raise Invalid("place", _("Say at which place it stands, from 1."))
    actions.move_metric(row, place, by=request.user, request_id=once(request))
    return redirect("metric-edit", slug, key)


@posted("metric-edit", "key")
def metric_note(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Write down something odd that was seen of a metric."""
    row = find_metric(request, slug, key)
    actions.note_metric(
        row, request.POST.get("text", ""), by=request.user, request_id=once(request)
    )
    return done(request, reverse("tuning", args=[slug]), _("Noted of {row}.").format(row=row.name))


@posted("metric-edit", "key")
def metric_unplan(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Take back what waits for the next stage."""
    row = find_metric(request, slug, key)
    metric_pending.drop_pending(row, by=request.user, request_id=once(request))
    return done(request, reverse("metric-edit", args=[slug, key]), _("Nothing waits any more."))


# --- what the page shows -------------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    """A draft against what stands: what differs, how it judges, what follows."""

    row: PrometheusQuery
    moved: tuple[Moved, ...]
    scale: Scale | None
    odd: tuple[str, ...]
    remarks: tuple
    found: Following
    effects: tuple[Effect, ...]
    shares: Shares | None
    stood: Shares | None
    turns: str
    restarts: bool


def _draft(
    plan: DeploymentPlan, stands: PrometheusQuery | None, form: MetricForm, now: datetime
) -> Draft:
    """What the form says now, as far as it can be understood; else what stands."""
    row = _drafted(plan, stands, form)
    limits, was = row.bands, stands.bands if stands else None
    value = stands.value if stands and stands.band != bands.Band.NO_DATA else None
    old, new = (settings_of(stands) if stands else {}), settings_of(row)
    found = following(stands, row, now) if stands and old != new else Following()
    same_query = stands is not None and not asks_otherwise(old, new)
    shares, stood = drafted_shares(stands, row, now) if same_query else (None, None)
    return Draft(
        row=row,
        moved=tuple(differences(old, new, source_names(plan))) if stands else (),
        scale=scale_of(limits, row.unit, value, was) if limits else None,
        odd=tuple(bands.findings(limits)) if limits else (),
        remarks=lint(row.promql, row.reducer) if row.promql else (),
        found=found,
        effects=tuple(effects(found, now)),
        shares=shares,
        stood=stood,
        turns=_turns(stands, row, value) if same_query else "",
        restarts=bool(stands) and judges_otherwise(old, new),
    )


def _drafted(
    plan: DeploymentPlan, stands: PrometheusQuery | None, form: MetricForm
) -> PrometheusQuery:
    row = copy(stands) if stands else PrometheusQuery(plan=plan, key="", promql="")
    row.plan = plan
    if stands is None:
        row.source = source_of(plan, "") or PrometheusSource(plan=plan)
    if form.is_bound and form.is_valid():
        try:
            assign(row, columns(checked(form.said)))
            row.report_only = form.cleaned_data["does"] == actions.REPORT
        except Invalid as wrong:
            form.refuse(wrong)
    return row


def _turns(stands: PrometheusQuery, row: PrometheusQuery, value: float | None) -> str:
    """``what is yellow now would be green``; "" where the band stays."""
    if value is None or not row.bands:
        return ""
    now = bands.judge(row.bands, value)
    same = now == stands.band or stands.band == bands.Band.NO_DATA
    return (
        ""
        if same
        else _("what is {band} now would be {now}").format(
            band=stands.band, now=now.value.replace("_", " ")
        )
    )


def _page(
    request: HttpRequest,
    plan: DeploymentPlan,
    stands: PrometheusQuery | None,
    form: MetricForm,
    status: int = 200,
    *,
    ask: bool = False,
    **forms: Any,
) -> HttpResponse:
    context = page(request, plan, "checks")
    plan, now = context["plan"], context["now"]
    if stands is not None:
        stands.plan = plan
    draft = _draft(plan, stands, form, now)
    status = 422 if form.is_bound and form.errors and status == 200 else status
    context |= {
        "metric": stands,
        "watched": watched(stands, now) if stands else None,
        "others": list(PrometheusQuery.objects.filter(plan=plan, enabled=True).only("key", "name")),
        "form": form,
        "draft": draft,
        "tried": _tried(form, draft.row, now) if ask else None,
        "versions": versions_of(stands, settings_of(stands)) if stands else [],
        "uses": uses(plan, stands) if stands else "",
        "named": ",".join(draft.found.stake),
        "coming": coming(stages_now(plan, now)),
        "waiting": _waiting(stands) if stands and stands.pending else None,
        "locked": plan.is_closed or not context["standing"].may("edit"),
        "off_form": ReasonForm(),
        "note_form": NoteForm(),
        "asks": bool(stands) and not form.is_bound,
    } | forms
    return render(request, "rollouts/metric_edit.html", context, status=status)


def _tried(form: MetricForm, row: PrometheusQuery, now: datetime) -> Shown | None:
    """Ask for the draft, where it can be asked."""
    if not form.is_valid() or any(one.error for one in lint(row.promql)):
        return None
    return shown(row, try_query(target_of(row)), timezone.now())


def _try(
    request: HttpRequest, plan: DeploymentPlan, stands: PrometheusQuery | None, form: MetricForm
) -> HttpResponse:
    """With script: the result alone, in the place of the one before; what is typed stays."""
    row = _drafted(plan, stands, form)
    faults = [f"{form[name].label}: {' '.join(said)}" for name, said in form.errors.items()]
    context = {"form": form, "draft": {"row": row}, "plan": plan, "faults": faults}
    context["tried"] = _tried(form, row, timezone.now())
    status = 422 if faults else 200
    return render(request, "rollouts/_metric_tried.html", context, status=status)


def _waiting(row: PrometheusQuery) -> dict[str, Any]:
    waits = row.pending
    moved = differences(
        settings_of(row), settings_of(row) | waits["fields"], source_names(row.plan)
    )
    at = datetime.fromisoformat(waits["at"])
    return {"moved": moved, "by": waits["by"], "reason": waits["reason"], "at": at}
