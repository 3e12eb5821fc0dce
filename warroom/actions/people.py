"""Who sits where: seats taken and left, lent to a stand-in for a time, and taken back."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from warroom.actions.change import Change, change
from warroom.actions.messages import queue_mail
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import DeploymentPlan, Right, Role, Seat, User
from warroom.queries.people import lasting_editors, span_of, standing
from warroom.rules.coverage import Span, overlap

NOTE_LIMIT = 300
LONGEST = timedelta(days=31)


def take_seat(
    plan: DeploymentPlan,
    role: Role,
    person: User,
    *,
    by: User,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Seat:
    """Seat a person in a role, for good or between two instants (UTC).

    To seat who sits there already, for the same time, changes nothing.
    """
    with change(plan, by=by, right=Right.EDIT) as seating:
        _demand_seatable(seating, role, person)
        if starts_at and ends_at and ends_at <= starts_at:
            raise Invalid("ends_at", _("The seat would end before it begins."))
        editors = lasting_editors(seating.plan)
        seat = sit(seating, role, person, starts_at=starts_at, ends_at=ends_at)
        sentence = _(
            "{display_name} is the last who may edit this plan for good. Seat "
            "somebody else with that right first."
        ).format(display_name=person.display_name)
        demand_editor(seating.plan, editors, sentence)
        return seat


def sit(
    seating: Change,
    role: Role,
    person: User,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    text: str = "",
) -> Seat:
    """Seat a person within an open change; ``text`` is the event's sentence, else the usual one."""
    times = {"starts_at": starts_at, "ends_at": ends_at}
    seat, new = Seat.objects.get_or_create(
        role=role, user=person, stands_in_for=None, defaults=times
    )
    moved = (seat.starts_at, seat.ends_at) != (starts_at, ends_at)
    if moved:
        seat.starts_at, seat.ends_at = starts_at, ends_at
        seat.save(update_fields=list(times))
    if new or moved or text:
        usual = _("{display_name} is now {role}{between}").format(
            display_name=person.display_name, role=role.name, between=_between(starts_at, ends_at)
        )
        seating.record("seat.taken", text or usual, role=role.key, person=person.username)
    return seat


def leave_seat(plan: DeploymentPlan, role: Role, person: User, *, by: User) -> None:
    """Take a person out of a role. Raises Invalid for the last who may edit the plan.

    Without anybody who may edit, nobody could seat people any more. What they handed over ends
    with their seat.
    """
    with change(plan, by=by, right=Right.EDIT) as leaving:
        editors = lasting_editors(leaving.plan)
        seat = Seat.objects.own().filter(role=role, role__plan=plan, user=person).first()
        if seat is None:
            return
        seat.delete()
        sentence = _(
            "{display_name} is the last who may edit this plan. Seat somebody else "
            "with that right first."
        ).format(display_name=person.display_name)
        demand_editor(leaving.plan, editors, sentence)
        text = _("{display_name} is no longer {role}").format(
            display_name=person.display_name, role=role.name
        )
        leaving.record("seat.left", text, role=role.key, person=person.username)


def demand_editor(plan: DeploymentPlan, before: list[Seat], sentence: str) -> None:
    """Raise Invalid when somebody could edit the plan before and nobody can now."""
    if before and not lasting_editors(plan):
        raise Invalid("role", sentence)


def hand_over(
    seat: Seat,
    to: User,
    starts_at: datetime | None,
    ends_at: datetime,
    note: str = "",
    *,
    by: User,
    request_id: str | None = None,
) -> Seat | None:
    """Lend a seat to a stand-in between two instants (UTC); without ``starts_at``, from now.

    The holder or an editor does it. Meanwhile only the stand-in counts. To hand over the same once
    more changes nothing. Raises Invalid for times or people that do not fit, NotAllowed.
    """
    with change(seat.role.plan, by=by, request_id=request_id) as handing:
        if handing.repeated:
            return None
        seat = _lendable(handing, seat)
        span = Span(starts_at or handing.at, ends_at)
        if same := seat.stand_ins.filter(user=to, starts_at=starts_at, ends_at=ends_at).first():
            return same
        _demand_time(handing, seat, span)
        _demand_deputy(handing, seat, to, span)
        if len(note) > NOTE_LIMIT:
            raise Invalid(
                "note",
                _("{count} characters; {note_limit} are allowed.").format(
                    count=len(note), note_limit=NOTE_LIMIT
                ),
            )
        stand_in = Seat.objects.create(
            role=seat.role,
            user=to,
            starts_at=span.starts,
            ends_at=span.ends,
            stands_in_for=seat,
            note=note.strip(),
        )
        _tell_handed_over(handing, stand_in)
        return stand_in


def take_back(stand_in: Seat, *, by: User, request_id: str | None = None) -> None:
    """End a stand-in's time now, or before it begins. What is over stays as it was.

    The holder or an editor does it.
    """
    with change(stand_in.role.plan, by=by, request_id=request_id) as taking:
        row = (
            Seat.objects.select_related("role", "user", "stands_in_for__user")
            .filter(pk=stand_in.pk, role__plan=taking.plan, stands_in_for__isnull=False)
            .first()
        )
        if taking.repeated or row is None or row.ends_at <= taking.at:
            return
        _demand_holder(taking, row.stands_in_for)
        begun = row.starts_at <= taking.at
        row.starts_at, row.ends_at = min(row.starts_at, taking.at), taking.at
        row.save(update_fields=["starts_at", "ends_at"])
        _tell_taken_back(taking, row, begun)


