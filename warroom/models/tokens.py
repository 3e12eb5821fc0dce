from django.conf import settings
from django.db import models

from .plans import DeploymentPlan


class ApiToken(models.Model):
    """A bearer token of a person, for one plan or for all that the person may see.

    Only the SHA-256 of the token is kept; ``prefix`` helps a person to tell tokens apart.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, null=True, blank=True)
    scopes = models.JSONField(default=list)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.user}"
