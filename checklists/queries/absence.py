"""A vote that is missing: whom to reach and how, what was tried, and who may vote instead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from checklists.models import Delegation, Deputy, Gate, ReachTry
from checklists.queries.duties import signed_of
from checklists.queries.frozen import register_frozen
from checklists.queries.gates import GateSheet
from checklists.queries.votes import VoteRow, quorum_of, rule_words
from checklists.rules.delegation import Candidate, May, may_vote_for, offered
from checklists.rules.owners import plain
from warroom.models import DeploymentPlan, EscalationContact, Right, Role, User
from warroom.queries.people import roles_now
from warroom.rules.wording import day_text

_SCHEMES = {"phone": "tel:", "mail": "mailto:"}


@dataclass(frozen=True)
class Way:
    """A way to reach somebody: ``kind`` phone, mail or chat; ``url`` "" where nothing opens it."""

    kind: str
    to: str
    url: str


@dataclass(frozen=True)
class Person:
    """Somebody who is absent, with the ways to reach them."""

    name: str
    availability: str
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Choice:
    """Somebody who could vote instead, and whether they may."""

    user: User
    name: str
    role_names: str
    may: May
    shown: str


@dataclass(frozen=True)
class Missing:
    """One missing vote: its people, the tries to reach them, who may vote for them."""

    row: VoteRow
    people: tuple[Person, ...]
    tries: tuple[ReachTry, ...]
    choices: tuple[Choice, ...]
    is_offered: bool
    offer: str

    @property
    def role(self) -> Role:
        return self.row.role

    @property
    def holder(self) -> str:
        return self.row.holders or self.role.name

    @property
    def chosen(self) -> str:
        """The username that the form names first: a deputy, else nobody."""
        return next((one.user.username for one in self.choices if one.may.word == "yes"), "")


def missing_votes(sheet: GateSheet, asks: Iterable[int] = ()) -> list[Missing]:
    """Every missing vote of a gate, in a fixed number of SQL statements.

    ``asks``: the roles (ids) that the reader holds, who may hand over their own vote at any time.
    """
    gate, asks = sheet.gate, set(asks)
    tries = list(gate.tries.all())
    contacts = list(EscalationContact.objects.filter(plan=gate.plan))
    deputies = list(Deputy.objects.filter(role__plan=gate.plan).select_related("person"))
    return [_missing(sheet, row, tries, contacts, deputies, asks) for row in sheet.missing]


def _missing(
    sheet: GateSheet,
    row: VoteRow,
    tries: Sequence[ReachTry],
    contacts: Sequence[EscalationContact],
    deputies: Sequence[Deputy],
    asks: set[int],
) -> Missing:
    can, offer = _offer(sheet, row.role.pk in asks)
    return Missing(
        row=row,
        people=tuple(_people(row.role, contacts)),
        tries=tuple(one for one in tries if one.role_id == row.role.pk),
        choices=tuple(choices(sheet, row.role, deputies)),
        is_offered=can,
        offer=offer,
    )


def _offer(sheet: GateSheet, holder_asks: bool) -> tuple[bool, str]:
    at = sheet.opens_at
    # A gate without a time is open from the start, and was so for long enough.
    minutes = (sheet.at - at) / timedelta(minutes=1) if at else float("inf")
    return offered(holder_asks, minutes >= 0, sheet.gate.delegate_minutes, minutes)


def _people(role: Role, contacts: Sequence[EscalationContact]) -> Iterable[Person]:
    by_name = {plain(contact.name): contact for contact in contacts}
    users = [seat.user for seat in role.seats.all()]
    for user in users:
        names = (user.display_name, user.username, user.first_name, role.holder)
        found = next((by_name[plain(name)] for name in names if plain(name) in by_name), None)
        yield _person(user.display_name, found, user.email)
    if not users and role.holder:
        yield _person(role.holder, by_name.get(plain(role.holder)), "")


def _person(name: str, contact: EscalationContact | None, email: str) -> Person:
    ways = [_way(one) for one in contact.reach] if contact else []
    if email and not any(way.kind == "mail" for way in ways):
        ways.append(Way("mail", email, f"mailto:{email}"))
    return Person(name, contact.availability if contact else "", tuple(ways))


def _way(one: dict[str, Any]) -> Way:
    kind, to = str(one.get("way", "")), str(one.get("to", "")).strip()
    scheme = _SCHEMES.get(kind)
    if scheme is None:
        return Way(kind, to, to if to.startswith(("https://", "http://")) else "")
    return Way(kind, to, f"{scheme}{to.replace(' ', '') if kind == 'phone' else to}")


# --- who may vote instead ------------------------------------------------------------------


def choices(sheet: GateSheet, role: Role, deputies: Sequence[Deputy] | None = None) -> list[Choice]:
    """Everybody in the release but the role's own people; those who may come first."""
    if deputies is None:
        deputies = Deputy.objects.filter(role=role).select_related("person")
    named = {one.person_id: one for one in deputies if one.role_id == role.pk}
    holder = next((row.holders for row in sheet.votes if row.role.pk == role.pk), "") or role.name
    found = []
    for user, roles in _seated(sheet.gate.plan, sheet.at).values():
        if role.pk in {one.pk for one in roles}:
            continue
        one = _candidate(sheet, user, roles, named.get(user.pk))
        may = may_vote_for(one, holder)
        names = ", ".join(held.name for held in roles)
        found.append(Choice(user, user.display_name, names, may, may.shown(holder)))
    order = {"yes": 0, "agreed": 1, "no": 2}
    return sorted(found, key=lambda one: (order[one.may.word], one.name))


