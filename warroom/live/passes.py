"""What lets a stream in, and whether it still does: asked for all open streams at once."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.sessions.models import Session
from django.utils import timezone

from warroom.models import Seat, User, WallLink
from warroom.queries.plans import seen_by


@dataclass(frozen=True, slots=True)
class Pass:
    """Who follows which plan by which session; ``proof`` changes with the password.

    A screen without an account has the link of its wall instead, and person 0.
    """

    session_key: str
    person_id: int
    proof: str
    plan_id: int
    wall_link: int = 0


def screen(link: WallLink) -> Pass:
    """The pass of a screen that was opened by ``link``."""
    return Pass("", 0, "", link.plan_id, link.pk)


Held = dict[tuple[int, int], frozenset]  # person and plan -> roles with their rights


def held_by(passes: Collection[Pass]) -> Held:
    """What each person holds in each plan at this instant, in one statement for all.

    It changes without an event too: a stand-in's time begins and ends by itself.
    """
    held: dict[tuple[int, int], set] = {
        (one.person_id, one.plan_id): set() for one in passes if one.person_id
    }
    people, plans = {one.person_id for one in passes}, {one.plan_id for one in passes}
    seats = Seat.objects.active(timezone.now()).filter(user__in=people, role__plan__in=plans)
    rows = seats.values_list("user_id", "role__plan_id", "role_id", "role__rights")
    for person, plan, role, rights in rows:
        if (person, plan) in held:
            held[person, plan].add((role, *sorted(rights)))
    return {pair: frozenset(roles) for pair, roles in held.items()}


def lapsed(passes: Collection[Pass]) -> set[Pass]:
    """Those who signed out, were disabled, changed their password or lost their seat since.

    And screens whose link was revoked. A fixed number of statements, however many passes.
    """
    screens = {one for one in passes if one.wall_link}
    return _revoked(screens) | _gone({one for one in passes if not one.wall_link})


def _revoked(screens: Collection[Pass]) -> set[Pass]:
    if not screens:
        return set()
    links = WallLink.objects.filter(pk__in={one.wall_link for one in screens}, revoked_at=None)
    good = set(links.values_list("pk", "plan_id"))
    return {one for one in screens if (one.wall_link, one.plan_id) not in good}


def _gone(passes: Collection[Pass]) -> set[Pass]:
    if not passes:
        return set()
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
