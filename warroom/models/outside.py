"""What a release keeps for readers who have no account: screens, subscribers, a second place."""

from django.conf import settings
from django.db import models

from .plans import DeploymentPlan


class WallLink(models.Model):
    """A link by which a screen without an account shows the wall of one release, and no more.

    Only the key's hash is kept. ``seen_at`` (UTC) is when the wall was last loaded by it.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="wall_links")
    label = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("made_at", "pk")

    def __str__(self) -> str:
        return f"{self.label} ({self.prefix}…)"


class Subscriber(models.Model):
    """A reader of the public status page who wants letters; the row goes when they leave.

    Nothing is sent before ``confirmed_at`` but the letter that asks for it. ``nonce`` makes the
    links of a row void when it is asked for anew.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="subscribers")
    email = models.CharField(max_length=254)
    nonce = models.CharField(max_length=32)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "email"], name="one_subscription_per_address")
        ]

    def __str__(self) -> str:
        return f"subscriber {self.pk}"


class StatusPlace(models.Model):
    """Where else the files of a status page are sent, and how far that is.

    ``sent_digest`` says what arrived there; while the files say something else they are due.
    ``header`` is sent with the value of the environment's variable ``secret``. All times UTC.
    """

    plan = models.OneToOneField(DeploymentPlan, models.CASCADE, related_name="status_place")
    url = models.CharField(max_length=500)
    header = models.CharField(max_length=60, blank=True)
    secret = models.CharField(max_length=80, blank=True)
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_digest = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)

    def __str__(self) -> str:
        return self.url
