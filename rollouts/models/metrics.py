from django.db import models

from checklists.rules.bands import Band, Bands, Bound
from warroom.models import DeploymentPlan
from warroom.rules.wording import figure_text, number_text

from .probing import Probing
from .sources import PrometheusSource


class PrometheusQuery(Probing):
    """A metric of the release: PromQL, unit and bands."""

    source = models.ForeignKey(PrometheusSource, models.PROTECT, related_name="queries")
    promql = models.TextField()
    unit = models.CharField(max_length=20, blank=True)
    green_op = models.CharField(max_length=2, blank=True)
    green_value = models.FloatField(null=True, blank=True)
    red_op = models.CharField(max_length=2, blank=True)
    red_value = models.FloatField(null=True, blank=True)
    # Several series where one is meant: "" is an error that names them; else sum, max, min, avg,
    # count, or worst (of the bands).
    reducer = models.CharField(max_length=5, blank=True)
    # Fewer samples than `guard_min` behind the value make it no data: a rate of three requests
    # says nothing. `guard_promql` counts them.
    guard_promql = models.TextField(blank=True)
    guard_min = models.FloatField(null=True, blank=True)
    # How old a reading may be; empty: two intervals (law 5).
    stale_s = models.PositiveIntegerField(null=True, blank=True)
    meaning = models.TextField(blank=True)
    expected = models.CharField(max_length=200, blank=True)
    link_url = models.URLField(max_length=500, blank=True, help_text="A dashboard or panel.")
    alert_name = models.CharField(max_length=120, blank=True)
    # Words for values, such as {"1": "UP", "0": "DOWN"}.
    words = models.JSONField(default=dict, blank=True)
    source_line = models.PositiveIntegerField(null=True, blank=True)
    # An edit that waits for the next stage: {"fields": {column: value}, "does": …, "reason": …,
    # "by": …, "at": …}; applied in the change that begins the stage.
    pending = models.JSONField(default=dict, blank=True)

    class Meta(Probing.Meta):
        constraints = [models.UniqueConstraint(fields=("plan", "key"), name="query_key_per_plan")]

    @property
    def bands(self) -> Bands | None:
        """Where green and red begin; None for a metric that is shown and not judged."""
        if not self.green_op or self.green_value is None:
            return None
        red = Bound(self.red_op, self.red_value) if self.red_op else None
        return Bands(Bound(self.green_op, self.green_value), red)

    @property
    def now_text(self) -> str:
        """The latest value as people read it; "" while there is none that counts."""
        return "" if self.band == Band.NO_DATA else self.show(self.value)

    def show(self, value: float | None) -> str:
        """A value as people read it: "236 ms", "UP"; "" for none."""
        if value is None:
            return ""
        return self.words.get(figure_text(value)) or number_text(value, self.unit)


class Baseline(models.Model):
    """What was normal before the release, with target and alert-if beside it (S28, S42).

    Bounds are kept as an operator and a number in ``unit``; either may be missing. ``value`` is
    None until it was measured; ``over_s`` is the span it was measured over.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="baselines")
    query = models.ForeignKey(
        PrometheusQuery, models.SET_NULL, null=True, blank=True, related_name="baselines"
    )
    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=20, blank=True)
    target_op = models.CharField(max_length=2, blank=True)
    target_value = models.FloatField(null=True, blank=True)
    alert_op = models.CharField(max_length=2, blank=True)
    alert_value = models.FloatField(null=True, blank=True)
    value = models.FloatField(null=True, blank=True)
    over_s = models.PositiveIntegerField(null=True, blank=True)
    measured_at = models.DateTimeField(null=True, blank=True)
    measured_by = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=500, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name


class MetricSample(models.Model):
    """One reading of a query; ``value`` is null for no data, with the reason."""

    query = models.ForeignKey(PrometheusQuery, models.CASCADE, related_name="samples")
    at = models.DateTimeField()
    value = models.FloatField(null=True, blank=True)
    band = models.CharField(max_length=8)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("at",)
        indexes = [models.Index(fields=("query", "-at"), name="sample_newest")]

    def __str__(self) -> str:
        return f"{self.value} {self.band}"
