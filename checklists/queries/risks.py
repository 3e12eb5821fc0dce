"""Risks and scenarios as they stand at an instant: rated, watched, in force, time to start."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from checklists.models import Risk, RiskState, Scenario, ScenarioState
from checklists.queries.frozen import register_frozen
from checklists.queries.gates import GateSheet
from checklists.queries.phases import PhaseRows, checklist
from checklists.queries.watched import Readings, readings_now
from checklists.rules import risks as rules
from checklists.rules.scenarios import Wish, wishes_of
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Lifecycle, Right
from warroom.queries.once import already, once
from warroom.queries.there import there
from warroom.rules.lifecycle import ENDED
from warroom.rules.wording import instant_text

MODIFIERS = {
    RiskState.OPEN: ("open", "open"),
    RiskState.WATCHED: ("run", "run"),
    RiskState.OCCURRED: ("bad", "bad"),
    RiskState.CLOSED: ("ok", "ok"),
}


@dataclass(frozen=True)
class CriterionLine:
    """If this, then that. ``holds`` says which reading makes it hold now; "" when none does."""

    case: str
    then: str
    word: str
    holds: str = ""

    @property
    def icon(self) -> str:
        return f"v-{self.word}" if self.word else ""


@dataclass(frozen=True)
class RiskRow:
    risk: Risk
    rated: rules.Rated
    criteria: tuple[CriterionLine, ...]
    at: datetime

    @property
    def name(self) -> str:
        return f"R{self.risk.number}"

    @property
    def state_text(self) -> str:
        """``Watched``, ``Closed 09:24``."""
        label = str(RiskState(self.risk.state).label)
        told = self.risk.state in (RiskState.CLOSED, RiskState.OCCURRED) and self.risk.state_at
        return f"{label} {instant_text(self.risk.state_at, self.at)}" if told else label

    @property
    def look(self) -> tuple[str, str]:
        """Modifier and icon of its signal."""
        return MODIFIERS[RiskState(self.risk.state)]

    @property
    def before(self) -> str:
        """``20 %``, or the document's own words where they cannot be read."""
        return self.rated.before.shown if self.rated.before else self.risk.probability

    @property
    def after(self) -> str:
        """What was said of the time after mitigation; "" where nothing was."""
        from_words = rules.chance_of(self.risk.probability_after)
        return from_words.shown if from_words else self.risk.probability_after

    @property
    def steps(self) -> list[tuple[str, list[str]]]:
        """Mitigation by phase: before, during, after, each with its lines."""
        found: dict[str, list[str]] = {}
        for row in self.risk.mitigations:
            found.setdefault(str(row.get("phase", "")).capitalize(), []).append(row["text"])
        return list(found.items())


@dataclass(frozen=True)
class ScenarioRow:
    """``time``: the sentence that says that its time has come; "" when it has not, or it runs."""

    scenario: Scenario
    time: str
    phase: PhaseRows | None
    at: datetime

    @property
    def in_force(self) -> bool:
        return self.scenario.state == ScenarioState.IN_FORCE

    @property
    def cleared(self) -> bool:
        return self.scenario.state == ScenarioState.CLEARED

    @property
    def look(self) -> tuple[str, str]:
        if self.in_force or self.time:
            return "warn", "warn"
        return ("ok", "ok") if self.cleared else ("open", "open")

    @property
    def state_text(self) -> str:
        """``In force since 19:54``, ``It is time: …``, ``Cleared 09:24``, ``Armed``."""
        at = instant_text(self.scenario.state_at, self.at) if self.scenario.state_at else ""
        if self.in_force:
            return _("In force since {at}").format(at=at) if at else _("In force")
        if self.cleared:
            return _("Cleared {at}").format(at=at).rstrip()
        return _("It is time: {time}").format(time=self.time) if self.time else _("Armed")

    @property
    def open(self) -> int:
        """How many of the items that it put in are still open."""
        return self.phase.counts.open if self.phase else 0

    @property
    def wishes(self) -> list[Wish]:
        return wishes_of(self.scenario.items)


