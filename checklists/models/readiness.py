from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.models import DeploymentPlan


class ScoreSource(models.TextChoices):
    """Where a category's score comes from; what each wants stands in ``params``."""

    PERSON = "person", _l("A person's score")
    ITEMS = "items", _l("Required items that are closed")
    EVIDENCE = "evidence", _l("A reading by its key")
    CRITERIA = "criteria", _l("Criteria that are green")
    FINDINGS = "findings", _l("Findings that count")


class ReadinessScale(models.Model):
    """How a plan's score is written: the best one, the bar, and what its document claims.

    ``claims`` are rows of label, value (in the document's own scale), best, line.
    """

    plan = models.OneToOneField(DeploymentPlan, models.CASCADE, related_name="readiness_scale")
    best = models.DecimalField(max_digits=7, decimal_places=2, default=100)
    bar = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    claims = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return _("of {best}").format(best=self.best)


class ReadinessCategory(models.Model):
    """A part of the readiness score. ``weight`` in percent; all of a plan should make 100.

    ``target_value`` is on the plan's scale. A ``veto`` under its target is one whatever the score.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="readiness")
    key = models.SlugField(max_length=80)
    label = models.CharField(max_length=200)
    weight = models.DecimalField(max_digits=6, decimal_places=2)
    target = models.CharField(max_length=60, blank=True, help_text="In the document's own words.")
    target_value = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    veto = models.BooleanField(default=False)
    source = models.CharField(
        max_length=10, choices=ScoreSource.choices, default=ScoreSource.PERSON
    )
    params = models.JSONField(default=dict, blank=True, help_text="What the source wants.")
    position = models.PositiveSmallIntegerField()
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "key"), name="readiness_key_per_plan")
        ]

    def __str__(self) -> str:
        return self.label


class CategoryScore(models.Model):
    """A score that somebody gave, on the plan's scale. The newest counts; none is changed.

    Without ``by`` it stood in the plan's document.
    """

    category = models.ForeignKey(ReadinessCategory, models.CASCADE, related_name="scores")
    value = models.DecimalField(max_digits=7, decimal_places=2)
    why = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.category}: {self.value}"
