"""Who votes at a gate, what they said in every version, and whose vote is in other hands."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Schema, Status

from checklists.actions.delegating import delegate_vote, log_try, take_delegation_back
from checklists.actions.deputies import name_deputy, remove_deputy
from checklists.actions.gate_editing import (
    add_gate,
    edit_gate,
    remove_gate,
    settings_of,
    settings_seen,
)
from checklists.api import router
from checklists.models import Delegation, Deputy, Gate, ReachTry, Vote
from checklists.queries.absence import gate_of
from checklists.queries.gates import gate_sheet, opens_at
from checklists.queries.silence import silence_at
from checklists.queries.votes import VoteRow, rule_words
from checklists.rules.gate_settings import GateWanted
from warroom.actions.refusals import Invalid
from warroom.api import find_role, plan_of
from warroom.models import DeploymentPlan, User
from warroom.once import once
from warroom.rules.lengths import offset
from warroom.rules.typed import instant_of, offset_of


class GateIn(Schema):
    """A gate's settings. ``opens``: T+12h, or an instant as 2025-10-23 21:00 (UTC); null: from the
    start. ``quorum``: all, or count with ``quorum_count``. Lengths are minutes; ``silence_minutes``
    null: silence never holds it. In a PATCH what is left out stays as it is; ``seen`` is of the
    settings that were read: when the gate was set anew since, it is refused.
    """

    title: str = ""
    opens: str | None = None
    decider: str = ""
    hold_minutes: int = 360
    voters: list[str] = []
    veto_roles: list[str] = []
    quorum: str = "all"
    quorum_count: int | None = None
    delegate_minutes: int = 10
    silence_minutes: int | None = 60
    reason: str = ""
    seen: str | None = None

    def values(self, plan: DeploymentPlan) -> dict[str, Any]:
        """What was sent, under the names of ``GateWanted``."""
        said = self.model_fields_set - {"reason", "seen"}
        sent = {name: getattr(self, name) for name in said}
        if "opens" in sent:
            sent["offset_s"] = _offset(plan, sent.pop("opens"))
        for name in {"voters", "veto_roles"} & sent.keys():
            sent[name] = tuple(sent[name])
        return sent


def _offset(plan: DeploymentPlan, text: str | None) -> int | None:
    if not text:
        return None
    if (seconds := offset_of(text)) is not None:
        return seconds
    at = instant_of(text, timezone.now(), plan.t0)
    if at is None or plan.t0 is None:
        raise Invalid(
            "opens", _("{text!r} is no time of this release. Write T+12h.").format(text=text[:60])
        )
    return round((at - plan.t0).total_seconds())


@router.post("plans/{slug}/gates", response={201: dict[str, Any]})
def post_gate(request: HttpRequest, slug: str, body: GateIn):
    """Add a gate after the others."""
    plan = plan_of(request, slug, "edit")
    wanted = GateWanted(**{"title": ""} | body.values(plan))
    gate = add_gate(plan, wanted, by=request.user, request_id=once(request))
    return Status(201, _settings(gate))


@router.get("plans/{slug}/gates/{key}/settings", response=dict[str, Any])
def show_settings(request: HttpRequest, slug: str, key: str):
    """When a gate opens, who votes and decides, and what silence does; the rule in words."""
    return _settings(_gate(plan_of(request, slug), key))


@router.patch("plans/{slug}/gates/{key}/settings", response=dict[str, Any])
def patch_settings(request: HttpRequest, slug: str, key: str, body: GateIn):
    """Set a gate anew. ``votes_fell``: the roles that are asked to vote again."""
    plan = plan_of(request, slug, "edit")
    gate = _gate(plan, key)
    wanted = GateWanted(**settings_of(gate) | body.values(plan))
    given = {"reason": body.reason, "seen": body.seen, "request_id": once(request)}
    fallen = edit_gate(gate, wanted, by=request.user, **given)
    return _settings(_gate(plan, key)) | fallen.data


@router.delete("plans/{slug}/gates/{key}", response={204: None})
def delete_gate(request: HttpRequest, slug: str, key: str, reason: str = ""):
    """Take off a gate at which nobody voted, signed or decided."""
    plan = plan_of(request, slug, "edit")
    remove_gate(_gate(plan, key), reason, by=request.user, request_id=once(request))
    return Status(204, None)


def _settings(gate: Gate) -> dict[str, Any]:
    sheet = gate_sheet(gate, timezone.now())
    kept = settings_of(gate)
    seconds = kept.pop("offset_s")
    return {
        "key": gate.key,
        "version": gate.version,
        "seen": settings_seen(gate),
        **kept,
        "opens": offset(seconds) if seconds is not None else None,
        "opens_at": opens_at(gate),
        "silence_at": silence_at(gate, sheet.decisions),
        "rule": {word.key: word.text for word in rule_words(gate, sheet.votes)},
    }


# --- votes ---------------------------------------------------------------------------------


@router.get("plans/{slug}/gates/{key}/votes", response=dict[str, Any])
def list_votes(request: HttpRequest, slug: str, key: str):
    """Each role with its vote, every older version of it, and who was asked instead."""
    gate = _gate(plan_of(request, slug), key)
    sheet = gate_sheet(gate, timezone.now())
    return {
        "version": gate.version,
        "cast": sheet.cast,
        "missing": [row.role.key for row in sheet.missing],
        "silence_at": silence_at(gate, sheet.decisions),
        "votes": [_row(row) for row in sheet.votes],
        "delegations": [_delegation(one) for one in gate.delegations.select_related("role", "to")],
        "tries": [_try(one) for one in gate.tries.select_related("role")],
    }


def _row(row: VoteRow) -> dict[str, Any]:
    older = [row.outdated, *row.history] if row.outdated else row.history
    return {
        "role": row.role.key,
        "holders": row.holders,
        "veto": row.veto,
        "vote": _vote(row.vote) if row.vote else None,
        "asked": row.delegation.to_name if row.delegation else None,
        "history": [_vote(vote) for vote in older],
    }


def _vote(vote: Vote) -> dict[str, Any]:
    return {
        "id": vote.pk,
        "vote": vote.word,
        "person": vote.person_name,
        "for": vote.delegation.for_name if vote.delegation else None,
        "reason": vote.reason,
        "at": vote.at,
        "gate_version": vote.gate_version,
        "conditions": [condition.text for condition in vote.conditions.all()],
    }


class DelegationIn(Schema):
    """``to``: a username. ``agreed``: the holder's own words, wanted where ``to`` is no deputy."""

    role: str
    to: str
    reason: str
    agreed: str = ""


