"""The way back: procedures, their runs against the clock, and what a restore starts from."""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.models import DeploymentPlan

from .checks import HealthCheck
from .guardrails import Guardrail, RollbackTrigger
from .metrics import PrometheusQuery


class RollbackProcedure(models.Model):
    """Ordered steps back, with time targets in seconds. One per plan is the ``is_default``."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="procedures")
    key = models.SlugField(max_length=80)
    name = models.CharField(max_length=200)
    target_s = models.PositiveIntegerField(null=True, blank=True)
    downtime_target_s = models.PositiveIntegerField(null=True, blank=True)
    command = models.TextField(blank=True, help_text="All of it by hand, to copy.")
    # Where it goes: a share of traffic, and in words such as “to commit 3d97ee2”.
    to_percent = models.PositiveSmallIntegerField(default=0)
    to_text = models.CharField(max_length=200, blank=True)
    # What it takes back, for partial variants: code, database, dependencies, flag.
    parts = models.JSONField(default=list, blank=True)
    is_default = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    source_line = models.PositiveIntegerField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(fields=("plan", "key"), name="procedure_key_per_plan")
        ]

    def __str__(self) -> str:
        return self.name


class StepKind(models.TextChoices):
    PERSON = "person", _l("A person does it")
    STOP_INTAKE = "stop_intake", _l("Stop taking requests")
    BACKUP = "backup", _l("Back up first")
    EXECUTE = "execute", _l("The executor does it")
    METRIC = "metric", _l("A metric shows it")
    CHECK = "check", _l("A check shows it")


class ProcedureStep(models.Model):
    """One step; ``segment`` is the part of the stopwatch it counts for: decide, execute, verify, …

    ``target_s`` of a step is its own; a segment's target is the sum of its steps'. A ``blocking``
    step must be done before the ones after it.
    """

    procedure = models.ForeignKey(RollbackProcedure, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    segment = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    kind = models.CharField(max_length=12, choices=StepKind.choices, default=StepKind.PERSON)
    target_s = models.PositiveIntegerField(null=True, blank=True)
    command = models.TextField(blank=True)
    expected = models.CharField(max_length=300, blank=True)
    blocking = models.BooleanField(default=False)
    query = models.ForeignKey(
        PrometheusQuery, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    health_check = models.ForeignKey(
        HealthCheck, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # A metric must have been green for so long before it shows that the step is done.
    hold_s = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.title


class RunOutcome(models.TextChoices):
    RUNNING = "", _l("Running")
    VERIFIED = "verified", _l("Verified")
    FAILED = "failed", _l("Did not work")


class RollbackRun(models.Model):
    """A procedure that was carried out, for real or as a drill, measured against its targets.

    Name, targets and steps are copied when it begins, so that a later edit changes no record.
    ``cause`` is guardrail, trigger, person or round; ``frozen`` holds the readings at its start.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="rollback_runs")
    procedure = models.ForeignKey(
        RollbackProcedure, models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    number = models.PositiveSmallIntegerField()
    drill = models.BooleanField(default=False)
    place = models.CharField(max_length=120, blank=True, help_text="Where a drill was held.")
    name = models.CharField(max_length=200)
    target_s = models.PositiveIntegerField(null=True, blank=True)
    downtime_target_s = models.PositiveIntegerField(null=True, blank=True)
    downtime_s = models.FloatField(null=True, blank=True)
    generation = models.PositiveIntegerField(null=True, blank=True)
    from_percent = models.PositiveSmallIntegerField(default=0)
    to_percent = models.PositiveSmallIntegerField(default=0)
    cause = models.CharField(max_length=10)
    reason = models.TextField(blank=True)
    guardrail = models.ForeignKey(
        Guardrail, models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    trigger = models.ForeignKey(
        RollbackTrigger, models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    frozen = models.JSONField(default=dict, blank=True)
    # When what led to it began (UTC): the decide segment counts from here.
    breach_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=150)
    commander = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, blank=True)
    outcome = models.CharField(max_length=8, choices=RunOutcome.choices, blank=True)
    saw = models.TextField(blank=True, help_text="What was seen at the end.")
    # S79: the alarm was false; what was said, by whom, and when the release went out again.
    false_positive_at = models.DateTimeField(null=True, blank=True)
    false_positive_by = models.CharField(max_length=150, blank=True)
    false_positive_reason = models.TextField(blank=True)
    redeployed_at = models.DateTimeField(null=True, blank=True)
    # Set where it was not timed here: somebody entered it afterwards, from notes.
    noted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-started_at", "-pk")
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="run_number_per_plan")
        ]

    def __str__(self) -> str:
        return f"{_('Drill') if self.drill else _('Rollback')} {self.number}"


class RunStep(models.Model):
    """A step of a run. ``done_at`` None: open; ``skipped``: left out, with a reason in ``note``."""

    run = models.ForeignKey(RollbackRun, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    segment = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    kind = models.CharField(max_length=12, choices=StepKind.choices)
    target_s = models.PositiveIntegerField(null=True, blank=True)
    command = models.TextField(blank=True)
    expected = models.CharField(max_length=300, blank=True)
    blocking = models.BooleanField(default=False)
    query = models.ForeignKey(
        PrometheusQuery, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    health_check = models.ForeignKey(
        HealthCheck, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    hold_s = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.CharField(max_length=150, blank=True)
    skipped = models.BooleanField(default=False)
    failed = models.BooleanField(default=False)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.title


class Backup(models.Model):
    """A copy that a restore could start from. Warroom keeps the record, not the file.

    ``sha256`` is claimed by whoever registered it; ``verified_at`` says when somebody read the file
    back and came to ``verified_sha256`` (S12). ``metadata`` is what was sent, as it came (S11).
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="backups")
    name = models.CharField(max_length=200)
    environment = models.CharField(max_length=60, blank=True)
    commit = models.CharField(max_length=64, blank=True)
    branch = models.CharField(max_length=120, blank=True)
    size_bytes = models.BigIntegerField(null=True, blank=True)
    size_text = models.CharField(max_length=30, blank=True)
    files = models.PositiveIntegerField(null=True, blank=True)
    location = models.CharField(max_length=500, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.CharField(max_length=150, blank=True)
    verified_sha256 = models.CharField(max_length=64, blank=True)
    verified_how = models.CharField(max_length=200, blank=True)
    mismatch = models.BooleanField(default=False)
    restored_at = models.DateTimeField(null=True, blank=True)
    restored_in = models.ForeignKey(
        RollbackRun, models.SET_NULL, null=True, blank=True, related_name="restored_backups"
    )
    metadata = models.JSONField(default=dict, blank=True)
    registered_at = models.DateTimeField()
    registered_by = models.CharField(max_length=150)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-taken_at", "-pk")
        constraints = [
            models.UniqueConstraint(fields=("plan", "name"), name="backup_name_per_plan")
        ]

    is_fresh = False  # whether this very call registered it, or it was there before

    def __str__(self) -> str:
        return self.name
