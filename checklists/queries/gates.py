"""A gate as it stands now: criteria as they count when read, votes, conditions, the rule's word.

A reading that has grown old is no data, whatever it said when it was taken (law 5).
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from checklists.models import ChecklistItem, Condition, Decision, Gate, Source
from checklists.queries.criteria import CriterionRow, criterion_rows
from checklists.queries.phases import items_now
from checklists.queries.readiness import holding
from checklists.queries.signoffs import ConditionRow, conditions_now
from checklists.queries.votes import VoteRow, ballot_of, quorum_of, vote_rows, waited_rows
from checklists.rules import due, gates
from checklists.rules.items import CLOSED
from checklists.rules.votes import Ballot, is_in, is_met, needed_words
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.queries.people import roles_now
from warroom.queries.there import there


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
    def seen(self) -> str:
        """What a reader of this sheet decides on: the rule's word, and the gate's version."""
        return f"{self.recommendation.word}:{self.gate.version}"

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
        """Whether GO may be decided: its time has come, or the votes that it needs are in."""
        timely = self.opens_at is None or self.at >= self.opens_at
        return timely or is_in(self.ballots, quorum_of(self.gate))

    @property
    def ballots(self) -> list[Ballot]:
        return [ballot_of(row) for row in self.votes]

    @property
    def waited(self) -> list[VoteRow]:
        """The missing votes that the quorum still waits for."""
        return waited_rows(self.gate, self.votes)

    @property
    def needed(self) -> str:
        """The votes that GO wants, in words: '2 of 3 votes'; "" where nobody votes."""
        return needed_words(self.ballots, quorum_of(self.gate))

    @property
    def votes_met(self) -> bool:
        """Whether the votes alone would let the gate go."""
        return is_met(self.ballots, quorum_of(self.gate))

    @property
    def open_conditions(self) -> list[Condition]:
        return [condition for condition in self.conditions if condition.closed_at is None]

    @property
    def blocking(self) -> list[ChecklistItem]:
        """The open items that hold this gate."""
        return [item for item in self.items if holds(item, self.gate)]


def gate_sheet(gate: Gate, now: datetime) -> GateSheet:
    """Read a gate as of ``now`` (UTC), in at most sixteen SQL statements whatever its size,
    and those of the sources of the readiness score.
    """
    return once(gate.plan, now, ("gate", gate.pk), lambda: _read(gate, now))


def _read(gate: Gate, now: datetime) -> GateSheet:
    plan = gate.plan
    criteria = criterion_rows(plan, gate.criteria.all(), now)
    votes = vote_rows(gate, roles_now(plan, now))
    items = tuple(items_now(plan, now))
    conditions = tuple(_conditions(gate, now))
    waiting = tuple(row.condition.text for row in conditions if row.holds)
    facts = gates.Facts(
        readings=tuple(_reading(row) for row in criteria),
        ballots=tuple(ballot_of(row) for row in votes),
        items=tuple(item.ref for item in items if holds(item, gate)),
        conditions=waiting,
        quorum=quorum_of(gate),
        bar=_bar(gate),
        score=_score(plan, criteria, now),
    )
    return GateSheet(
        gate=gate,
        at=now,
        opens_at=opens_at(gate),
        criteria=criteria,
        votes=votes,
        items=items,
        condition_rows=conditions,
        decisions=_decisions(gate, now),
        recommendation=gates.recommend(facts),
    )


def _decisions(gate: Gate, now: datetime) -> tuple[Decision, ...]:
    """Those that the page read with all gates; of a gate that is none of them, its own."""
    read = next((one for one in gates_now(gate.plan, now) if one.pk == gate.pk), None)
    return tuple(read.decisions.all() if read else gate.decisions.select_related("role"))


def _score(plan: DeploymentPlan, criteria: tuple[CriterionRow, ...], now: datetime) -> str:
    """Why the readiness score holds; a criterion that counts judges it by its own bands."""
    if any(row.criterion.source == Source.SCORE and row.counts for row in criteria):
        return ""
    return holding(plan, now)


def opens_at(gate: Gate) -> datetime | None:
    """When the gate opens (UTC); None when it has no time or the plan has no T0."""
    return due.due_at(gate.plan.t0, None, gate.offset_s)


def gates_now(plan: DeploymentPlan, now: datetime) -> list[Gate]:
    """``gates_of``, read once for everything that is shown of one instant."""
    return once(plan, now, "gates", lambda: gates_of(plan))


def gates_of(plan: DeploymentPlan) -> list[Gate]:
    """All gates with their decisions, in two SQL statements."""
    decisions = there(plan, Decision.objects.select_related("role"))
    rows = Gate.objects.filter(plan=plan).select_related("decider")
    found = list(there(plan, rows.prefetch_related(Prefetch("decisions", decisions))))
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


def next_undecided(gate: Gate, now: datetime) -> Gate | None:
    """The first gate after this one that is still open: from it a changed rule applies."""
    later = (one for one in gates_now(gate.plan, now) if one.number > gate.number)
    return next((one for one in later if final_of(one) is None), None)


def holds(item: ChecklistItem, gate: Gate) -> bool:
    """Whether an item keeps this gate from GO: blocking, open, and of a phase before the gate."""
    if not item.blocking or item.state in CLOSED:
        return False
    begins = item.phase.offset_s
    return gate.offset_s is None or begins is None or begins < gate.offset_s


def _conditions(gate: Gate, now: datetime) -> list[ConditionRow]:
    """Conditions of this gate's votes and signatures and of those under the whole release."""

    def concerns(condition: Condition) -> bool:
        if condition.signoff is None:
            return condition.gate_id == gate.pk
        return condition.signoff.gate_id in (None, gate.pk)

    return [row for row in conditions_now(gate.plan, now) if concerns(row.condition)]


def _reading(row: CriterionRow) -> gates.Reading:
    criterion = row.criterion
    weight = float(criterion.weight) if criterion.weight is not None else None
    return gates.Reading(
        criterion.label,
        row.band,
        row.sentence,
        criterion.report_only,
        row.accepted,
        weight,
        row.ruled,
    )


def _bar(gate: Gate) -> gates.Bar:
    reach = float(gate.bar) if gate.bar is not None else 100.0
    return gates.Bar(reach, float(gate.bar_fail) if gate.bar_fail is not None else None)
