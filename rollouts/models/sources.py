from django.db import models

from warroom.models import DeploymentPlan


class PrometheusSource(models.Model):
    """A Prometheus server. An empty ``url`` means the one that PROMETHEUS_URL names."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="prometheus_sources")
    name = models.CharField(max_length=100, default="Prometheus")
    url = models.URLField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.name
