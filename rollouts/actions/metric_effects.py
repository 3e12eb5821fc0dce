"""What follows from an edit of a metric: told before it is saved, done in the same change.

The soak of the running stage begins anew and its gate moves; votes and signatures at gates that
rest on the metric fall; a target that is loosened while it is missed is called so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from checklists.actions.criteria import at_stake
from checklists.actions.criteria_effects import Effect
from checklists.actions.regating import Regated, falling, regate
from checklists.models import Criterion, Gate, Source
from checklists.queries.gates import final_of, opens_at
from checklists.rules.bands import Band, judge
from checklists.rules.drafts import Stand, loosened
from rollouts.actions.soaks import restart_soak
from rollouts.actions.versions import settings_of
from rollouts.models import PrometheusQuery, Stage, StageState
from rollouts.rules.alerts import reads_alerts
from rollouts.rules.metric_words import asks_otherwise, judges_otherwise
from warroom.actions.change import Change
from warroom.models import DeploymentPlan
from warroom.rules.wording import duration_text, instant_text


@dataclass(frozen=True)
class Moving:
    """A soak that begins anew, and when the gate at its end opens before and after (UTC)."""

    stage: Stage
    observed_s: float
    ends: datetime
    opens: datetime | None

    @property
    def moves(self) -> bool:
        return self.opens is not None and self.ends > self.opens


@dataclass(frozen=True)
class Following:
    """All that an edit entails at one instant. ``gates``: each with what falls there."""

    moving: Moving | None = None
    gates: tuple[tuple[Gate, Regated], ...] = ()
    loosens: bool = False

    @property
    def stake(self) -> dict[str, str]:
        """Votes and signatures that fall, as keys for a form and in words."""
        return {
            key: _("{words} at {gate}").format(words=words, gate=gate.title)
            for gate, fallen in self.gates
            for key, words in at_stake(fallen).items()
        }

    @property
    def votes(self) -> int:
        return sum(len(fallen.votes) for _unused, fallen in self.gates)

    @property
    def signatures(self) -> int:
        return sum(len(fallen.signoffs) for _unused, fallen in self.gates)


def following(before: PrometheusQuery, after: PrometheusQuery, now: datetime) -> Following:
    """What follows from saving ``after`` in place of ``before`` at ``now`` (UTC)."""
    was, said = settings_of(before), settings_of(after)
    judged = judges_otherwise(was, said)
    running = _running(before.plan) if judged else None
    gates = _gates(before, after, running, asked=asks_otherwise(was, said) or not after.enabled)
    return Following(
        _moving(running, now) if running else None,
        tuple((gate, falling(gate)) for gate in gates),
        loosens(before, after),
    )


def effects(found: Following, now: datetime) -> list[Effect]:
    """The same in words, for the page."""
    said = []
    if found.moving:
        moving = found.moving
        text = _("at stage {stage}: {observed_s} to 0:00.").format(
            stage=moving.stage.number, observed_s=duration_text(moving.observed_s)
        )
        said.append(Effect("sync", _("Soak restarts"), text, warns=True))
        if moving.moves:
            gate = moving.stage.gate
            text = _("from {opens} to {ends} UTC").format(
                opens=instant_text(moving.opens, now), ends=instant_text(moving.ends, now)
            )
            said.append(
                Effect(
                    "gate",
                    _("{gate} moves").format(gate=gate.title),
                    _("{text}, if all stays green.").format(text=text),
                )
            )
    for one in found.stake.values():
        said.append(Effect("pen", _("Falls:"), f"{one}."))
    if found.loosens:
        text = _("That is said in the timeline and in the tuning log.")
        said.append(Effect("warn", _("A target is loosened while it is missed."), text, warns=True))
    return said


def carry(
    changing: Change, before: PrometheusQuery, after: PrometheusQuery
) -> tuple[str, dict[str, Any], float | None]:
    """Do it in the open change: sentence and data for its event, and the seconds of green that

    counted for the older text (None where no soak restarts).
    """
    found = following(before, after, changing.at)
    said, data, observed = "", {"loosened": found.loosens}, None
    if found.loosens:
        said += _(" A target is loosened while it is missed.")
    if found.moving:
        text, more, observed = _restart(changing, found.moving, after.name)
        said, data = said + text, data | more
    votes, revoked = [], []
    for gate, _unused in found.gates:
        fallen = regate(changing, _current(gate))
        said += f" {gate.title}:{fallen.said}." if fallen.said else ""
        votes += fallen.data["votes_fell"]
        revoked += fallen.data["revoked"]
    if votes or revoked:
        data |= {"votes_fell": votes, "revoked": revoked}
    return said, data, observed


def _restart(changing: Change, moving: Moving, name: str) -> tuple[str, dict[str, Any], float]:
    stage = moving.stage
    observed = restart_soak(changing, stage, _("{name} was changed").format(name=name))
    said = _(" The soak of stage {stage} restarts after {observed}.").format(
        stage=stage.number, observed=duration_text(observed)
    )
    data: dict[str, Any] = {"soak_restarted": stage.number, "observed_s": round(observed)}
    if moving.moves and changing.plan.t0 is not None:
        gate = _current(stage.gate)
        gate.offset_s = int((moving.ends - changing.plan.t0).total_seconds())
        gate.save(update_fields=["offset_s"])
        said += _(" {gate} opens {ends} UTC.").format(
            gate=gate.title, ends=instant_text(moving.ends, changing.at)
        )
        data["opens_at"] = moving.ends.isoformat()
    return said, data, observed


def _current(gate: Gate) -> Gate:
    """The gate as it is now: moved or not, it is saved from one row."""
    return Gate.objects.get(pk=gate.pk)


def _running(plan: DeploymentPlan) -> Stage | None:
    rows = Stage.objects.filter(plan=plan, state=StageState.RUNNING).select_related("gate")
    return rows.exclude(started_at=None).order_by("-number").first()


def _moving(stage: Stage, now: datetime) -> Moving | None:
    if not stage.soak_s:
        return None
    ends = now + timedelta(seconds=stage.soak_s)
    opens = None
    if stage.gate is not None:
        stage.gate.plan = stage.plan
        opens = opens_at(stage.gate)
    return Moving(stage, max(stage.observed_s - stage.claimed_s, 0.0), ends, opens)


def _gates(
    before: PrometheusQuery, after: PrometheusQuery, running: Stage | None, *, asked: bool
) -> list[Gate]:
    """Undecided gates that rest on the metric: by a criterion, or as the end of the soak."""
    wanted = {running.gate_id} if running and running.gate_id else set()
    if asked:
        wanted |= {row.gate_id for row in reading(before.plan, [before, after])}
    rows = Gate.objects.filter(pk__in=wanted).prefetch_related("decisions").order_by("number")
    return [gate for gate in rows if final_of(gate) is None]


def reading(plan: DeploymentPlan, queries: Sequence[PrometheusQuery]) -> list[Criterion]:
    """The criteria that count and read one of these metrics; one SQL statement."""
    rows = Criterion.objects.filter(gate__plan=plan, report_only=False).select_related("gate")
    return [row for row in rows if any(_reads(row, query) for query in queries)]


def _reads(row: Criterion, query: PrometheusQuery) -> bool:
    if row.source == Source.ALERTS:
        severity = str(row.params.get("severity") or "critical")
        return "ALERTS" in query.promql and reads_alerts(query.promql, severity)
    return row.source == Source.EVIDENCE and row.evidence_key == query.key


def loosens(before: PrometheusQuery, after: PrometheusQuery) -> bool:
    """Whether a target is missed now and would be missed less, or be asked no more.

    With another query nobody knows what it would read: then only what takes it out counts.
    """
    stands = Stand(Band(before.band), counts=_counts(before))
    if not _counts(after):
        return loosened(stands, None)
    value = before.value if before.band != Band.NO_DATA else None
    if value is None or asks_otherwise(settings_of(before), settings_of(after)):
        return False
    later = after.sustained_s > before.sustained_s or after.red_after > before.red_after
    if before.band == Band.RED and later:
        return True
    return loosened(stands, Stand(judge(after.bands, value)))


def _counts(row: PrometheusQuery) -> bool:
    return row.bands is not None and not row.report_only and row.enabled
