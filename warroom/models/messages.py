from django.conf import settings
from django.db import models

from .plans import DeploymentPlan


class StatusUpdate(models.Model):
    """What the public was told, as it was: written by a person, or a turn of the state itself.

    ``headline``, ``tone`` and ``icon`` say how the release stood then; ``state`` is the key of the
    turn that it tells, empty for what a person wrote. ``by`` None: the rule.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="status_updates")
    text = models.TextField()
    headline = models.CharField(max_length=120, blank=True)
    tone = models.CharField(max_length=8, blank=True)
    icon = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=20, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def colour(self) -> str:
        """The classes of its icon, by the tone that the release had."""
        tones = {"ok": "i--ok", "hold": "i--warn", "bad": "i--bad"}
        return f"{tones.get(self.tone, 'i--mute')} i--20"


class Message(models.Model):
    """A row of the outbox: a letter that is due, written with the change that caused it (law 8).

    ``key`` makes it one letter however often it is asked for. ``text`` may hold ``{link}``, which
    is put in when it is sent. Claimed by ``lease_token`` until ``lease_until``. All times UTC.
    """

    plan = models.ForeignKey(
        DeploymentPlan, models.CASCADE, null=True, blank=True, related_name="messages"
    )
    key = models.CharField(max_length=120, unique=True)
    way = models.CharField(max_length=10, default="mail")
    to = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"
