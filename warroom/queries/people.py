from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch
from django.utils import timezone

from warroom.models import DeploymentPlan, Right, Role, Seat, User
from warroom.queries.once import once
from warroom.rules.coverage import EVER, NEVER, Span
from warroom.rules.fingerprint import fingerprint

# Whoever may run, decide or sign leads something here, and may take the release back.
LEAD, LEADING = "lead", frozenset({Right.RUN.value, Right.DECIDE.value, Right.SIGN.value})


@dataclass(frozen=True)
class Standing:
    """What a person is in a plan: the roles held and the rights these give together."""

    roles: tuple[Role, ...] = ()
    rights: frozenset[str] = frozenset()
    role_ids: frozenset[int] = field(default=frozenset())

    def may(self, right: str) -> bool:
        return right in self.rights

    def roles_with(self, right: str) -> list[Role]:
        return [role for role in self.roles if role.may(right)]

    @property
    def keys(self) -> list[str]:
        """The words for ``<body data-roles>``: rights, lead, and the keys of the roles held."""
        lead = [LEAD] if LEADING & self.rights else []
        return [*sorted(self.rights), *lead, *(f"role-{role.key}" for role in self.roles)]


def standing(person: User, plan: DeploymentPlan, at: datetime | None = None) -> Standing:
    """Return what ``person`` is in ``plan`` at an instant (UTC, else now), in one SQL statement.

    A seat that is lent to a stand-in gives nothing meanwhile. An administrator may edit and tick
    in every plan, but signs, votes and decides only in a seat: a signature is worth what its role
    is worth.
    """
    seats = Seat.objects.active(at or timezone.now()).filter(user=person, role__plan=plan)
    seats = seats.select_related("role")
    return _standing(
        tuple(seat.role for seat in seats.order_by("role__position", "role__pk")), person
    )


def _standing(roles: tuple[Role, ...], person: User) -> Standing:
    rights = {right for role in roles for right in role.rights}
    if person.is_superuser:
        rights |= {Right.EDIT.value, Right.TICK.value, Right.RUN.value}
    return Standing(roles, frozenset(rights), frozenset(role.pk for role in roles))


def seated(at: datetime | None = None, path: str = "") -> Prefetch:
    """For ``prefetch_related``: ``role.seats.all()`` are those who sit there at an instant (UTC).

    Without ``at``: now. ``path`` leads to the roles, such as ``roles__``.
    """
    sitting = Seat.objects.active(at or timezone.now()).select_related("user").order_by("pk")
    return Prefetch(f"{path}seats", sitting)


def roles_now(plan: DeploymentPlan, now: datetime) -> list[Role]:
    """All roles of a plan with their people at an instant (UTC): ``role.seats.all()``.

    Two SQL statements, once for everything that is shown of that instant.
    """
    return once(plan, now, "roles", lambda: list(plan.roles.prefetch_related(seated(now))))


def standing_among(roles: Iterable[Role], person: User) -> Standing:
    """As ``standing``, of a plan's roles with their people: no SQL statement of its own."""
    held = (role for role in roles for seat in role.seats.all() if seat.user_id == person.pk)
    return _standing(tuple(held), person)


def role_keys(roles: Iterable[Role]) -> list[str]:
    """The words that a plan's roles have in ``<body data-roles>``."""
    return [f"role-{role.key}" for role in roles]


def lasting_editors(plan: DeploymentPlan) -> list[Seat]:
    """The seats without an end whose people may edit the plan; one SQL statement."""
    seats = Seat.objects.own().filter(role__plan=plan, ends_at=None, user__is_active=True)
    return [seat for seat in seats.select_related("role") if seat.role.may(Right.EDIT)]


def roles_state(roles: Iterable[Role]) -> str:
    """A short word for what roles are called and may do: the revision of the form that sets it.

    Not the plan's own revision, which moves with every tick of somebody else.
    """
    rows = [
        [role.key, role.name, sorted(role.rights), role.cover_from_s, role.cover_until_s]
        for role in sorted(roles, key=lambda role: role.key)
    ]
    return fingerprint(rows)


def span_of(seat: Seat) -> Span:
    """When a seat counts, whatever is lent of it."""
    return Span(seat.starts_at or NEVER, seat.ends_at or EVER)
