from django.db import models

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
    sustained_s = models.PositiveIntegerField(
        default=300, help_text="Red for this long means roll back; shorter means hold."
    )
    meaning = models.TextField(blank=True)
    alert_name = models.CharField(max_length=120, blank=True)
    # A metric that only informs: shown, but neither holds nor rolls back.
    report_only = models.BooleanField(default=False)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta(Probing.Meta):
        constraints = [models.UniqueConstraint(fields=("plan", "key"), name="query_key_per_plan")]


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
