"""What the sign panel of a page shows: the signatures (live), one's own, and the form."""

from typing import Any

from django.http import HttpRequest

from checklists.forms import SignOffForm
from checklists.models import Condition
from checklists.panels_signing import signoff_context
from checklists.queries.phases import Checklist, checklist
from checklists.queries.scopes import Scope
from checklists.queries.signoffs import Signature
from checklists.rules import signoffs as rules
from warroom.live import panels
from warroom.models import DeploymentPlan, Right, Role, User
from warroom.queries.people import Standing


def sign_context(
    request: HttpRequest, context: dict[str, Any], scope: Scope, form: SignOffForm | None = None
) -> dict[str, Any]:
    """``context`` is that of ``views.plans.page``; ``form`` one that was refused."""
    plan, now = context["plan"], context["now"]
    board = checklist(plan, now)
    signed = signoff_context(plan, board, scope)
    signing = context["standing"].roles_with(Right.SIGN)
    panel = panels.get("signoffs")
    return {
        "sign_scope": scope,
        "signoffs": panels.render(panel, plan, now, scope.key, signed),
        "mine": _mine(request.user, signed["signatures"]),
        "open_conditions": _open_conditions(signed["signatures"]),
        "signing": signing,
        "attested": rules.attested(scope.kind),
        "statements": [_statement(request.user, role, scope, board, plan) for role in signing],
        "signoff_form": form or _empty_form(plan, context["standing"], scope),
    }


def _statement(
    person: User, role: Role, scope: Scope, board: Checklist, plan: DeploymentPlan
) -> str:
    """What a plain approval would say now, word for word."""
    rows = board.phase(scope.phase.number) if scope.phase else None
    counts = rows.counts if rows else board.counts
    return rules.statement(
        person.display_name,
        role.name,
        rules.APPROVED,
        scope.name,
        counts.closed,
        counts.total,
        [],
        declaration=scope.declaration,
        rehearsal=plan.rehearsal,
        kind=scope.kind,
    )


def _mine(person: User, signatures: list[Signature]) -> list[Signature]:
    """The signatures that this person gave and that still stand."""
    given = [one for one in signatures if one.signoff and not one.revoked]
    return [one for one in given if one.signoff.person_id == person.pk]


def _open_conditions(signatures: list[Signature]) -> list[Condition]:
    """What the signatures shown are tied to and nobody has closed yet."""
    return [
        condition
        for signature in signatures
        if signature.signoff and not signature.revoked
        for condition in signature.signoff.conditions.all()
        if condition.closed_at is None
    ]


def _empty_form(plan: DeploymentPlan, standing: Standing, scope: Scope) -> SignOffForm:
    mine = [role.pk for role in standing.roles_with(Right.SIGN)]
    roles = plan.roles.filter(pk__in=mine)
    initial = {"scope": scope.key, "decision": "approved", "seen": plan.timeline_seq}
    return SignOffForm(roles=roles, best=plan.score_max, initial=initial)
