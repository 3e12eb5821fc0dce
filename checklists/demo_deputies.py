"""Who votes in the demo when somebody is away."""

from checklists.actions.deputies import name_deputy
from checklists.models import Deputy
from warroom.models import DeploymentPlan, Role, User


def name_deputies(plan: DeploymentPlan) -> None:
    """The Security Lead names a deputy, once, where both have an account."""
    role = Role.objects.filter(plan=plan, key="security-lead").first()
    people = {
        user.username: user for user in User.objects.filter(username__in=("hudson", "member"))
    }
    if role and len(people) == 2 and not Deputy.objects.filter(role=role).exists():
        name_deputy(plan, role, people["member"], by=people["hudson"])
