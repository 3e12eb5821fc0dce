from django.db import models
from django.utils.translation import gettext_lazy as _l

from warroom.models import DeploymentPlan

from .phases import Phase


class RiskState(models.TextChoices):
    OPEN = "open", _l("Open")
    WATCHED = "watched", _l("Watched")
    OCCURRED = "occurred", _l("Has happened")
    CLOSED = "closed", _l("Closed")


class Risk(models.Model):
    """What may go wrong, in the words of the document. Shown as R``number``.

    The words of severity and probability are read by ``rules/risks.py``; matrix and overall level
    are computed. ``mitigations``: rows of phase (before, during, after) and text. ``criteria``:
    rows of if, then and word (proceed, hold, rollback, or empty).
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="risks")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    severity = models.CharField(max_length=60, blank=True)
    probability = models.CharField(max_length=60, blank=True)
    probability_after = models.CharField(max_length=60, blank=True)
    impact = models.TextField(blank=True)
    cause = models.TextField(blank=True)
    trigger = models.TextField(blank=True)
    mitigation = models.TextField(blank=True)
    mitigations = models.JSONField(default=list, blank=True)
    criteria = models.JSONField(default=list, blank=True)
    owner = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=8, choices=RiskState.choices, default=RiskState.OPEN)
    state_at = models.DateTimeField(null=True, blank=True)
    state_by_name = models.CharField(max_length=150, blank=True)
    state_reason = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=0)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="risk_number_per_plan")
        ]

    def __str__(self) -> str:
        return self.title


class ScenarioState(models.TextChoices):
    ARMED = "armed", _l("Armed")
    IN_FORCE = "in-force", _l("In force")
    CLEARED = "cleared", _l("Cleared")


class Scenario(models.Model):
    """Contingency: if this, then that, then decide so. To start it puts its items into the room.

    ``watch_key`` and ``watch_band``: the reading and the band at which the page says that it is
    time; nothing starts by itself.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="scenarios")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300, help_text="If this happens.")
    action = models.TextField(blank=True, help_text="Then do this.")
    decide = models.TextField(blank=True, help_text="Then decide so.")
    duration = models.CharField(max_length=200, blank=True)
    items = models.JSONField(default=list, blank=True, help_text="Texts of items to put in.")
    risk = models.ForeignKey(Risk, models.SET_NULL, null=True, blank=True, related_name="scenarios")
    watch_key = models.CharField(max_length=80, blank=True)
    watch_band = models.CharField(max_length=8, blank=True)
    state = models.CharField(
        max_length=8, choices=ScenarioState.choices, default=ScenarioState.ARMED
    )
    state_at = models.DateTimeField(null=True, blank=True)
    state_by_name = models.CharField(max_length=150, blank=True)
    state_reason = models.TextField(blank=True)
    phase = models.ForeignKey(
        Phase, models.SET_NULL, null=True, blank=True, related_name="scenarios"
    )
    revision = models.PositiveIntegerField(default=0)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="scenario_number_per_plan")
        ]

    def __str__(self) -> str:
        return self.title
