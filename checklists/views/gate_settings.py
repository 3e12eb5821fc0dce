"""A gate's settings: added, set anew, taken off. And who is deputy for whose votes."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods

from checklists.actions.deputies import name_deputy, remove_deputy
from checklists.actions.gate_editing import add_gate, edit_gate, remove_gate
from checklists.actions.regating import falling
from checklists.models import Deputy, Gate
from checklists.queries.gates import gates_now, next_undecided
from checklists.queries.votes import rule_words, vote_rows
from checklists.views.gates import find_gate
from checklists.voting_forms import DeputyForm, GateForm, GateRemoveForm
from warroom import sections
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, NotAllowed
from warroom.models import DeploymentPlan, Right, Role, User
from warroom.once import once
from warroom.queries.people import Standing, roles_now, standing
from warroom.queries.plans import get_plan
from warroom.views.plans import page
from warroom.views.posting import posted
from warroom.views.settings import again, saved


@require_http_methods(["GET", "HEAD", "POST"])
def gate_add(request: HttpRequest, slug: str) -> HttpResponse:
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    if request.method != "POST":
        return _page(request, plan, None, GateForm(plan=plan), 200)
    form = GateForm(request.POST, plan=plan)
    if not form.is_valid():
        return _page(request, plan, None, form, 422)
    try:
        gate = add_gate(plan, form.wanted(), by=request.user, request_id=once(request))
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, plan, None, form, 422)
    messages.success(request, _("Added: {gate}.").format(gate=gate.title))
    return redirect("gate", slug, gate.key)


@require_http_methods(["GET", "HEAD", "POST"])
def gate_edit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Set a gate anew. What was voted for the older rule falls, and the page says whose."""
    gate = find_gate(request, slug, key)
    demand(gate.plan, request.user, Right.EDIT)
    if request.method != "POST":
        return _page(request, gate.plan, gate, GateForm(plan=gate.plan, gate=gate), 200)
    form = GateForm(request.POST, plan=gate.plan, gate=gate)
    if not form.is_valid():
        return _page(request, gate.plan, gate, form, 422)
    said = form.cleaned_data
    given = {"reason": said["reason"], "seen": said["seen"] or None, "request_id": once(request)}
    try:
        fallen = edit_gate(gate, form.wanted(), by=request.user, **given)
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, gate.plan, gate, form, 422)
    messages.success(request, _("Saved.{fallen}").format(fallen=fallen.said))
    return redirect("gate", slug, key)


@posted("gate-edit", "key")
def gate_remove(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    gate = find_gate(request, slug, key)
    demand(gate.plan, request.user, Right.EDIT)
    form = GateRemoveForm(request.POST)
    if not form.is_valid():
        settings = GateForm(plan=gate.plan, gate=gate)
        return _page(request, gate.plan, gate, settings, 422, form)
    said = form.cleaned_data
    given = {"seen": said["seen"] or None, "request_id": once(request)}
    remove_gate(gate, said["reason"], by=request.user, **given)
    messages.success(request, _("Taken off: {gate}.").format(gate=gate.title))
    return redirect("gates", slug)


def _page(
    request: HttpRequest,
    plan: DeploymentPlan,
    gate: Gate | None,
    form: GateForm,
    status: int,
    remove_form: GateRemoveForm | None = None,
) -> HttpResponse:
    context = page(request, plan, "gate-settings") | {"form": form, "gate": gate}
    if gate is not None:
        rows = vote_rows(gate, roles_now(plan, context["now"]))
        gates = {one.pk: one for one in gates_now(plan, context["now"])}
        context |= {
            "falling": falling(gate),
            "words": rule_words(gate, rows),
            "decided": any(d.word != "hold" for d in gates[gate.pk].decisions.all()),
            "applies_from": next_undecided(gate, context["now"]),
            "remove_form": remove_form
            or GateRemoveForm(initial={"seen": form.initial.get("seen", "")}),
        }
    return render(request, "checklists/gate_edit.html", context, status=status)


# --- deputies ------------------------------------------------------------------------------


class Deputies(sections.Section):
    """Who votes for whom when they cannot; named by the holder of the role, or an editor."""

    name = "deputies"
    label = _l("Deputies")
    template = "checklists/_settings_deputies.html"
    order = 45
    column = "right"

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any] | None:
        roles = roles_now(plan, timezone.now())
        mine = [role for role in roles if person.may(Right.EDIT) or role.pk in person.role_ids]
        named = Deputy.objects.filter(role__plan=plan).select_related("role", "person")
        people = {seat.user_id: seat.user for role in roles for seat in role.seats.all()}
        return {
            "deputies": [(one, one.role in mine) for one in named],
            "deputy_roles": [role for role in mine if role.may(Right.VOTE)],
            "deputy_people": sorted(people.values(), key=lambda user: user.display_name),
            "deputy_form": forms.get("deputy") or DeputyForm(),
        }


sections.register(Deputies())


@posted("settings", at="#deputies")
def deputies(request: HttpRequest, slug: str) -> HttpResponse:
    """Name a deputy."""
    plan = get_plan(request.user, slug)
    return _deputy(request, plan, remove=False)


@posted("settings", at="#deputies")
def deputy_remove(request: HttpRequest, slug: str) -> HttpResponse:
    plan = get_plan(request.user, slug)
    return _deputy(request, plan, remove=True)


def _deputy(request: HttpRequest, plan: DeploymentPlan, *, remove: bool) -> HttpResponse:
    held = standing(request.user, plan)
    form = DeputyForm(request.POST)
    if not held.roles_with(Right.VOTE) and not held.may(Right.EDIT):
        raise NotAllowed(_("Only who votes, or may edit the plan, names deputies."))
    if not form.is_valid():
        return again(request, plan, deputy=form)
    said, act = form.cleaned_data, remove_deputy if remove else name_deputy
    try:
        role, person = _named(plan, said["role"], said["person"])
        act(plan, role, person, by=request.user, request_id=once(request))
    except Invalid as wrong:
        form.refuse(wrong)
        return again(request, plan, deputy=form)
    done = (
        _("is no deputy any more") if remove else _("is deputy for {role}").format(role=role.name)
    )
    return saved(request, plan, Deputies.name, f"{person.display_name} {done}.")


def _named(plan: DeploymentPlan, key: str, name: str) -> tuple[Role, User]:
    role = Role.objects.filter(plan=plan, key=key).first()
    if role is None:
        raise Invalid("role", _("This release has no role {key!r}.").format(key=key))
    person = User.objects.filter(username=name).first()
    if person is None:
        raise Invalid("person", _("There is no account {name!r}.").format(name=name))
    return role, person
