"""Whatever people do at a gate, and in any order, it keeps what it promises (scenario 25).

A gate is decided once; what it was decided on never changes; what has no data never counts for a
go by the rule; a vote of an older version never counts; nobody stands for two roles; who goes
against the rule, or on what they accepted themselves, says why.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checklists.actions.criteria import (
    add_criterion,
    edit_criterion,
    move_criterion,
    remove_criterion,
    set_bar,
)
from checklists.actions.decisions import decide_gate
from checklists.actions.gate_editing import edit_gate, settings_of
from checklists.actions.gates import cast_vote
from checklists.actions.judging import judge_criterion
from checklists.actions.readiness import CategoryWanted, ScaleWanted, give_score, save_weights
from checklists.actions.waivers import grant_waiver, withdraw_waiver
from checklists.models import Criterion, Decision, Gate, Vote, Waiver
from checklists.queries.frozen import digest, is_untouched
from checklists.queries.gates import gate_sheet
from checklists.rules.bands import Band, Bound
from checklists.rules.gate_settings import GateWanted
from checklists.rules.gates import FINAL, LEAST_RATIONALE
from tests.checklists.conftest import measure
from tests.conftest import ALL_RIGHTS, make_plan, make_user, seat
from warroom.actions.refusals import NotAllowed, Refused
from warroom.models import DeploymentPlan

# A command with all that is checked after it takes some 75 ms: 270 of them in about 20 s, and those
# that a decided gate refuses.
EXAMPLES, STEPS = 6, 45
WORDS = ["add", "edit", "weigh", "rename", "remove", "move", "judge", "score", "score", "bar"]
WORDS += ["measure"] * 4 + ["vote"] * 6 + ["waive"] * 3 + ["unwaive", "quorum", "decide", "decide"]
WORDS += ["rally"] * 4
STEP = st.tuples(st.sampled_from(WORDS), st.integers(0, 11), st.integers(0, 11))
REASONS = ("", "Too short", "The probe is broken; the load balancer shows no errors.")


def pick(rows, n):
    rows = list(rows)
    return rows[n % len(rows)] if rows else None


class Room:
    """Gates with three people who vote there; the first of them sits in a role that signs too."""

    def __init__(self) -> None:
        self.plan = make_plan()
        self.people = [make_user(name) for name in ("ann", "bob", "cyd")]
        self.roles = [
            seat(self.plan, one, f"role-{n}", f"Role {n}", ALL_RIGHTS)
            for n, one in enumerate(self.people)
        ]
        signs = [right for right in ALL_RIGHTS if right != "vote"]
        self.roles.append(seat(self.plan, self.people[0], "role-3", "Role 3", signs))
        save_weights(
            self.plan,
            [CategoryWanted("Security", Decimal(100), target="8", veto=True)],
            scale=ScaleWanted(Decimal(10)),
            by=self.people[0],
        )
        give_score(self.plan, "security", Decimal(9), "Scanned", by=self.people[1])
        self.gates: list[Gate] = []
        self.open_gate()

    def open_gate(self) -> None:
        number = len(self.gates) + 1
        gate = Gate.objects.create(
            plan=self.plan, key=f"gate-{number}", number=number, title=f"Gate {number}"
        )
        for n in range(3):
            Criterion.objects.create(
                gate=gate,
                key=f"c{n}",
                label=f"C{n}",
                position=n + 1,
                evidence_key=f"k{n}",
                green_op="<=",
                green_value=5,
                red_op=">",
                red_value=9,
            )
            measure(self.plan, f"k{n}", 1.0, valid_for_s=3600, unit="")
        self.gates.append(gate)

    def fresh(self) -> Gate:
        gate = Gate.objects.get(pk=self.gates[-1].pk)
        gate.plan = DeploymentPlan.objects.get(pk=self.plan.pk)
        return gate

    def take(self, word: str, n: int, m: int) -> None:
        """Carry out one step as far as it makes sense; what is refused changes nothing."""
        gate, by = self.fresh(), self.people[n % 3]
        one = pick(gate.criteria.select_related("gate"), m)
        why = {"by": by, "reason": f"{n}-{m}"}
        if word in self.__class__.__dict__:
            getattr(self, word)(gate, n, m, by)
        elif one is not None:
            one.gate = gate
            self._of_criterion(word, one, n, m, why)

    def add(self, gate, n, m, by) -> None:
        source = {"source": "score"} if n % 4 == 0 else {"evidence_key": f"k{m % 3}"}
        fields = {"label": f"C{n}", "report_only": m % 5 == 0} | source | bounds(n, m)
        add_criterion(gate, fields, by=by, reason="One more")

    def vote(self, gate, n, m, by) -> None:
        word = ["go", "go", "go", "no-go", "abstain"][m % 5]
        cast_vote(gate, self.roles[n % 3], word, by=by, reason="As I see it")

    def rally(self, gate, n, m, by) -> None:
        """All is well and everybody says so: what comes before most gates."""
        for number, (person, role) in enumerate(zip(self.people, self.roles, strict=False)):
            measure(gate.plan, f"k{number}", 1.0, valid_for_s=3600, unit="")
            cast_vote(gate, role, "go", by=person)

    def decide(self, gate, n, m, by) -> None:
        word = ["go", "go", "hold", "no-go"][m % 4]
        decide_gate(gate, word, by=by, rationale=REASONS[n % 3], hold_minutes=5)

    def measure(self, gate, n, m, by) -> None:
        age = 7200 if n == 11 else 0
        value = None if m == 11 else float(n)
        measure(gate.plan, f"k{m % 3}", value, age_s=age, valid_for_s=3600, unit="")

    def score(self, gate, n, m, by) -> None:
        give_score(gate.plan, "security", Decimal(min(n, 10)), f"Looked {m}", by=by)

    def bar(self, gate, n, m, by) -> None:
        set_bar(gate, Decimal(50 + 4 * n), Decimal(25), by=by, reason="Agreed")

    def quorum(self, gate, n, m, by) -> None:
        wanted = {"quorum": "count", "quorum_count": 1 + n % 3} if m % 3 else {"quorum": "all"}
        wanted |= {"veto_roles": (f"role-{m % 3}",) if n % 2 else ()}
        edit_gate(gate, GateWanted(**settings_of(gate) | wanted), by=by, reason="Agreed")

    def _of_criterion(self, word, one, n, m, why) -> None:
        ends = timezone.now() + timedelta(hours=1)
        weight = Decimal(n) if n % 3 else None
        role = self.roles[3 if n % 6 == 0 else n % 3]
        {
            "edit": lambda: edit_criterion(one, bounds(n, m), **why),
            "weigh": lambda: edit_criterion(one, {"weight": weight}, **why),
            "rename": lambda: edit_criterion(one, {"label": f"D{n}"}, **why),
            "remove": lambda: remove_criterion(one, **why),
            "move": lambda: move_criterion(one, n, by=why["by"]),
            "judge": lambda: judge_criterion(
                one, by=why["by"], band=["green", "red"][m % 2], note="Seen"
            ),
            "waive": lambda: grant_waiver(one, role, ends_at=ends, **why),
            "unwaive": lambda: withdraw_waiver(one, **why),
        }[word]()


def bounds(n, m):
    return {"green": Bound("<=", float(n)), "red": Bound(">", float(n + m))}


# --- what is promised ----------------------------------------------------------------------


def check(room: Room, frozen: dict[int, str]) -> None:
    gate = room.fresh()
    sheet = gate_sheet(gate, timezone.now())
    for decision in Decision.objects.filter(gate__plan=room.plan).order_by("-pk")[:3]:
        check_decision(decision, frozen)
    if sheet.recommendation.word == "go":
        check_go(sheet)
    for row in sheet.votes:
        assert row.vote is None or row.vote.gate_version == gate.version
    check_duties(gate)
    rows = list(gate.criteria.all())
    assert [row.position for row in rows] == [*range(1, len(rows) + 1)]


def check_decision(decision: Decision, frozen: dict[int, str]) -> None:
    assert is_untouched(decision)
    kept = decision.evidence
    assert frozen.setdefault(decision.pk, digest(kept)) == digest(kept)
    own = [one for one in kept["criteria"] if one["waived"] and not one["report_only"]]
    own = [one for one in own if one["waiver"]["person"] == decision.person_name]
    against = decision.word != decision.recommendation
    assert decision.override == (against or (decision.word == "go" and bool(own)))
    assert not decision.override or len(decision.rationale) >= LEAST_RATIONALE


def check_go(sheet) -> None:
    """The rule said GO: each ground of it, told again without the rule."""
    counting = [r for r in sheet.criteria if not r.criterion.report_only and not r.accepted]
    worth, weights = Decimal(), Decimal()
    for row in counting:
        assert row.band is not Band.NO_DATA
        if row.criterion.weight is None:
            assert row.band is Band.GREEN
        else:
            weights += row.criterion.weight
            part = {Band.GREEN: Decimal(1), Band.YELLOW: Decimal("0.5")}.get(row.band, Decimal())
            worth += part * row.criterion.weight
    bar = sheet.gate.bar if sheet.gate.bar is not None else Decimal(100)
    assert not weights or 100 * worth / weights >= bar - Decimal("0.001")
    check_quorum(sheet)
    if not any(row.criterion.source == "score" for row in counting):
        scores = sheet.gate.plan.readiness.get().scores.order_by("-pk")
        assert scores.first().value >= 8


def check_quorum(sheet) -> None:
    words = [row.vote.word if row.vote else "" for row in sheet.votes]
    if sheet.gate.quorum == "all":
        assert "" not in words and "no-go" not in words
        return
    assert words.count("go") >= sheet.gate.quorum_count
    vetoes = [word for word, row in zip(words, sheet.votes, strict=True) if row.veto]
    assert "" not in vetoes and "no-go" not in vetoes


def check_duties(gate: Gate) -> None:
    """Nobody stands for two roles at the gate's version, be it with votes or with waivers."""
    votes = gate.votes.filter(superseded_by=None, gate_version=gate.version)
    waivers = Waiver.objects.filter(criterion__gate=gate, superseded_by=None, withdrawn=False)
    cast = dict(votes.values_list("person", "role"))
    assert len(cast) == votes.count()
    # An older waiver may be another role's; what came after a standing vote or waiver may not.
    signed = {}
    for person, role in waivers.order_by("pk").values_list("person", "role"):
        assert signed.setdefault(person, role) == role
    assert all(cast.get(person, role) == role for person, role in signed.items())


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEP, min_size=STEPS, max_size=STEPS))
def test_a_gate_keeps_its_promises_whatever_people_do(db, steps):
    undo = transaction.savepoint()
    try:
        room, frozen = Room(), {}
        for step in steps:
            taken(room, step)
            check(room, frozen)
            if room.fresh().decisions.filter(word__in=FINAL).exists():
                stays_decided(room, step)
                room.open_gate()
        for one in Criterion.everything.filter(gate__plan=room.plan):
            kept = sorted(one.versions.values_list("number", flat=True))
            assert kept == [*range(1, one.version + (one.removed_at is not None))]
    finally:
        transaction.savepoint_rollback(undo)


def taken(room: Room, step) -> None:
    try:
        with transaction.atomic():
            room.take(*step)
    except (Refused, NotAllowed):
        pass


def stays_decided(room: Room, step) -> None:
    """After the decision nothing that it was about is changed any more, and it stands alone."""
    gate = room.fresh()

    def told():
        return [
            list(Criterion.everything.filter(gate=gate).values()),
            Vote.objects.filter(gate=gate).count(),
            Waiver.objects.filter(criterion__gate=gate).count(),
            gate.decisions.filter(word__in=FINAL).count(),
        ]

    before = told()
    assert before[-1] == 1
    words = ("add", "edit", "remove", "vote", "waive", "quorum", "decide")
    for n in range(2):
        taken(room, (words[(step[1] + 3 * n) % 7], step[1], step[2]))
    assert told() == before
