from django.conf import settings
from django.db import models

from warroom.models import DeploymentPlan, Role

from .phases import Phase, PhaseGroup


class ItemState(models.TextChoices):
    OPEN = "open", "Open"
    DOING = "doing", "Doing"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    BLOCKED = "blocked", "Blocked"
    SKIPPED = "skipped", "Skipped"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class ChecklistItem(models.Model):
    """One thing to do. ``number`` names it within its plan for good, wherever it is moved to."""

    plan = models.ForeignKey(DeploymentPlan, models.CASCADE, related_name="items")
    phase = models.ForeignKey(Phase, models.CASCADE, related_name="items")
    group = models.ForeignKey(
        PhaseGroup, models.SET_NULL, null=True, blank=True, related_name="items"
    )
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children"
    )
    number = models.PositiveIntegerField()
    position = models.PositiveIntegerField(help_text="Order within the phase; shown as 4.12.")
    text = models.TextField()
    required = models.BooleanField(default=True)
    blocking = models.BooleanField(default=False)
    role = models.ForeignKey(Role, models.SET_NULL, null=True, blank=True, related_name="items")
    owner = models.CharField(max_length=120, blank=True)
    due_offset_s = models.BigIntegerField(null=True, blank=True, help_text="Seconds after T0.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="Where a fixed time is given.")
    command = models.TextField(blank=True)
    expected = models.TextField(blank=True)
    evidence_url = models.URLField(max_length=500, blank=True)
    value = models.CharField(max_length=120, blank=True, help_text="Measured: 22/22, 98.28 %.")
    target = models.CharField(max_length=120, blank=True)

    state = models.CharField(max_length=14, choices=ItemState.choices, default=ItemState.OPEN)
    state_reason = models.TextField(blank=True)
    state_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    state_by_name = models.CharField(max_length=150, blank=True)
    state_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=0)
    source_line = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("phase__number", "position")
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="item_number_per_plan")
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.text}"

    @property
    def ref(self) -> str:
        """How people name it: phase and place, such as 4.12."""
        return f"{self.phase.number}.{self.position}"

    @property
    def closed(self) -> bool:
        return self.state in (ItemState.DONE, ItemState.SKIPPED, ItemState.NOT_APPLICABLE)


class ItemNote(models.Model):
    """A person's remark on an item. Kept as written."""

    item = models.ForeignKey(ChecklistItem, models.CASCADE, related_name="notes")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return self.text[:60]
