"""A criterion of a gate that is still to be decided, as whoever changes it finds it."""

from checklists.models import Criterion, Gate
from warroom.actions.refusals import Refused


def fresh_criterion(criterion: Criterion, gate: Gate, lost: str) -> Criterion:
    """The criterion as it is now, of the gate as it is now. Refused where it was taken off.

    ``lost``: what was not done, as a sentence.
    """
    found = Criterion.everything.get(pk=criterion.pk)
    if found.removed_at is not None:
        raise Refused(f"{found.label} was taken off {gate.title} while you wrote. {lost}")
    found.gate = gate
    return found
