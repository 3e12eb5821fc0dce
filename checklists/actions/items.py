from checklists.actions.revoking import Revoked, revoke_signatures
from checklists.models import ChecklistItem, ItemNote
from checklists.queries.changes import last_change
from checklists.rules import items as rules
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import Right, User
from warroom.queries.people import standing

NOTE_LIMIT = 4000
VALUE_LIMIT, REASON_LIMIT = 120, 4000
FIELDS = ["state", "state_reason", "state_by", "state_by_name", "state_at"]
FIELDS += ["value", "evidence_url", "revision"]


def set_item_state(
    item: ChecklistItem,
    state: str,
    *,
    by: User,
    reason: str = "",
    value: str | None = None,
    evidence: str | None = None,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> ChecklistItem:
    """Set an item's state and return the item as it now is.

    To set what already is changes nothing and is no event. A change to what was signed revokes the
    signatures under its phase, in the same event (law 4); one that reopens what was closed revokes
    those under the whole release too. Raises Invalid for an unknown state or
    a missing reason, Refused when the item changed since ``seen_revision``, NotAllowed without the
    right to tick, or for an item of a
    role without a seat in it.
    """
    if wrong := rules.objection(state, reason):
        raise Invalid(*wrong)
    _check_lengths(reason, value or "", evidence or "")
    with change(item.plan, by=by, right="tick", request_id=request_id) as ticking:
        item = ChecklistItem.objects.select_related("phase", "role").get(pk=item.pk)
        if ticking.repeated or _is_already(item, state, reason, value, evidence):
            return item
        if seen_revision is not None and seen_revision != item.revision:
            raise Refused(changed_meanwhile(item))
        _demand_role(ticking, item)
        before = item.state
        item.state, item.state_reason, item.state_at = state, reason.strip(), ticking.at
        item.state_by, item.state_by_name = ticking.author, ticking.author_name
        item.value = item.value if value is None else value.strip()
        item.evidence_url = item.evidence_url if evidence is None else evidence
        item.revision += 1
        item.save(update_fields=FIELDS)
        _record(ticking, item, before, _revoke_signatures(ticking, item, before))
    return item


def _demand_role(ticking: Change, item: ChecklistItem) -> None:
    """An item of a role is for who sits in it, or may edit the plan (S128)."""
    if item.role is None or ticking.author is None:
        return
    held = standing(ticking.author, ticking.plan)
    if item.role_id not in held.role_ids and not held.may(Right.EDIT):
        raise NotAllowed(f"{item.ref} is for {item.role.name}: only who sits there may set it.")


def changed_meanwhile(item: ChecklistItem) -> str:
    """One sentence: who changed the item, to what, and when (UTC)."""
    event = last_change(item)
    if event is not None and (verb := _REWRITTEN.get(event.kind)):
        return f"{event.actor_name} {verb} {item.ref} first, at {event.at:%H:%M} UTC. {_UNSAVED}"
    at = f" at {item.state_at:%H:%M} UTC" if item.state_at else ""
    who = item.state_by_name or "Somebody"
    return f"{who} changed {item.ref} first: it is {rules.PAST[item.state]}{at}. {_UNSAVED}"


_UNSAVED = "Nothing was saved."
_REWRITTEN = {
    "item.edited": "edited",
    "item.moved": "moved",
    "item.removed": "removed",
    "item.restored": "restored",
}


def add_item_note(
    item: ChecklistItem, text: str, *, by: User, request_id: str | None = None
) -> ItemNote | None:
    """Add a person's note to an item. None when the same request did so before."""
    text = text.strip()
    if not text:
        raise Invalid("text", "The note is empty. Write what you found.")
    if len(text) > NOTE_LIMIT:
        raise Invalid("text", f"The note has {len(text)} characters; {NOTE_LIMIT} are allowed.")
    with change(item.plan, by=by, right="tick", request_id=request_id) as noting:
        if noting.repeated:
            return None
        note = ItemNote.objects.create(
            item=item, text=text, by=by, by_name=noting.author_name, at=noting.at
        )
        noting.record(
            "item.noted",
            f"{item.ref} {item.text}: {text}",
            item=item.number,
            phase=item.phase.number,
        )
    return note


def _check_lengths(reason: str, value: str, evidence: str) -> None:
    if len(reason) > REASON_LIMIT:
        raise Invalid("reason", f"The reason has more than {REASON_LIMIT} characters.")
    if len(value.strip()) > VALUE_LIMIT:
        raise Invalid("value", f"The value has more than {VALUE_LIMIT} characters.")
    if evidence and (not evidence.startswith(("https://", "http://")) or len(evidence) > 500):
        raise Invalid("evidence", "Evidence is a link, https://…, of at most 500 characters.")


def _is_already(
    item: ChecklistItem, state: str, reason: str, value: str | None, evidence: str | None
) -> bool:
    return (
        item.state == state
        and item.state_reason == reason.strip()
        and (value is None or item.value == value.strip())
        and (evidence is None or item.evidence_url == evidence)
    )


def _revoke_signatures(ticking: Change, item: ChecklistItem, before: str) -> Revoked:
    """Take back the approvals under the item's phase: they were given for another list.

    Those under the whole release say how many items were closed. They fall when one no longer is;
    progress leaves them standing.
    """
    reopened = before in rules.CLOSED and item.state not in rules.CLOSED
    what = f"{item.ref} to {rules.PAST[item.state]}"
    return revoke_signatures(ticking, [item.phase], what, whole=reopened, item=item)


def _record(ticking: Change, item: ChecklistItem, before: str, revoked: Revoked) -> None:
    why = f" Reason: {item.state_reason}" if item.state_reason else ""
    ticking.record(
        rules.kind(item.state),
        f"{item.ref} {rules.PAST[item.state]}: {item.text}{why}{revoked.said}",
        item=item.number,
        ref=item.ref,
        before=before,
        after=item.state,
        reason=item.state_reason,
        value=item.value,
        revision=item.revision,
        phase=item.phase.number,
        **revoked.data,
    )
