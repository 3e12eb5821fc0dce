"""Which signatures stand under a part of the plan, and would fall if it changed."""

from collections.abc import Collection

from django.db.models import Q

from checklists.models import Phase, SignOff
from warroom.models import DeploymentPlan


def standing_approvals(
    plan: DeploymentPlan, phases: Collection[Phase], *, whole: bool = True
) -> list[SignOff]:
    """The newest approvals under ``phases`` and, with ``whole``, under the whole release.

    Rejections are none, nor is what was taken back. One SQL statement.
    """
    scope = Q(phase__in=[phase.pk for phase in phases])
    if whole:
        scope |= Q(phase__isnull=True, gate__isnull=True)
    standing = SignOff.objects.filter(
        scope, plan=plan, superseded_by__isnull=True, revocation__isnull=True
    )
    return list(standing.exclude(word="rejected").select_related("role", "phase"))
