"""Asking somebody to take a role, and the page that they answer on, signed in or not."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from warroom.actions.change import demand
from warroom.actions.invitations import (
    accept,
    accept_as_new,
    ask_again,
    decline,
    find,
    invite,
    is_open,
    revoke,
)
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import DeploymentPlan, Invitation, Right
from warroom.once import once
from warroom.people_forms import InviteForm, JoinForm
from warroom.queries.plans import get_plan
from warroom.views.posting import posted
from warroom.views.settings import again, saved

BACKEND = "django.contrib.auth.backends.ModelBackend"
MOST_WRONG, WAIT_S = 10, 300  # user names tried by one link, then a pause in seconds


@posted("people")
def ask(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask somebody for a role, by mail or by a link to hand over."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = InviteForm(request.POST, plan=plan)
    if not form.is_valid():
        return again(request, plan, invite=form)
    given = form.cleaned_data
    try:
        invite(
            plan,
            given["role"],
            name=given["name"],
            email=given["email"],
            by=request.user,
            request_id=once(request),
        )
    except NotAllowed:
        raise
    except Refused as refused:
        form.refuse(refused)
        answer = again(request, plan, invite=form)
        answer.status_code = refused.status
        return answer
    way = _("The letter is on its way.") if given["email"] else _("Hand the link over.")
    return saved(
        request,
        plan,
        "people",
        _("{name} is asked. {way}").format(name=given["name"] or _("Somebody"), way=way),
    )


@posted("people")
def renew(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask again with a new link; the old one is dead."""
    plan, invitation = _of_plan(request, slug, pk)
    ask_again(invitation, by=request.user, request_id=once(request))
    return saved(
        request, plan, "people", _("Asked again. Links given before do not work any more.")
    )


@posted("people")
def withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take an invitation back."""
    plan, invitation = _of_plan(request, slug, pk)
    revoke(invitation, by=request.user)
    return saved(request, plan, "people", _("The invitation is taken back; its link is dead."))


def _of_plan(request: HttpRequest, slug: str, pk: int) -> tuple[DeploymentPlan, Invitation]:
    plan = get_plan(request.user, slug)
    rows = Invitation.objects.select_related("plan", "role")
    return plan, get_object_or_404(rows, plan=plan, pk=pk)


# --- the page of who is asked --------------------------------------------------------------


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accept or decline; without an account, make one. The link is all that counts here.

    Nothing in the form but the answer and the new account's own data is read.
    """
    found = find(token)
    if found is None or not _answerable(request, found):
        return _gone(request, found)
    if request.method != "POST":
        return _show(request, found)
    answer = request.POST.get("answer", "")
    try:
        return _answered(request, found, answer)
    except Invalid:
        raise
    except Refused as refused:
        return _gone(request, found, refused)


def _answered(request: HttpRequest, found: Invitation, answer: str) -> HttpResponse:
    if answer == "decline":
        decline(found)
        return _render(request, "warroom/invitation_gone.html", {"declined": True})
    if answer == "accept" and request.user.is_authenticated:
        accept(found, by=request.user)
        return redirect("room", found.plan.slug)
    if answer == "join" and not request.user.is_authenticated:
        return _join(request, found)
    return _show(request, found, status=422)


def _join(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = JoinForm(request.POST)
    key = f"join-{found.pk}"
    if cache.get(key, 0) >= MOST_WRONG:
        form.add_error(None, _("Too many tries with this link: wait five minutes."))
        return _show(request, found, form, status=429)
    if not form.is_valid():
        return _show(request, found, form, status=422)
    given = form.cleaned_data
    try:
        person, _unused = accept_as_new(
            found, username=given["username"], name=given["name"], password=given["password"]
        )
    except Invalid as refused:
        # Each try tells whether a name is free: by one link nobody tries many.
        cache.set(key, cache.get(key, 0) + 1, WAIT_S)
        form.add_error(refused.field, refused.sentence)
        return _show(request, found, form, status=422)
    login(request, person, backend=BACKEND)
    return redirect("room", found.plan.slug)


def _answerable(request: HttpRequest, found: Invitation) -> bool:
    # Who accepted and comes back by the same link is led to the room.
    mine = request.user.is_authenticated and found.accepted_by_id == request.user.pk
    return mine or is_open(found, timezone.now())


def _show(
    request: HttpRequest, found: Invitation, form: JoinForm | None = None, status: int = 200
) -> HttpResponse:
    labels = dict(Right.choices)
    context = {
        "invitation": found,
        "rights": [labels[right] for right in Right.values if right in found.role.rights],
        "form": form or JoinForm(initial={"name": found.name}),
        "sign_in": f"{reverse('sign-in')}?next={request.path}",
    }
    return _render(request, "warroom/invitation.html", context, status)


def _gone(
    request: HttpRequest, found: Invitation | None, refused: Refused | None = None
) -> HttpResponse:
    # One answer for links that never were, are over or were used: it tells nothing about anybody.
    status = refused.status if refused else 404 if found is None else 410
    return _render(request, "warroom/invitation_gone.html", {"declined": False}, status)


def _render(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    answer = render(request, template, context, status=status)
    add_never_cache_headers(answer)
    return answer
