"""Guardrails as they stand: what each watches, whether it is in breach, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from checklists.rules.bands import Band
from rollouts.models import (
    Guardrail,
    GuardrailKind,
    HealthCheck,
    Probing,
    PrometheusQuery,
    Rollout,
    Stage,
    StageState,
)
from rollouts.queries.rollbacks import served
from rollouts.queries.rollouts import rollout_now
from rollouts.queries.stages import stages_now
from rollouts.queries.watching import metrics_now
from rollouts.rules import guardrails as rules
from rollouts.rules.guardrails import Breach
from rollouts.rules.readings import as_read, valid_until
from rollouts.rules.rollbacks import peak
from rollouts.rules.sustained import RedMemory
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.rules.lifecycle import LIVE
from warroom.rules.wording import duration_text, figure_text, span_text


@dataclass(frozen=True)
class Scene:
    """What all guardrails of a plan are judged by at one instant (UTC)."""

    now: datetime
    percent: int
    rollout: Rollout | None
    stage: Stage | None
    # Metrics that are asked and judged: only where a guardrail watches for silence.
    metrics: Sequence[PrometheusQuery] = ()
    # Since when the release is where it is: all there is where no share was ever wanted.
    opened_at: datetime | None = None

    @property
    def from_(self) -> datetime | None:
        """From when breaches count."""
        row = self.rollout
        return rules.counted_from(row.desired_cause, row.desired_at) if row else None

    @property
    def silent_from(self) -> datetime | None:
        """From when silence counts: what was entered as begun earlier was not missed earlier."""
        row = self.rollout
        return row.desired_at if row and row.desired_at else self.opened_at

    @property
    def generation(self) -> int:
        return self.rollout.generation if self.rollout else 0


@dataclass(frozen=True)
class RailState:
    """A guardrail at one instant. ``mode`` is what holds: its own, softened by the stage's."""

    rail: Guardrail
    mode: str
    breach: Breach | None
    now_text: str
    title: str
    # Why it cannot say anything now: no data, no red band. "" while it can.
    trouble: str = ""

    @property
    def window(self) -> timedelta:
        return timedelta(seconds=self.rail.window_s)

    @property
    def tripped(self) -> bool:
        return rules.has_tripped(self.breach, self.window)

    @property
    def breach_s(self) -> int:
        """Seconds in breach, at most the window's."""
        return min(int(self.breach.lasts.total_seconds()), self.rail.window_s) if self.breach else 0

    @property
    def lasts_text(self) -> str:
        """ "1:10 of 5:00"."""
        return _("{breach_s} of {window_s}").format(
            breach_s=span_text(self.breach_s), window_s=span_text(self.rail.window_s)
        )


def rails_of(plan: DeploymentPlan) -> list[Guardrail]:
    """The guardrails of a plan with what they watch; one SQL statement."""
    rows = Guardrail.objects.filter(plan=plan).select_related("query", "health_check")
    return list(rows.defer("query__history", "health_check__history"))


def rails_now(plan: DeploymentPlan, now: datetime) -> list[Guardrail]:
    """``rails_of``, read once for everything that is shown of one instant (UTC)."""
    return once(plan, now, "guardrails", lambda: rails_of(plan))


def scene_of(plan: DeploymentPlan, rails: Sequence[Guardrail], now: datetime) -> Scene:
    """What guardrails are judged by; two SQL statements, three where silence is watched for."""
    rollout = Rollout.objects.filter(plan=plan).first()
    stages = list(Stage.objects.filter(plan=plan))
    metrics: Sequence[PrometheusQuery] = ()
    if any(rail.kind == GuardrailKind.NO_DATA for rail in rails):
        metrics = list(PrometheusQuery.objects.filter(plan=plan, enabled=True).defer("history"))
    return _scene(plan, rollout, stages, metrics, now)


def _scene(
    plan: DeploymentPlan,
    rollout: Rollout | None,
    stages: Sequence[Stage],
    metrics: Sequence[PrometheusQuery],
    now: datetime,
) -> Scene:
    running = next((one for one in stages if one.state == StageState.RUNNING), None)
    percent = served(plan, rollout, stages) if plan.lifecycle in LIVE else 0
    judged = [row for row in metrics if row.bands is not None]
    return Scene(now, percent, rollout, running, judged, plan.lifecycle_at)


def states_now(plan: DeploymentPlan, now: datetime) -> tuple[Scene, list[RailState]]:
    """Every guardrail as a page shows it, from what the page has read; one SQL statement more."""
    rails = rails_now(plan, now)
    scene = _scene(plan, rollout_now(plan, now), stages_now(plan, now), metrics_now(plan, now), now)
    return scene, [state_of(rail, scene) for rail in rails]


def state_of(rail: Guardrail, scene: Scene) -> RailState:
    """A guardrail in its scene. While nothing is served it is clear, whatever its metric says."""
    mode = rules.softer(rail.mode, scene.stage.rollback_mode if scene.stage else "")
    breach = _breach(rail, scene) if scene.percent else None
    return RailState(
        rail, mode, breach, _now_text(rail, scene), title_of(rail), _trouble(rail, scene)
    )


