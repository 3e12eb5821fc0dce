from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _l

from warroom.models import DeploymentPlan


class ResultKind(models.TextChoices):
    """What kind of result was brought in; ``VALUE`` is a single number under a key."""

    VALUE = "value", _l("Value")
    JUNIT = "junit", "JUnit"
    SARIF = "sarif", "SARIF"
    SCAN = "scan", _l("Scanner report")
    COVERAGE = "coverage", _l("Coverage")
    LOCUST = "locust", "Locust"
    K6 = "k6", "k6"


class Result(models.Model):
    """A result that a pipeline or a person brought in. Never changed: a newer one stands beside it.

    Bytes of a file lie under ``settings.FILES_DIR`` by ``sha256``. ``figures`` is what was read of
    it: rows of key, label, value, unit, text. ``counts`` is False for what is kept and does not
    count, and ``why`` says why (another commit, for the report only).
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="results")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=ResultKind.choices)
    name = models.CharField(max_length=200, help_text="What it is of: Load test, Security scan.")
    prefix = models.SlugField(max_length=60, help_text="Before the keys of its figures.")
    text = models.CharField(max_length=300, help_text="In short: '1,026 of 1,044', 'P95 171 ms'.")
    detail = models.CharField(max_length=300, blank=True, help_text="Locust, stats.csv, 50 users.")
    figures = models.JSONField(default=list)
    notes = models.JSONField(default=list, help_text="What misleads in the file, in sentences.")
    file_name = models.CharField(max_length=200, blank=True)
    size = models.PositiveIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, help_text="Of the file, or of the value as JSON.")
    source = models.CharField(max_length=500, blank=True)
    url = models.URLField(max_length=500, blank=True)
    commit = models.CharField(max_length=64, blank=True)
    counts = models.BooleanField(default=True)
    whole = models.BooleanField(
        default=True, help_text="False: a scanner did not end well, so none found says nothing."
    )
    why = models.CharField(max_length=300, blank=True)
    observed_at = models.DateTimeField()
    valid_for_s = models.PositiveIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-pk")
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="result_number_per_plan")
        ]

    is_fresh = False  # whether this very call wrote it, or it was there before

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"


class Evidence(models.Model):
    """The latest reading under a key. A decision keeps its own frozen copy.

    ``observed_at``: when the thing was measured (UTC); ``valid_for_s``: seconds until it counts as
    no data when read (law 5). ``band`` is set where a person judged; such a judgement stands until
    a newer one, and ages only where its criterion says how long it counts. ``result`` is what
    brought it in, where something did.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="evidence")
    key = models.CharField(max_length=80)
    label = models.CharField(max_length=200, blank=True)
    value = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=300, blank=True, help_text="As shown: '5 of 5', '236 ms'.")
    band = models.CharField(max_length=8, blank=True, help_text="A person's judgement.")
    reason = models.CharField(max_length=500, blank=True, help_text="Why there is no value.")
    observed_at = models.DateTimeField(null=True, blank=True)
    valid_for_s = models.PositiveIntegerField(default=30)
    source = models.CharField(max_length=500, blank=True, help_text="PromQL, URL or tool.")
    result = models.ForeignKey(
        Result, models.SET_NULL, null=True, blank=True, related_name="readings"
    )
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("plan", "key"), name="evidence_key_per_plan")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.text}"
