from django.db import models

from warroom.models import DeploymentPlan


class Switchable(models.Model):
    """A section that can be switched off, with a reason; its open items are then not applicable."""

    off_at = models.DateTimeField(null=True, blank=True)
    off_by_name = models.CharField(max_length=150, blank=True)
    off_reason = models.TextField(blank=True)

    class Meta:
        abstract = True


class Phase(Switchable):
    """A part of the checklist that is signed off as a whole. ``offset_s``: seconds after T0."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="phases")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=300)
    offset_s = models.BigIntegerField(null=True, blank=True)
    end_offset_s = models.BigIntegerField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True, help_text="Where a date is given.")
    ends_at = models.DateTimeField(null=True, blank=True)
    exit_criteria = models.TextField(blank=True)
    required = models.BooleanField(default=True)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="phase_number_per_plan")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class PhaseGroup(Switchable):
    """A heading inside a phase, such as 'Pre-Deployment (T-2 hours)'."""

    phase = models.ForeignKey(Phase, models.CASCADE, related_name="groups")
    title = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField()
    offset_s = models.BigIntegerField(null=True, blank=True)
    end_offset_s = models.BigIntegerField(null=True, blank=True)
    optional = models.BooleanField(default=False, help_text="'If needed' sections.")
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("position",)

    def __str__(self) -> str:
        return self.title
