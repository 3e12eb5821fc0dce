"""A gate that is still to be decided and its criteria, as whoever speaks of them finds them."""

from checklists.models import Criterion, Gate
from warroom.actions.refusals import Refused

# What changes what people vote on and judge.
KINDS = ("criterion.added", "criterion.changed", "criterion.removed", "gate.changed")


class SeenOlder(Refused):
    """What people speak of is not what they had read."""


def fresh_criterion(criterion: Criterion, gate: Gate, lost: str) -> Criterion:
    """The criterion as it is now, of the gate as it is now. Refused where it was taken off.

    ``lost``: what was not done, as a sentence.
    """
    found = Criterion.everything.get(pk=criterion.pk)
    if found.removed_at is not None:
        raise Refused(f"{found.label} was taken off {gate.title} while you wrote. {lost}")
    found.gate = gate
    return found


def refuse_older_gate(gate: Gate, seen: int | None, lost: str) -> None:
    """Raise SeenOlder where ``seen`` is not the gate's version of now, with what changed since."""
    if seen is None or seen == gate.version:
        return
    told = gate.plan.events.filter(kind__in=KINDS, data__gate=gate.key).order_by("-seq").first()
    what = f" {told.actor_name}, {told.at:%H:%M} UTC: {told.text[:300]}" if told else ""
    raise SeenOlder(f"What {gate.title} asks was changed while you read.{what} {lost}")


def refuse_older_criterion(criterion: Criterion, seen: int | None, lost: str) -> None:
    """Raise SeenOlder where ``seen`` is not the criterion's version of now, with who changed it."""
    if seen is None or seen == criterion.version:
        return
    newest = criterion.versions.first()
    who = f" by {newest.by_name}, {newest.at:%H:%M} UTC: “{newest.reason}”" if newest else ""
    raise SeenOlder(f"{criterion.label} was changed while you wrote{who}. {lost}")
