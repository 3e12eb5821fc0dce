from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _l

from warroom.models import DeploymentPlan, Role

from .phases import Phase, PhaseGroup


class ItemState(models.TextChoices):
    OPEN = "open", _l("Open")
    DOING = "doing", _l("Doing")
    DONE = "done", _l("Done")
    FAILED = "failed", _l("Failed")
    BLOCKED = "blocked", _l("Blocked")
    SKIPPED = "skipped", _l("Skipped")
    NOT_APPLICABLE = "not_applicable", _l("Not applicable")


class StandingItems(models.Manager):
    """The items that are on the list; those taken off it stay as rows and are not among them."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(removed_at=None)


PLACED = ("pk", "parent_id", "position", "number")
Placed = tuple[int, int | None, int, int]


def places(rows: Iterable[Placed]) -> dict[int, str]:
    """The places of all rows of one phase (each of PLACED), by id: ``4``, and ``4.1`` below it.

    ``position`` counts every row of the phase; those that lie below others take no number of the
    upper ones. What was taken off the list keeps its place, so that the others keep their names.
    """
    found: dict[int, str] = {}
    below: dict[int, int] = {}
    nested = 0
    for pk, parent, position, _ in sorted(rows, key=lambda row: row[2:]):
        if parent in found:
            nested += 1
            below[parent] = below.get(parent, 0) + 1
            found[pk] = f"{found[parent]}.{below[parent]}"
        else:
            found[pk] = str(max(1, position - nested))
    return found


class ChecklistItem(models.Model):
    """One thing to do. ``number`` names it within its plan for good, wherever it is moved to.

    ``count_done`` of ``count_of`` is progress that a person states ("3 of 7 attached").
    ``duration_s`` is how long the work runs once it is begun at ``started_at`` (a soak of a day).
    """

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

    count_done = models.PositiveIntegerField(null=True, blank=True)
    count_of = models.PositiveIntegerField(null=True, blank=True)
    count_unit = models.CharField(max_length=40, blank=True, help_text="attached, rounds")
    duration_s = models.PositiveBigIntegerField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True, help_text="Set when it is begun.")

    state = models.CharField(max_length=14, choices=ItemState.choices, default=ItemState.OPEN)
    state_reason = models.TextField(blank=True)
    state_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    state_by_name = models.CharField(max_length=150, blank=True)
    state_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=0)
    # Not applicable because its section is off: comes back when the section is switched on.
    off_with_section = models.BooleanField(default=False)
    source_line = models.PositiveIntegerField(null=True, blank=True)
    # Empty for what came with the document.
    added_at = models.DateTimeField(null=True, blank=True)
    added_by_name = models.CharField(max_length=150, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by_name = models.CharField(max_length=150, blank=True)
    removed_reason = models.TextField(blank=True)

    place: str | None = None  # its place within the phase, where somebody has worked it out

    objects = StandingItems()
    everything = models.Manager()  # noqa: DJ012  the first manager is the default one

    class Meta:
        ordering = ("phase__number", "position")
        constraints = [
            models.UniqueConstraint(fields=("plan", "number"), name="item_number_per_plan")
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.text}"

    @property
    def ref(self) -> str:
        """How people name it: phase and place, such as 4.12, or 4.4.1 below another item.

        Those who show many set ``place`` first (``queries/refs.py``); else it costs a statement.
        """
        if self.place is not None:
            return f"{self.phase.number}.{self.place}"
        rows = ChecklistItem.everything.filter(phase_id=self.phase_id).values_list(*PLACED)
        return f"{self.phase.number}.{places(rows).get(self.pk, self.position)}"

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


class ItemFile(models.Model):
    """A file that shows an item to be done. Bytes lie under ``settings.FILES_DIR`` by SHA-256."""

    item = models.ForeignKey(ChecklistItem, models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return self.name
