"""Stages in the completed document: which run, which are done, and since when."""

from rollouts.models import Stage
from rollouts.models.stages import StageState
from warroom.documents.writing import Outline, Page, Writer, register_writer, stamp
from warroom.models import DeploymentPlan


class Stages(Writer):
    name = "stages"
    order = 75

    def outline(self, plan: DeploymentPlan, outline: Outline) -> None:
        stages = list(Stage.objects.filter(plan=plan))
        if stages:
            outline.heading(2, "Rollout")
        for stage in stages:
            soak = f" ({stage.soak_s // 60}-minute soak)" if stage.soak_s else ""
            share = f"{stage.from_percent}% → {stage.to_percent}%{soak}"
            outline.note("stage", stage, f"- **Stage {stage.number}:** {share}")

    def write(self, page: Page) -> None:
        for stage in Stage.objects.filter(plan=page.plan):
            line = page.line_of("stage", stage)
            if line and stage.state != StageState.PENDING:
                page.say(line, f" — {_said(stage)}")


def _said(stage: Stage) -> str:
    begun = f", begun {stamp(stage.started_at)}" if stage.started_at else ""
    ended = f", ended {stamp(stage.ended_at)}" if stage.ended_at else ""
    return f"stage {stage.number} {stage.get_state_display().lower()}{begun}{ended}"


register_writer(Stages())
