"""The sections of the settings that are about the release itself: plan, schedule, public, leave."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom import sections
from warroom.actions.change import demand
from warroom.actions.lifecycle import objections
from warroom.actions.plans import identity_effect, save_plan
from warroom.actions.refusals import Refused
from warroom.actions.schedule import next_ahead, preview_shift, refusal, shift_t0
from warroom.models import DeploymentPlan, Right
from warroom.new_forms import TemplateForm
from warroom.once import once
from warroom.queries.people import Standing
from warroom.queries.plans import get_plan
from warroom.rules import lifecycle as rules
from warroom.rules.schedule import has_passed
from warroom.settings_forms import PlanForm, ShiftForm
from warroom.views.posting import posted
from warroom.views.settings import again, saved


class PlanSection(sections.Section):
    """Name, version, window and how the release is judged."""

    name, label, order, column = "plan", _l("Plan"), 20, "left"
    template = "warroom/_settings_plan.html"

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "form": forms.get("plan_form") or PlanForm(plan=plan),
            "effect": identity_effect(plan),
        }


class ScheduleSection(sections.Section):
    """T0, and what moves when it does: shown first, then done."""

    name, label, order, column = "schedule", _l("Schedule"), 30, "right"
    template = "warroom/_settings_schedule.html"

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        now, asked = timezone.now(), forms["query"]
        first = next_ahead(plan, now)
        form = forms.get("shift_form")
        too = (form.data if form else asked).get("window") == "too"
        if form is None and asked.get("shift"):
            first_at = first.now if first else None
            form = ShiftForm(asked, plan=plan, now=now, first=first_at, preview=True)
        return {
            "form": form or ShiftForm(plan=plan, now=now),
            "passed": has_passed(plan.t0, now),
            "first": first,
            "too": too,
            **_preview(plan, form, now, too),
        }


def _preview(
    plan: DeploymentPlan, form: ShiftForm | None, now: datetime, too: bool
) -> dict[str, Any]:
    """What would move, once the form says by how much."""
    if form is None or not form.is_bound:
        return {}
    form.is_valid()
    to = form.cleaned_data.get("shift")
    if to is None:
        return {}
    try:
        shift = preview_shift(plan, to, now, window_too=too)
    except Refused as refused:
        if not form.errors:
            form.refuse(refused)
        return {}
    fixed = [one for one in shift.stays if one.at is not None]
    return {
        "shift": shift,
        "refused": refusal(shift) if shift.against else "",
        "window_would_help": not too and any("window" in one for one in shift.against),
        "fixed": fixed,
    }


class PublicSection(sections.Section):
    """Whether everyone may read the status page."""

    name, label, order, column = "public", _l("Public"), 60, "left"
    template = "warroom/_settings_public.html"

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        since = plan.events.filter(kind__in=("status.shown", "status.hidden")).last()
        return {"since": since, "status_address": f"{settings.PUBLIC_URL}/status/{plan.slug}/"}


class LeaveSection(sections.Section):
    """The record to take along, and the ways out of the release."""

    name, label, order, column = "leave", _l("Leave"), 70, "right"
    template = "warroom/_settings_leave.html"

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        now = timezone.now()
        ways = [step for step in rules.possible(plan.lifecycle) if step.wants_reason]
        return {
            "template_form": forms.get("template") or TemplateForm(),
            "ways": [
                {
                    "step": step,
                    "refused": [one for one in objections(plan, step.word, now) if one.refuses],
                }
                for step in ways
            ],
        }


for section in (PlanSection(), ScheduleSection(), PublicSection(), LeaveSection()):
    sections.register(section)


@posted("settings", at="#plan")
def save(request: HttpRequest, slug: str) -> HttpResponse:
    """Save the plan's own fields."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = PlanForm(request.POST, plan=plan)
    if not form.is_valid():
        return again(request, plan, plan_form=form)
    given = form.cleaned_data
    try:
        save_plan(
            plan,
            form.wanted,
            by=request.user,
            reason=given["reason"],
            seen_version=given["seen"],
            request_id=once(request),
        )
    except Refused as refused:
        return _refused(request, plan, form, refused, "plan_form")
    return saved(request, plan, "plan", _("The plan is saved."))


@posted("settings", at="#schedule")
def shift(request: HttpRequest, slug: str) -> HttpResponse:
    """Move T0, or what is still ahead of it."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    now = timezone.now()
    first = next_ahead(plan, now)
    form = ShiftForm(request.POST, plan=plan, now=now, first=first.now if first else None)
    if not form.is_valid():
        return again(request, plan, shift_form=form)
    given = form.cleaned_data
    try:
        shift_t0(
            plan,
            given["shift"],
            by=request.user,
            reason=given["reason"],
            window_too=request.POST.get("window") == "too",
            basis=given["basis"],
            request_id=once(request),
        )
    except Refused as refused:
        return _refused(request, plan, form, refused, "shift_form")
    return saved(request, plan, "schedule", _("The schedule is moved."))


def _refused(
    request: HttpRequest, plan: DeploymentPlan, form: Any, refused: Refused, name: str
) -> HttpResponse:
    """The page with the form as it was filled in, so that nothing typed is lost."""
    form.refuse(refused)
    plan.refresh_from_db()
    return again(request, plan, status=refused.status, **{name: form})
