"""A gate as it stands now: criteria as they count when read, votes, conditions, the rule's word.

A reading that has grown old is no data, whatever it said when it was taken (law 5).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from checklists.models import (
    ChecklistItem,
    Condition,
    Criterion,
    Decision,
    Evidence,
    Gate,
    Vote,
)
from checklists.queries.once import once
from checklists.queries.phases import items_now, roles_now
from checklists.queries.signoffs import ConditionRow, condition_rows, holders
from checklists.rules import bands, due, gates
from checklists.rules.bands import Band
from checklists.rules.items import CLOSED
from warroom.models import DeploymentPlan, Right, Role
from warroom.rules.wording import number_text


@dataclass(frozen=True)
class CriterionRow:
    """A criterion with its reading. ``age_s`` in seconds; ``why`` says why there is no value."""

    criterion: Criterion
    band: Band
    value: float | None
    text: str
    why: str
    source: str
    observed_at: datetime | None
    age_s: float | None
    judged: bool
    sentence: str

    @property
    def to_judge(self) -> bool:
        """Whether a person may judge it: nothing measures it, or a person did before."""
        return self.judged or not self.source

    @property
    def green_text(self) -> str:
        return self.criterion.target_text or _bound(self.criterion, "green")

    @property
    def red_text(self) -> str:
        return self.criterion.fail_text or _bound(self.criterion, "red")

    @property
    def yellow_text(self) -> str:
        return self.criterion.acceptable_text or ("in between" if self.red_text else "not met")


@dataclass(frozen=True)
class VoteRow:
    """A role that votes, and its newest vote with its conditions."""

    role: Role
    holders: str
    vote: Vote | None
    conditions: tuple[Condition, ...]

    @property
    def modifier(self) -> str:
        words = {"go": "ok", "no-go": "bad", "abstain": "warn"}
        return words[self.vote.word] if self.vote else "wait"

    @property
    def icon(self) -> str:
        if self.vote and self.vote.word == "go" and self.conditions:
            return "cond"
        return {"ok": "ok", "bad": "bad", "warn": "skip", "wait": "open"}[self.modifier]

    @property
    def said(self) -> str:
        """'go with 1 condition', 'no-go', 'no vote yet'."""
        if self.vote is None:
            return "no vote yet"
        if not self.conditions:
            return self.vote.word
        return f"{self.vote.word} with {len(self.conditions)} condition" + (
            "s" if len(self.conditions) > 1 else ""
        )


@dataclass(frozen=True)
class GateSheet:
    """Everything about one gate at one instant. ``opens_at`` is UTC; None: open from the start."""

    gate: Gate
    at: datetime
    opens_at: datetime | None
    criteria: tuple[CriterionRow, ...]
    votes: tuple[VoteRow, ...]
    items: tuple[ChecklistItem, ...]
    condition_rows: tuple[ConditionRow, ...]
    decisions: tuple[Decision, ...]
    recommendation: gates.Recommendation

    @property
    def conditions(self) -> list[Condition]:
        """Those that still count; the rows tell of the void ones as well."""
        return [row.condition for row in self.condition_rows if not row.void]

    @property
    def decided(self) -> Decision | None:
        """The GO or NO-GO that ended the gate."""
        return next((d for d in self.decisions if d.word in gates.FINAL), None)

    @property
    def hold(self) -> Decision | None:
        """The newest HOLD of a gate that is still open."""
        return self.decisions[-1] if self.decisions and self.decided is None else None

    @property
    def on_hold(self) -> bool:
        """Whether the newest HOLD still runs at this sheet's instant."""
        return runs(self.hold, self.at)

    @property
    def cast(self) -> int:
        return sum(row.vote is not None for row in self.votes)

    @property
    def missing(self) -> list[VoteRow]:
        return [row for row in self.votes if row.vote is None]

    @property
    def is_open(self) -> bool:
        """Whether GO may be decided: its time has come, or every vote is in."""
        all_in = bool(self.votes) and not self.missing
        return self.opens_at is None or self.at >= self.opens_at or all_in

    @property
    def open_conditions(self) -> list[Condition]:
        return [condition for condition in self.conditions if condition.closed_at is None]

    @property
    def blocking(self) -> list[ChecklistItem]:
        """The open items that hold this gate."""
        return [item for item in self.items if holds(item, self.gate)]


