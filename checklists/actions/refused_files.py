"""What was brought in and not taken: told on the timeline, sparingly."""

from datetime import timedelta

from django.utils.translation import gettext as _

from checklists.rules.files import safe_name
from warroom.actions.change import change
from warroom.models import DeploymentPlan, Right, User

SILENT = timedelta(minutes=1)  # of the same name, one refusal is told in this time
MOST_TOLD = 20  # refusals of a release that are told within an hour, whatever they are called


def tell_refused(plan: DeploymentPlan, name: str, sentence: str, *, by: User | str) -> None:
    """Note on the timeline that a file was not taken, and where it is wrong.

    Told sparingly, so that a pipeline in a loop does not fill the record; a closed release takes
    no such notes at all. Raises NotAllowed.
    """
    name = safe_name(name)
    if plan.is_closed:
        return
    with change(plan, by=by, right=Right.TICK if isinstance(by, User) else None) as telling:
        told = telling.plan.events.filter(kind="evidence.refused")
        if told.filter(at__gt=telling.at - SILENT, data__name=name).exists():
            return
        if told.filter(at__gt=telling.at - timedelta(hours=1)).count() < MOST_TOLD:
            said = f"{name} {sentence}"[:300]
            telling.record(
                "evidence.refused", _("Refused: {said}").format(said=said), name=name, said=said
            )
