"""The planned times of the stages."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from checklists.models import Decision, DecisionWord
from rollouts.models import Stage, StageState
from rollouts.queries.stages import of_plan
from warroom.actions.schedule import Source, register_schedule
from warroom.models import DeploymentPlan
from warroom.rules.schedule import Thing
from warroom.rules.wording import duration_text


class StageTimes(Source):
    prefix = "stage"

    def things(self, plan: DeploymentPlan, now: datetime) -> Iterable[Thing]:
        gone = Decision.objects.filter(gate__plan=plan, word=DecisionWord.GO)
        released = set(gone.values_list("gate_id", flat=True))
        waits: int | None = None  # a stage waits for the gate at the end of the one before it
        for stage in of_plan(plan):
            if stage.offset_s is not None:
                yield Thing(
                    f"stage:{stage.pk}",
                    _("Stage {stage}: {to_percent} %").format(
                        stage=stage.number, to_percent=stage.to_percent
                    ),
                    stage.offset_s,
                    over=stage.state != StageState.PENDING,
                    waits_for=f"gate:{waits}" if waits else "",
                    released=waits in released,
                    note=_("soak {soak_s}").format(soak_s=duration_text(stage.soak_s))
                    if stage.soak_s
                    else "",
                )
            waits = stage.gate_id

    def move(self, plan: DeploymentPlan, keys: Collection[str], seconds: int) -> None:
        pks = [int(key.partition(":")[2]) for key in keys]
        Stage.objects.filter(plan=plan, pk__in=pks).update(offset_s=F("offset_s") + seconds)


register_schedule(StageTimes())
