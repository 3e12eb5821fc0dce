"""Who sits in which role and was in the room: the roll-call of a decision (S115, S134)."""

from typing import Any

from django.utils.translation import gettext as _

from checklists.queries.frozen import register_frozen
from checklists.queries.gates import GateSheet
from checklists.queries.pack import Look, Mark, Part, register_part
from checklists.rules.bands import Band
from warroom.models import DeploymentPlan
from warroom.queries import seats


def roll_call(sheet: GateSheet) -> list[dict[str, Any]]:
    """Every role with its people at the sheet's instant. ``here``: a page of the room was open."""
    return [
        {
            "role": row.role.key,
            "role_name": row.role.name,
            "person": one.person.display_name,
            "here": one.here,
        }
        for row in _rows(sheet.gate.plan, sheet)
        for one in row.sitters
    ]


def _rows(plan: DeploymentPlan, sheet: GateSheet) -> list[seats.RoleRow]:
    return seats.role_rows(plan, sheet.at, seats.last_seen(seats.presences(plan)))


def roles_on_deck(look: Look) -> Part | None:
    """Which role is filled by whom, and who is here."""
    rows = tuple(
        (
            row.role.name,
            ", ".join(one.person.display_name for one in row.sitters) or _("nobody"),
            _mark(row),
        )
        for row in _rows(look.plan, look.sheet)
    )
    return (
        Part("people", _("People"), "", (_("Role"), _("Person"), _("In the room")), rows)
        if rows
        else None
    )


def _mark(row: seats.RoleRow) -> Mark:
    if not row.sitters:
        return Mark(Band.YELLOW, _("empty"))
    here = any(one.here for one in row.sitters)
    return Mark(Band.GREEN, _("here")) if here else Mark(Band.NO_DATA, _("not here now"))


register_frozen("present", roll_call)
register_part(75, roles_on_deck)
