from django.db import models

from checklists.rules.bands import Band, Bands, Bound

from .probing import Probing
from .sources import PrometheusSource


class HealthCheck(Probing):
    """Something asked directly, or a script that reports.

    ``kind`` names the probe (rollouts/probes): http, tcp, tls, targets, heartbeat. ``options``
    holds what that kind wants besides ``url``, as its probe validates it. ``value`` is the latency
    in ms; days left for tls; targets up for targets; seconds of the run for heartbeat.
    """

    kind = models.CharField(max_length=20, default="http")
    url = models.CharField(max_length=500, blank=True, help_text="An address, or host:port.")
    expect_status = models.PositiveSmallIntegerField(default=200)
    slow_ms = models.PositiveIntegerField(default=1000, help_text="Slower than this is yellow.")
    red_ms = models.PositiveIntegerField(
        null=True, blank=True, help_text="Slower than this is red; empty: never by slowness."
    )
    options = models.JSONField(default=dict, blank=True)
    source = models.ForeignKey(
        PrometheusSource, models.PROTECT, null=True, blank=True, related_name="checks"
    )
    # Checks of one group are shown as one matrix, endpoints down and results across (S98).
    group = models.CharField(max_length=100, blank=True)

    # A heartbeat: the secret word of its address, and what the script said last.
    ping_key = models.CharField(max_length=40, unique=True, null=True, blank=True)
    grace_s = models.PositiveIntegerField(default=60)
    pinged_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    exit_status = models.SmallIntegerField(null=True, blank=True)
    output = models.TextField(blank=True)

    class Meta(Probing.Meta):
        constraints = [models.UniqueConstraint(fields=("plan", "key"), name="check_key_per_plan")]

    unit = "ms"

    @property
    def bands(self) -> Bands:
        """Slow is yellow. Red is what fails, which no latency says."""
        return Bands(Bound("<=", self.slow_ms))

    @property
    def now_text(self) -> str:
        """The latest latency, or that it fails; "" while nothing is known."""
        if self.band == Band.RED:
            return "failing"
        return "" if self.band == Band.NO_DATA else self.show(self.value)

    def show(self, value: float | None) -> str:
        """A latency as people read it; "" for none."""
        return "" if value is None else f"{value:.0f} ms"


class CheckResult(models.Model):
    """One answer. ``detail`` keeps what a script said: exit status, output, run time."""

    health_check = models.ForeignKey(HealthCheck, models.CASCADE, related_name="results")
    at = models.DateTimeField()
    band = models.CharField(max_length=8)
    latency_ms = models.FloatField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("at",)
        indexes = [models.Index(fields=("health_check", "-at"), name="result_newest")]

    def __str__(self) -> str:
        return self.band


class EngineSpan(models.Model):
    """One look of a worker at what was due: how much, how late, how long (seconds)."""

    at = models.DateTimeField(db_index=True)
    worker = models.CharField(max_length=120)
    asked = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    # Slots of a cadence that passed without anybody asking.
    missed = models.PositiveIntegerField(default=0)
    lag_p50_s = models.FloatField(default=0)
    lag_p99_s = models.FloatField(default=0)
    lag_max_s = models.FloatField(default=0)
    took_s = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"{self.asked} asked by {self.worker}"
