from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.revoking import Revoked, revoke_signatures
from checklists.models import ChecklistItem, ItemNote
from checklists.queries.changes import last_change
from checklists.queries.rehearsals import foreign_link
from checklists.rules import items as rules
from checklists.rules.targets import Met, against
from warroom.actions.again import carried_out_again
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, NotAllowed, Refused, checked_reason
from warroom.models import Right, User

NOTE_LIMIT = 4000
VALUE_LIMIT = 120
FIELDS = ["state", "state_reason", "state_by", "state_by_name", "state_at", "off_with_section"]
FIELDS += ["value", "evidence_url", "count_done", "started_at", "revision"]


@dataclass(frozen=True)
class Wanted:
    """What an item is to be. None leaves a field as it is."""

    state: str
    reason: str = ""
    value: str | None = None
    evidence: str | None = None
    count: int | None = None

    def holds(self, item: ChecklistItem) -> bool:
        """Whether the item is so already."""
        return (
            item.state == self.state
            and item.state_reason == self.reason
            and self.value in (None, item.value)
            and self.evidence in (None, item.evidence_url)
            and self.count in (None, item.count_done)
        )


@carried_out_again
def set_item_state(
    item: ChecklistItem,
    state: str,
    *,
    by: User,
    reason: str = "",
    value: str | None = None,
    evidence: str | None = None,
    count: int | None = None,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> ChecklistItem:
    """Set an item's state and return the item as it now is.

    To set what already is changes nothing and is no event. A change to what was signed revokes the
    signatures under its phase, in the same event (law 4); one that reopens what was closed revokes
    those under the whole release too. Raises Invalid for an unknown state, a missing reason or a
    count beyond its end, Refused when the item changed since ``seen_revision`` or is off with its
    section, NotAllowed without the right to tick, for an item of a role without a seat in it, or to
    leave out what is required without the right to skip.
    """
    if wrong := rules.objection(state, reason):
        raise Invalid(*wrong)
    value = value.strip() if value is not None else None
    reason = checked_reason(reason)
    _check_lengths(value or "", evidence or "")
    if evidence and (wrong := foreign_link(evidence, item.plan)):
        raise Invalid("evidence", wrong)
    wanted = Wanted(state, reason, value, evidence, count)
    with change(item.plan, by=by, right="tick", request_id=request_id) as ticking:
        item = locked_item(ticking, item)
        if ticking.repeated or wanted.holds(item):
            return item
        demand_unchanged(item, seen_revision)
        demand_role(ticking, item)
        demand_sense(ticking, item, wanted)
        before = item.state
        write(ticking, item, wanted)
        item.save(update_fields=FIELDS)
        reopened = before in rules.CLOSED and item.state not in rules.CLOSED
        what = _("{item} to {state}").format(item=item.ref, state=rules.PAST_SAID[item.state])
        revoked = revoke_signatures(ticking, [item.phase], what, whole=reopened, item=item)
        _record(ticking, item, before, revoked)
    return item


def set_count(
    item: ChecklistItem,
    count: int,
    *,
    by: User,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> ChecklistItem:
    """Say how far an item that counts has come: a number, never one more. It begins the item.

    An item that is done already stays so, and goes back to work when the number falls short.
    Raises as ``set_item_state``.
    """
    with change(item.plan, by=by, right="tick", request_id=request_id) as counting:
        item = locked_item(counting, item)
        if counting.repeated or item.count_done == count:
            return item
        demand_unchanged(item, seen_revision)
        demand_role(counting, item)
        _demand_count(item, count)
        before = item.state
        short = before == "done" and count < (item.count_of or 0)
        state = "doing" if before == "open" or short else before
        write(counting, item, Wanted(state, item.state_reason, count=count))
        item.save(update_fields=FIELDS)
        what = _("{item} to {count}").format(
            item=item.ref, count=rules.count_text(count, item.count_of, item.count_unit)
        )
        revoked = revoke_signatures(counting, [item.phase], what, whole=short, item=item)
        record_count(counting, item, before, revoked)
    return item


def record_count(
    counting: Change, item: ChecklistItem, before: str, revoked: Revoked | None = None
) -> None:
    revoked = revoked or Revoked()
    said = rules.count_text(item.count_done, item.count_of, item.count_unit)
    counting.record(
        "item.counted",
        f"{item.ref} {said}: {item.text}{revoked.said}",
        **_where(item),
        before=before,
        after=item.state,
        count=item.count_done,
        of=item.count_of,
        **revoked.data,
    )


def locked_item(changing: Change, item: ChecklistItem) -> ChecklistItem:
    """The item as it is under the plan's lock. Refused when it was taken off the list meanwhile."""
    found = ChecklistItem.objects.select_related("phase", "role").filter(pk=item.pk).first()
    if found is None:
        event = last_change(item)
        who = (
            _("{actor_name} took it").format(actor_name=event.actor_name)
            if event
            else _("It was taken")
        )
        raise Refused(
            _("{who} off the list meanwhile. {unsaved}").format(who=who, unsaved=_UNSAVED)
        )
    found.plan = changing.plan
    return found


def demand_role(ticking: Change, item: ChecklistItem) -> None:
    """An item of a role is for who sits in it, or may edit the plan (S128)."""
    if item.role is None or ticking.author is None:
        return
    if item.role_id not in ticking.held.role_ids and not ticking.held.may(Right.EDIT):
        raise NotAllowed(
            _("{item} is for {role}: only who sits there may set it.").format(
                item=item.ref, role=item.role.name
            )
        )


def changed_meanwhile(item: ChecklistItem) -> str:
    """One sentence: who changed the item, to what, and when (UTC)."""
    event = last_change(item)
    if event is not None and (verb := _REWRITTEN.get(event.kind)):
        return _("{actor_name} {verb} {item} first, at {at:%H:%M} UTC. {unsaved}").format(
            actor_name=event.actor_name, verb=verb, item=item.ref, at=event.at, unsaved=_UNSAVED
        )
    at = _(" at {state_at:%H:%M} UTC").format(state_at=item.state_at) if item.state_at else ""
    who = item.state_by_name or _("Somebody")
    return _("{who} changed {item} first: it is {state}{at}. {unsaved}").format(
        who=who, item=item.ref, state=rules.PAST_SAID[item.state], at=at, unsaved=_UNSAVED
    )


_UNSAVED = _l("Nothing was saved.")
_REWRITTEN = {
    "item.edited": "edited",
    "item.moved": "moved",
    "item.removed": "removed",
    "item.restored": "restored",
}


@carried_out_again
def add_item_note(
    item: ChecklistItem, text: str, *, by: User, request_id: str | None = None
) -> ItemNote | None:
    """Add a person's note to an item. None when the same request did so before."""
    text = text.strip()
    if not text:
        raise Invalid("text", _("The note is empty. Write what you found."))
    if len(text) > NOTE_LIMIT:
        raise Invalid(
            "text",
            _("The note has {count} characters; {note_limit} are allowed.").format(
                count=len(text), note_limit=NOTE_LIMIT
            ),
        )
    with change(item.plan, by=by, right="tick", request_id=request_id) as noting:
        if noting.repeated:
            return None
        note = ItemNote.objects.create(
            item=item, text=text, by=by, by_name=noting.author_name, at=noting.at
        )
        noting.record("item.noted", f"{item.ref} {item.text}: {text}", **_where(item))
    return note


def _check_lengths(value: str, evidence: str) -> None:
    if len(value) > VALUE_LIMIT:
        raise Invalid(
            "value",
            _("The value has more than {value_limit} characters.").format(value_limit=VALUE_LIMIT),
        )
    if evidence and (not evidence.startswith(("https://", "http://")) or len(evidence) > 500):
        raise Invalid("evidence", _("Evidence is a link, https://…, of at most 500 characters."))


def demand_unchanged(item: ChecklistItem, seen_revision: int | None) -> None:
    """Raise Refused, naming who changed what, unless ``seen_revision`` is the item's."""
    if seen_revision is not None and seen_revision != item.revision:
        raise Refused(changed_meanwhile(item))


def demand_sense(ticking: Change, item: ChecklistItem, wanted: Wanted) -> None:
    """Raise what speaks against it: Refused, NotAllowed, or Invalid for what is said too early."""
    if item.off_with_section:
        raise Refused(
            _("{item} is off with its section. Switch the section on first.").format(item=item.ref)
        )
    if wanted.state in rules.LEFT_OUT and item.required and not _may_skip(ticking):
        raise NotAllowed(
            _(
                "{item} is required. To leave it out wants the right to skip required "
                "items; set it to blocked or failed and say why."
            ).format(item=item.ref)
        )
    if wanted.count is not None:
        _demand_count(item, wanted.count)
    if wanted.state == "done":
        count = item.count_done if wanted.count is None else wanted.count
        counted = (count, item.count_of, item.count_unit)
        early = rules.too_early(
            wanted.reason, counted, item.started_at, item.duration_s, ticking.at
        )
        if early:
            raise Invalid("reason", early)


def _may_skip(ticking: Change) -> bool:
    return ticking.author is None or ticking.held.may(Right.SKIP)


def _demand_count(item: ChecklistItem, count: int) -> None:
    least = item.files.count() if item.count_unit == "attached" else 0
    if wrong := rules.count_objection(count, item.count_of, min(least, item.count_of or 0)):
        raise Invalid("count", wrong)


def write(ticking: Change, item: ChecklistItem, wanted: Wanted) -> None:
    """Write what was wanted into the row, of which FIELDS are to be saved."""
    item.started_at = rules.started_at(wanted.state, item.state, item.started_at, ticking.at)
    item.state, item.state_reason, item.state_at = wanted.state, wanted.reason, ticking.at
    item.state_by, item.state_by_name = ticking.author, ticking.author_name
    item.value = item.value if wanted.value is None else wanted.value
    item.evidence_url = item.evidence_url if wanted.evidence is None else wanted.evidence
    item.count_done = item.count_done if wanted.count is None else wanted.count
    item.off_with_section = False
    item.revision += 1


def _where(item: ChecklistItem) -> dict[str, object]:
    return {"item": item.number, "ref": item.ref, "phase": item.phase.number}


def _record(ticking: Change, item: ChecklistItem, before: str, revoked: Revoked) -> None:
    why = (
        _(" Reason: {state_reason}").format(state_reason=item.state_reason)
        if item.state_reason
        else ""
    )
    judged = against(item.value, item.target)
    short = (
        _(" ({item} is {word})").format(item=item.value, word=judged.word)
        if judged.met is Met.MISSED
        else ""
    )
    must = _("required, ") if rules.left_out(item.required, item.state, "", "") else ""
    ticking.record(
        rules.kind(item.state),
        f"{item.ref} {must}{rules.PAST_SAID[item.state]}: {item.text}{short}{why}{revoked.said}",
        **_where(item),
        before=before,
        after=item.state,
        reason=item.state_reason,
        value=item.value,
        target=judged.met.value if item.target else "",
        count=item.count_done,
        required=item.required,
        revision=item.revision,
        **revoked.data,
    )
