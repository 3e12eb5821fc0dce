"""A gate that is still to be decided and its criteria, as whoever speaks of them finds them."""

from django.utils.translation import gettext as _

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
        raise Refused(
            _("{found} was taken off {gate} while you wrote. {lost}").format(
                found=found.label, gate=gate.title, lost=lost
            )
        )
    found.gate = gate
    return found


def refuse_older_gate(gate: Gate, seen: int | None, lost: str) -> None:
    """Raise SeenOlder where ``seen`` is not the gate's version of now, with what changed since."""
    if seen is None or seen == gate.version:
        return
    told = gate.plan.events.filter(kind__in=KINDS, data__gate=gate.key).order_by("-seq").first()
    what = (
        _(" {actor_name}, {at:%H:%M} UTC: {told}").format(
            actor_name=told.actor_name, at=told.at, told=told.text[:300]
        )
        if told
        else ""
    )
    raise SeenOlder(
        _("What {gate} asks was changed while you read.{what} {lost}").format(
            gate=gate.title, what=what, lost=lost
        )
    )


def refuse_older_criterion(criterion: Criterion, seen: int | None, lost: str) -> None:
    """Raise SeenOlder where ``seen`` is not the criterion's version of now, with who changed it."""
    if seen is None or seen == criterion.version:
        return
    newest = criterion.versions.first()
    who = (
        _(" by {by_name}, {at:%H:%M} UTC: “{reason}”").format(
            by_name=newest.by_name, at=newest.at, reason=newest.reason
        )
        if newest
        else ""
    )
    raise SeenOlder(
        _("{criterion} was changed while you wrote{who}. {lost}").format(
            criterion=criterion.label, who=who, lost=lost
        )
    )
