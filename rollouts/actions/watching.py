"""How often somebody looks after the rollout, and when a round is late or missing ones hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from rollouts.actions.desired import rollout_of
from rollouts.models import Rollout
from rollouts.rules import rounds
from warroom.actions.change import change
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Right, User

MOST_STEPS = 10
LONGEST_LATE_S = 86_400


def save_watching(
    plan: DeploymentPlan,
    cadence: Sequence[Mapping[str, Any]],
    *,
    late_s: int,
    missed_holds: int,
    by: User | str,
    request_id: str | None = None,
) -> Rollout:
    """Set the cadence of the watching after the stages, and the limits of all rounds.

    ``cadence`` as in rules/rounds.py. The same again changes nothing. Raises Invalid for a
    ``cadence`` whose bands make no sense, ``late`` and ``missed``, NotAllowed without the right to
    edit.
    """
    kept = rounds.stored(rounds.read(cadence))
    if len(kept) != len(cadence) or len(kept) > MOST_STEPS:
        raise Invalid(
            "cadence", _("Each step but the last ends later than the one before; ten most.")
        )
    if not 1 <= late_s <= LONGEST_LATE_S:
        raise Invalid("late", _("Between a second and a day."))
    if not 1 <= missed_holds <= 100:
        raise Invalid("missed", _("Between 1 and 100."))
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as saving:
        row = rollout_of(saving)
        before = (row.cadence, row.round_late_s, row.missed_holds)
        if saving.repeated or before == (kept, late_s, missed_holds):
            return row
        row.cadence, row.round_late_s, row.missed_holds = kept, late_s, missed_holds
        row.save(update_fields=["cadence", "round_late_s", "missed_holds"])
        saving.record(
            "round.changed",
            _("Rounds: {said}; late after {late_s} s, {missed_holds} missed in a row hold").format(
                said=rounds.said(rounds.read(kept)) or _("none after the stages"),
                late_s=late_s,
                missed_holds=missed_holds,
            ),
            before=list(before),
            after=[kept, late_s, missed_holds],
        )
    return row
