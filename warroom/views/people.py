"""Roles, seats and who stands in: a section of the settings, and a page of its own."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods

from warroom import sections
from warroom.actions.change import demand
from warroom.actions.invitations import link_of
from warroom.actions.people import hand_over, leave_seat, take_back, take_seat
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.actions.roles import add_role, remove_role, save_roles
from warroom.models import DeploymentPlan, Right, Role, Seat, User
from warroom.once import once
from warroom.people_forms import HandOverForm, InviteForm, RoleForm, RolesForm, SeatForm
from warroom.queries.people import Standing
from warroom.queries.plans import get_plan
from warroom.queries.seats import (
    Asked,
    RoleRow,
    invitations,
    last_seen,
    presences,
    role_rows,
)
from warroom.views.plans import page
from warroom.views.posting import posted
from warroom.views.settings import again, saved

SECTION = "people"


class People(sections.Section):
    """The matrix of roles and rights, who sits where, and who is asked."""

    name = SECTION
    label = _l("People")
    template = "warroom/_settings_people.html"
    order = 40
    column = "wide"
    right = Right.EDIT

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        now = timezone.now()
        seen = last_seen(presences(plan))
        rows, form = role_rows(plan, now, seen), forms.get("roles") or RolesForm(plan=plan)
        edits = person.may(Right.EDIT)
        seat = forms.get("seat") or SeatForm(plan=plan)
        return {
            "rows": [{"row": row, "fields": form.row(row.role)} for row in rows],
            "rights": [Right(value).head for value in Right.values],
            "taken": sum(1 for row in rows if row.sitters),
            "empty": sum(1 for row in rows if row.is_empty),
            "roles_form": form,
            "seat_form": seat,
            "invite_form": forms.get("invite") or InviteForm(plan=plan),
            "role_form": forms.get("role") or RoleForm(),
            "accounts": seat.accounts() if edits else [],
            "asked": [_asked(one, edits) for one in invitations(plan, now)],
            "mail_goes_out": settings.MAIL_GOES_OUT,
        }


sections.register(People())


def _asked(one: Asked, edits: bool) -> dict[str, Any]:
    """A line of the list; the link is a secret and made only for those who may give it away."""
    return {"one": one, "link": link_of(one.invitation) if edits and one.state == "open" else ""}


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """The same section as a page; POST seats somebody with an account."""
    plan = get_plan(request.user, slug)
    if request.method == "POST":
        return _seat(request, plan)
    context = page(request, plan, "people")
    standing, section = context["standing"], People()
    more = section.context(plan, standing, {})
    context |= more | {"section": section, "locked": plan.is_closed or not standing.may(Right.EDIT)}
    return render(request, "warroom/people.html", context)


def _seat(request: HttpRequest, plan: DeploymentPlan) -> HttpResponse:
    demand(plan, request.user, Right.EDIT)
    form = SeatForm(request.POST, plan=plan)
    if not form.is_valid():
        return again(request, plan, seat=form)
    given = form.cleaned_data
    role, person = given["role"], given["person"]
    times = {name: given[name] for name in ("starts_at", "ends_at")}
    try:
        take_seat(plan, role, person, by=request.user, **times)
    except Invalid as refused:
        form.refuse(refused)
        return again(request, plan, seat=form)
    return saved(
        request,
        plan,
        SECTION,
        _("{display_name} sits as {role}.").format(
            display_name=person.display_name, role=role.name
        ),
    )


@posted("people")
def leave(request: HttpRequest, slug: str, key: str, username: str) -> HttpResponse:
    """Take somebody out of a role."""
    plan = get_plan(request.user, slug)
    role = get_object_or_404(Role, plan=plan, key=key)
    person = get_object_or_404(User, username=username)
    leave_seat(plan, role, person, by=request.user)
    return redirect("people", slug)


# --- roles ---------------------------------------------------------------------------------


@posted("people")
def roles(request: HttpRequest, slug: str) -> HttpResponse:
    """Save the matrix: names, rights, coverage."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = RolesForm(request.POST, plan=plan)
    if not form.is_valid():
        return again(request, plan, roles=form)
    try:
        changed = save_roles(
            plan,
            form.wishes(),
            by=request.user,
            seen=form.cleaned_data["seen"],
            request_id=once(request),
        )
    except NotAllowed:
        raise
    except Refused as refused:
        return _as_typed(request, plan, form, refused)
    say = (
        _("Roles saved. They hold from the next request on.") if changed else _("Nothing to save.")
    )
    return saved(request, plan, SECTION, say)


