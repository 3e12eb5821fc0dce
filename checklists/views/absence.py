"""A vote is missing: reach its people, hand it over, or record the absence and hold."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checklists.actions.delegating import (
    delegate_vote,
    hold_absent,
    log_try,
    take_delegation_back,
)
from checklists.actions.gates import deciding_role
from checklists.models import Gate
from checklists.panels_absence import ABSENCE_PARTS
from checklists.queries.absence import Missing, missing_votes
from checklists.queries.gates import (
    GateSheet,
    final_of,
    gate_sheet,
    gates_now,
    next_undecided,
)
from checklists.queries.silence import silence_at
from checklists.queries.votes import may_decide, rule_words
from checklists.views.gates import find_gate
from checklists.voting_forms import RESULTS, DelegateForm, TryForm
from warroom.actions.refusals import Invalid
from warroom.live import panels
from warroom.models import Right, Role, User
from warroom.once import once
from warroom.queries.people import Standing
from warroom.rules.wording import duration_text
from warroom.views.answers import done, shows
from warroom.views.password import ask_again
from warroom.views.plans import page
from warroom.views.posting import posted


@require_http_methods(["GET", "HEAD", "POST"])
def absent(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The page; POST decides HOLD on the votes that are in, and never asks for the password."""
    gate = find_gate(request, slug, key)
    if request.method != "POST":
        return _page(request, gate)
    _fresh(request, gate)
    deciding_role(gate, request.user)
    hold_absent(gate, by=request.user, request_id=once(request))
    return done(request, reverse("gate", args=[slug, key]), _("On hold. The absence is on record."))


@require_http_methods(["GET", "HEAD", "POST"])
def tries(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Write down a try to reach somebody. Read: back to the page."""
    gate = find_gate(request, slug, key)
    if request.method != "POST":
        return redirect("gate-absent", slug, key)
    _fresh(request, gate)
    form = TryForm(request.POST)

    def act(said: dict[str, Any]) -> str:
        role = _role(gate, said["role"])
        given = {"by": request.user, "request_id": once(request)}
        log_try(gate, role, said["how"], said["result"], **given)
        return _("Written down: {how}, {result}.").format(how=said["how"], result=said["result"])

    return _answer(request, gate, form, act, "try_form")


@require_http_methods(["GET", "HEAD", "POST"])
def delegations(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Ask somebody to cast the missing vote; asks for the password again when that is old."""
    gate = find_gate(request, slug, key)
    if request.method != "POST":
        return redirect("gate-absent", slug, key)
    _fresh(request, gate)
    form = DelegateForm(request.POST)
    if not form.is_valid():
        return _page(request, gate, delegate_form=form)
    if request.user.pk and (asks := _password(request, gate, form)):
        return asks

    def act(said: dict[str, Any]) -> str:
        role, to = _role(gate, said["role"]), _person(said["to"])
        given = {"by": request.user, "agreed": said["agreed"], "request_id": once(request)}
        made = delegate_vote(gate, role, to, said["reason"], **given)
        return _("{to_name} is asked to vote as {role}.").format(
            to_name=made.to_name, role=role.name
        )

    return _answer(request, gate, form, act, "delegate_form")


def _password(request: HttpRequest, gate: Gate, form: DelegateForm) -> HttpResponse | None:
    """Whoever may not delegate is told so before they are asked for anything."""
    role = _role(gate, form.cleaned_data["role"])
    if not role.seats.filter(user=request.user).exists():
        deciding_role(gate, request.user)
    return ask_again(request, _("hand over the vote of {role}").format(role=role.name))


@posted("gate-absent", "key")
def delegation_end(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """Take a delegation back. A vote that was cast by it stands."""
    gate = find_gate(request, slug, key)
    _fresh(request, gate)
    found = gate.delegations.filter(pk=number).first()
    if found is None:
        raise Http404(_("No such delegation at this gate."))
    found.gate = gate
    take_delegation_back(found, by=request.user, request_id=once(request))
    return done(
        request, _back(gate), _("{to_name} is not asked any more.").format(to_name=found.to_name)
    )


def _answer(
    request: HttpRequest,
    gate: Gate,
    form: TryForm | DelegateForm,
    act: Callable[[dict[str, Any]], str],
    name: str,
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, gate, **{name: form})
    try:
        said = act(form.cleaned_data)
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, gate, **{name: form})
    return done(request, _back(gate, form.cleaned_data["role"]), said)


def _back(gate: Gate, role: str = "") -> str:
    address = reverse("gate-absent", args=[gate.plan.slug, gate.key])
    return f"{address}?role={role}" if role else address


def _role(gate: Gate, key: str) -> Role:
    found = Role.objects.filter(plan=gate.plan, key=key).first()
    if found is None:
        raise Invalid("role", _("This release has no role {key!r}.").format(key=key))
    return found


def _person(name: str) -> User:
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise Invalid("to", _("There is no account {name!r}.").format(name=name))
    return found


def _fresh(request: HttpRequest, gate: Gate) -> None:
    shown = [(part.name, gate.key) for part in ABSENCE_PARTS]
    shows(request, gate.plan, *shown, ("votes", gate.key))


def _page(
    request: HttpRequest,
    gate: Gate,
    try_form: TryForm | None = None,
    delegate_form: DelegateForm | None = None,
) -> HttpResponse:
    """One missing vote: ``?role=``, else that of the form or the first."""
    context = page(request, gate.plan, "gate")
    now = context["now"]
    sheet = gate_sheet(gate, now)
    standing = context["standing"]
    found = missing_votes(sheet, standing.role_ids)
    wanted = request.GET.get("role") or request.POST.get("role", "")
    shown = next((one for one in found if one.role.key == wanted), found[0] if found else None)
    context |= {
        "gate": gate,
        "sheet": sheet,
        "gates": [(other, final_of(other)) for other in gates_now(gate.plan, now)],
        "parts": _parts(gate, now),
        "missing": found,
        "one": shown,
        "own": shown is not None and shown.role.pk in standing.role_ids,
        "results": RESULTS,
        "try_form": try_form or TryForm(),
        "delegate_form": delegate_form or (_delegate_form(shown, standing) if shown else None),
        "decides": may_decide(gate, standing),
        "may_try": standing.may(Right.VOTE) or may_decide(gate, standing),
        "may_delegate": shown is not None and _may_delegate(gate, shown, standing),
        "silence_at": silence_at(gate, sheet.decisions),
        "words": rule_words(gate, sheet.votes),
        "applies_from": next_undecided(gate, now),
        "deciders": _deciders(sheet),
        "hold_text": duration_text(gate.hold_minutes * 60),
    }
    wrong = try_form is not None or delegate_form is not None
    return render(request, "checklists/gate_absent.html", context, status=422 if wrong else 200)


def _delegate_form(missing: Missing, standing: Standing) -> DelegateForm:
    """Whoever hands over their own vote knows best why: then no reason stands there."""
    return DelegateForm.of(missing, says_why=missing.role.pk not in standing.role_ids)


def _parts(gate: Gate, now: datetime) -> dict[str, str]:
    parts = (*ABSENCE_PARTS, panels.get("votes"))
    return {part.name: panels.render(part, gate.plan, now, gate.key) for part in parts}


def _may_delegate(gate: Gate, missing: Missing, standing: Standing) -> bool:
    return may_decide(gate, standing) or missing.role.pk in standing.role_ids


def _deciders(sheet: GateSheet) -> str:
    return sheet.gate.decider.name if sheet.gate.decider else _("Whoever decides")
