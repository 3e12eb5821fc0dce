from django.conf import settings
from django.db import models

from .plans import DeploymentPlan


class StatusUpdate(models.Model):
    """A sentence for the public, written by a person; it stands on the status page as it was."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="status_updates")
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return self.text[:60]
