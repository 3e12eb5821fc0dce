from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, EscalationContact, EscalationLevel, Right, User
from warroom.queries.contacts import contacts_seen, ladder, people_to_call

MOST_LEVELS, MOST_CONTACTS = 10, 60
WAYS = ("phone", "mail", "chat")


@dataclass(frozen=True)
class LevelWanted:
    """A level as it shall be. Minutes since an escalation opened; no end: to its end."""

    number: int
    name: str
    from_minute: int = 0
    to_minute: int | None = None


@dataclass(frozen=True)
class ContactWanted:
    """Somebody to call. ``level`` is a level's number; ``reach`` maps a way of WAYS to where."""

    name: str
    level: int | None = None
    role_name: str = ""
    availability: str = ""
    reach: tuple[tuple[str, str], ...] = ()


def save_contacts(
    plan: DeploymentPlan,
    levels: Sequence[LevelWanted],
    contacts: Sequence[ContactWanted],
    *,
    by: User,
    seen: str = "",
    request_id: str | None = None,
) -> None:
    """Set the levels of escalation and who is called at each; what is the same is no event.

    ``seen`` is the fingerprint of what the reader saw. Raises Invalid for what does not fit
    together, Refused when somebody saved them meanwhile, NotAllowed without the right to edit.
    """
    _check(levels, contacts)
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as saving:
        before = {"levels": ladder(saving.plan), "contacts": people_to_call(saving.plan)}
        wanted = {"levels": _levels(levels), "contacts": _contacts(contacts)}
        if saving.repeated or before == wanted:
            return
        if seen and seen != contacts_seen(saving.plan):
            raise Refused(_("Somebody saved the levels meanwhile. Nothing of yours was saved."))
        _write(saving, wanted)
        text = _counted(len(levels), len(contacts))
        saving.record("contact.levels_saved", text, before=before, after=wanted)


def _counted(levels: int, people: int) -> str:
    """``1 level of escalation with 2 people to call``."""
    steps = ngettext("{count} level", "{count} levels", levels).format(count=levels)
    callees = ngettext("{count} person", "{count} people", people).format(count=people)
    return _("{steps} of escalation with {callees} to call").format(steps=steps, callees=callees)


def _check(levels: Sequence[LevelWanted], contacts: Sequence[ContactWanted]) -> None:
    numbers = [level.number for level in levels]
    if len(numbers) > MOST_LEVELS or len(contacts) > MOST_CONTACTS:
        raise Invalid(
            "levels",
            _("At most {most_levels} levels and {most_contacts} contacts.").format(
                most_levels=MOST_LEVELS, most_contacts=MOST_CONTACTS
            ),
        )
    if len(set(numbers)) < len(numbers):
        raise Invalid("levels", _("Two levels have the same number."))
    for level in levels:
        if level.to_minute is not None and level.to_minute <= level.from_minute:
            raise Invalid(
                "levels",
                _(
                    "Level {level} ends at minute {to_minute}, before it begins at {from_minute}."
                ).format(
                    level=level.number, to_minute=level.to_minute, from_minute=level.from_minute
                ),
            )
    for contact in contacts:
        if contact.level is not None and contact.level not in numbers:
            raise Invalid(
                "contacts",
                _("{contact}: there is no level {level}.").format(
                    contact=contact.name, level=contact.level
                ),
            )


def _levels(levels: Sequence[LevelWanted]) -> list[dict]:
    return [
        {
            "number": level.number,
            "name": level.name.strip(),
            "from_minute": level.from_minute,
            "to_minute": level.to_minute,
        }
        for level in sorted(levels, key=lambda level: level.number)
    ]


def _contacts(contacts: Sequence[ContactWanted]) -> list[dict]:
    return [
        {
            "level__number": contact.level,
            "name": contact.name.strip(),
            "role_name": contact.role_name.strip(),
            "availability": contact.availability.strip(),
            "reach": [{"way": way, "to": to} for way, to in contact.reach],
        }
        for contact in contacts
    ]


def _write(saving: Change, wanted: dict[str, list[dict]]) -> None:
    plan = saving.plan
    plan.contacts.all().delete()
    plan.escalation_levels.all().delete()
    made = EscalationLevel.objects.bulk_create(
        EscalationLevel(plan=plan, **level) for level in wanted["levels"]
    )
    by_number = {level.number: level for level in made}
    EscalationContact.objects.bulk_create(
        EscalationContact(
            plan=plan,
            level=by_number.get(contact["level__number"]),
            position=position,
            **{name: text for name, text in contact.items() if name != "level__number"},
        )
        for position, contact in enumerate(wanted["contacts"])
    )
