"""Who is on deck: people with all their roles, roles without people, and how long it holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from warroom.models import DeploymentPlan, Seat, User
from warroom.queries import seats
from warroom.queries.seats import RoleRow

ONLOOKERS = 4
UNSEEN = 6


@dataclass(frozen=True)
class OnDeck:
    """A person with the names of the roles that are theirs, and those in which they stand in."""

    person: User
    roles: str
    here: bool
    presence: str
    was_here: bool
    stands_in: tuple[tuple[str, Seat], ...] = ()  # the name of the role with the seat


@dataclass(frozen=True)
class Deck:
    """``seen`` had the room open at some time, ``unseen`` never; ``open``: roles without anybody.

    ``gaps``: roles that somebody holds and that will be empty. ``until`` (UTC): when the first of
    them is; None while every role is covered for good. ``taken`` of ``total`` roles have somebody.
    """

    seen: list[OnDeck]
    unseen: list[OnDeck]
    unseen_more: int
    open: list[RoleRow]
    gaps: list[RoleRow]
    until: datetime | None
    taken: int
    total: int
    onlookers: list[str]
    more: int

    @property
    def here(self) -> int:
        return sum(one.here for one in self.seen)

    @property
    def empty(self) -> int:
        return sum(row.is_empty for row in self.open)

    @property
    def asked(self) -> bool:
        """Whether anything at all is known about roles."""
        return self.total > 0


def deck(plan: DeploymentPlan, now: datetime) -> Deck:
    """Who is on deck at ``now`` (UTC); four SQL statements, whatever their number."""
    present = seats.presences(plan)
    rows = seats.role_rows(plan, now, seats.last_seen(present))
    others = seats.onlookers(present, rows, now)
    people = _people(rows)
    seen = [one for one in people if one.was_here]
    unseen = [one for one in people if not one.was_here]
    gaps = [row for row in rows if row.gaps]
    return Deck(
        seen=seen,
        unseen=unseen[:UNSEEN],
        unseen_more=max(0, len(unseen) - UNSEEN),
        open=[row for row in rows if not row.sitters],
        gaps=[row for row in gaps if row.sitters],
        until=min((row.gaps[0].starts for row in gaps), default=None),
        taken=sum(bool(row.sitters) for row in rows),
        total=len(rows),
        onlookers=others[:ONLOOKERS],
        more=max(0, len(others) - ONLOOKERS),
    )


def _people(rows: Iterable[RoleRow]) -> list[OnDeck]:
    """Each person once, in the order of their first role."""
    found: dict[int, list] = {}
    for row in rows:
        for sitter in row.sitters:
            found.setdefault(sitter.person.pk, []).append((row.role.name, sitter))
    return [
        OnDeck(
            sat[0][1].person,
            ", ".join(dict.fromkeys(name for name, one in sat if not one.seat.stands_in_for_id)),
            sat[0][1].here,
            sat[0][1].presence,
            sat[0][1].seen_at is not None,
            tuple((name, one.seat) for name, one in sat if one.seat.stands_in_for_id),
        )
        for sat in found.values()
    ]
