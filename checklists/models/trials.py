"""What is tried out beforehand: load profiles with their runs, dry runs with their results."""

from django.conf import settings
from django.db import models

from warroom.models import DeploymentPlan

from .evidence import Result


class LoadProfile(models.Model):
    """A load to try: users, minutes, and thresholds. Latencies in ms, throughput in requests/s."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="load_profiles")
    key = models.SlugField(max_length=60)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    users = models.PositiveIntegerField(null=True, blank=True)
    minutes = models.PositiveIntegerField(null=True, blank=True)
    command = models.TextField(blank=True)
    p50_ms = models.FloatField(null=True, blank=True)
    p95_ms = models.FloatField(null=True, blank=True)
    p99_ms = models.FloatField(null=True, blank=True)
    error_percent = models.FloatField(null=True, blank=True)
    throughput = models.FloatField(null=True, blank=True, help_text="At least so many a second.")
    strict = models.JSONField(
        default=list, blank=True, help_text="Limits that the exact value misses: p95 < 500."
    )
    source_line = models.PositiveIntegerField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "key"), name="load_profile_key_per_plan")
        ]

    def __str__(self) -> str:
        return self.name


class LoadRun(models.Model):
    """One run of a profile: under way until ``ended_at``. ``measured``: p50, p95, p99, errors, rps.

    A failed run says its cause and its fix, and is run again; or it is excepted, with the reason.
    ``judged`` holds each figure with the limit of that time: what was judged stays, whatever the
    profile asks later. ``baseline``: what other runs of the profile are compared with.
    """

    profile = models.ForeignKey(LoadProfile, models.CASCADE, related_name="runs")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    eta_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    measured = models.JSONField(default=dict, blank=True)
    band = models.CharField(max_length=8, blank=True)
    sentence = models.TextField(blank=True)
    judged = models.JSONField(default=list, blank=True)
    baseline = models.BooleanField(default=False)
    cause = models.TextField(blank=True)
    fix = models.TextField(blank=True)
    excepted = models.TextField(blank=True, help_text="Why its failing is accepted.")
    excepted_by_name = models.CharField(max_length=150, blank=True)
    result = models.ForeignKey(
        Result, models.SET_NULL, null=True, blank=True, related_name="load_runs"
    )
    by_name = models.CharField(max_length=150)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("profile", "number"), name="run_number_per_profile")
        ]

    def __str__(self) -> str:
        return f"{self.profile} {self.number}"


class DryRunWord(models.TextChoices):
    PASS = "pass", "PASS"
    WARN = "warn", "WARN"
    FAIL = "fail", "FAIL"


class DryRun(models.Model):
    """A command that is tried beforehand. The newest result counts, if it is of this command.

    What was taken off with ``removed_at`` keeps its results and counts no more.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="dry_runs")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    command = models.TextField(blank=True)
    expected = models.TextField(blank=True)
    source_line = models.PositiveIntegerField(null=True, blank=True)
    asked_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When command or expectation last changed: older results are of another one.",
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_why = models.CharField(max_length=500, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="dry_run_number_per_plan")
        ]

    def __str__(self) -> str:
        return self.title


class DryRunResult(models.Model):
    """How a dry run went. Kept as it was; only a person's acceptance is added to a warning.

    Without ``by`` it stood in the plan's document.
    """

    dry_run = models.ForeignKey(DryRun, models.CASCADE, related_name="results")
    word = models.CharField(max_length=4, choices=DryRunWord.choices)
    output = models.TextField(blank=True)
    analysis = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()
    accepted = models.BooleanField(null=True, blank=True, help_text="None: nobody said so yet.")
    accepted_reason = models.TextField(blank=True)
    accepted_by_name = models.CharField(max_length=150, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.dry_run}: {self.word}"
