from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _l

from warroom.models import DeploymentPlan

from .evidence import Result


class Severity(models.TextChoices):
    CRITICAL = "critical", _l("Critical")
    HIGH = "high", _l("High")
    MEDIUM = "medium", _l("Medium")
    LOW = "low", _l("Low")
    INFO = "info", _l("Info")


class FindingState(models.TextChoices):
    OPEN = "open", _l("Open")
    FIXED = "fixed", _l("Fixed")
    ACCEPTED = "accepted", _l("Accepted")
    FALSE_POSITIVE = "false-positive", _l("False positive")


class Finding(models.Model):
    """Something found wrong, by a scanner, in a drill or by hand; shown as F-``number``.

    ``mark`` recognises it in the next import (rule and place). ``confirmed_at``: when a retest or
    a newer import agreed that it is fixed; until then a fixed one with ``retest`` still counts.
    ``accepted_until``: an acceptance ends by itself, and the finding counts again.
    ``confirmed_by`` says what agreed: "scan of 22 Oct 18:05 agrees".
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="findings")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    rated = models.CharField(
        max_length=8, blank=True, help_text="The worst that a scan rated it, whatever people say."
    )
    state = models.CharField(max_length=14, choices=FindingState.choices, default=FindingState.OPEN)
    state_at = models.DateTimeField()
    state_by_name = models.CharField(max_length=150)
    state_role = models.CharField(max_length=120, blank=True)
    reason = models.TextField(blank=True)
    accepted_until = models.DateTimeField(null=True, blank=True)
    tool = models.CharField(max_length=120, blank=True, help_text="Empty: by hand.")
    rule = models.CharField(max_length=200, blank=True)
    place = models.CharField(max_length=500, blank=True, help_text="api/limits.py:41")
    mark = models.CharField(max_length=64, blank=True, db_index=True)
    description = models.TextField(blank=True)
    owner = models.CharField(max_length=120, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    before_text = models.CharField(max_length=200, blank=True, help_text="Measured before the fix.")
    after_text = models.CharField(max_length=200, blank=True, help_text="Measured after it.")
    fix = models.TextField(blank=True)
    retest = models.BooleanField(default=False, help_text="A fix wants a retest.")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.CharField(max_length=200, blank=True)
    first_result = models.ForeignKey(
        Result, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_result = models.ForeignKey(
        Result, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField()
    missing_since = models.DateTimeField(
        null=True, blank=True, help_text="First newer import of its tool that does not have it."
    )
    suppressed = models.BooleanField(
        default=False, help_text="Suppressed in the file; nobody here accepted it by that."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="finding_number_per_plan")
        ]

    def __str__(self) -> str:
        return f"F-{self.number} {self.title}"
