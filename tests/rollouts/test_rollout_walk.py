"""Hundreds of random commands on one rollout: what must hold holds (scenarios 23, 24, 25)."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine

from checklists.models import Decision, Gate
from checklists.rules.bands import Band
from rollouts.actions.holds import hold, release
from rollouts.actions.observing import confirm_by_hand
from rollouts.actions.resuming import resume_rollout
from rollouts.actions.rollbacks import start_rollback
from rollouts.actions.stages import advance
from rollouts.models import Executor, Rollout, Stage, StageState
from rollouts.tasks.stages import go_on, look_at_holds
from tests.rollouts.cast import make_query, read
from warroom.actions.change import RULE
from warroom.actions.refusals import Refused
from warroom.queries.timeline import first_broken

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
SHARES = [(0, 5), (5, 10), (10, 50), (50, 100)]
COMMANDS = 120


@pytest.fixture
def walked(plan, cast):
    gate = Gate.objects.create(plan=plan, key="gate-1", number=1, title="Gate 1")
    for n, (start, end) in enumerate(SHARES, start=1):
        Stage.objects.create(
            plan=plan, number=n, from_percent=start, to_percent=end, soak_s=30, hold_s=30,
            gate=gate if n == 2 else None, auto_advance=n == 1,
        )  # fmt: skip
    Executor.objects.create(plan=plan, key="flag", name="Flag", kind="manual")
    make_query(plan, sustained_s=45)
    read(plan)
    return plan


class Walk:
    """What people, rules and clocks do to a rollout, in any order."""

    def __init__(self, plan, cast, seed, clock):
        self.plan, self.cast, self.clock = plan, cast, clock
        self.random = random.Random(seed)
        self.generation, self.refused, self.done = 0, 0, 0

    def look(self):
        band = self.random.choices([Band.GREEN, Band.YELLOW, Band.RED, Band.NO_DATA], [12, 1, 1, 1])
        self.clock.shift(timedelta(seconds=15))
        for _ in range(self.random.randint(1, 4)):
            read(self.plan, band=band[0])
            self.clock.shift(timedelta(seconds=15))
        look_at_holds()
        go_on()

    def jump(self):
        self.clock.shift(timedelta(hours=self.random.choice([-2, 2])))

    def see(self):
        rollout = Rollout.objects.filter(plan=self.plan).first()
        if rollout and rollout.verified_at is None:
            confirm_by_hand(self.plan, by=self.cast["thon"])

    def advance(self):
        share = self.random.choice(SHARES)[1]
        by = self.random.choice([self.cast["thon"], RULE, self.cast["forge"]])
        advance(self.plan, to_percent=share, by=by)

    def next(self):
        coming = self.plan.stages.filter(state=StageState.PENDING).first()
        if coming:
            advance(self.plan, to_percent=coming.to_percent, by=self.cast["cora"])

    def hold(self):
        until = self.random.choice([None, self.now() + timedelta(seconds=40)])
        hold(self.plan, by=self.cast["hudson"], reason="Wait.", until=until)

    def release(self):
        release(self.plan, by=self.cast["thon"], reason="Go.")

    def back(self):
        share = self.random.choice([0, 0, 5])
        start_rollback(self.plan, by=self.cast["thon"], reason="Errors.", to_percent=share)

    def resume(self):
        share = self.random.choice([0, *(end for _, end in SHARES)])
        resume_rollout(self.plan, share, by=self.cast["cora"], reason="Fixed.")

    def go(self):
        if not Decision.objects.exists():
            Decision.objects.create(
                gate=self.plan.gates.get(), role=self.plan.roles.first(), person=self.cast["cora"],
                person_name="Cora", word="go", recommendation="go", evidence={},
                evidence_sha256="0" * 64, at=self.now(),
            )  # fmt: skip

    def now(self):
        return datetime.now(UTC)

    def step(self):
        steps = [self.look] * 6 + [self.see] * 3 + [self.next] * 3 + [self.resume] * 2
        steps += [self.advance, self.hold, self.release, self.release, self.back, self.jump]
        steps += [self.go] if self.done > COMMANDS // 2 else []
        chosen = self.random.choice(steps)
        before = self.plan.timeline_seq
        try:
            chosen()
            self.done += 1
        except Refused:
            self.refused += 1
            self.plan.refresh_from_db()
            assert self.plan.timeline_seq == before or chosen == self.look
        self.check(chosen.__name__)

    def check(self, name):
        plan = self.plan
        plan.refresh_from_db()
        stages, rollout = list(plan.stages.all()), Rollout.objects.filter(plan=plan).first()
        running = [stage for stage in stages if stage.state == StageState.RUNNING]
        assert len(running) <= 1, name
        if rollout is None:
            return
        assert rollout.generation >= self.generation, name
        self.generation = rollout.generation
        if rollout.rolled_back_at:
            assert not running and plan.verdict == "rollback", name
        elif running:
            assert rollout.desired_percent == running[0].to_percent, name
        if not Decision.objects.exists():
            assert rollout.desired_percent <= 10, f"{name}: beyond a gate that nobody decided"
        for before, after in pairwise(stages):
            states = (before.state, after.state)
            assert states != (StageState.PENDING, StageState.RUNNING), name
        for stage in stages:
            assert stage.observed_s >= 0, name


@pytest.mark.parametrize("seed", range(2))
def test_whatever_people_and_rules_do_a_rollout_stays_in_order(walked, cast, seed):
    with time_machine.travel(NOON, tick=False) as clock:
        walk = Walk(walked, cast, seed, clock)
        for _ in range(COMMANDS):
            walk.step()
    assert walk.done > COMMANDS / 3 and walk.generation > 3
    assert first_broken(walked) is None


def test_a_rollback_beats_an_advance_in_whatever_order_they_come(walked, cast):
    """Scenario 23: rollback wins and is sticky."""
    with time_machine.travel(NOON, tick=False):
        read(walked)
        advance(walked, to_percent=5, by=cast["thon"])
        start_rollback(walked, by=cast["hudson"], reason="Errors.")
        with pytest.raises(Refused, match="A rollback stands"):
            advance(walked, to_percent=10, by=cast["thon"])
        start_rollback(walked, by=cast["hudson"], reason="Errors.")
        assert Rollout.objects.get().desired_percent == 0
        walked.refresh_from_db()
        assert walked.verdict == "rollback"