def gate_sheet(gate: Gate, now: datetime) -> GateSheet:
    """Read a gate as of ``now`` (UTC), in eleven SQL statements whatever its size."""
    return once(gate.plan, now, ("gate", gate.pk), lambda: _read(gate, now))


def _read(gate: Gate, now: datetime) -> GateSheet:
    plan = gate.plan
    criteria = criterion_rows(plan, gate.criteria.all(), now)
    votes = _vote_rows(gate, roles_now(plan, now))
    items = tuple(items_now(plan, now))
    conditions = tuple(_conditions(gate))
    waiting = tuple(row.condition.text for row in conditions if row.holds)
    facts = gates.Facts(
        readings=tuple(_reading(row) for row in criteria),
        ballots=tuple(_ballot(row) for row in votes),
        items=tuple(item.ref for item in items if holds(item, gate)),
        conditions=waiting,
    )
    return GateSheet(
        gate=gate,
        at=now,
        opens_at=opens_at(gate),
        criteria=criteria,
        votes=votes,
        items=items,
        condition_rows=conditions,
        decisions=tuple(gate.decisions.select_related("role")),
        recommendation=gates.recommend(facts),
    )


def opens_at(gate: Gate) -> datetime | None:
    """When the gate opens (UTC); None when it has no time or the plan has no T0."""
    return due.due_at(gate.plan.t0, None, gate.offset_s)


def gates_now(plan: DeploymentPlan, now: datetime) -> list[Gate]:
    """``gates_of``, read once for everything that is shown of one instant."""
    return once(plan, now, "gates", lambda: gates_of(plan))


def gates_of(plan: DeploymentPlan) -> list[Gate]:
    """All gates with their decisions, in two SQL statements."""
    found = list(
        Gate.objects.filter(plan=plan).select_related("decider").prefetch_related("decisions")
    )
    for gate in found:
        gate.plan = plan
    return found


def final_of(gate: Gate) -> Decision | None:
    """The GO or NO-GO of a gate whose decisions are prefetched."""
    return next((d for d in gate.decisions.all() if d.word in gates.FINAL), None)


def runs(hold: Decision | None, now: datetime) -> bool:
    """Whether a HOLD lasts beyond ``now`` (UTC)."""
    return hold is not None and hold.hold_until is not None and hold.hold_until > now


def hold_of(gate: Gate) -> Decision | None:
    """The newest HOLD of an undecided gate whose decisions are prefetched."""
    taken = list(gate.decisions.all())
    return taken[-1] if taken and final_of(gate) is None else None


def next_open(plan: DeploymentPlan, now: datetime) -> Gate | None:
    """The first gate without a GO or NO-GO."""
    return next((gate for gate in gates_now(plan, now) if final_of(gate) is None), None)


def holds(item: ChecklistItem, gate: Gate) -> bool:
    """Whether an item keeps this gate from GO: blocking, open, and of a phase before the gate."""
    if not item.blocking or item.state in CLOSED:
        return False
    begins = item.phase.offset_s
    return gate.offset_s is None or begins is None or begins < gate.offset_s


def bands_of(criterion: Criterion) -> bands.Bands | None:
    """The criterion's bounds; None when the document gave none that can be measured."""
    if not criterion.green_op or criterion.green_value is None:
        return None
    red = None
    if criterion.red_op and criterion.red_value is not None:
        red = bands.Bound(criterion.red_op, criterion.red_value)
    return bands.Bands(bands.Bound(criterion.green_op, criterion.green_value), red)


def judgement_key(criterion: Criterion) -> str:
    """The evidence key under which a person's judgement of a criterion is kept."""
    return f"judged:{criterion.pk}"


def criterion_rows(
    plan: DeploymentPlan, criteria: Iterable[Criterion], now: datetime
) -> tuple[CriterionRow, ...]:
    """Criteria with their readings as they count at ``now``, in two SQL statements."""
    evidence = {row.key: row for row in Evidence.objects.filter(plan=plan)}
    return tuple(_criterion_row(criterion, evidence, now) for criterion in criteria)