def _row(rail: Guardrail) -> Probing | None:
    return rail.query if rail.kind == GuardrailKind.METRIC else rail.health_check


def _breach(rail: Guardrail, scene: Scene) -> Breach | None:
    if rail.kind == GuardrailKind.DRIFT:
        row = scene.rollout
        return rules.drift(row.drift_since, row.actual_at, scene.from_) if row else None
    if rail.kind == GuardrailKind.NO_DATA:
        silent = [_silent_since(row, scene) for row in scene.metrics]
        return rules.silence(silent, scene.now, scene.silent_from)
    row = _row(rail)
    if row is None or not row.enabled or row.report_only:  # shown only moves nothing
        return None
    band = as_read(row.band, row.reason, row.read_at, row.fresh_s, scene.now).band
    return rules.red_breach(RedMemory(row.red_since, row.red_at), band, scene.from_)


def _silent_since(row: Probing, scene: Scene) -> datetime | None:
    said = as_read(row.band, row.reason, row.read_at, row.fresh_s, scene.now)
    if said.band is not Band.NO_DATA:
        return None
    if row.read_at is None or row.band_since is None:
        return min(row.due_at, scene.now)  # what was never read is missed from when it was due
    if row.band == Band.NO_DATA:
        return row.band_since
    return valid_until(row.read_at, row.fresh_s)


# --- words ---------------------------------------------------------------------------------


def title_of(rail: Guardrail) -> str:
    """The rule in words: "Error rate above 1 % for 5 min"."""
    if rail.kind == GuardrailKind.NO_DATA:
        return _("No metric at all for {window_s}").format(window_s=duration_text(rail.window_s))
    if rail.kind == GuardrailKind.DRIFT:
        return _("Actual differs from desired for {window_s}").format(
            window_s=duration_text(rail.window_s)
        )
    row = _row(rail)
    if row is None:
        return _("{rail}: what it watches was removed").format(rail=rail.name)
    if isinstance(row, HealthCheck):
        return _("{row} fails for {window_s}").format(
            row=row.name, window_s=duration_text(rail.window_s)
        )
    return rules.rule_of_metric(row.name, *_red_of(row), rail.window_s)


def _red_of(row: PrometheusQuery) -> tuple[str, str]:
    red = row.bands.red if row.bands else None
    return (red.op, row.show(red.value)) if red else ("", "")


def reason_of(rail: Guardrail, breach: Breach, scene: Scene) -> str:
    """Why it tripped, as a sentence; one SQL statement where the metric's history is not read."""
    if rail.kind == GuardrailKind.NO_DATA:
        return _("No metric has answered for {lasts}.").format(lasts=duration_text(breach.lasts))
    row = _row(rail)
    if rail.kind == GuardrailKind.DRIFT or row is None:
        actual = scene.rollout.actual_percent if scene.rollout else None
        seen = (
            _(", {actual} % is seen").format(actual=figure_text(actual))
            if actual is not None
            else ""
        )
        return _("{percent} % is wanted{seen}, for {lasts}.").format(
            percent=scene.percent, seen=seen, lasts=duration_text(breach.lasts)
        )
    if isinstance(row, HealthCheck):
        why = f": {row.reason}" if row.reason else ""
        return _("{row} failed for {lasts}{why}.").format(
            row=row.name, lasts=duration_text(breach.lasts), why=why
        )
    worst = row.show(peak(row.history.get("points", ()), breach.since, row.bands))
    return rules.reason_of_metric(row.name, *_red_of(row), rail.window_s, worst)


def _now_text(rail: Guardrail, scene: Scene) -> str:
    if rail.kind == GuardrailKind.DRIFT:
        row = scene.rollout
        if row is None or row.actual_percent is None:
            return _("not observed")
        return _("{actual_percent} points").format(
            actual_percent=figure_text(abs(row.actual_percent - row.desired_percent))
        )
    if rail.kind == GuardrailKind.NO_DATA:
        seen = [row.observed_at for row in scene.metrics if row.observed_at]
        return (
            _("{now} old").format(now=duration_text(scene.now - max(seen)))
            if seen
            else _("never seen")
        )
    row = _row(rail)
    if row is None:
        return ""
    return row.now_text or _("no data")


def _trouble(rail: Guardrail, scene: Scene) -> str:
    if rail.kind == GuardrailKind.DRIFT:
        seen = scene.rollout and scene.rollout.actual_percent is not None
        return "" if seen else _("Nothing observes the share yet.")
    if rail.kind == GuardrailKind.NO_DATA:
        return "" if scene.metrics else _("There is no metric that could fall silent.")
    row = _row(rail)
    if row is None or not row.enabled:
        return _("What it watches is switched off.") if row else _("What it watches was removed.")
    if isinstance(row, PrometheusQuery) and (row.bands is None or row.bands.red is None):
        return _("Its metric has no red band, so it never trips.")
    said = as_read(row.band, row.reason, row.read_at, row.fresh_s, scene.now)
    return _("No data: {reason}.").format(reason=said.reason) if said.band is Band.NO_DATA else ""
