"""A seat's time begins or ends by itself: the timeline says so, and open pages follow.

Rights follow the clock without it. What is written here is only news, once per turn.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from warroom.actions.change import RULE, change
from warroom.actions.refusals import Refused
from warroom.models import Seat, TimelineEvent
from warroom.rules.lifecycle import CLOSED

# Turns that nobody told for longer, because no worker ran, are told by nobody any more.
WINDOW = timedelta(hours=1)


def tell_turns(now: datetime | None = None) -> int:
    """Record the seats whose time began or ended within the last hour. Returns how many were new.

    One statement when there is none.
    """
    now = now or timezone.now()
    turns = [*_turns(now)]
    if not turns:
        return 0
    keys = {_key(seat, verb) for seat, verb in turns}
    told = set(
        TimelineEvent.objects.filter(request_id__in=keys).values_list("request_id", flat=True)
    )
    return sum(_tell(seat, verb) for seat, verb in turns if _key(seat, verb) not in told)


def _turns(now: datetime) -> Iterable[tuple[Seat, str]]:
    since = now - WINDOW
    begun = Q(starts_at__gt=since, starts_at__lte=now)
    ended = Q(ends_at__gt=since, ends_at__lte=now)
    seats = Seat.objects.filter(begun | ended, user__is_active=True)
    seats = seats.exclude(role__plan__lifecycle__in=CLOSED)
    for seat in seats.select_related("user", "role__plan", "stands_in_for__user").order_by("pk"):
        if seat.ends_at and since < seat.ends_at <= now:
            yield seat, "ended"
        elif seat.starts_at and seat.starts_at > since:
            yield seat, "begun"


def _tell(seat: Seat, verb: str) -> int:
    try:
        with change(seat.role.plan, by=RULE, request_id=_key(seat, verb)) as telling:
            if telling.repeated or _was_told_then(seat, verb):
                return 0
            holder = seat.stands_in_for.user.username if seat.stands_in_for else ""
            telling.record(
                f"seat.{verb}",
                _words(seat, verb),
                role=seat.role.key,
                person=seat.user.username,
                stands_in_for=holder,
            )
    except Refused:  # the release is closed meanwhile
        return 0
    return 1


def _was_told_then(seat: Seat, verb: str) -> bool:
    """Whether a person's own act, at that very instant, was the turn."""
    at = seat.starts_at if verb == "begun" else seat.ends_at
    kinds = ("seat.handed_over", "seat.taken", "seat.taken_back")
    return TimelineEvent.objects.filter(plan=seat.role.plan, at=at, kind__in=kinds).exists()


def _words(seat: Seat, verb: str) -> str:
    name, role, lender = seat.user.display_name, seat.role.name, seat.stands_in_for
    if lender is None:
        return (
            _("{name} is {role} now").format(name=name, role=role)
            if verb == "begun"
            else _("{name}'s time as {role} is over").format(name=name, role=role)
        )
    if verb == "begun":
        return _("{name} stands in for {display_name} as {role} now").format(
            name=name, display_name=lender.user.display_name, role=role
        )
    return _("{display_name} is {role} again; {name} stood in").format(
        display_name=lender.user.display_name, role=role, name=name
    )


def _key(seat: Seat, verb: str) -> str:
    at = seat.starts_at if verb == "begun" else seat.ends_at
    return f"{verb}:{seat.pk}:{at:%Y%m%d%H%M%S%f}"
