from django.db import models
from django.utils.translation import gettext_lazy as _l

from checklists.models import Gate
from warroom.models import DeploymentPlan


class StageState(models.TextChoices):
    PENDING = "pending", _l("Pending")
    RUNNING = "running", _l("Running")
    DONE = "done", _l("Done")
    ROLLED_BACK = "rolled_back", _l("Rolled back")


class RollbackMode(models.TextChoices):
    """What a guardrail that trips does; a stage may only soften what its guardrails say."""

    OFF = "off", _l("Off")
    RECOMMEND = "recommend", _l("Recommend")
    AUTOMATIC = "automatic", _l("Automatic")


class Stage(models.Model):
    """One step of the rollout, from one share of traffic to the next. Offsets: seconds after T0."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="stages")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200, blank=True)
    from_percent = models.PositiveSmallIntegerField()
    to_percent = models.PositiveSmallIntegerField()
    offset_s = models.BigIntegerField(null=True, blank=True)
    soak_s = models.PositiveIntegerField(default=0)
    gate = models.ForeignKey(Gate, models.SET_NULL, null=True, blank=True, related_name="stages")
    state = models.CharField(max_length=12, choices=StageState.choices, default=StageState.PENDING)
    # Soak is time that was observed green (law 12): seconds so far, and up to when it was counted.
    observed_s = models.FloatField(default=0)
    counted_at = models.DateTimeField(null=True, blank=True)
    # The part of them that nobody observed: said when a stage was begun in the past.
    claimed_s = models.FloatField(default=0)
    # Watch rounds by age of the stage: [{"until_s": 3600, "every_s": 300}, …, {"every_s": 7200}],
    # each with the duties of a round as "duties": ["Check error logs"], see rules/rounds.py.
    cadence = models.JSONField(default=list, blank=True)
    # Yellow holds for so long and is then looked at again (law 6).
    hold_s = models.PositiveIntegerField(default=6 * 3600)
    auto_advance = models.BooleanField(default=False)
    rollback_mode = models.CharField(
        max_length=10,
        choices=RollbackMode.choices,
        blank=True,
        help_text="Empty: as each guardrail says.",
    )
    # What moving the traffic means, in words, and the command that does it by hand.
    explanation = models.TextField(blank=True)
    command = models.TextField(blank=True)
    # From when its soak counts, where that began anew after what its gate asks was changed.
    soak_from = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="stage_number_per_plan")
        ]

    def __str__(self) -> str:
        return f"{self.from_percent} % to {self.to_percent} %"
