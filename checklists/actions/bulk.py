"""Several items are set at once: one state, one reason, one event. All of them, or none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from checklists.actions.items import (
    FIELDS,
    Wanted,
    changed_meanwhile,
    demand_role,
    demand_sense,
    write,
)
from checklists.actions.revoking import Revoked, revoke_signatures
from checklists.models import ChecklistItem
from checklists.queries.refs import name_items
from checklists.rules import items as rules
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, NotAllowed, Refused, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.rules.wording import listed

MOST_AT_ONCE = 500
_TOLD = 10  # sentences in one answer


@dataclass(frozen=True)
class Chosen:
    """An item by its number, and the revision that was seen of it (None: whichever)."""

    number: int
    revision: int | None = None


def set_items_state(
    plan: DeploymentPlan,
    chosen: Sequence[Chosen],
    state: str,
    *,
    by: User,
    reason: str = "",
    request_id: str | None = None,
) -> list[ChecklistItem]:
    """Set several items to one state, in one event ``items.set``; return those that changed.

    What is so already is left alone. One item that cannot be set keeps all of them from it: the
    refusal names each. Raises as ``set_item_state``, and Invalid for none or too many.
    """
    if wrong := rules.objection(state, reason):
        raise Invalid(*wrong)
    if not 1 <= len(chosen) <= MOST_AT_ONCE:
        raise Invalid(
            "items",
            _("Choose between 1 and {most_at_once} items.").format(most_at_once=MOST_AT_ONCE),
        )
    wanted = Wanted(state, checked_reason(reason))
    with change(plan, by=by, right="tick", request_id=request_id) as setting:
        items = _found(setting, chosen)
        changing = [item for item in items if not wanted.holds(item)]
        if setting.repeated or not changing:
            return []
        _demand_unchanged(changing, chosen)
        _demand_right_and_sense(setting, changing, wanted)
        before = {item.number: item.state for item in changing}
        for item in changing:
            write(setting, item, wanted)
        ChecklistItem.objects.bulk_update(changing, FIELDS, batch_size=200)
        _record(setting, changing, before, wanted)
    return changing


def _found(setting: Change, chosen: Sequence[Chosen]) -> list[ChecklistItem]:
    numbers = {one.number for one in chosen}
    rows = ChecklistItem.everything.filter(plan=setting.plan, number__in=numbers)
    rows = rows.select_related("phase", "role").order_by("phase__number", "position")
    items = name_items(rows)
    if missing := sorted(numbers - {item.number for item in items}):
        raise Invalid("items", _("This release has no item {missing}.").format(missing=missing[0]))
    for item in items:
        item.plan = setting.plan
    return items


def _demand_unchanged(items: list[ChecklistItem], chosen: Sequence[Chosen]) -> None:
    seen = {one.number: one.revision for one in chosen}
    late = [
        _("{removed_by_name} took {item} off the list.").format(
            removed_by_name=item.removed_by_name, item=item.ref
        )
        if item.removed_at
        else changed_meanwhile(item)
        for item in items
        if item.removed_at or seen[item.number] not in (None, item.revision)
    ]
    if late:
        told = _shortened(sentence.replace(f" {_('Nothing was saved.')}", "") for sentence in late)
        raise Refused(
            _("{told} None of the {count} items was set.").format(told=told, count=len(chosen))
        )


def _demand_right_and_sense(setting: Change, items: list[ChecklistItem], wanted: Wanted) -> None:
    refusals: list[Refused] = []
    for item in items:
        try:
            demand_role(setting, item)
            demand_sense(setting, item, wanted)
        except Invalid as wrong:
            refusals.append(Invalid(wrong.field, f"{item.ref}: {wrong.sentence}"))
        except Refused as refused:
            refusals.append(refused)
    if not refusals:
        return
    told = _("{shortened} None of the items was set.").format(
        shortened=_shortened(one.sentence for one in refusals)
    )
    first = refusals[0]
    if isinstance(first, Invalid):
        raise Invalid(first.field, told)
    raise NotAllowed(told) if isinstance(first, NotAllowed) else Refused(told)


def _shortened(sentences: Iterable[str]) -> str:
    told = list(sentences)
    more = len(told) - _TOLD
    return " ".join(told[:_TOLD]) + (_(" And {more} more.").format(more=more) if more > 0 else "")


def _record(
    setting: Change, items: list[ChecklistItem], before: dict[int, str], wanted: Wanted
) -> None:
    phases = {item.phase.number: item.phase for item in items}
    refs = listed([item.ref for item in items])
    state = rules.PAST_SAID[wanted.state]
    what = _("{refs} to {state}").format(refs=refs, state=state)
    revoked = revoke_signatures(setting, phases.values(), what, whole=_reopens(before, wanted))
    setting.record(
        "items.set",
        f"{refs} {state}{_left_out(items, wanted)}.{_why(wanted)}{revoked.said}",
        items={str(item.number): item.ref for item in items},
        before={str(number): word for number, word in before.items()},
        after=wanted.state,
        reason=wanted.reason,
        phases=sorted(phases),
        **_revoked(revoked),
    )


def _revoked(revoked: Revoked) -> dict[str, list[str]]:
    """Each role once, however many of its signatures fell."""
    return {name: list(dict.fromkeys(keys)) for name, keys in revoked.data.items()}


def _reopens(before: dict[int, str], wanted: Wanted) -> bool:
    return wanted.state not in rules.CLOSED and any(s in rules.CLOSED for s in before.values())


def _left_out(items: list[ChecklistItem], wanted: Wanted) -> str:
    """Required items are never left out silently: the sentence names them."""
    refs = [item.ref for item in items if rules.left_out(item.required, wanted.state, "", "")]
    return _(" (required: {refs})").format(refs=", ".join(refs)) if refs else ""


def _why(wanted: Wanted) -> str:
    return _(" Reason: {reason}").format(reason=wanted.reason) if wanted.reason else ""
