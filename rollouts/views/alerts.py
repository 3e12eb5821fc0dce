"""The page of alerts, the page of one alert, and the forms of hooks and drills."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from rollouts.actions import alert_words as words
from rollouts.actions.alert_drills import command_of, fire_drill
from rollouts.actions.hooks import add_hook, edit_hook, retire_hook
from rollouts.forms.alerts import DrillForm, HookForm, NoteForm, hook_initial
from rollouts.models import Alert, AlertDrill, AlertHook
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.plans import page
from warroom.views.posting import posted

PARTS = (("alerts", ""), ("alert-hooks", ""), ("alert-drills", ""))


@require_safe
def alerts(request: HttpRequest, slug: str) -> HttpResponse:
    """What fires, what fired, who tells it, and test alerts; ``?drill=`` shows its command."""
    plan = get_plan(request.user, slug)
    return _page(request, plan)


def _page(
    request: HttpRequest, plan: DeploymentPlan, status: int = 200, **more: Any
) -> HttpResponse:
    key = request.GET.get("drill", "")
    drill = AlertDrill.objects.filter(plan=plan, key=key).select_related("hook", "plan").first()
    context = page(request, plan, "alerts") | {
        "place": "checks",  # the tab that it belongs to
        "hook_form": HookForm(initial={"kind": "alertmanager", "expect_every_s": "5m"}),
        "drill_form": DrillForm(plan=plan, auto_id="drill_%s"),
        "drill": drill,
        "command": command_of(drill) if drill else "",
        **more,
    }
    return render(request, "rollouts/alerts.html", context, status=status)


# --- one alert -----------------------------------------------------------------------------


@require_safe
def alert(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Everything that its manager said of an alert, and the forms for what people say."""
    plan, found = _find(request, slug, pk)
    return _alert_page(request, plan, found)


def _find(request: HttpRequest, slug: str, pk: int) -> tuple[DeploymentPlan, Alert]:
    plan = get_plan(request.user, slug)
    rows = Alert.objects.select_related("plan", "hook", "drill")
    return plan, get_object_or_404(rows, plan=plan, pk=pk)


def _alert_page(
    request: HttpRequest, plan: DeploymentPlan, found: Alert, status: int = 200, **more: Any
) -> HttpResponse:
    context = page(request, plan, "alert") | {
        "place": "checks",
        "alert": found,
        "over_form": NoteForm(prefix="over"),
        "false_form": NoteForm(prefix="false"),
        **more,
    }
    return render(request, "rollouts/alert.html", context, status=status)


@posted("alerts")
def alert_acknowledge(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Somebody looks after it."""
    plan, found = _find(request, slug, pk)
    shows(request, plan, *PARTS)
    words.acknowledge(found, by=request.user, request_id=once(request))
    return done(
        request,
        reverse("alerts", args=[slug]),
        _("Alert {found} is acknowledged.").format(found=found.name),
    )


@posted("alert", "pk")
def alert_over(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """It is over, though its manager never said so."""
    return _said(request, slug, pk, "over", words.end_alert, _("is over"))


@posted("alert", "pk")
def alert_false(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """It fired and nothing was wrong."""
    return _said(request, slug, pk, "false", words.mark_false, _("was false"))


def _said(
    request: HttpRequest, slug: str, pk: int, name: str, act: Callable[..., Alert], say: str
) -> HttpResponse:
    plan, found = _find(request, slug, pk)
    demand(plan, request.user, Right.TICK)
    form = NoteForm(request.POST, prefix=name)
    if not form.is_valid():
        return _alert_page(request, plan, found, 422, **{f"{name}_form": form})
    try:
        act(found, form.cleaned_data["reason"], by=request.user, request_id=once(request))
    except Invalid as wrong:
        form.refuse(wrong)
        return _alert_page(request, plan, found, 422, **{f"{name}_form": form})
    back = reverse("alert", args=[slug, pk])
    return done(request, back, _("Alert {found} {say}.").format(found=found.name, say=say))


# --- hooks ---------------------------------------------------------------------------------


@posted("alerts", at="#hooks")
def hook_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Make an address for alerts. Its token is on this answer and nowhere else."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = HookForm(request.POST)
    if not form.is_valid():
        return _page(request, plan, 422, hook_form=form)
    try:
        hook, token = add_hook(plan, form.cleaned_data, by=request.user, request_id=once(request))
    except Refused as refused:
        return _refused_hook(request, plan, form, refused, "hook_form")
    plan.refresh_from_db()
    return _page(request, plan, made=hook, address=_address(hook, token) if token else "")


def _address(hook: AlertHook, token: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('hook', args=[hook.kind, token])}"


@require_http_methods(["GET", "HEAD", "POST"])
def hook_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Name, silence and manager of a hook."""
    plan, hook = _find_hook(request, slug, pk)
    demand(plan, request.user, Right.EDIT)
    if request.method != "POST":
        return _page(request, plan, edited=hook, edit_form=HookForm(initial=hook_initial(hook)))
    form = HookForm({**request.POST.dict(), "kind": hook.kind})
    if not form.is_valid():
        return _page(request, plan, 422, edited=hook, edit_form=form)
    try:
        edit_hook(hook, form.cleaned_data, by=request.user, request_id=once(request))
    except Refused as refused:
        return _refused_hook(request, plan, form, refused, "edit_form", edited=hook)
    return done(
        request,
        f"{reverse('alerts', args=[slug])}#hooks",
        _("Saved: {hook}.").format(hook=hook.name),
    )


def _refused_hook(
    request: HttpRequest,
    plan: DeploymentPlan,
    form: HookForm,
    refused: Refused,
    name: str,
    **more: Any,
) -> HttpResponse:
    if refused.status not in (409, 422):
        raise refused
    form.refuse(refused)
    return _page(request, plan, refused.status, **{name: form}, **more)


@posted("alerts", at="#hooks")
def hook_retire(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Hear it no more."""
    plan, hook = _find_hook(request, slug, pk)
    shows(request, plan, *PARTS)
    retire_hook(hook, by=request.user, request_id=once(request))
    back = f"{reverse('alerts', args=[slug])}#hooks"
    return done(request, back, _("{hook} is heard no more.").format(hook=hook.name))


def _find_hook(request: HttpRequest, slug: str, pk: int) -> tuple[DeploymentPlan, AlertHook]:
    plan = get_plan(request.user, slug)
    return plan, get_object_or_404(AlertHook, plan=plan, pk=pk, retired_at=None)


# --- drills --------------------------------------------------------------------------------


@posted("alerts", at="#drills")
def drill_fire(request: HttpRequest, slug: str) -> HttpResponse:
    """Fire a test alert."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.TICK)
    form = DrillForm(request.POST, plan=plan, auto_id="drill_%s")
    if not form.is_valid():
        return _page(request, plan, 422, drill_form=form)
    said = form.cleaned_data
    try:
        drill = fire_drill(
            plan,
            said["hook"],
            severity=said["severity"],
            name=said["name"],
            by=request.user,
            request_id=once(request),
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, plan, 422, drill_form=form)
    query = "" if drill.due_at else f"?drill={drill.key}"
    say = (
        _("The test alert is {fired_how}.").format(fired_how=drill.fired_how)
        if drill.due_at
        else _("Run the command below.")
    )
    return done(request, f"{reverse('alerts', args=[slug])}{query}#drills", say)
