from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _l

from warroom.models import DeploymentPlan, Role

from .gates import Decision, DecisionWord, Gate


class FollowUpKind(models.TextChoices):
    """What starts by itself; what is no task is done by the product at once."""

    TASK = "task", _l("A task for somebody")
    ANNOUNCEMENT = "announcement", _l("Tell everybody in the room by mail")
    SCHEDULE = "schedule", _l("Confirm the schedule")
    BLOCKERS = "blockers", _l("One task for each thing that blocks")
    PLAN = "plan", _l("Write the remediation plan")
    NEW_DATE = "new-date", _l("Set a new date")
    NOTICE = "notice", _l("Draft the notice to stakeholders")


class BranchStep(models.Model):
    """What starts by itself when a gate is decided one way. ``after_minutes``: due after it."""

    gate = models.ForeignKey(Gate, models.CASCADE, related_name="branch_steps")
    branch = models.CharField(max_length=6, choices=DecisionWord.choices)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=FollowUpKind.choices)
    text = models.TextField()
    role = models.ForeignKey(Role, models.SET_NULL, null=True, blank=True, related_name="+")
    after_minutes = models.PositiveIntegerField(null=True, blank=True)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("branch", "position")

    def __str__(self) -> str:
        return self.text[:60]


class FollowUp(models.Model):
    """A step that a decision started: to do, or done (by the product or a person)."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="followups")
    number = models.PositiveSmallIntegerField()
    decision = models.ForeignKey(
        Decision, models.PROTECT, null=True, blank=True, related_name="followups"
    )
    kind = models.CharField(max_length=12, choices=FollowUpKind.choices)
    text = models.TextField()
    role = models.ForeignKey(Role, models.SET_NULL, null=True, blank=True, related_name="+")
    owner = models.CharField(max_length=120, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_by_name = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="followup_number_per_plan")
        ]

    def __str__(self) -> str:
        return self.text[:60]
