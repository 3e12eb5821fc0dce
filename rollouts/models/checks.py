import math
from datetime import timedelta

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.rules.bands import Band, Bands, Bound
from warroom.rules.wording import duration_text

from .probing import Probing
from .sources import PrometheusSource

UNITS = {"http": "ms", "tcp": "ms", "tls": "d", "heartbeat": "s"}
# Days left under which a certificate is yellow or red, where its options say nothing else.
DAYS = {"yellow": 21, "red": 7}
LOOK_S = 15.0


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
    # Of how many the value counts some: the targets that there are. Empty where it counts nothing.
    total = models.PositiveIntegerField(null=True, blank=True)
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

    @property
    def unit(self) -> str:
        """Of the value: ms, d, s, or "of 4" where it counts some of so many."""
        if self.kind == "targets":
            return _("of {total}").format(total=self.total) if self.total else ""
        return UNITS.get(self.kind, "ms")

    @property
    def bands(self) -> Bands | None:
        """Where green and red begin, in `unit`; what fails is red whatever they say.

        None for a heartbeat, which is judged by the time of its words (rules/heartbeat.py).
        """
        if self.kind == "heartbeat":
            return None
        if self.kind == "tls":
            return Bands(Bound(">=", self._days("yellow")), Bound("<", self._days("red")))
        if self.kind == "targets":
            return self._all_up
        red = Bound(">", self.red_ms) if self.red_ms is not None else None
        return Bands(Bound("<=", self.slow_ms), red)

    def _days(self, band: str) -> int:
        given = self.options.get(f"{band}_days")
        return DAYS[band] if given is None else given

    @property
    def _all_up(self) -> Bands:
        total = self.total or 1
        enough = self.options.get("min_up") or total
        return Bands(Bound(">=", total), Bound("<", min(enough, total)))

    @property
    def look_s(self) -> float:
        """A heartbeat is asked nothing: its row is looked at often, however rarely it reports."""
        return min(LOOK_S, self.interval_s) if self.kind == "heartbeat" else self.interval_s

    @property
    def answered(self) -> bool:
        """Whether its latest reading brought a value: red by its bands, or failing altogether."""
        return self.observed_at is not None and self.observed_at == self.read_at

    @property
    def now_text(self) -> str:
        """The latest value, or that it fails; "" while nothing is known."""
        if self.band == Band.NO_DATA:
            return ""
        if self.kind == "heartbeat":
            return {Band.GREEN: _("on time"), Band.YELLOW: _("late")}.get(
                Band(self.band), _("failing")
            )
        if self.band == Band.RED and not self.answered:
            return _("failing")
        return self.show(self.value)

    def show(self, value: float | None) -> str:
        """A value as people read it: "34 ms", "23 days", "3 of 4"; "" for none."""
        if value is None:
            return ""
        if self.kind == "tls":
            days = math.floor(value)
            return ngettext("{count} day", "{count} days", days).format(count=days)
        if self.kind == "heartbeat":
            return duration_text(timedelta(seconds=value))
        return f"{value:.0f} {self.unit}".rstrip()


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
