"""Forms that come back every day: a section of the settings, the days, and one day."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from checklists.actions.wrapups import define_form, fill_day
from checklists.forms_days import DailyFormForm, DayForm
from checklists.models import DailyEntry, DailyForm
from checklists.rules import days as rules
from warroom import sections
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.people import Standing
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted
from warroom.views.settings import again, saved

SECTION = "daily"


class Daily(sections.Section):
    """What is asked every day, and the form that adds another."""

    name = SECTION
    label = _l("Daily forms")
    template = "checklists/_settings_daily.html"
    order = 55
    column = "right"
    right = Right.EDIT

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        tried = forms.get(SECTION)
        rows = [
            tried if tried and tried.form == form else DailyFormForm(plan=plan, form=form)
            for form in plan.daily_forms.select_related("role")
        ]
        fresh = tried if tried and tried.form is None else DailyFormForm(plan=plan)
        return {"daily_rows": rows, "daily_new": fresh}


sections.register(Daily())


@require_safe
def days(request: HttpRequest, slug: str) -> HttpResponse:
    """Every daily form with its days: filled in, due, missed."""
    plan = get_plan(request.user, slug)
    context = page(request, plan, "days") | {"place": "checklist"}  # the tab that it belongs to
    return render(request, "checklists/days.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def day(request: HttpRequest, slug: str, key: str, on: str) -> HttpResponse:
    """One day of a form: its answers, and the form that gives or corrects them."""
    plan = get_plan(request.user, slug)
    daily, at = _find(plan, key, on)
    if request.method != "POST":
        return _day_page(request, daily, at)
    demand(plan, request.user, Right.TICK)
    form = DayForm(request.POST, daily=daily)
    if not form.is_valid():
        return _day_page(request, daily, at, form)
    try:
        fill_day(
            daily,
            at,
            form.answers(),
            by=request.user,
            seen=form.cleaned_data["seen"],
            request_id=once(request),
        )
    except Invalid as wrong:
        field = f"q-{wrong.field}"
        form.add_error(field if field in form.fields else None, wrong.sentence)
        return _day_page(request, daily, at, form)
    return done(
        request,
        reverse("days", args=[slug]),
        _("{daily} of {at} is filled in.").format(daily=daily.title, at=at),
    )


@posted("days")
def daily_form(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a daily form, or change the one that ``key`` names."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    key = request.POST.get("key", "")
    found = plan.daily_forms.filter(key=key).first() if key else None
    if key and found is None:
        raise Http404(_("No such form in this release."))
    form = DailyFormForm(request.POST, plan=plan, form=found)
    if not form.is_valid():
        return again(request, plan, daily=form)
    try:
        made = define_form(
            plan,
            form.asked(),
            by=request.user,
            form=found,
            seen=form.cleaned_data["seen"],
            request_id=once(request),
        )
    except Refused as refused:
        form.refuse(refused)
        form.seen_again()
        return again(request, plan, status=refused.status, daily=form)
    return saved(
        request,
        plan,
        SECTION,
        _("{made} is asked every day at {at_time:%H:%M}.").format(
            made=made.title, at_time=made.at_time
        ),
    )


def _find(plan: DeploymentPlan, key: str, on: str) -> tuple[DailyForm, date]:
    daily = plan.daily_forms.select_related("role").filter(key=key).first()
    try:
        at = date.fromisoformat(on)
    except ValueError:
        at = None
    if daily is None or at is None or at < daily.first_day:
        raise Http404(_("No such day in this release."))
    if daily.last_day and at > daily.last_day:
        raise Http404(_("No such day in this release."))
    daily.plan = plan
    return daily, at


def _day_page(
    request: HttpRequest, daily: DailyForm, at: date, form: DayForm | None = None
) -> HttpResponse:
    plan = daily.plan
    entries = list(daily.entries.filter(day=at).order_by("-at", "-pk"))
    newest = entries[0] if entries else None
    now = timezone.now()
    context = page(request, plan, "day")
    held: Standing = context["standing"]
    context |= {
        "place": "checklist",
        "daily": daily,
        "day": at,
        "due": rules.due_at(at, daily.at_time, plan.time_zone),
        "state": rules.state_of(at, daily.at_time, plan.time_zone, bool(newest), now),
        "entries": [_shown(daily, entry) for entry in entries],
        "form": form or DayForm(daily=daily, entry=newest),
        "ahead": at > rules.local_day(now, plan.time_zone),
        "fills": held.may(Right.TICK)
        and (daily.role_id is None or daily.role_id in held.role_ids or held.may(Right.EDIT)),
    }
    return render(request, "checklists/day.html", context, status=422 if form else 200)


def _shown(daily: DailyForm, entry: DailyEntry) -> dict[str, Any]:
    """An entry with the question before each answer, in the order of the form."""
    labels = {str(one["key"]): one["label"] for one in daily.questions}
    labels[rules.REPLAN] = _("What moves, and where to")
    keys = [*(key for key in labels if key in entry.answers)]
    keys += [key for key in entry.answers if key not in labels]
    return {"entry": entry, "said": [(labels.get(key, key), entry.answers[key]) for key in keys]}
