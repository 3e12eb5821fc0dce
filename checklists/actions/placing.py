"""Where the items of a plan stand: read under the plan's lock, changed, and stored."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from checklists.models import ChecklistItem, Phase, PhaseGroup
from checklists.rules import placement as rules
from checklists.rules.placement import Place, Spot
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan

MOST_ITEMS = 5000  # of one plan; what is larger is no checklist that people work through
_STORED = ["phase", "group", "parent", "position"]


@dataclass(frozen=True)
class Where:
    """Where an item is wanted. ``before`` or ``after`` alone name the whole place; so does a
    ``parent``. Without either the item goes to the end of the heading, or of what has none.
    """

    phase: Phase | None = None
    group: PhaseGroup | None = None
    parent: ChecklistItem | None = None
    before: ChecklistItem | None = None
    after: ChecklistItem | None = None


def spot_of(plan: DeploymentPlan, where: Where) -> Spot:
    """The spot as it is now. Raises Invalid for what is not, or no longer, on this plan's list."""
    if beside := where.before or where.after:
        field = "before" if where.before else "after"
        at = _standing(plan, beside, field)
        pair = (at.pk, None) if where.before else (None, at.pk)
        return Spot(at.phase_id, at.group_id, at.parent_id, *pair)
    if where.parent is not None:
        parent = _standing(plan, where.parent, "parent")
        return Spot(parent.phase_id, parent.group_id, parent.pk)
    if where.group is not None:
        group = PhaseGroup.objects.filter(pk=where.group.pk, phase__plan=plan).first()
        if group is None:
            raise Invalid("group", _("This heading is no longer there. Choose another one."))
        return Spot(group.phase_id, group.pk)
    phase = where.phase and Phase.objects.filter(pk=where.phase.pk, plan=plan).first()
    if phase is None:
        raise Invalid("phase", _("Choose the phase that the item belongs to."))
    return Spot(phase.pk)


def _standing(plan: DeploymentPlan, item: ChecklistItem, field: str) -> ChecklistItem:
    found = ChecklistItem.objects.filter(pk=item.pk, plan=plan).first()
    if found is None:
        raise Invalid(field, _("The item to stand there with is no longer on the list."))
    return found


class Layout:
    """The items of some phases as they stand; in three SQL statements, and few to store.

    What was taken off the list keeps its place among the others, so that they keep their names.
    """

    def __init__(self, phases: Collection[int]) -> None:
        self.phases = {phase.pk: phase for phase in Phase.objects.filter(pk__in=phases)}
        found = ChecklistItem.everything.filter(phase__in=self.phases).select_related("phase")
        self.items = {item.pk: item for item in found.order_by("position", "number")}
        self.groups: dict[int, list[int]] = {}
        for group in PhaseGroup.objects.filter(phase__in=self.phases):
            self.groups.setdefault(group.phase_id, []).append(group.pk)

    @property
    def places(self) -> list[Place]:
        return [
            Place(item.pk, item.phase_id, item.group_id, item.parent_id)
            for item in self.items.values()
        ]

    def move(self, item: ChecklistItem, spot: Spot) -> list[ChecklistItem]:
        """Stand an item, known or just made, at ``spot``; give the rows that changed, unsaved.

        Raises Invalid where it cannot stand there.
        """
        known = item.pk if item.pk in self.items else None
        if wrong := rules.objection(self.places, known, spot):
            raise Invalid(*wrong)
        self.items.setdefault(item.pk, item)
        return self.settle(rules.arranged(self.places, item.pk, spot))

    def settle(self, places: Sequence[Place] | None = None) -> list[ChecklistItem]:
        """Give every item its place and its position; the rows that changed, unsaved."""
        changed = []
        by_phase: dict[int, list[Place]] = {phase: [] for phase in self.phases}
        for place in self.places if places is None else places:
            by_phase[place.phase].append(place)
        for phase, found in by_phase.items():
            by_id = {place.item: place for place in found}
            for position, pk in enumerate(rules.in_order(found, self.groups.get(phase, [])), 1):
                if self._put(self.items[pk], by_id[pk], position):
                    changed.append(self.items[pk])
        return changed

    def _put(self, item: ChecklistItem, place: Place, position: int) -> bool:
        now = (item.phase_id, item.group_id, item.parent_id, item.position)
        then = (place.phase, place.group, place.parent, position)
        if now != then:
            item.phase = self.phases[place.phase]
            item.group_id, item.parent_id, item.position = then[1:]
        return now != then


def store(rows: Iterable[ChecklistItem], fields: Collection[str] = _STORED) -> None:
    """Store ``fields`` of rows that are there already, many at a time.

    An insert that meets its own rows: to say each value by row and field, as ``bulk_update`` does,
    takes ten times the work, and seconds for hundreds of items.
    """
    ChecklistItem.everything.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["pk"], update_fields=fields
    )