def _demand_seatable(seating: Change, role: Role, person: User) -> None:
    if role.plan_id != seating.plan.pk:
        raise Invalid("role", _("This release has no such role."))
    if not person.is_active:
        raise Invalid(
            "person",
            _("The account of {display_name} is disabled.").format(
                display_name=person.display_name
            ),
        )


def _lendable(handing: Change, seat: Seat) -> Seat:
    seats = Seat.objects.select_related("role", "user").filter(role__plan=handing.plan)
    row = seats.filter(pk=seat.pk).first()
    if row is None:
        raise Refused(
            _("{display_name} does not sit as {role} any more.").format(
                display_name=seat.user.display_name, role=seat.role.name
            )
        )
    if row.stands_in_for_id is not None:
        raise Refused(
            _(
                "{display_name} only stands in as {role}. The seat is handed over by the "
                "one who holds it."
            ).format(display_name=row.user.display_name, role=row.role.name)
        )
    _demand_holder(handing, row)
    return row


def _demand_holder(handing: Change, seat: Seat) -> None:
    if handing.author == seat.user:
        return
    if not standing(handing.author, handing.plan, handing.at).may(Right.EDIT):
        raise NotAllowed(
            _("{display_name} or somebody with the right to edit hands this seat over.").format(
                display_name=seat.user.display_name
            )
        )


def _demand_time(handing: Change, seat: Seat, span: Span) -> None:
    if span.ends <= handing.at:
        raise Invalid("ends_at", _("The time is over already. Give one that is to come."))
    if span.ends <= span.starts:
        raise Invalid("ends_at", _("The time ends before it begins."))
    if span.ends - span.starts > LONGEST:
        raise Invalid(
            "ends_at", _("A seat is handed over for {days} days at most.").format(days=LONGEST.days)
        )
    if not (span_of(seat).starts <= span.starts and span.ends <= span_of(seat).ends):
        raise Invalid("ends_at", _("The seat itself does not last through that time."))
    for other in seat.stand_ins.select_related("user").order_by("starts_at"):
        if overlap(span, span_of(other)) and other.ends_at > other.starts_at:
            raise Invalid(
                "starts_at",
                _(
                    "{display_name} stands in{between}. Take that back first, or choose "
                    "another time."
                ).format(
                    display_name=other.user.display_name,
                    between=_between(other.starts_at, other.ends_at),
                ),
            )


def _demand_deputy(handing: Change, seat: Seat, to: User, span: Span) -> None:
    if to == seat.user:
        raise Invalid(
            "person",
            _("{display_name} holds the seat already.").format(display_name=to.display_name),
        )
    if not to.is_active:
        raise Invalid(
            "person",
            _("The account of {display_name} is disabled.").format(display_name=to.display_name),
        )
    taken = Seat.objects.filter(role=seat.role, user=to)
    if any(overlap(span, span_of(other)) for other in taken if other.ends_at != other.starts_at):
        raise Invalid(
            "person",
            _("{display_name} sits as {role} then already.").format(
                display_name=to.display_name, role=seat.role.name
            ),
        )


def _between(starts_at: datetime | None, ends_at: datetime | None) -> str:
    """`` from 2025-10-23 22:00 to 2025-10-24 07:00 UTC``; what is open is left out."""
    words = _(" from {stamp}").format(stamp=_stamp(starts_at)) if starts_at else ""
    words += f" {'to' if starts_at else 'until'} {_stamp(ends_at)}" if ends_at else ""
    return _("{words} UTC").format(words=words) if words else ""


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _tell_handed_over(handing: Change, stand_in: Seat) -> None:
    holder, deputy, role = stand_in.stands_in_for.user, stand_in.user, stand_in.role
    times = _between(stand_in.starts_at, stand_in.ends_at)
    text = _("{display_name} stands in for {holder_display_name} as {role}{times}.").format(
        display_name=deputy.display_name,
        holder_display_name=holder.display_name,
        role=role.name,
        times=times,
    )
    text += f" {stand_in.note}" if stand_in.note else ""
    _letter(handing, stand_in, "handed", _("You stand in as {role}").format(role=role.name), text)
    handing.record(
        "seat.handed_over",
        text,
        role=role.key,
        person=holder.username,
        to=deputy.username,
        starts_at=stand_in.starts_at.isoformat(),
        ends_at=stand_in.ends_at.isoformat(),
    )


def _tell_taken_back(taking: Change, stand_in: Seat, begun: bool) -> None:
    holder, deputy, role = stand_in.stands_in_for.user, stand_in.user, stand_in.role
    if begun:
        text = _("{display_name} is {role} again; {deputy_display_name} stood in.").format(
            display_name=holder.display_name,
            role=role.name,
            deputy_display_name=deputy.display_name,
        )
    else:
        text = _("{display_name} does not stand in as {role} after all.").format(
            display_name=deputy.display_name, role=role.name
        )
    _letter(
        taking,
        stand_in,
        "back",
        _("{role}: you do not stand in any more").format(role=role.name),
        text,
    )
    taking.record(
        "seat.taken_back", text, role=role.key, person=holder.username, to=deputy.username
    )


def _letter(telling: Change, stand_in: Seat, what: str, subject: str, text: str) -> None:
    """Tell the stand-in, if they have an address and did not do it themselves."""
    if not stand_in.user.email or stand_in.user == telling.author:
        return
    room = settings.PUBLIC_URL + telling.plan.get_absolute_url()
    queue_mail(
        telling,
        key=f"seat-{what}:{stand_in.pk}",
        to=stand_in.user.email,
        subject=_("{subject} in {plan}").format(subject=subject, plan=telling.plan.name),
        text=_("{text}\n\nThe room: {room}\n").format(text=text, room=room),
    )
