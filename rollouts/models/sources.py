from django.db import models

from warroom.models import DeploymentPlan


class PrometheusSource(models.Model):
    """A Prometheus server. An empty ``url`` means the one that PROMETHEUS_URL names.

    Secrets are never kept: ``token_env``, ``password_env`` and ``ca_env`` name variables of the
    worker's environment that hold a bearer token, a password, and the path of a PEM file.
    ``tenant`` is sent as X-Scope-OrgID. ``page_url`` is where people open it, for links.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="prometheus_sources")
    name = models.CharField(max_length=100, default="Prometheus")
    url = models.URLField(max_length=300, blank=True)
    page_url = models.URLField(max_length=300, blank=True)
    token_env = models.CharField(max_length=80, blank=True)
    username = models.CharField(max_length=120, blank=True)
    password_env = models.CharField(max_length=80, blank=True)
    ca_env = models.CharField(max_length=80, blank=True)
    tenant = models.CharField(max_length=120, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
