from django.db import models

from .checks import HealthCheck
from .metrics import PrometheusQuery


class WatchVersion(models.Model):
    """What a metric or check asked, and how it was judged, until it was edited. Never changed.

    ``settings`` holds every field as it was under ``version``; ``reason`` and ``by`` are of the
    edit that ended it; ``soak_observed_s`` is the green time that counted for it (law 4).
    """

    query = models.ForeignKey(
        PrometheusQuery, models.CASCADE, null=True, blank=True, related_name="versions"
    )
    health_check = models.ForeignKey(
        HealthCheck, models.CASCADE, null=True, blank=True, related_name="versions"
    )
    version = models.PositiveSmallIntegerField()
    settings = models.JSONField()
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    loosened = models.BooleanField(default=False)
    soak_observed_s = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ("-version",)

    def __str__(self) -> str:
        return f"version {self.version}"
