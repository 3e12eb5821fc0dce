from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from checklists.actions.decisions import accepted_by
from checklists.actions.gates import (
    cast_vote,
)
from checklists.actions.judging import judge_criterion
from checklists.actions.undecided import SeenOlder
from checklists.forms import (
    ConditionCloseForm,
    DecisionForm,
    JudgementForm,
    SignOffForm,
)
from checklists.models import Condition, Correction, Gate
from checklists.panels import GATE_PARTS, gate_context
from checklists.panels_findings import findings_at
from checklists.panels_followups import GATE_FOLLOWUPS
from checklists.queries.frozen import is_untouched
from checklists.queries.gates import GateSheet, final_of, gate_sheet, gates_now, gates_of
from checklists.queries.scopes import Scope
from checklists.queries.votes import seated_names, votes_as
from checklists.rules.gates import GO, HOLD
from checklists.views.signing import sign_context
from checklists.voting_forms import VoteForm
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.live import panels
from warroom.models import Right, Role, User
from warroom.once import once
from warroom.queries.people import Standing
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.plans import page
from warroom.views.posting import posted


def find_gate(request: HttpRequest, slug: str, key: str) -> Gate:
    """The gate through (user, plan), or 404 alike for what is not there and not theirs."""
    plan = get_plan(request.user, slug)
    gate = Gate.objects.filter(plan=plan, key=key).select_related("decider").first()
    if gate is None:
        raise Http404(_("No such gate in this release."))
    gate.plan = plan
    return gate


def fresh(request: HttpRequest, gate: Gate) -> None:
    """The answer carries the parts of the gate's page and of the room that show the gate."""
    shows(request, gate.plan, *((part.name, gate.key) for part in GATE_PARTS), ("gate", ""))


@require_safe
def gate_list(request: HttpRequest, slug: str) -> HttpResponse:
    """To the first gate that is not decided, else to the last one."""
    plan = get_plan(request.user, slug)
    found = gates_of(plan)
    if not found:
        return render(request, "checklists/no_gates.html", page(request, plan, "gate"))
    chosen = next((gate for gate in found if final_of(gate) is None), found[-1])
    return redirect("gate", slug, chosen.key)


