"""Who stands at a gate, and as what: by a vote, a signature, an accepted deviation (law 10)."""

from collections.abc import Iterable
from dataclasses import dataclass

from checklists.models import Gate, SignOff, Vote, Waiver
from checklists.queries.gates import GateSheet
from warroom.models import Role
from warroom.queries.once import once


@dataclass(frozen=True)
class Stand:
    """A person who stands at a gate as a role."""

    person_id: int
    role: Role


def stands_at(gate: Gate) -> list[Stand]:
    """Everybody who stands at the gate's version of now, in three SQL statements."""
    votes = gate.votes.filter(superseded_by=None, gate_version=gate.version)
    return [*_stands(votes.select_related("role")), *signed_at(gate)]


def signed_at(gate: Gate) -> list[Stand]:
    """Those of them who signed there or accepted a deviation; two SQL statements."""
    signed = gate.signoffs.filter(superseded_by=None, revocation=None)
    accepted = Waiver.objects.filter(criterion__gate=gate, superseded_by=None, withdrawn=False)
    return [
        *_stands(signed.select_related("role")),
        *_stands(accepted.select_related("role")),
    ]


def signed_of(sheet: GateSheet) -> list[Stand]:
    """``signed_at``, read once for everything that is shown of one instant."""
    gate = sheet.gate
    return once(gate.plan, sheet.at, ("signed", gate.pk), lambda: signed_at(gate))


def _stands(rows: Iterable[Vote | SignOff | Waiver]) -> list[Stand]:
    return [Stand(row.person_id, row.role) for row in rows]