def may_still(sheet: GateSheet, role: Role, person: User) -> May:
    """Whether somebody who was asked to cast a role's vote may do so as things stand now.

    A vote that they cast for that role themselves speaks for nothing against them.
    """
    named = Deputy.objects.filter(role=role, person=person).first()
    _unused, roles = _seated(sheet.gate.plan, sheet.at).get(person.pk, (person, []))
    one = _candidate(sheet, person, roles, named)
    others = tuple(name for name in one.voted_as if name != role.name)
    return may_vote_for(replace(one, voted_as=others), role.holder or role.name)


def _seated(plan: DeploymentPlan, now: datetime) -> dict[int, tuple[User, list[Role]]]:
    people: dict[int, tuple[User, list[Role]]] = {}
    for role in roles_now(plan, now):
        for seat in role.seats.all():
            people.setdefault(seat.user_id, (seat.user, []))[1].append(role)
    return people


def _candidate(
    sheet: GateSheet, user: User, roles: Sequence[Role], deputy: Deputy | None
) -> Candidate:
    gate, held = sheet.gate, {role.pk for role in roles}
    given = [row for row in sheet.votes if row.vote]
    signed = {one.role.name for one in signed_of(sheet) if one.person_id == user.pk}
    alone = [row for row in sheet.missing if row.role.pk in held]
    decides = (
        gate.decider_id in held
        if gate.decider_id
        else any(role.may(Right.DECIDE) for role in roles)
    )
    return Candidate(
        name=user.display_name,
        deputy=_("Named as deputy by {named_by_name} on {at}.").format(
            named_by_name=deputy.named_by_name, at=day_text(deputy.at)
        )
        if deputy
        else "",
        voted_as=tuple(row.role.name for row in given if row.vote.person_id == user.pk),
        needed_as=tuple(row.role.name for row in alone if len(row.role.seats.all()) == 1),
        decides=decides,
        author_alone=gate.plan.author_id == user.pk
        and all(row.vote.person_id == user.pk for row in given),
        two_roles=user.username in gate.plan.two_roles,
        signed_as=tuple(sorted(signed)),
    )


# --- what is frozen ------------------------------------------------------------------------


def tries_words(row: VoteRow, tries: Iterable[ReachTry]) -> str:
    """'Security Lead absent, 4 tries'."""
    count = sum(one.role_id == row.role.pk for one in tries)
    many = f"{count} {'try' if count == 1 else 'tries'}" if count else _("not tried to reach")
    return _("{role} absent, {many}").format(role=row.role.name, many=many)


def _quorum(sheet: GateSheet) -> dict[str, Any]:
    gate, quorum = sheet.gate, quorum_of(sheet.gate)
    words = rule_words(gate, sheet.votes)
    return {
        "kind": quorum.kind,
        "count": quorum.count,
        "voters": [row.role.key for row in sheet.votes],
        "veto_roles": [row.role.key for row in sheet.votes if row.veto],
        "gate_version": gate.version,
        "words": {word.label: word.text for word in words},
    }


def _delegations(sheet: GateSheet) -> list[dict[str, Any]]:
    return [_delegation(one) for one in sheet.gate.delegations.select_related("role")]


def _delegation(one: Delegation) -> dict[str, Any]:
    return {
        "role": one.role.key,
        "to": one.to_name,
        "for": one.for_name,
        "by": one.by_name,
        "reason": one.reason,
        "agreed": one.agreed,
        "at": one.at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
    }


def _tries(sheet: GateSheet) -> list[dict[str, Any]]:
    tries = sheet.gate.tries.select_related("role").order_by("at", "pk")
    return [
        {
            "role": one.role.key,
            "how": one.how,
            "result": one.result,
            "by": one.by_name,
            "at": one.at.isoformat(),
        }
        for one in tries
    ]


def gate_of(plan: DeploymentPlan, key: str) -> Gate | None:
    """A gate by its key, with its decider and its plan."""
    gate = Gate.objects.filter(plan=plan, key=key).select_related("decider").first()
    if gate is not None:
        gate.plan = plan
    return gate


register_frozen("quorum", _quorum)
register_frozen("delegations", _delegations)
register_frozen("tries", _tries)
