from django.conf import settings
from django.db import models

from .plans import DeploymentPlan


class Right(models.TextChoices):
    """What a role may do in its plan. Whoever has a seat may read."""

    EDIT = "edit", "edit the plan"
    TICK = "tick", "tick items"
    SIGN = "sign", "sign off"
    VOTE = "vote", "vote"
    DECIDE = "decide", "decide gates"
    RUN = "run", "run the rollout"


class Role(models.Model):
    """A role of one plan, such as Technical Lead, with its rights."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="roles")
    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=100)
    rights = models.JSONField(default=list, help_text="Values of Right.")
    holder = models.CharField(
        max_length=120, blank=True, help_text="The person that the document names for this role."
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "pk")
        constraints = [models.UniqueConstraint(fields=("plan", "key"), name="role_key_per_plan")]

    def __str__(self) -> str:
        return self.name

    def may(self, right: str) -> bool:
        return right in self.rights


class Seat(models.Model):
    """A person in a role."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="seats")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="seats")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("role", "user"), name="seat_once")]

    def __str__(self) -> str:
        return f"{self.user} as {self.role}"
