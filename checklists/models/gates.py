from django.conf import settings
from django.db import models

from warroom.models import DeploymentPlan, Role


class Gate(models.Model):
    """A go/no-go. It opens at ``offset_s`` seconds after T0, or is open from the start."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="gates")
    key = models.SlugField(max_length=60)
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    rule_text = models.TextField(blank=True, help_text="The matrix in the document's own words.")
    offset_s = models.BigIntegerField(null=True, blank=True)
    hold_minutes = models.PositiveIntegerField(default=360, help_text="The one hold length.")
    # The role that decides. Without one, any role with the right 'decide'.
    decider = models.ForeignKey(
        Role, models.SET_NULL, null=True, blank=True, related_name="decides"
    )
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=("plan", "key"), name="gate_key_per_plan")]

    def __str__(self) -> str:
        return self.title


class Criterion(models.Model):
    """What the gate asks: a value against its bands, or a person's judgement.

    The three texts are the document's own; the bounds are what was understood of them. Without
    ``evidence_key`` a person judges, and until then it has no data.
    """

    gate = models.ForeignKey(Gate, models.CASCADE, related_name="criteria")
    key = models.SlugField(max_length=80)
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=200)
    target_text = models.CharField(max_length=200, blank=True)
    acceptable_text = models.CharField(max_length=200, blank=True)
    fail_text = models.CharField(max_length=200, blank=True)
    green_op = models.CharField(max_length=2, blank=True)
    green_value = models.FloatField(null=True, blank=True)
    red_op = models.CharField(max_length=2, blank=True)
    red_value = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    evidence_key = models.CharField(max_length=80, blank=True)
    report_only = models.BooleanField(default=False)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=("gate", "key"), name="criterion_key_per_gate")
        ]

    def __str__(self) -> str:
        return self.label


class VoteWord(models.TextChoices):
    GO = "go", "Go"
    NO_GO = "no-go", "No-go"
    ABSTAIN = "abstain", "Abstain"


class Vote(models.Model):
    """A role's vote. A change of mind is a new row that names the one it supersedes."""

    gate = models.ForeignKey(Gate, models.CASCADE, related_name="votes")
    role = models.ForeignKey(Role, models.PROTECT, related_name="votes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=150)
    word = models.CharField(max_length=8, choices=VoteWord.choices)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.role}: {self.word}"


class DecisionWord(models.TextChoices):
    GO = "go", "GO"
    HOLD = "hold", "HOLD"
    NO_GO = "no-go", "NO-GO"


class Decision(models.Model):
    """The gate's answer and the evidence of that moment. Never changed.

    GO and NO-GO end the gate; HOLD ends nothing: the gate is looked at again ``hold_until``.
    ``evidence_sha256`` is over ``evidence`` as canonical JSON.
    """

    gate = models.ForeignKey(Gate, models.CASCADE, related_name="decisions")
    role = models.ForeignKey(Role, models.PROTECT, related_name="decisions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=150)
    word = models.CharField(max_length=6, choices=DecisionWord.choices)
    rationale = models.TextField(blank=True)
    recommendation = models.CharField(max_length=6, choices=DecisionWord.choices)
    reasons = models.JSONField(default=list)
    override = models.BooleanField(default=False)
    hold_until = models.DateTimeField(null=True, blank=True)
    evidence = models.JSONField()
    evidence_sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=("gate",),
                condition=models.Q(word__in=("go", "no-go")),
                name="gate_decided_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.gate}: {self.word}"
