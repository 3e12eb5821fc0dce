"""Who sits in each role of a plan, who stands in, what stays empty, and who is in the room."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from warroom.models import DeploymentPlan, Invitation, Message, Presence, Role, Seat, User
from warroom.queries.once import once
from warroom.queries.people import roles_now, span_of
from warroom.queries.there import there
from warroom.rules.coverage import Span, from_now, gaps, wanted, without
from warroom.rules.presence import is_here, presence_text


@dataclass(frozen=True)
class Sitter:
    """Somebody who sits in a role now. ``seat.stands_in_for`` says for whom, if for anybody."""

    seat: Seat
    seen_at: datetime | None
    now: datetime

    @property
    def person(self) -> User:
        return self.seat.user

    @property
    def here(self) -> bool:
        return is_here(self.seen_at, self.now)

    @property
    def presence(self) -> str:
        return presence_text(self.seen_at, self.now)


@dataclass(frozen=True)
class RoleRow:
    """A role with its people at an instant (UTC).

    ``own``: the seats that are nobody else's, lent or not. ``coming``: those that count later.
    ``gaps``: when it has to be covered and nobody sits, from now on. ``asked``: the open
    invitations of an empty role.
    """

    role: Role
    sitters: tuple[Sitter, ...]
    own: tuple[Seat, ...]
    coming: tuple[Seat, ...]
    gaps: tuple[Span, ...]
    asked: tuple[Invitation, ...]
    now: datetime

    @property
    def names(self) -> str:
        return ", ".join(dict.fromkeys(one.person.display_name for one in self.sitters))

    @property
    def is_empty(self) -> bool:
        """Whether nobody sits there, now or later."""
        return not self.sitters and not self.coming

    @property
    def empty_times(self) -> list[str]:
        """``22:00 to 24 Oct 07:00``: the first three gaps in words."""
        return [gap.words(self.now) for gap in self.gaps[:3]]


@dataclass(frozen=True)
class Asked:
    """An invitation with what became of it and of its newest letter."""

    invitation: Invitation
    letter: Message | None
    now: datetime

    @property
    def state(self) -> str:
        """``accepted``, ``declined``, ``revoked``, ``expired`` or ``open``."""
        row = self.invitation
        for word in ("accepted", "declined", "revoked"):
            if getattr(row, f"{word}_at") is not None:
                return word
        return "expired" if row.expires_at <= self.now else "open"

    @property
    def can_be_renewed(self) -> bool:
        return self.state in ("open", "expired")


def role_rows(
    plan: DeploymentPlan, now: datetime, seen: Mapping[int, datetime] | None = None
) -> list[RoleRow]:
    """Every role of a plan with its people at an instant (UTC). ``seen``: from ``last_seen``.

    Three SQL statements, once for everything that is shown of that instant; one more tells who is
    asked, while a role is empty.
    """
    roles, by_role, asked = once(plan, now, "role rows", lambda: _read(plan, now))
    return [
        _row(role, by_role.get(role.pk, []), asked.get(role.pk, []), seen or {}, plan, now)
        for role in roles
    ]


def _read(
    plan: DeploymentPlan, now: datetime
) -> tuple[list[Role], dict[int, list[Seat]], dict[int, list[Invitation]]]:
    roles = roles_now(plan, now)
    seats = Seat.objects.to_come(now).filter(role__plan=plan).order_by("pk")
    by_role = _grouped(seats.select_related("user", "stands_in_for__user"), "role_id")
    empty = [role for role in roles if role.pk not in by_role]
    asked = _grouped(_waiting(empty, now), "role_id") if empty else {}
    return roles, by_role, asked


def _waiting(roles: list[Role], now: datetime) -> Iterable[Invitation]:
    return Invitation.objects.filter(
        role__in=roles, accepted_at=None, declined_at=None, revoked_at=None, expires_at__gt=now
    )


def presences(plan: DeploymentPlan) -> list[Presence]:
    """Who ever had the room open, with their people; one SQL statement."""
    rows = Presence.objects.filter(plan=plan, user__is_active=True).select_related("user")
    return list(there(plan, rows.order_by("user__first_name", "user__username")))


def last_seen(present: Iterable[Presence]) -> dict[int, datetime]:
    """When each person's page of the room was last open (UTC), by the person's primary key."""
    return {one.user_id: one.seen_at for one in present}


def onlookers(present: Iterable[Presence], rows: Iterable[RoleRow], now: datetime) -> list[str]:
    """The names of those who are in the room now without a role."""
    seated = {one.person.pk for row in rows for one in row.sitters}
    return [
        one.user.display_name
        for one in present
        if one.user_id not in seated and is_here(one.seen_at, now)
    ]


def invitations(plan: DeploymentPlan, now: datetime, most: int = 50) -> list[Asked]:
    """The newest invitations, newest first, each with its newest letter; two SQL statements."""
    rows = Invitation.objects.filter(plan=plan).select_related("role", "by", "accepted_by")
    letters = Message.objects.filter(plan=plan, key__startswith="invitation:").order_by("pk")
    newest = {letter.key.split(":")[1]: letter for letter in letters}
    return [Asked(row, newest.get(str(row.pk)), now) for row in rows.order_by("-pk")[:most]]


def _row(
    role: Role,
    seats: list[Seat],
    asked: list[Invitation],
    seen: Mapping[int, datetime],
    plan: DeploymentPlan,
    now: datetime,
) -> RoleRow:
    running = [seat for seat in seats if span_of(seat).starts <= now]
    lent = {seat.stands_in_for_id for seat in running}
    sitting = [seat for seat in running if seat.pk not in lent]
    span = wanted(plan.t0, role.cover_from_s, role.cover_until_s)
    empty = gaps(span, _sittings(seats)) if span else []
    return RoleRow(
        role=role,
        sitters=tuple(Sitter(seat, seen.get(seat.user_id), now) for seat in sitting),
        own=tuple(seat for seat in seats if seat.stands_in_for_id is None),
        coming=tuple(seat for seat in seats if span_of(seat).starts > now),
        gaps=tuple(from_now(empty, now)),
        asked=tuple(asked),
        now=now,
    )


def _sittings(seats: list[Seat]) -> list[Span]:
    """When somebody sits: own seats but for what is lent of them, and the stand-ins' times."""
    spans = []
    for seat in seats:
        lent = [span_of(other) for other in seats if other.stands_in_for_id == seat.pk]
        spans += without(span_of(seat), lent)
    return spans


def _grouped(rows: Iterable, key: str) -> dict[int, list]:
    groups: dict[int, list] = {}
    for row in rows:
        groups.setdefault(getattr(row, key), []).append(row)
    return groups
