"""Whatever people do at a gate, and in any order, it keeps what it promises (scenario 25).

A gate is decided once; what it was decided on never changes; what has no data never counts for a
go by the rule; a vote of an older version never counts.
"""

from datetime import timedelta

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
)
from checklists.actions.decisions import decide_gate
from checklists.actions.gates import cast_vote
from checklists.actions.judging import judge_criterion
from checklists.actions.waivers import grant_waiver, withdraw_waiver
from checklists.models import Criterion, Decision, Gate, Vote
from checklists.queries.frozen import digest, is_untouched
from checklists.queries.gates import gate_sheet
from checklists.rules.bands import Band, Bound
from checklists.rules.gates import FINAL
from tests.checklists.conftest import measure
from tests.conftest import ALL_RIGHTS, make_plan, make_user, seat
from warroom.actions.refusals import Refused
from warroom.models import DeploymentPlan

WORDS = ["add", "edit", "edit", "rename", "remove", "move", "judge", "measure", "measure"]
WORDS += ["vote", "vote", "vote", "waive", "waive", "unwaive", "decide", "decide"]
STEP = st.tuples(st.sampled_from(WORDS), st.integers(0, 9), st.integers(0, 9))


def pick(rows, n):
    rows = list(rows)
    return rows[n % len(rows)] if rows else None


class Room:
    """A gate with three people who stand at it."""

    def __init__(self) -> None:
        self.plan = make_plan()
        self.people = [make_user(name) for name in ("ann", "bob", "cyd")]
        self.roles = [
            seat(self.plan, one, f"role-{n}", f"Role {n}", ALL_RIGHTS)
            for n, one in enumerate(self.people)
        ]
        self.gate = Gate.objects.create(plan=self.plan, key="gate-1", number=1, title="Gate 1")

    def fresh(self) -> Gate:
        gate = Gate.objects.get(pk=self.gate.pk)
        gate.plan = DeploymentPlan.objects.get(pk=self.plan.pk)
        return gate

    def take(self, word: str, n: int, m: int) -> None:
        """Carry out one step as far as it makes sense; what is refused changes nothing."""
        gate, by = self.fresh(), self.people[n % 3]
        one = pick(gate.criteria.select_related("gate"), m)
        why = {"by": by, "reason": f"{n}-{m}"}
        bound = {"green": Bound("<", float(n)), "red": Bound(">", float(n + m))}
        if word == "add":
            add_criterion(gate, {"label": f"C{n}", "evidence_key": f"k{m % 3}"} | bound, **why)
        elif word == "vote":
            role = self.roles[n % 3]
            cast_vote(gate, role, ["go", "go", "no-go"][m % 3], by=by, reason="As I see it")
        elif word == "decide":
            decide_gate(gate, ["go", "hold", "no-go"][m % 3], by=by, rationale=f"{n}")
        elif word == "measure":
            measure(gate.plan, f"k{m % 3}", float(n), age_s=60 * (n % 2), unit="")
        elif one is not None:
            one.gate = gate
            self._of_criterion(word, one, n, m, why, bound)

    def _of_criterion(self, word, one, n, m, why, bound) -> None:
        ends = timezone.now() + timedelta(hours=1)
        {
            "edit": lambda: edit_criterion(one, bound, **why),
            "rename": lambda: edit_criterion(one, {"label": f"D{n}"}, **why),
            "remove": lambda: remove_criterion(one, **why),
            "move": lambda: move_criterion(one, n, by=why["by"]),
            "judge": lambda: judge_criterion(
                one, by=why["by"], band=["green", "red"][m % 2], note="Seen"
            ),
            "waive": lambda: grant_waiver(one, self.roles[n % 3], ends_at=ends, **why),
            "unwaive": lambda: withdraw_waiver(one, **why),
        }[word]()


def check(room: Room, frozen: dict[int, str]) -> None:
    gate = room.fresh()
    sheet = gate_sheet(gate, timezone.now())
    final = Decision.objects.filter(gate=gate, word__in=FINAL)
    assert final.count() <= 1
    for decision in gate.decisions.all():
        assert is_untouched(decision)
        assert frozen.setdefault(decision.pk, digest(decision.evidence)) == digest(
            decision.evidence
        )
    if sheet.recommendation.word == "go":
        counting = [row for row in sheet.criteria if not row.criterion.report_only]
        assert all(row.band is not Band.NO_DATA or row.accepted for row in counting)
        assert all(row.band is Band.GREEN or row.accepted for row in counting)
    for row in sheet.votes:
        assert row.vote is None or row.vote.gate_version == gate.version
    rows = list(gate.criteria.all())
    assert [row.position for row in rows] == [*range(1, len(rows) + 1)]
    for one in Criterion.everything.filter(gate=gate):
        kept = sorted(one.versions.values_list("number", flat=True))
        assert kept == [*range(1, one.version + (one.removed_at is not None))]


@pytest.mark.django_db
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEP, min_size=5, max_size=20))
def test_a_gate_keeps_its_promises_whatever_people_do(db, steps):
    undo = transaction.savepoint()
    try:
        room, frozen = Room(), {}
        for step in steps:
            before = room.fresh()
            decided = before.decisions.filter(word__in=FINAL).exists()
            asked = list(Criterion.everything.filter(gate=before).values())
            votes = Vote.objects.count()
            try:
                with transaction.atomic():
                    room.take(*step)
            except Refused:
                pass
            if decided:
                assert list(Criterion.everything.filter(gate=before).values()) == asked
                assert Vote.objects.count() == votes
            check(room, frozen)
    finally:
        transaction.savepoint_rollback(undo)
