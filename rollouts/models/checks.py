from django.db import models

from checklists.rules.bands import Band, Bands, Bound

from .probing import Probing


class HealthCheck(Probing):
    """Something asked directly: does it answer, and how fast. ``value`` is the latency in ms."""

    kind = models.CharField(max_length=20, default="http")
    url = models.URLField(max_length=500, blank=True)
    expect_status = models.PositiveSmallIntegerField(default=200)
    slow_ms = models.PositiveIntegerField(default=1000, help_text="Slower than this is yellow.")

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
    health_check = models.ForeignKey(HealthCheck, models.CASCADE, related_name="results")
    at = models.DateTimeField()
    band = models.CharField(max_length=8)
    latency_ms = models.FloatField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("at",)
        indexes = [models.Index(fields=("health_check", "-at"), name="result_newest")]

    def __str__(self) -> str:
        return self.band
