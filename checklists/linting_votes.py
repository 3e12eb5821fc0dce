"""What does not add up about who votes and who decides at the gates that are still open."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.models import Gate, Quorum
from checklists.queries.gates import final_of, gates_now
from checklists.queries.votes import voting_roles
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan, Right, Role
from warroom.queries.people import roles_now


def votes(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Of every gate without a GO or NO-GO; no statement of its own but the gates' and roles'."""
    roles = roles_now(plan, now)
    for gate in gates_now(plan, now):
        if final_of(gate) is None:
            for code, title, text in _of_gate(gate, roles):
                url = reverse("gate-edit", args=[plan.slug, gate.key])
                yield LintFinding(
                    code, title, text, gate.title, url, _("Set the gate"), gate.source_line or 0
                )


def _of_gate(gate: Gate, roles: list[Role]) -> Iterator[tuple[str, str, str]]:
    voting = voting_roles(gate, roles)
    keys = {role.key for role in voting}
    count = gate.quorum_count or 0
    if gate.quorum == Quorum.COUNT and count > len(voting):
        text = ngettext(
            "{gate}: {wanted} roles have to say go, {count} votes there.",
            "{gate}: {wanted} roles have to say go, {count} vote there.",
            len(voting),
        ).format(gate=gate.title, wanted=count, count=len(voting))
        yield "quorum-too-high", _("More goes are wanted than roles vote"), text
    names = {role.key: role.name for role in roles}
    if idle := [names.get(key, key) for key in gate.voters if key not in keys]:
        text = _("{gate}: {idle} named to vote, without the right to.").format(
            gate=gate.title, idle=", ".join(idle)
        )
        yield "voter-without-right", _("A role is to vote and may not"), text
    if idle := [names.get(key, key) for key in gate.veto_roles if key not in keys]:
        text = _("{gate}: {idle} named with a veto, but votes not there.").format(
            gate=gate.title, idle=", ".join(idle)
        )
        yield "veto-without-vote", _("A veto role does not vote"), text
    # That a role is empty is said once for the plan; here only where a gate names it.
    if empty := [r.name for r in voting if r.key in gate.voters and not r.seats.all()]:
        text = _("{gate}: nobody sits as {empty}; the gate waits for that vote.").format(
            gate=gate.title, empty=", ".join(empty)
        )
        yield "voter-empty", _("Nobody can cast a vote that a gate waits for"), text
    decider = next((role for role in roles if role.pk == gate.decider_id), None)
    if decider is not None and not decider.may(Right.DECIDE):
        text = _("{gate}: {decider} decides there, without the right to decide gates.").format(
            gate=gate.title, decider=decider.name
        )
        yield "decider-without-right", _("Who decides has no right to"), text


register_lint(votes)
