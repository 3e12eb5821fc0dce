"""A team plays its whole day in a minute or two: a good stage, and one that fails by itself.

S4 S5 S7 S22 S24 S54 S56 S58 S61 S67 S91, scenario 36, on a real Prometheus that scrapes a real
service, whose flag a real call moves. The day is the one of the document that ships with the
product, made 1,440 times as fast by a rehearsal; nothing is stood in for.
"""

import json
import time
from datetime import timedelta
from itertools import pairwise

import pytest
import requests
from django.utils import timezone

from checklists.actions.decisions import decide_gate
from checklists.demo_gates import decide_launch
from rollouts.actions.executors import Sight, Wanted, save_executor, save_sight
from rollouts.actions.recording import record_round
from rollouts.actions.resuming import resume_rollout
from rollouts.actions.run_ends import finish_run, mark_false_positive
from rollouts.actions.run_steps import set_step
from rollouts.actions.stages import advance
from rollouts.demo.rooms import DOCUMENTS, ROLLOUT
from rollouts.models import Effect, Guardrail, PrometheusQuery, Rollout, WatchRound
from warroom.actions.copies import copy_plan
from warroom.actions.drafts import Wishes
from warroom.actions.imports import import_plan
from warroom.actions.lifecycle import take_step
from warroom.demo.accounts import make_admin, seat_everybody
from warroom.demo.metrics import FLAG
from warroom.models import DeploymentPlan, User
from warroom.queries.timeline import first_broken
from warroom.tasks import run_due

pytestmark = [
    pytest.mark.prometheus,
    pytest.mark.usefixtures("loopback"),
    pytest.mark.django_db(transaction=True),
]
FACTOR = 1440
WHY = "Played through with the team."


class Room:
    """A rehearsal under way, looked after by the tick alone."""

    def __init__(self, plan: DeploymentPlan, service) -> None:
        self.plan, self.service = plan, service
        self.watcher: User | None = None
        self.people = {user.username: user for user in User.objects.all()}

    @property
    def rollout(self) -> Rollout:
        return Rollout.objects.get(plan=self.plan)

    def share(self) -> float:
        """What the service itself says."""
        return requests.get(f"{self.service.url}/knobs", timeout=5).json()["rollout_percentage"]

    def until(self, reached, within_s: float, what: str):
        """Tick as the worker does until ``reached(room)``; return what it gave."""
        deadline = time.monotonic() + within_s
        while True:
            run_due()
            self._record_rounds()
            self.plan.refresh_from_db()
            if found := reached(self):
                return found
            assert time.monotonic() < deadline, f"{what}: {self.said()}"
            time.sleep(0.25)

    def _record_rounds(self) -> None:
        waiting = WatchRound.objects.filter(plan=self.plan, done_at=None, missed_at=None)
        for one in waiting if self.watcher else ():
            record_round(one, by=self.watcher, action="none", note="Looked at every panel.")

    def said(self) -> str:
        newest = self.plan.events.order_by("-seq").values_list("kind", "text")[:12]
        return f"{self.plan.verdict_sentence}\n" + "\n".join(": ".join(one) for one in newest)

    def kinds(self) -> list[str]:
        return list(self.plan.events.order_by("seq").values_list("kind", flat=True))


@pytest.fixture
def room(settings, demo_service, start_prometheus):
    """The rehearsal of a copy of the demo's rollout, its launch decided, its flag at 0 %."""
    real = start_prometheus([demo_service.target])
    settings.PROMETHEUS_URL = real.url
    demo_service.turn(rollout_percentage=0)
    admin = make_admin()
    source = import_plan(
        (DOCUMENTS / f"{ROLLOUT}.md").read_bytes(),
        by=admin,
        slug=ROLLOUT,
        t0=timezone.now() + timedelta(days=1),
    )
    seat_everybody(source, by=admin)
    wishes = Wishes("Dress rehearsal", t0=timezone.now(), rehearsal=True, factor=FACTOR)
    plan = copy_plan(source, wishes, by=admin)
    seat_everybody(plan, by=admin)
    take_step(plan, "preparing", by=admin)
    flag = Wanted(kind="unleash", name="Flag", url=demo_service.url, options={"feature": FLAG})
    save_executor(plan, flag, by="test")
    save_sight(plan, Sight(url=f"{demo_service.url}/knobs", path="rollout_percentage"), by="test")
    _look_back_less(plan)
    decide_launch(plan)
    real.wait_for("histogram_quantile(0.95, rate(genesis_request_duration_seconds_bucket[5m]))")
    return Room(plan, demo_service)