@dataclass(frozen=True)
class RiskSheet:
    risks: tuple[RiskRow, ...]
    scenarios: tuple[ScenarioRow, ...]
    overall: rules.Overall

    @property
    def matrix(self) -> list[tuple[str, list[rules.Cell]]]:
        return rules.matrix([row.rated for row in self.risks])

    @property
    def shown(self) -> list[RiskRow]:
        """What has happened first, what is closed last."""
        first = {RiskState.OCCURRED: 0, RiskState.CLOSED: 2}
        return sorted(self.risks, key=lambda row: (first.get(row.risk.state, 1), row.risk.number))

    @property
    def unrated(self) -> list[RiskRow]:
        return [row for row in self.risks if row.rated.word is None]

    @property
    def summary(self) -> str:
        """``Overall: low after mitigation. 1 closed, 2 watched, 1 contingency in force.``"""
        parts = [
            word.format(count=count)
            for state, word in COUNTED
            if (count := sum(row.risk.state == state for row in self.risks))
        ]
        force = sum(row.in_force for row in self.scenarios)
        if force:
            said = ngettext("{count} contingency in force", "{count} contingencies in force", force)
            parts.append(said.format(count=force))
        counted = f"{', '.join(parts)}." if parts else ""
        return f"{self.overall.sentence} {counted}".strip()


COUNTED = (
    (RiskState.OCCURRED, _l("{count} happened")),
    (RiskState.CLOSED, _l("{count} closed")),
    (RiskState.WATCHED, _l("{count} watched")),
    (RiskState.OPEN, _l("{count} open")),
)


def risk_sheet(plan: DeploymentPlan, now: datetime) -> RiskSheet:
    """Everything of the page of risks: two statements, and those of what is watched."""
    return once(plan, now, "risks", lambda: _read(plan, now))


def _read(plan: DeploymentPlan, now: datetime) -> RiskSheet:
    risks = list(there(plan, Risk.objects.filter(plan=plan)))
    watches = any(row.get("key") for risk in risks for row in risk.criteria)
    readings = readings_now(plan, now) if watches else None
    rows = tuple(_risk_row(risk, readings, now) for risk in risks)
    return RiskSheet(rows, scenario_rows(plan, now), rules.overall([row.rated for row in rows]))


def rated(risk: Risk) -> rules.Rated:
    said = rules.Said(
        f"R{risk.number}",
        risk.severity,
        risk.probability,
        risk.probability_after,
        risk.impact,
        risk.state,
    )
    return rules.rate(said)


def _risk_row(risk: Risk, readings: Readings | None, now: datetime) -> RiskRow:
    lines = tuple(_line(row, readings, now) for row in risk.criteria)
    return RiskRow(risk, rated(risk), lines, now)


def _line(row: dict, readings: Readings | None, now: datetime) -> CriterionLine:
    found = readings.find(row["key"], row.get("band", "")) if readings and row.get("key") else None
    holds = found.told(now) if found else ""
    return CriterionLine(row.get("if", ""), row.get("then", ""), row.get("word", ""), holds)


def scenario_rows(plan: DeploymentPlan, now: datetime) -> tuple[ScenarioRow, ...]:
    """Scenarios, those in force first, then those whose time it is; one statement where none."""
    return once(plan, now, "scenarios", lambda: _scenarios(plan, now))


def _scenarios(plan: DeploymentPlan, now: datetime) -> tuple[ScenarioRow, ...]:
    found = list(there(plan, Scenario.objects.filter(plan=plan).select_related("phase", "risk")))
    armed = [one for one in found if one.state == ScenarioState.ARMED and one.watch_key]
    readings = readings_now(plan, now) if armed else None
    board = checklist(plan, now) if any(one.phase for one in found) else None
    rows = []
    for one in found:
        phase = board.phase(one.phase.number) if board and one.phase else None
        rows.append(ScenarioRow(one, _time(one, readings, now), phase, now))
    return tuple(sorted(rows, key=_urgency))


def _urgency(row: ScenarioRow) -> tuple[int, int]:
    place = 0 if row.in_force else 1 if row.time else 2 if row.cleared else 3
    return place, row.scenario.number


