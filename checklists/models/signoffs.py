from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _l

from warroom.models import DeploymentPlan, Role

from .gates import Gate, Vote
from .items import ChecklistItem
from .phases import Phase


class SignOffWord(models.TextChoices):
    APPROVED = "approved", _l("Approved")
    CONDITIONAL = "conditional", _l("Approved with conditions")
    REJECTED = "rejected", _l("Rejected")


class SignOff(models.Model):
    """A role's signature under a phase, a gate, or the whole plan. Never changed.

    ``statement`` is what was signed, word for word. A newer one supersedes it. A ``declaration``
    says something of the whole plan: 'stable' is its last signature.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="signoffs")
    phase = models.ForeignKey(Phase, models.PROTECT, null=True, blank=True, related_name="signoffs")
    gate = models.ForeignKey(Gate, models.PROTECT, null=True, blank=True, related_name="signoffs")
    declaration = models.CharField(max_length=20, blank=True)
    role = models.ForeignKey(Role, models.PROTECT, related_name="signoffs")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=150)
    word = models.CharField(max_length=12, choices=SignOffWord.choices)
    comment = models.TextField(blank=True)
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    statement = models.TextField()
    at = models.DateTimeField()
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.role}: {self.word}"


class Revocation(models.Model):
    """What took a signature back: what it stood under was changed later. The signature stays."""

    signoff = models.OneToOneField(SignOff, models.PROTECT, related_name="revocation")
    item = models.ForeignKey(
        ChecklistItem, models.PROTECT, null=True, blank=True, related_name="revocations"
    )
    sentence = models.TextField(help_text="Names the change: what, by whom, when.")
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return self.sentence[:60]


class Condition(models.Model):
    """What a signature or a vote was tied to. Closing it is an event; the row stays."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="conditions")
    signoff = models.ForeignKey(
        SignOff, models.PROTECT, null=True, blank=True, related_name="conditions"
    )
    vote = models.ForeignKey(Vote, models.PROTECT, null=True, blank=True, related_name="conditions")
    gate = models.ForeignKey(Gate, models.PROTECT, null=True, blank=True, related_name="conditions")
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    owner = models.CharField(max_length=120, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    blocking = models.BooleanField(default=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_note = models.TextField(blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="condition_number_per_plan")
        ]

    def __str__(self) -> str:
        return self.text[:60]
