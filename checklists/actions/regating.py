"""A change of what people vote on: votes given for the older version count no more (law 6)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from checklists.actions.revoking import take_back
from checklists.models import Gate, SignOff, Vote
from warroom.actions.change import Change


@dataclass(frozen=True)
class Regated:
    """What fell with the older version of a gate."""

    votes: tuple[Vote, ...] = ()
    signoffs: tuple[SignOff, ...] = ()

    @property
    def said(self) -> str:
        """What the timeline adds to its sentence; empty when nothing fell."""
        votes = [vote.role.name for vote in self.votes]
        signed = [one.role.name for one in self.signoffs]
        return "".join(
            (
                _(" (this asks for a new vote of {votes})").format(votes=", ".join(votes))
                if votes
                else "",
                _(" (this revokes the signature of {signed} under the gate)").format(
                    signed=", ".join(signed)
                )
                if signed
                else "",
            )
        )

    @property
    def data(self) -> dict[str, list[str]]:
        """What the event keeps: keys of the roles whose votes and signatures fell."""
        return {
            "votes_fell": [vote.role.key for vote in self.votes],
            "revoked": [one.role.key for one in self.signoffs],
        }


def falling(gate: Gate) -> Regated:
    """What would fall if the gate got a new version now; two SQL statements."""
    votes = gate.votes.filter(superseded_by__isnull=True, gate_version=gate.version)
    signed = gate.signoffs.filter(superseded_by__isnull=True, revocation__isnull=True)
    return Regated(
        tuple(votes.select_related("role")),
        tuple(signed.exclude(word="rejected").select_related("role")),
    )


def regate(changing: Change, gate: Gate) -> Regated:
    """Give the gate its next version, once in a change, and take back what stood for the older one.

    ``gate`` is the row as read under the lock. The event of the change carries ``Regated.said`` and
    ``Regated.data``.
    """
    fallen = falling(gate)
    gate.version, gate.version_at = gate.version + 1, changing.at
    gate.save(update_fields=["version", "version_at"])
    take_back(changing, fallen.signoffs, _("the later change of {gate}").format(gate=gate.title))
    return fallen