def _time(scenario: Scenario, readings: Readings | None, now: datetime) -> str:
    if readings is None or scenario.state != ScenarioState.ARMED or not scenario.watch_key:
        return ""
    found = readings.find(scenario.watch_key, scenario.watch_band)
    return found.told(now) if found else ""


def open_count(plan: DeploymentPlan, now: datetime) -> str | None:
    """How many risks are not closed, for the tab; None without any. Nothing the page has read."""
    sheet: RiskSheet | None = already(plan, now, "risks")
    if sheet is not None:
        count = sum(row.risk.state != RiskState.CLOSED for row in sheet.risks)
    else:
        count = there(plan, Risk.objects.filter(plan=plan)).exclude(state=RiskState.CLOSED).count()
    return str(count) if count else None


# --- what the room needs -----------------------------------------------------------------------


def risk_needs(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """Scenarios whose time has come, and those in force with items left, or with none left."""
    if plan.lifecycle in {*ENDED, Lifecycle.DRAFT}:
        return []
    rows = scenario_rows(plan, now)
    return [need for row in rows if (need := _need(plan, row)) is not None]


def _need(plan: DeploymentPlan, row: ScenarioRow) -> Need | None:
    scenario = row.scenario
    url = f"/plans/{plan.slug}/risks/#scenario-{scenario.number}"
    if row.time:
        return Need(
            key=Right.TICK,
            title=_("Start contingency {scenario}, or say why not: {scenario_title}").format(
                scenario=scenario.number, scenario_title=scenario.title
            ),
            url=url,
            button=_("Open scenario"),
            note=_("It is time: {time}.").format(time=row.time),
            short=_("contingency {scenario}").format(scenario=scenario.number),
            icon="warn",
        )
    if not row.in_force or row.phase is None:
        return None
    left = row.open
    say = ngettext(
        "{count} item of contingency {scenario} open",
        "{count} items of contingency {scenario} open",
        left,
    ).format(count=left, scenario=scenario.number)
    return Need(
        key=Right.TICK,
        title=say
        if left
        else _("Clear contingency {scenario}: {scenario_title}").format(
            scenario=scenario.number, scenario_title=scenario.title
        ),
        url=f"/plans/{plan.slug}/checklist/?phase={row.phase.phase.number}" if left else url,
        button=_("See items") if left else _("Open scenario"),
        note=f"{scenario.title}. {row.state_text}." if left else _("All its items are closed."),
        short=_("contingency {scenario}").format(scenario=scenario.number),
        icon="list",
        optional=not left,
    )


# --- evidence of a decision --------------------------------------------------------------------


def frozen_risks(sheet: GateSheet) -> dict | None:
    """The open risks with their levels, and the scenarios in force, as the gate was judged."""
    found = risk_sheet(sheet.gate.plan, sheet.at)
    if not found.risks and not found.scenarios:
        return None
    return {
        "overall": found.overall.level,
        "sentence": found.overall.sentence,
        "open": [_frozen(row) for row in found.risks if row.rated.counts],
        "closed": [row.name for row in found.risks if not row.rated.counts],
        "scenarios": _frozen_scenarios(found.scenarios),
    }


def _frozen(row: RiskRow) -> dict:
    return {
        "number": row.risk.number,
        "title": row.risk.title,
        "state": row.risk.state,
        "severity": row.risk.severity,
        "probability": row.risk.probability,
        "probability_after": row.risk.probability_after,
        "level": row.rated.level,
        "owner": row.risk.owner,
        "holds": [line.case for line in row.criteria if line.holds],
    }


def _frozen_scenarios(rows: Sequence[ScenarioRow]) -> list[dict]:
    return [
        {
            "number": row.scenario.number,
            "title": row.scenario.title,
            "state": row.scenario.state,
            "since": row.scenario.state_at.isoformat() if row.scenario.state_at else None,
            "time": row.time,
        }
        for row in rows
        if row.in_force or row.time
    ]


register_frozen("risks", frozen_risks)
