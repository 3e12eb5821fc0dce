from django.conf import settings
from django.db import models

from warroom.models import DeploymentPlan, Role


class DailyForm(models.Model):
    """Questions that come back every day, such as an evening's wrap-up.

    Due each day from ``first_day`` to ``last_day`` at ``at_time``, in the plan's time zone.
    ``questions``: a list of {"key", "label", "kind": "text" | "number" | "yes-no", "wanted": bool}.
    """

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="daily_forms")
    key = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    questions = models.JSONField(default=list)
    role = models.ForeignKey(Role, models.SET_NULL, null=True, blank=True, related_name="+")
    at_time = models.TimeField()
    first_day = models.DateField()
    last_day = models.DateField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "pk")
        constraints = [
            models.UniqueConstraint(fields=("plan", "key"), name="daily_form_key_per_plan")
        ]

    def __str__(self) -> str:
        return self.title


class DailyEntry(models.Model):
    """One day's answers. A correction is a newer row that names the one it supersedes."""

    form = models.ForeignKey(DailyForm, models.PROTECT, related_name="entries")
    day = models.DateField()
    answers = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    class Meta:
        ordering = ("day", "at", "pk")

    def __str__(self) -> str:
        return f"{self.form} {self.day}"