def _as_typed(
    request: HttpRequest, plan: DeploymentPlan, form: RolesForm, refused: Refused
) -> HttpResponse:
    form.refuse(refused)
    form.seen_again(plan)
    answer = again(request, plan, roles=form)
    answer.status_code = refused.status
    return answer


@posted("people")
def new_role(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a role."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return again(request, plan, role=form)
    name, rights = form.cleaned_data["name"], form.cleaned_data["rights"]
    try:
        add_role(plan, name, rights=rights, by=request.user, request_id=once(request))
    except Invalid as refused:
        form.refuse(refused)
        return again(request, plan, role=form)
    return saved(
        request,
        plan,
        SECTION,
        _("{name} is a role now. Seat or ask somebody.").format(name=name.strip()),
    )


@posted("people")
def drop_role(request: HttpRequest, slug: str) -> HttpResponse:
    """Remove the role that the form names."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    role = plan.roles.filter(key=request.POST.get("role", "")).first()
    if role is None:
        return saved(request, plan, SECTION, _("There is no such role any more."))
    remove_role(plan, role, by=request.user, request_id=once(request))
    return saved(request, plan, SECTION, _("{role} is removed.").format(role=role.name))


# --- a seat for a time ---------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def lend(request: HttpRequest, slug: str, key: str, username: str) -> HttpResponse:
    """One seat: hand it over for a time, see who stands in, take it back."""
    plan, seat = _own_seat(request, slug, key, username)
    if request.method != "POST":
        return _seat_page(request, plan, seat, HandOverForm(plan=plan))
    _demand_mine(request, plan, seat)
    form = HandOverForm(request.POST, plan=plan)
    if form.is_valid() and _handed_over(request, seat, form):
        return redirect("seat-hand-over", slug, key, username)
    return _seat_page(request, plan, seat, form, status=422)


def _handed_over(request: HttpRequest, seat: Seat, form: HandOverForm) -> bool:
    given = form.cleaned_data
    try:
        hand_over(
            seat,
            given["person"],
            given["starts_at"],
            given["ends_at"],
            given["note"],
            by=request.user,
            request_id=once(request),
        )
    except Invalid as refused:
        form.refuse(refused)
        return False
    return True


@posted("seat-hand-over", "key", "username")
def reclaim(request: HttpRequest, slug: str, key: str, username: str, pk: int) -> HttpResponse:
    """Take a seat back from its stand-in, early."""
    _unused, seat = _own_seat(request, slug, key, username)
    stand_in = get_object_or_404(seat.stand_ins.select_related("role__plan"), pk=pk)
    take_back(stand_in, by=request.user, request_id=once(request))
    return redirect("seat-hand-over", slug, key, username)


def _own_seat(
    request: HttpRequest, slug: str, key: str, username: str
) -> tuple[DeploymentPlan, Seat]:
    plan = get_plan(request.user, slug)
    seats = Seat.objects.own().select_related("role__plan", "user")
    seat = seats.filter(role__plan=plan, role__key=key, user__username=username).first()
    if seat is None:
        raise Http404(_("Nobody of that name sits there."))
    return plan, seat


def _demand_mine(request: HttpRequest, plan: DeploymentPlan, seat: Seat) -> None:
    if seat.user_id != request.user.pk:
        demand(plan, request.user, Right.EDIT)


def _seat_page(
    request: HttpRequest, plan: DeploymentPlan, seat: Seat, form: HandOverForm, status: int = 200
) -> HttpResponse:
    context = page(request, plan, SECTION)
    mine = seat.user_id == request.user.pk or context["standing"].may(Right.EDIT)
    now = context["now"]
    stand_ins = list(seat.stand_ins.select_related("user").order_by("starts_at"))
    context |= {
        "seat": seat,
        "form": form,
        "locked": plan.is_closed or not mine,
        "accounts": form.accounts() if mine else [],
        "stand_ins": [
            {"seat": one, "open": one.ends_at > now, "running": one.starts_at <= now < one.ends_at}
            for one in stand_ins
        ],
        "gaps": _gaps(plan, seat, now),
        "back": f"{reverse('settings', args=[plan.slug])}#{SECTION}",
    }
    return render(request, "warroom/people_seat.html", context, status=status)


def _gaps(plan: DeploymentPlan, seat: Seat, now) -> list[str]:
    rows: list[RoleRow] = role_rows(plan, now)
    return next((row.empty_times for row in rows if row.role == seat.role), [])
