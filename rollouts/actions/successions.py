"""A stage whose gate said NO-GO ends at the gate that is held after it."""

from checklists.actions.redating import register_succession
from checklists.models import Gate
from rollouts.models import Stage
from warroom.actions.change import Change


def follow(moving: Change, old: Gate, new: Gate) -> None:
    Stage.objects.filter(plan=moving.plan, gate=old).update(gate=new)


register_succession(follow)
