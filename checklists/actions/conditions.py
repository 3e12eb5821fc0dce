from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from checklists.models import Condition, Gate, SignOff, Vote
from warroom.actions.again import carried_out_again
from warroom.actions.change import Change, change, demand
from warroom.actions.refusals import Invalid
from warroom.models import Right, User
from warroom.rules.moments import YEARS, can_be_kept

LIMIT, TEXT_LIMIT = 20, 1000


@dataclass(frozen=True)
class Wanted:
    """A condition that somebody sets. ``due_at`` is UTC; blocking until closed unless said."""

    text: str
    owner: str = ""
    due_at: datetime | None = None
    blocking: bool = True


def checked(conditions: Sequence[Wanted]) -> list[Wanted]:
    """The conditions that say something. Raises Invalid for too many, too long or never due."""
    kept = [wanted for wanted in conditions if wanted.text.strip()]
    if len(kept) > LIMIT:
        raise Invalid(
            "conditions",
            _("{count} conditions; {limit} are allowed.").format(count=len(kept), limit=LIMIT),
        )
    if any(len(wanted.text) > TEXT_LIMIT for wanted in kept):
        raise Invalid(
            "conditions",
            _("A condition has at most {text_limit} characters.").format(text_limit=TEXT_LIMIT),
        )
    for number, wanted in enumerate(kept, 1):
        at = wanted.due_at
        if at is not None and not (at.year in YEARS and can_be_kept(at)):
            raise Invalid(
                "conditions",
                _(
                    "Condition {number} is due in the year {year}. A due time lies in "
                    "the years {years} to {years_item}."
                ).format(number=number, year=at.year, years=YEARS[0], years_item=YEARS[-1]),
            )
    return kept


def attach(
    setting: Change,
    conditions: Sequence[Wanted],
    *,
    signoff: SignOff | None = None,
    vote: Vote | None = None,
    gate: Gate | None = None,
) -> list[Condition]:
    """Write the conditions of a signature or vote; their numbers go on over the whole plan."""
    plan = setting.plan
    last = plan.conditions.aggregate(last=Max("number"))["last"] or 0
    rows = [
        Condition(
            plan=plan,
            signoff=signoff,
            vote=vote,
            gate=gate,
            number=last + n,
            text=wanted.text.strip(),
            owner=wanted.owner.strip(),
            due_at=wanted.due_at,
            blocking=wanted.blocking,
        )
        for n, wanted in enumerate(conditions, 1)
    ]
    return Condition.objects.bulk_create(rows)


@carried_out_again
def close_condition(
    condition: Condition, note: str, *, by: User, request_id: str | None = None
) -> Condition:
    """Say that a condition is met, and how. Who may sign or vote may do so.

    A closed one stays as it is. Raises Invalid without a note, NotAllowed without the right.
    """
    note = note.strip()
    if not note:
        raise Invalid("note", _("Say how the condition was met."))
    if len(note) > TEXT_LIMIT:
        raise Invalid(
            "note",
            _("The note has more than {text_limit} characters.").format(text_limit=TEXT_LIMIT),
        )
    with change(condition.plan, by=by, request_id=request_id) as closing:
        demand(closing.plan, by, Right.VOTE if condition.vote_id else Right.SIGN)
        condition = Condition.objects.get(pk=condition.pk)
        if closing.repeated or condition.closed_at is not None:
            return condition
        condition.closed_at, condition.closed_by = closing.at, by
        condition.closed_note = note
        condition.save(update_fields=["closed_at", "closed_by", "closed_note"])
        closing.record(
            "condition.closed",
            _("Condition {condition} met: {condition_text} {note}").format(
                condition=condition.number, condition_text=condition.text, note=note
            ),
            condition=condition.number,
            gate=condition.gate.key if condition.gate else "",
            note=note,
        )
    return condition