@require_safe
def gate(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    return gate_page(request, find_gate(request, slug, key))


@require_http_methods(["GET", "HEAD", "POST"])
def votes(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Vote as one of one's roles; can be changed until the decision. Read: back to the gate."""
    gate = find_gate(request, slug, key)
    if request.method != "POST":
        return redirect("gate", slug, key)
    fresh(request, gate)
    _demand_vote(gate, request.user)
    form = VoteForm(request.POST, roles=gate.plan.roles.all(), t0=gate.plan.t0)
    if not form.is_valid():
        return gate_page(request, gate, vote_form=form)
    asked = form.cleaned_data
    try:
        cast_vote(
            gate,
            asked["role"],
            asked["vote"],
            by=request.user,
            reason=asked["reason"],
            conditions=asked["conditions"],
            seen=asked["seen"],
            request_id=once(request),
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return gate_page(request, gate, vote_form=form)
    except SeenOlder as older:
        form.add_error(None, older.sentence)
        return gate_page(request, find_gate(request, slug, key), vote_form=form, status=409)
    return done(request, reverse("gate", args=[slug, key]), _("Your vote is on record."))


@posted("gate", "key", at="#judge")
def judgement(request: HttpRequest, slug: str, key: str, criterion: str) -> HttpResponse:
    """A person's judgement of a criterion that nothing measures."""
    gate = find_gate(request, slug, key)
    found = gate.criteria.filter(key=criterion).first()
    if found is None:
        raise Http404(_("No such criterion at this gate."))
    found.gate = gate
    fresh(request, gate)
    form = JudgementForm(request.POST)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise Invalid(field, f"{field}: {' '.join(errors)}")
    asked = form.cleaned_data
    judge_criterion(
        found,
        by=request.user,
        band=asked["band"],
        value=asked["value"],
        note=asked["note"],
        seen=asked["seen"],
        request_id=once(request),
    )
    return done(
        request,
        f"{reverse('gate', args=[slug, key])}#judge",
        _("Judged: {found}.").format(found=found.label),
    )


def gate_page(
    request: HttpRequest,
    gate: Gate,
    vote_form: VoteForm | None = None,
    decision_form: DecisionForm | None = None,
    signoff_form: SignOffForm | None = None,
    status: int = 422,
) -> HttpResponse:
    """The page of a gate; a refused form stands in it with its errors, then it has ``status``."""
    context = gate_context_of(request, gate, vote_form, decision_form, signoff_form)
    wrong = any(form is not None for form in (vote_form, decision_form, signoff_form))
    return render(request, "checklists/gate.html", context, status=status if wrong else 200)


def gate_context_of(
    request: HttpRequest,
    gate: Gate,
    vote_form: VoteForm | None = None,
    decision_form: DecisionForm | None = None,
    signoff_form: SignOffForm | None = None,
) -> dict[str, Any]:
    """What the pages of a gate show: its parts, its votes and decisions, and their forms."""
    context = page(request, gate.plan, "gate")
    now = context["now"]
    sheet = gate_sheet(gate, now)
    shared = gate_context(sheet)
    voting = votes_as(sheet.votes, request.user, context["standing"])
    context |= shared | {
        "gates": [(other, final_of(other)) for other in gates_now(gate.plan, now)],
        "parts": {
            part.name.replace("-", "_"): panels.render(part, gate.plan, now, gate.key, shared)
            for part in GATE_PARTS
        }
        | {
            "followups": _followups(gate, sheet, now),
            "findings": panels.render(
                panels.get("gate-findings"),
                gate.plan,
                now,
                gate.key,
                shared | findings_at(gate.plan, sheet, now),
            ),
        },
        "intact": [(d, is_untouched(d)) for d in sheet.decisions],
        "vote_form": vote_form or _vote_form(gate, sheet, voting),
        "voting": voting,
        "people": seated_names(gate.plan, now),
        **after(sheet),
        "decision_form": decision_form or _decision_form(sheet),
        "accepted_by_you": accepted_by(sheet, request.user),
        "decides": _decides(gate, context["standing"]),
        "hold_for": timedelta(minutes=gate.hold_minutes),
        "hold_ends": now + timedelta(minutes=gate.hold_minutes),
        "to_judge": [row for row in sheet.criteria if row.to_judge],
        "judgement_form": JudgementForm(),
        "close_form": ConditionCloseForm(),
    }
    # The gate's own list of open conditions stands: it holds those of signatures as well.
    return sign_context(request, context, Scope(gate=gate), signoff_form) | context


def after(sheet: GateSheet) -> dict[str, Any]:
    """What came of the decisions of a gate; nothing is read while there are none."""
    if not sheet.decisions:
        return {}
    return {"corrections": list(Correction.objects.filter(decision__gate=sheet.gate))}


def _followups(gate: Gate, sheet: GateSheet, now: datetime) -> str:
    """What the gate's decisions started; where nothing was decided, the place for it."""
    shown = panels.render(GATE_FOLLOWUPS, gate.plan, now, gate.key) if sheet.decisions else ""
    return shown or panels.nothing(gate.plan, f"{GATE_FOLLOWUPS.name}-{gate.key}")


def _decides(gate: Gate, standing: Standing) -> bool:
    if gate.decider is not None:
        return gate.decider_id in standing.role_ids
    return standing.may(Right.DECIDE)


def _decision_form(sheet: GateSheet) -> DecisionForm:
    """What the rule says is chosen already, unless it is to hold once more or to go too early."""
    word = sheet.recommendation.word
    again, early = word == HOLD and sheet.hold is not None, word == GO and not sheet.is_open
    chosen = "" if again or early else word
    return DecisionForm(initial={"decision": chosen, "hold_minutes": sheet.gate.hold_minutes})


def _vote_form(gate: Gate, sheet: GateSheet, voting: list[Role]) -> VoteForm:
    """An empty form, or the vote that stands (or stood), to be changed."""
    mine = [role.pk for role in voting]
    row = next((r for r in sheet.votes if (r.vote or r.outdated) and r.role.pk in mine), None)
    initial, given = {}, ()
    if row:
        vote = row.vote or row.outdated
        conditions = list(vote.conditions.all())
        word = "conditional" if conditions and vote.word == "go" else vote.word
        initial = {"role": row.role.key, "vote": word, "reason": vote.reason}
        given = [_line(condition) for condition in conditions]
    roles = gate.plan.roles.filter(pk__in=mine)
    return VoteForm(roles=roles, initial=initial, given=given, t0=gate.plan.t0)


def _line(condition: Condition) -> dict[str, Any]:
    due = f"{condition.due_at:%Y-%m-%d %H:%M}" if condition.due_at else ""
    return {
        "text": condition.text,
        "owner": condition.owner,
        "due": due,
        "blocking": condition.blocking,
    }


def _demand_vote(gate: Gate, person: User) -> None:
    """Whoever neither votes nor was asked to is told so before the form is read."""
    if not gate.delegations.filter(to=person, ended_at=None).exists():
        demand(gate.plan, person, Right.VOTE)