class TryIn(Schema):
    role: str
    how: str
    result: str


@router.post("plans/{slug}/gates/{key}/delegations", response={201: dict[str, Any]})
def post_delegation(request: HttpRequest, slug: str, key: str, body: DelegationIn):
    """Ask somebody to cast one missing vote; a letter tells them."""
    plan = plan_of(request, slug, "vote")
    gate = _gate(plan, key)
    to = User.objects.filter(username=body.to, is_active=True).first()
    if to is None:
        raise Invalid("to", _("There is no account {to!r}.").format(to=body.to[:60]))
    role, given = find_role(plan, body.role), {"agreed": body.agreed, "request_id": once(request)}
    made = delegate_vote(gate, role, to, body.reason, by=request.user, **given)
    return Status(201, _delegation(made))


@router.post("plans/{slug}/gates/{key}/delegations/{int:number}/end", response=dict[str, Any])
def post_delegation_end(request: HttpRequest, slug: str, key: str, number: int):
    """Take a delegation back; a vote that was cast by it stands."""
    plan = plan_of(request, slug, "vote")
    gate = _gate(plan, key)
    found = gate.delegations.filter(pk=number).first()
    if found is None:
        raise Http404
    found.gate = gate
    return _delegation(take_delegation_back(found, by=request.user, request_id=once(request)))


@router.post("plans/{slug}/gates/{key}/tries", response={201: dict[str, Any]})
def post_try(request: HttpRequest, slug: str, key: str, body: TryIn):
    """Write down a try to reach the people of a role, and what came of it."""
    plan = plan_of(request, slug, "vote")
    gate, role = _gate(plan, key), find_role(plan, body.role)
    given = {"by": request.user, "request_id": once(request)}
    return Status(201, _try(log_try(gate, role, body.how, body.result, **given)))


class DeputyIn(Schema):
    """``role``: a role's key; ``person``: a username."""

    role: str
    person: str


@router.get("plans/{slug}/deputies", response=list[dict[str, Any]])
def list_deputies(request: HttpRequest, slug: str):
    """Who may be asked to vote for whom, as named beforehand."""
    named = Deputy.objects.filter(role__plan=plan_of(request, slug))
    return [_deputy(one) for one in named.select_related("role", "person")]


@router.post("plans/{slug}/deputies", response={201: dict[str, Any]})
def post_deputy(request: HttpRequest, slug: str, body: DeputyIn):
    """Name a deputy for the votes of a role; for who sits in it, or may edit the plan."""
    plan = plan_of(request, slug, "vote")
    role, person = find_role(plan, body.role), _person(body.person)
    made = name_deputy(plan, role, person, by=request.user, request_id=once(request))
    return Status(201, _deputy(made))


@router.delete("plans/{slug}/deputies/{role}/{person}", response={204: None})
def delete_deputy(request: HttpRequest, slug: str, role: str, person: str):
    """Take a deputy off; votes that were delegated to them stand."""
    plan = plan_of(request, slug, "vote")
    found = plan.roles.filter(key=role).first()
    if found is None:
        raise Http404
    remove_deputy(plan, found, _person(person), by=request.user, request_id=once(request))
    return Status(204, None)


def _person(name: str) -> User:
    found = User.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise Invalid("person", _("There is no account {name!r}.").format(name=name[:60]))
    return found


def _deputy(one: Deputy) -> dict[str, Any]:
    said = {"role": one.role.key, "person": one.person.username, "name": one.person.display_name}
    return said | {"by": one.named_by_name, "at": one.at}


def _delegation(one: Delegation) -> dict[str, Any]:
    at: dict[str, datetime | None] = {"at": one.at, "ended_at": one.ended_at}
    return {
        "id": one.pk,
        "role": one.role.key,
        "to": one.to.username,
        "for": one.for_name,
        "by": one.by_name,
        "reason": one.reason,
        "agreed": one.agreed,
    } | at


def _try(one: ReachTry) -> dict[str, Any]:
    return {
        "role": one.role.key,
        "how": one.how,
        "result": one.result,
        "by": one.by_name,
        "at": one.at,
    }


def _gate(plan: DeploymentPlan, key: str) -> Gate:
    gate = gate_of(plan, key)
    if gate is None:
        raise Http404
    return gate
