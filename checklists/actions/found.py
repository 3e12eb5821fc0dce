"""What is found while a release runs and wants a look: an item beside what was signed."""

from __future__ import annotations

from django.db.models import Max
from django.utils.translation import gettext as _

from checklists.actions.placing import MOST_ITEMS, Layout, store
from checklists.models import ChecklistItem, Phase
from checklists.queries.refs import name_items
from checklists.rules.placement import Spot
from warroom.actions.change import Change, change
from warroom.actions.refusals import Refused
from warroom.models import DeploymentPlan, Right, User


def open_found(
    plan: DeploymentPlan, text: str, *, by: User | str, owner: str, note: str = ""
) -> ChecklistItem:
    """Put something to look into on the list and return it, with its ``ref``.

    It is optional and belongs to ``owner``, at the end of the last phase that was worked on. No
    signature falls: nobody signed that nothing would be found. Raises NotAllowed without the right
    to tick, Refused when the list is full.
    """
    with change(plan, by=by, right=Right.TICK) as finding:
        item = _placed(_made(finding, text, owner))
        finding.record(
            "item.added",
            _("{item} opened for {owner}: {text}").format(item=item.ref, owner=owner, text=text),
            item=item.number,
            ref=item.ref,
            phase=item.phase.number,
            reason=note,
        )
    return item


def _made(finding: Change, text: str, owner: str) -> ChecklistItem:
    rows = ChecklistItem.everything.filter(plan=finding.plan)
    if rows.count() >= MOST_ITEMS:
        raise Refused(_("A release has at most {most_items} items.").format(most_items=MOST_ITEMS))
    newest = rows.aggregate(last=Max("number"))["last"] or 0
    return ChecklistItem.objects.create(
        plan=finding.plan,
        phase=_phase(finding),
        number=newest + 1,
        position=MOST_ITEMS + 1,  # until the others have made room
        text=text,
        required=False,
        owner=owner[:120],
        added_at=finding.at,
        added_by_name=finding.author_name,
    )


def _placed(item: ChecklistItem) -> ChecklistItem:
    layout = Layout([item.phase_id])
    store(layout.move(item, Spot(item.phase_id)))
    item = layout.items[item.pk]
    name_items([item])
    return item


def _phase(finding: Change) -> Phase:
    """The last phase in which somebody has done something, else the first."""
    phases = Phase.objects.filter(plan=finding.plan)
    worked = phases.filter(items__state_at__isnull=False, items__removed_at=None)
    found = worked.order_by("number").last() or phases.order_by("number").first()
    return found or Phase.objects.create(
        plan=finding.plan, number=1, title=_("Found while watching")
    )
