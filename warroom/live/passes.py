"""What lets a stream in, and whether it still does: asked for all open streams at once."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.utils import timezone

from warroom.models import Seat, User
from warroom.queries.plans import seen_by


@dataclass(frozen=True, slots=True)
class Pass:
    """Who follows which plan by which session; ``proof`` changes with the password."""

    session_key: str
    person_id: int
    proof: str
    plan_id: int


Held = dict[tuple[int, int], frozenset]  # person and plan -> roles with their rights


def held_by(passes: Collection[Pass]) -> Held:
    """What each person holds in each plan at this instant, in one statement for all.

    It changes without an event too: a stand-in's time begins and ends by itself.
    """
    held: dict[tuple[int, int], set] = {(one.person_id, one.plan_id): set() for one in passes}
    people, plans = {one.person_id for one in passes}, {one.plan_id for one in passes}
    seats = Seat.objects.active(timezone.now()).filter(user__in=people, role__plan__in=plans)
    rows = seats.values_list("user_id", "role__plan_id", "role_id", "role__rights")
    for person, plan, role, rights in rows:
        if (person, plan) in held:
            held[person, plan].add((role, *sorted(rights)))
    return {pair: frozenset(roles) for pair, roles in held.items()}


def lapsed(passes: Collection[Pass]) -> set[Pass]:
    """Those who signed out, were disabled, changed their password or lost their seat since.

    A fixed number of statements, however many passes.
    """
    keys = {one.session_key for one in passes}
    open_keys = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).values_list(
            "session_key", flat=True
        )
    )
    active = User.objects.filter(pk__in={one.person_id for one in passes}, is_active=True)
    people = {person.pk: person for person in active}
    proofs = {pk: person.get_session_auth_hash() for pk, person in people.items()}
    seen = seen_by(people.values(), {one.plan_id for one in passes})
    return {
        one
        for one in passes
        if one.session_key not in open_keys
        or proofs.get(one.person_id) != one.proof
        or (one.person_id, one.plan_id) not in seen
    }
