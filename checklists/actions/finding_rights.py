"""Who may let a high or critical finding go, by whichever door."""

from django.utils.translation import gettext as _

from checklists.rules import findings as rules
from warroom.actions.change import Change
from warroom.actions.refusals import NotAllowed
from warroom.models import DeploymentPlan, Right, Role


def demand_to_let_go(setting: Change, severity: str, what: str) -> Role | None:
    """The role as which a person lets go of a grave finding. Raises NotAllowed for all others."""
    roles = letting_go(setting.plan)
    held = [role for role in roles if role.pk in setting.held.role_ids]
    if not held:
        names = " or ".join(role.name for role in roles) or _("a role with the right to decide")
        raise NotAllowed(
            _("A {severity} finding can be {what} by {names} only.").format(
                severity=severity, what=what, names=names
            )
        )
    if setting.author is not None and setting.plan.author_id == setting.author.pk:
        raise NotAllowed(
            _("You wrote this plan. A {severity} finding of it is {what} by somebody else.").format(
                severity=severity, what=what
            )
        )
    return held[0]


def letting_go(plan: DeploymentPlan) -> list[Role]:
    """Who may let a high or critical finding go: security, or where there is none who decides."""
    roles = list(plan.roles.all())
    secure = [role for role in roles if rules.is_security(role) and role.may(Right.SIGN)]
    return secure or [role for role in roles if role.may(Right.DECIDE)]
