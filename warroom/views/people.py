from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from warroom.actions.change import demand
from warroom.actions.people import leave_seat, take_seat
from warroom.forms import SeatForm
from warroom.models import Right, Role, User
from warroom.queries.plans import get_plan
from warroom.views.plans import page


@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Roles, their rights and who sits in them; a form to seat somebody."""
    plan = get_plan(request.user, slug)
    form = SeatForm(request.POST or None, plan=plan)
    if request.method == "POST":
        demand(plan, request.user, Right.EDIT)
        if form.is_valid():
            role, person = form.cleaned_data["role"], form.cleaned_data["person"]
            take_seat(plan, role, person, by=request.user)
            return redirect("people", slug)
    context = page(request, plan, "people") | {
        "form": form,
        "roles": plan.roles.prefetch_related("seats__user"),
        "rights": Right.choices,
    }
    return render(request, "warroom/people.html", context, status=422 if form.is_bound else 200)


@require_POST
def leave(request: HttpRequest, slug: str, key: str, username: str) -> HttpResponse:
    plan = get_plan(request.user, slug)
    role = get_object_or_404(Role, plan=plan, key=key)
    person = get_object_or_404(User, username=username)
    leave_seat(plan, role, person, by=request.user)
    return redirect("people", slug)
