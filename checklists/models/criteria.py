from django.conf import settings
from django.db import models

from warroom.models import Role

from .gates import Criterion


class CriterionVersion(models.Model):
    """A criterion as it stood before an edit, word for word. ``reason`` says why it was changed."""

    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    data = models.JSONField()
    reason = models.TextField(blank=True)
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(fields=("criterion", "number"), name="version_per_criterion")
        ]

    def __str__(self) -> str:
        return f"{self.criterion} {self.number}"


class Waiver(models.Model):
    """An accepted deviation: signed by a role, with its reason and its end (UTC). Never changed.

    It covers bands no worse than ``band`` and values no worse than ``value``, of the version of
    the criterion that it was given for. The newest of a criterion counts; one with ``withdrawn``
    takes the one before it back.
    """

    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="waivers")
    criterion_version = models.PositiveSmallIntegerField()
    role = models.ForeignKey(Role, models.PROTECT, related_name="waivers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=150)
    band = models.CharField(max_length=8, blank=True)
    text = models.CharField(max_length=300, blank=True, help_text="The value that was accepted.")
    value = models.FloatField(
        null=True,
        blank=True,
        help_text="What was accepted as a number; None: nothing was measured.",
    )
    reason = models.TextField()
    ends_at = models.DateTimeField(null=True, blank=True)
    withdrawn = models.BooleanField(default=False)
    statement = models.TextField(help_text="What was signed, word for word.")
    at = models.DateTimeField()
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return self.reason[:60]
