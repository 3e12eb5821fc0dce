"""What a changed criterion means for the rollout: a soak begins anew, alerts are read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

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
        text = _("at stage {stage}: {seen} to 0; it ends {ends} UTC.").format(
            stage=stage.number, seen=seen, ends=instant_text(restart.ends, now)
        )
        yield Effect("sync", _("The soak restarts"), text, warns=True)
        if restart.moves:
            was, now_at = (instant_text(at, now) for at in (restart.opens, restart.ends))
            yield Effect(
                "gate",
                _("{gate} moves").format(gate=edit.gate.title),
                _("from {was} to {now_at} UTC.").format(was=was, now_at=now_at),
            )

    def carry(self, changing: Change, edit: Edit) -> tuple[str, dict[str, Any]]:
        restart = _restart(edit, changing.at)
        if restart is None:
            return "", {}
        stage = restart.stage
        restart_soak(changing, stage, _("{gate} asks something else").format(gate=edit.gate.title))
        said = _(" The soak of stage {stage} restarts after {observed}.").format(
            stage=stage.number, observed=duration_text(restart.observed)
        )
        data: dict[str, Any] = {"soak_restarted": stage.number}
        if restart.moves:
            edit.gate.offset_s = int((restart.ends - changing.plan.t0).total_seconds())
            edit.gate.save(update_fields=["offset_s"])
            said += _(" {gate} opens {ends} UTC.").format(
                gate=edit.gate.title, ends=instant_text(restart.ends, changing.at)
            )
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
            text = _("it asks {source}: {promql}").format(
                source=found.source.name, promql=found.promql
            )
            yield Effect("plus", _("The metric {found} is added").format(found=found.name), text)

    def carry(self, changing: Change, edit: Edit) -> tuple[str, dict[str, Any]]:
        found = _wanted(changing.plan, edit)
        if found is None:
            return "", {}
        found.due_at = changing.at
        found.save()
        return _(" The metric {found} is added.").format(found=found.name), {"metric": found.key}


def _wanted(plan: DeploymentPlan, edit: Edit) -> PrometheusQuery | None:
    """The metric that a criterion of alerts still needs, unsaved. One only: it is not judged."""
    if edit.after is None or edit.after.source != Source.ALERTS:
        return None
    severity = str(edit.after.params.get("severity") or CRITICAL)
    if not NAME.fullmatch(severity):
        raise Invalid(
            "severity",
            _("{severity!r} is no severity: critical, high, warning.").format(
                severity=severity[:40]
            ),
        )
    source = PrometheusSource.objects.filter(plan=plan).order_by("pk").first()
    rows = list(PrometheusQuery.objects.filter(plan=plan).only("key", "promql", "position"))
    key = f"{severity}-alerts"
    if source is None or any(row.key == key or reads_alerts(row.promql, severity) for row in rows):
        return None
    return PrometheusQuery(
        plan=plan,
        source=source,
        key=key,
        name=_("{severity} alerts").format(severity=severity.capitalize()),
        promql=promql_of(severity),
        position=max((row.position for row in rows), default=0) + 1,
        report_only=True,
    )


register_follower(SoakRestarts())
register_follower(AlertMetric())