def test_a_day_is_played_and_a_failing_stage_goes_back_with_nobody_online(room):
    cora, thon = room.people["cora"], room.people["thon"]

    # Stage 1: moved by the flag's own interface, seen in what the service says, soaked in green.
    advance(room.plan, to_percent=5, by=cora, reason=WHY)
    room.until(lambda r: r.rollout.verified_at, 20, "5 % is seen")
    assert room.share() == 5
    room.watcher = thon
    gate = room.plan.gates.get(key="go-no-go-for-stage-2")
    room.until(lambda r: _soaked(r, 1), 90, "stage 1 has soaked")
    assert WatchRound.objects.filter(plan=room.plan, done_by="Thon", missed_at=None).count() >= 3

    # The gate, against the rule (nothing tells of critical alerts, two votes are missing).
    decide_gate(gate, "go", by=cora, rationale=WHY, window_reason=WHY)
    room.until(lambda r: r.plan.verdict == "proceed", 20, "the readings are green")
    advance(room.plan, to_percent=10, by=cora, reason=WHY)
    room.until(lambda r: r.rollout.verified_at and r.share() == 10, 20, "10 % is seen")

    # Stage 2 fails while nobody looks: red lasts, the rule takes the traffic back.
    assert Guardrail.objects.filter(plan=room.plan, mode="automatic").count() >= 2
    began, room.watcher = timezone.now(), None
    room.service.turn(error_rate=80)
    run = room.until(lambda r: r.plan.rollback_runs.first(), 60, "the rule rolls back")
    assert (run.started_by, run.cause, run.from_percent, run.to_percent) == (
        "rule", "guardrail", 10, 0,
    )  # fmt: skip
    room.until(lambda r: r.share() == 0, 10, "the traffic is back")
    room.until(lambda r: r.rollout.verified_at, 10, "0 % is seen")
    acts = room.plan.events.filter(at__gte=began).exclude(actor=None)
    assert not acts.exists(), "nobody did anything"
    back = Effect.objects.filter(plan=room.plan, action="rollback")
    assert [(one.state, one.percent) for one in back] == [("done", 0)]
    assert room.plan.escalations.filter(closed_at=None).exists()
    assert room.plan.verdict == "rollback", "it stands"

    # People verify and finish; the service recovers, and the release goes out again.
    room.service.make("healthy")
    for step in run.steps.filter(done_at=None):
        step.refresh_from_db()
        if step.done_at is None:
            set_step(run, step.position, "done", by=thon)
    finish_run(run, "verified", "Errors are gone.", by=cora)
    room.plan.refresh_from_db()
    assert room.plan.lifecycle == "rolled_back"
    mark_false_positive(run, "A test had filled the disk.", by=cora)
    room.until(lambda r: r.plan.verdict == "rollback", 5, "sticky")
    resumed = _when_it_may(room, lambda: resume_rollout(room.plan, 5, by=cora, reason=WHY))
    assert resumed.generation > run.generation
    room.until(lambda r: r.rollout.verified_at and r.share() == 5, 30, "5 % again")
    run.refresh_from_db()
    assert run.redeployed_at is not None

    # Everything is on the record, in order.
    assert first_broken(room.plan) is None
    kinds = room.kinds()
    for earlier, later in pairwise(ORDER):
        assert kinds.index(earlier) < kinds.index(later), (earlier, later)
    told = room.plan.events.get(kind="rollback.started")
    assert "10" in told.text and json.dumps(told.data)


ORDER = (
    "gate.decided", "stage.started", "rollout.observed", "round.recorded", "rollback.started",
    "rollback.finished", "rollback.doubted", "rollout.resumed",
)  # fmt: skip


def _look_back_less(plan: DeploymentPlan) -> None:
    """A rehearsal divides lengths, not what a query looks back on: that is the team's to write."""
    for query in PrometheusQuery.objects.filter(plan=plan):
        query.promql = query.promql.replace("[1m]", "[6s]")
        query.save(update_fields=["promql"])


def _soaked(room: Room, number: int) -> bool:
    stage = room.plan.stages.get(number=number)
    return stage.observed_s >= stage.soak_s


def _when_it_may(room: Room, act, within_s: float = 60):
    """Try until the rule lets it: what was red a moment ago holds for a while."""
    deadline = time.monotonic() + within_s
    while True:
        run_due()
        try:
            return act()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
