from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.models import DeploymentPlan, Role


class Quorum(models.TextChoices):
    ALL = "all", _l("Every role that votes here")
    COUNT = "count", _l("So many of the roles that vote here")


class Gate(models.Model):
    """A go/no-go. It opens at ``offset_s`` seconds after T0, or is open from the start.

    ``version`` counts what was changed of what people vote on; a vote counts for its own version
    only. ``voters``: who votes here, or, when empty, every role with the right to vote.
    ``bar``: percent of the weighted criteria that must be met; under ``bar_fail`` it is a no-go.
    """

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
    version = models.PositiveSmallIntegerField(default=1)
    # Since when this version stands (UTC); None for the first.
    version_at = models.DateTimeField(null=True, blank=True)
    quorum = models.CharField(max_length=5, choices=Quorum.choices, default=Quorum.ALL)
    quorum_count = models.PositiveSmallIntegerField(null=True, blank=True)
    voters = models.JSONField(default=list, blank=True, help_text="Keys of roles.")
    # Whose no-go alone stops a gate where only so many goes are wanted.
    veto_roles = models.JSONField(default=list, blank=True, help_text="Keys of roles.")
    delegate_minutes = models.PositiveSmallIntegerField(
        default=10, help_text="Minutes after opening from which a missing vote can be delegated."
    )
    silence_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, default=60, help_text="Minutes of silence after which it holds."
    )
    # When the tick looks whether silence holds the gate; None: nothing is due.
    silence_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    bar = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    bar_fail = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    # The gate that said NO-GO, after which this one is held.
    follows = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="successor"
    )
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [models.UniqueConstraint(fields=("plan", "key"), name="gate_key_per_plan")]

    def __str__(self) -> str:
        return self.title


class Source(models.TextChoices):
    """Where a criterion's value comes from; what each wants stands in ``Criterion.params``."""

    EVIDENCE = "evidence", _l("A reading by its key: a metric, a result, a value that is posted")
    CHECKS = "checks", _l("Health checks that pass")
    ALERTS = "alerts", _l("Alerts that fire")
    ITEMS = "items", _l("Required items that are closed")
    SIGNOFFS = "signoffs", _l("Sign-offs that are given")
    SCORE = "score", _l("The readiness score")
    FINDINGS = "findings", _l("Findings that count")
    DRYRUNS = "dryruns", _l("Dry runs that passed")
    AGE = "age", _l("How old something is, such as a backup")
    PERSON = "person", _l("A person's judgement")


class Area(models.TextChoices):
    TECHNICAL = "technical", _l("Technical")
    OPERATIONAL = "operational", _l("Operational")
    BUSINESS = "business", _l("Business")


class StandingCriteria(models.Manager):
    """The criteria that are asked; those taken off a gate stay as rows and are not among them."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(removed_at=None)


class Criterion(models.Model):
    """What the gate asks: a value against its bands, or a person's judgement.

    The three texts are the document's own; the bounds are what was understood of them. Until a
    value or a judgement is there, it has no data. Without ``weight`` it is a veto: its band alone
    decides (law 6). With one it counts by weight against the gate's ``bar``.
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
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.EVIDENCE)
    params = models.JSONField(default=dict, blank=True, help_text="What the source wants.")
    weight = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, help_text="None: a veto."
    )
    area = models.CharField(max_length=12, choices=Area.choices, blank=True)
    # How long a reading counts, in seconds; None: as long as the reading itself says.
    valid_for_s = models.PositiveIntegerField(null=True, blank=True)
    version = models.PositiveSmallIntegerField(default=1)
    removed_at = models.DateTimeField(null=True, blank=True)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    objects = StandingCriteria()
    everything = models.Manager()  # noqa: DJ012  the first manager is the default one

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=("gate", "key"), name="criterion_key_per_gate")
        ]

    def __str__(self) -> str:
        return self.label


class VoteWord(models.TextChoices):
    GO = "go", _l("Go")
    NO_GO = "no-go", "No-go"
    ABSTAIN = "abstain", _l("Abstain")


class Vote(models.Model):
    """A role's vote. A change of mind is a new row that names the one it supersedes.

    It counts while ``gate_version`` is the gate's. With a ``delegation`` somebody else cast it for
    the role's holder.
    """

    gate = models.ForeignKey(Gate, models.CASCADE, related_name="votes")
    role = models.ForeignKey(Role, models.PROTECT, related_name="votes")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=150)
    word = models.CharField(max_length=8, choices=VoteWord.choices)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    gate_version = models.PositiveSmallIntegerField(default=1)
    delegation = models.ForeignKey(
        "Delegation", models.PROTECT, null=True, blank=True, related_name="votes"
    )
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
    ``evidence_sha256`` is over ``evidence`` as canonical JSON. Without ``role`` and ``person`` the
    rule itself held the gate, because nobody answered.
    """

    gate = models.ForeignKey(Gate, models.CASCADE, related_name="decisions")
    role = models.ForeignKey(Role, models.PROTECT, null=True, blank=True, related_name="decisions")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
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

    @property
    def decided_as(self) -> str:
        """The role that decided, or the rule itself."""
        return self.role.name if self.role else _("the rule")

    @property
    def how(self) -> str:
        """How it stands to the rule's word, in words."""
        if self.word != self.recommendation:
            return _("against the rule, which said {recommendation}").format(
                recommendation=self.get_recommendation_display()
            )
        return _("on what the decider accepted") if self.override else _("as the rule said")


class Correction(models.Model):
    """What was wrong about a decision, added below it; the decision itself is never edited."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="corrections")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return self.text[:60]
