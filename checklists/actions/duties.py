"""Separation of duties at a gate: one person stands there for one role (law 10)."""

from checklists.models import Gate
from checklists.queries.duties import stands_at
from checklists.rules.signoffs import one_person_two_roles
from warroom.actions.change import Change
from warroom.actions.refusals import Refused
from warroom.models import Role


def two_roles_at(act: Change, gate: Gate, role: Role, verb: str = "sign") -> str | None:
    """Why the author of a change may not stand at ``gate`` as ``role``; None where they may.

    Votes, signatures and accepted deviations count alike. Three SQL statements, none for whom the
    plan allows two roles by name.
    """
    if act.author.username in act.plan.two_roles:
        return None
    mine = (one for one in stands_at(gate) if one.person_id == act.author.pk)
    found = (
        one_person_two_roles(act.author_name, one.role.name, role.name, gate.title, verb=verb)
        for one in mine
    )
    return next(filter(None, found), None)


def refuse_two_roles(act: Change, gate: Gate, role: Role, verb: str = "sign") -> None:
    """Raise Refused where ``two_roles_at`` says why."""
    if wrong := two_roles_at(act, gate, role, verb):
        raise Refused(wrong)
