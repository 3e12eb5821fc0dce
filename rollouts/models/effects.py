"""What moves traffic: the wanted percentage, who is asked to set it, and what was seen of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _l

from warroom.models import DeploymentPlan

from .metrics import PrometheusQuery
from .stages import Stage

# The kind that calls nobody: people move the traffic.
HAND = "manual"


class Executor(models.Model):
    """Whoever moves the traffic: rollouts/executors knows each ``kind`` and checks its ``options``.

    ``secret_env`` names the variable of the worker's environment that holds its secret: the
    signing key of a webhook, the token of a flag service.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="executors")
    key = models.SlugField(max_length=80)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, default=HAND)
    url = models.CharField(max_length=500, blank=True)
    secret_env = models.CharField(max_length=80, blank=True)
    options = models.JSONField(default=dict, blank=True)
    # By hand: {percent} is put in. Shown beside every button, also where a machine does it.
    command = models.TextField(blank=True)
    rollback_command = models.TextField(blank=True)
    enabled = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(fields=("plan", "key"), name="executor_key_per_plan")
        ]

    def __str__(self) -> str:
        return self.name


class Rollout(models.Model):
    """Which share of the traffic is wanted, and which is seen. One row per plan, made when needed.

    ``generation`` counts the times that another share was wanted; effects of an older one are void
    (R5). ``rolled_back_at`` is set while a rollback stands: nothing advances until a person resumes
    (law 7). A hold without ``held_until`` lasts until somebody ends it. Percentages 0 to 100.
    """

    plan = models.OneToOneField(DeploymentPlan, models.CASCADE, related_name="rollout")
    desired_percent = models.PositiveSmallIntegerField(default=0)
    desired_at = models.DateTimeField(null=True, blank=True)
    desired_by = models.CharField(max_length=150, blank=True)
    # advance, rollback or resume.
    desired_cause = models.CharField(max_length=10, blank=True)
    generation = models.PositiveIntegerField(default=0)
    rolled_back_at = models.DateTimeField(null=True, blank=True)

    # How the share is observed: a metric of the plan, or a number in a JSON answer; neither: a
    # person confirms it.
    observed_by = models.ForeignKey(
        PrometheusQuery, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    observe_url = models.CharField(max_length=500, blank=True)
    observe_path = models.CharField(max_length=200, blank=True, help_text="flags.web.percentage")
    observe_env = models.CharField(max_length=80, blank=True, help_text="Names a bearer token.")
    observe_every_s = models.PositiveIntegerField(default=10)
    observe_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    observe_token = models.CharField(max_length=36, blank=True)
    observe_until = models.DateTimeField(null=True, blank=True)
    actual_percent = models.FloatField(null=True, blank=True)
    actual_at = models.DateTimeField(null=True, blank=True)
    actual_reason = models.CharField(max_length=500, blank=True)
    # Since when (UTC) the share wanted has been seen for this generation; None: not yet.
    verified_at = models.DateTimeField(null=True, blank=True)
    drift_points = models.FloatField(default=2)
    drift_s = models.PositiveIntegerField(default=120)
    drift_since = models.DateTimeField(null=True, blank=True)
    # When “the call succeeded, the traffic did not move” was said for this generation.
    unverified_at = models.DateTimeField(null=True, blank=True)

    held_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    held_by = models.CharField(max_length=150, blank=True)
    held_reason = models.TextField(blank=True)

    # Rounds of watching once no stage has a cadence of its own; as Stage.cadence.
    cadence = models.JSONField(default=list, blank=True)
    # Later than this after its due time a round counts as late; at the next due time as missed.
    round_late_s = models.PositiveIntegerField(default=120)
    # So many missed rounds in a row hold the stage and open an escalation.
    missed_holds = models.PositiveSmallIntegerField(default=2)
    # Kept free before the latest safe start of a rollback.
    reserve_s = models.PositiveIntegerField(default=300)
    # When a process last decided about guardrails from the database alone.
    guarded_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.desired_percent} % wanted"


class EffectState(models.TextChoices):
    DUE = "due", _l("Due")
    SENT = "sent", _l("Accepted, not seen yet")
    DONE = "done", _l("Seen")
    FAILED = "failed", _l("Failed")
    SUPERSEDED = "superseded", _l("Superseded")
    HELD = "held", _l("Held after a restore")


class Effect(models.Model):
    """A row of the outbox: one call that changes the world, written by the change that wants it.

    ``key`` is its idempotency key: release, generation, executor. It is delivered at least once
    with the same key, so that the effect happens once (law 8). ``done``: the share was seen.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="effects")
    executor = models.ForeignKey(Executor, models.PROTECT, related_name="effects")
    stage = models.ForeignKey(Stage, models.SET_NULL, null=True, blank=True, related_name="effects")
    key = models.CharField(max_length=160, unique=True)
    generation = models.PositiveIntegerField()
    action = models.CharField(max_length=10)
    percent = models.PositiveSmallIntegerField()
    before_percent = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=EffectState.choices, default=EffectState.DUE)
    at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=36, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    # What the other side said, shortened, without secrets.
    answer = models.CharField(max_length=500, blank=True)
    failure = models.CharField(max_length=500, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    # By hand: who confirmed it.
    confirmed_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return self.key
