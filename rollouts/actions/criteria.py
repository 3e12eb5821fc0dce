"""What a changed criterion means for the rollout: a soak begins anew, alerts are read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from checklists.actions.criteria_effects import Edit, Effect, register_follower
from checklists.models import Source
from checklists.queries.gates import opens_at
from rollouts.actions.soaks import restart_soak
from rollouts.models import PrometheusQuery, PrometheusSource, Rollout, Stage, StageState
from rollouts.queries.soaks import soak_of
from rollouts.rules.alerts import CRITICAL, NAME, promql_of, reads_alerts
from warroom.actions.change import Change
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan
from warroom.rules.wording import duration_text, instant_text

# What machines measure is watched while a stage soaks; what people say is not.
SOAKED = frozenset({Source.EVIDENCE, Source.CHECKS, Source.ALERTS})


@dataclass(frozen=True)
class Restart:
    """A soak that begins anew: how long it ran, and when its gate opens before and after (UTC)."""

    stage: Stage
    observed: timedelta
    ends: datetime
    opens: datetime | None

    @property
    def moves(self) -> bool:
        """Whether the gate opens later than planned."""
        return self.opens is not None and self.ends > self.opens


class SoakRestarts:
    """The hours that were watched counted for the older text: they are kept with it (S57)."""

    def foresee(self, edit: Edit, now: datetime) -> Iterable[Effect]:
        restart = _restart(edit, now)
        if restart is None:
            return
        stage, seen = restart.stage, duration_text(restart.observed)
        text = (
            f"at stage {stage.number}: {seen} to 0; it ends {instant_text(restart.ends, now)} UTC."
        )
        yield Effect("sync", "The soak restarts", text, warns=True)
        if restart.moves:
            was, now_at = (instant_text(at, now) for at in (restart.opens, restart.ends))
            yield Effect("gate", f"{edit.gate.title} moves", f"from {was} to {now_at} UTC.")

    def carry(self, changing: Change, edit: Edit) -> tuple[str, dict[str, Any]]:
        restart = _restart(edit, changing.at)
        if restart is None:
            return "", {}
        stage = restart.stage
        restart_soak(changing, stage, f"{edit.gate.title} asks something else")
        said = (
            f" The soak of stage {stage.number} restarts after {duration_text(restart.observed)}."
        )
        data: dict[str, Any] = {"soak_restarted": stage.number}
        if restart.moves:
            edit.gate.offset_s = int((restart.ends - changing.plan.t0).total_seconds())
            edit.gate.save(update_fields=["offset_s"])
            said += f" {edit.gate.title} opens {instant_text(restart.ends, changing.at)} UTC."
            data["opens_at"] = restart.ends.isoformat()
        return said, data


def _restart(edit: Edit, now: datetime) -> Restart | None:
    """The soak that an edit restarts: of the stage that runs and ends in this gate."""
    sources = {one.source for one in (edit.before, edit.after) if one is not None}
    if not edit.judged or sources.isdisjoint(SOAKED):
        return None
    running = Stage.objects.filter(gate_id=edit.gate.pk, state=StageState.RUNNING)
    stage = running.exclude(soak_s=0).exclude(started_at=None).first()
    if stage is None:
        return None
    plan = edit.gate.plan
    soak = soak_of(plan, stage, Rollout.objects.filter(plan=plan).first(), now)
    ends, seen = now + timedelta(seconds=stage.soak_s), soak.observed_s if soak else 0
    return Restart(stage, timedelta(seconds=seen), ends, opens_at(edit.gate))


class AlertMetric:
    """A criterion of alerts is measured from the start, where the plan has a Prometheus."""

    def foresee(self, edit: Edit, now: datetime) -> Iterable[Effect]:
        found = _wanted(edit.gate.plan, edit)
        if found is not None:
            text = f"it asks {found.source.name}: {found.promql}"
            yield Effect("plus", f"The metric {found.name} is added", text)

    def carry(self, changing: Change, edit: Edit) -> tuple[str, dict[str, Any]]:
        found = _wanted(changing.plan, edit)
        if found is None:
            return "", {}
        found.due_at = changing.at
        found.save()
        return f" The metric {found.name} is added.", {"metric": found.key}


def _wanted(plan: DeploymentPlan, edit: Edit) -> PrometheusQuery | None:
    """The metric that a criterion of alerts still needs, unsaved. One only: it is not judged."""
    if edit.after is None or edit.after.source != Source.ALERTS:
        return None
    severity = str(edit.after.params.get("severity") or CRITICAL)
    if not NAME.fullmatch(severity):
        raise Invalid("severity", f"{severity[:40]!r} is no severity: critical, high, warning.")
    source = PrometheusSource.objects.filter(plan=plan).order_by("pk").first()
    rows = list(PrometheusQuery.objects.filter(plan=plan).only("key", "promql", "position"))
    key = f"{severity}-alerts"
    if source is None or any(row.key == key or reads_alerts(row.promql, severity) for row in rows):
        return None
    return PrometheusQuery(
        plan=plan,
        source=source,
        key=key,
        name=f"{severity.capitalize()} alerts",
        promql=promql_of(severity),
        position=max((row.position for row in rows), default=0) + 1,
        report_only=True,
    )


register_follower(SoakRestarts())
register_follower(AlertMetric())