def _criterion_row(
    criterion: Criterion, evidence: dict[str, Evidence], now: datetime
) -> CriterionRow:
    # A machine's reading goes before a person's judgement: evidence beats opinion.
    measured = evidence.get(criterion.evidence_key) if criterion.evidence_key else None
    reading = measured or evidence.get(judgement_key(criterion))
    if reading is None:
        return _unmeasured(criterion)
    age_s = (now - reading.observed_at).total_seconds() if reading.observed_at else None
    band, why = _band(criterion, reading, age_s)
    value = reading.value if band is not Band.NO_DATA else None
    text = reading.text
    if not text and reading.value is not None:
        text = number_text(reading.value, reading.unit or criterion.unit)
    return CriterionRow(
        criterion=criterion,
        band=band,
        value=value,
        text=text,
        why=why,
        source=reading.source,
        observed_at=reading.observed_at,
        age_s=age_s,
        judged=bool(reading.band),
        sentence=_sentence(criterion, reading, band, text, why),
    )


def _unmeasured(criterion: Criterion) -> CriterionRow:
    why = "nothing measures it yet"
    return CriterionRow(
        criterion=criterion,
        band=Band.NO_DATA,
        value=None,
        text="",
        why=why,
        source="",
        observed_at=None,
        age_s=None,
        judged=False,
        sentence=f"{criterion.label} has no data: {why}.",
    )


def _band(criterion: Criterion, reading: Evidence, age_s: float | None) -> tuple[Band, str]:
    """The band as it counts now, and why there is none."""
    if reading.band:
        return Band(reading.band), reading.reason if reading.band == Band.NO_DATA else ""
    if reading.value is None:
        return Band.NO_DATA, reading.reason or "there is no value"
    if age_s is None or age_s > reading.valid_for_s:
        return Band.NO_DATA, f"the last reading is older than {reading.valid_for_s} s"
    if criterion.unit and reading.unit and criterion.unit != reading.unit:
        # 0.3 s is not below 200 ms, and 7 of 9 is not at least 5 of 5.
        return Band.NO_DATA, f"it is measured “{reading.unit}”, its target “{criterion.unit}”"
    limits = bands_of(criterion)
    if limits is None:
        return Band.NO_DATA, "the plan gives no bounds to judge the value by"
    band = bands.judge(limits, reading.value)
    return band, "the value is no finite number" if band is Band.NO_DATA else ""


def _sentence(criterion: Criterion, reading: Evidence, band: Band, text: str, why: str) -> str:
    if band is Band.NO_DATA:
        return f"{criterion.label} has no data: {why}."
    if reading.band:
        note = f": {reading.reason}" if reading.reason else ""
        return f"{criterion.label} is judged {band.value}{note}"
    limits, unit = bands_of(criterion), reading.unit or criterion.unit
    stands = bands.against(limits, reading.value, unit) if limits else ""
    return f"{criterion.label} is {text}, {stands}." if stands else f"{criterion.label} is {text}."


def _bound(criterion: Criterion, side: str) -> str:
    limits = bands_of(criterion)
    bound = getattr(limits, side) if limits else None
    return bands.show(bound, criterion.unit) if bound else ""


def _vote_rows(gate: Gate, roles: list[Role]) -> tuple[VoteRow, ...]:
    votes = gate.votes.filter(superseded_by__isnull=True).prefetch_related("conditions")
    newest = {vote.role_id: vote for vote in votes}
    return tuple(
        VoteRow(
            role,
            holders(role),
            vote := newest.get(role.pk),
            tuple(vote.conditions.all()) if vote else (),
        )
        for role in roles
        if role.may(Right.VOTE)
    )


def _conditions(gate: Gate) -> list[ConditionRow]:
    """Conditions of this gate's votes and signatures and of those under the whole release."""

    def concerns(condition: Condition) -> bool:
        if condition.signoff is None:
            return condition.gate_id == gate.pk
        return condition.signoff.gate_id in (None, gate.pk)

    return [row for row in condition_rows(gate.plan) if concerns(row.condition)]


def _reading(row: CriterionRow) -> gates.Reading:
    return gates.Reading(row.criterion.label, row.band, row.sentence, row.criterion.report_only)


def _ballot(row: VoteRow) -> gates.Ballot:
    word = row.vote.word if row.vote else ""
    return gates.Ballot(row.role.name, word, row.vote.reason if row.vote else "")
