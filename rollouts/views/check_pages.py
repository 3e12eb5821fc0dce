"""The page of one check, and those on which people set up one or many."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from checklists.rules.numbers import whole_number
from rollouts.actions import check_edits as actions
from rollouts.actions.check_fields import KINDS, assign, checked
from rollouts.forms.checks import (
    FORMS,
    USUAL,
    CheckForm,
    ManyForm,
    PlaceForm,
    ReasonForm,
    check_initial,
)
from rollouts.models import HealthCheck
from rollouts.queries.check_pages import check_sheet
from rollouts.tasks.trying import try_check
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.people import standing
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted


def find_check(request: HttpRequest, slug: str, key: str) -> HealthCheck:
    """A check through (user, plan), or 404; one that is not watched any more too."""
    plan = get_plan(request.user, slug)
    rows = HealthCheck.objects.select_related("source")
    found = get_object_or_404(rows, plan=plan, key=key)
    found.plan = plan
    return found


@require_safe
def check(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Results, history and versions of a check; for editors the address of a heartbeat."""
    row = find_check(request, slug, key)
    may_edit = standing(request.user, row.plan).may(Right.EDIT)
    context = page(request, row.plan, "check") | {
        "place": "checks",
        "check": row,
        "sheet": check_sheet(row, timezone.now()),
        "ping": _ping(row) if may_edit and row.ping_key else "",
        "place_form": PlaceForm(initial={"place": row.position}),
        "reason_form": ReasonForm(prefix="remove"),
    }
    return render(request, "rollouts/check.html", context)


def _ping(row: HealthCheck) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('ping', args=[row.ping_key])}"


@require_http_methods(["GET", "HEAD", "POST"])
def check_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Watch one more thing; ``?kind=`` says of which kind."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    kind = request.GET.get("kind", "http")
    if kind not in FORMS:
        raise Http404(_("There is no such kind of check."))
    if request.method != "POST":
        return _page(request, plan, kind, FORMS[kind](plan=plan, initial=USUAL[kind]))
    return _save(request, plan, kind, FORMS[kind](request.POST, plan=plan))


@require_http_methods(["GET", "HEAD", "POST"])
def check_edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Change what a check asks; what somebody else changed first is said, nothing is lost."""
    row = find_check(request, slug, key)
    demand(row.plan, request.user, Right.EDIT)
    form = FORMS.get(row.kind, FORMS["http"])
    if request.method != "POST":
        shown = form(plan=row.plan, initial=check_initial(row))
        return _page(request, row.plan, row.kind, shown, row=row)
    return _save(request, row.plan, row.kind, form(request.POST, plan=row.plan), row)


def _save(
    request: HttpRequest,
    plan: DeploymentPlan,
    kind: str,
    form: CheckForm,
    row: HealthCheck | None = None,
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, plan, kind, form, 422, row=row)
    try:
        if "try" in request.POST:
            draft = HealthCheck(plan=plan, kind=kind)
            assign(draft, checked(plan, kind, form.said))
            return _page(request, plan, kind, form, row=row, tried=try_check(draft))
        saved = _write(request, plan, kind, form, row)
    except Refused as refused:
        if refused.status not in (409, 422):
            raise
        _say(form, refused)
        fresh = find_check(request, plan.slug, row.key) if row else None
        return _page(request, plan, kind, form, refused.status, row=fresh)
    back = reverse("check", args=[plan.slug, saved.key])
    return done(request, back, f"{_('Saved') if row else _('Watched')}: {saved.name}.")


def _write(
    request: HttpRequest,
    plan: DeploymentPlan,
    kind: str,
    form: CheckForm,
    row: HealthCheck | None,
) -> HealthCheck:
    by, request_id = request.user, once(request)
    if row is None:
        return actions.add_check(plan, kind, form.said, by=by, request_id=request_id)
    return actions.edit_check(
        row,
        form.said,
        by=by,
        reason=form.cleaned_data["reason"],
        seen_version=whole_number(request.POST.get("version", "")),
        request_id=request_id,
    )


def _say(form: CheckForm, refused: Refused) -> None:
    """Beside its field; the name on a certificate is called otherwise in the form."""
    if isinstance(refused, Invalid) and refused.field == "expect_status":
        form.add_error("statuses", refused.sentence)
    else:
        form.refuse(refused)


def _page(
    request: HttpRequest,
    plan: DeploymentPlan,
    kind: str,
    form: CheckForm,
    status: int = 200,
    *,
    row: HealthCheck | None = None,
    **more: Any,
) -> HttpResponse:
    context = page(request, plan, "check-edit") | {
        "place": "checks",
        "kind": kind,
        "kinds": KINDS,
        "form": form,
        "check": row,
        **more,
    }
    return render(request, "rollouts/check_edit.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def checks_many(request: HttpRequest, slug: str) -> HttpResponse:
    """Watch many addresses at once, from a pasted list."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    if request.method != "POST":
        return _many_page(request, plan, ManyForm(initial={"interval_s": "30s"}))
    form = ManyForm(request.POST)
    if not form.is_valid():
        return _many_page(request, plan, form, 422)
    lines, said = form.cleaned_data["lines"], form.said
    try:
        made = actions.add_many(plan, lines, said, by=request.user, request_id=once(request))
    except Invalid as wrong:
        form.refuse(wrong)
        return _many_page(request, plan, form, 422)
    left = len(lines) - len(made)
    more = _(" {left} were watched already.").format(left=left) if left else ""
    back = f"{reverse('checks', args=[slug])}#group-{said['group']}"
    return done(
        request, back, _("{count} checks are watched.{more}").format(count=len(made), more=more)
    )


def _many_page(
    request: HttpRequest, plan: DeploymentPlan, form: ManyForm, status: int = 200
) -> HttpResponse:
    context = page(request, plan, "check-edit") | {"place": "checks", "form": form}
    return render(request, "rollouts/checks_many.html", context, status=status)


# --- off, on again, elsewhere ----------------------------------------------------------------


@posted("check", "key")
def check_remove(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Watch it no more."""
    row = find_check(request, slug, key)
    reason = request.POST.get("remove-reason", request.POST.get("reason", ""))
    actions.remove_check(row, by=request.user, reason=reason, request_id=once(request))
    return _done(request, row, _("{row} is not watched any more.").format(row=row.name))


@posted("check", "key")
def check_restore(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Watch it again."""
    row = find_check(request, slug, key)
    actions.restore_check(row, by=request.user, request_id=once(request))
    return _done(request, row, _("{row} is watched again.").format(row=row.name))


@posted("check", "key")
def check_move(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Stand it elsewhere in the list."""
    row = find_check(request, slug, key)
    place = whole_number(request.POST.get("place", ""))
    demand(row.plan, request.user, Right.EDIT)
    if place is None:
        raise Invalid("place", _("A number from 1 on is wanted."))
    actions.move_check(row, place, by=request.user, request_id=once(request))
    return _done(
        request, row, _("{row} stands at place {place}.").format(row=row.name, place=place)
    )


@posted("check", "key")
def check_renew(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Give a heartbeat another address."""
    row = find_check(request, slug, key)
    actions.renew_key(row, by=request.user, request_id=once(request))
    return _done(
        request, row, _("{row} has another address; the old one is dead.").format(row=row.name)
    )


def _done(request: HttpRequest, row: HealthCheck, say: str) -> HttpResponse:
    return done(request, reverse("check", args=[row.plan.slug, row.key]), say)
