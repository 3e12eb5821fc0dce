"""A stage begins in order, after its gate said GO, and only on green (S45, S61, law 6)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.models import Decision, Gate
from rollouts.actions.stages import advance
from rollouts.models import Stage, StageState
from rollouts.rules.stages import Ahead, objections
from tests.rollouts.cast import make_query
from warroom.actions.refusals import NotAllowed, Refused
from warroom.live.needs import needs
from warroom.models import Lifecycle

GREEN = {"verdict": "proceed", "verdict_sentence": "All 3 are green."}


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (Ahead(True, "", "", "proceed", "All green."), []),
        (Ahead(True, "", "", "", "", first=True), []),
        (Ahead(True, "", "", "", "", watches=False), []),
        (Ahead(True, "", "", "", ""), ["Nothing is measured: no data is never green."]),
        (Ahead(True, "Gate 1", "go", "proceed", "All green."), []),
        (Ahead(True, "Gate 1", "", "proceed", "All green."), ["Gate 1 is not decided."]),
        (Ahead(True, "Gate 1", "no-go", "proceed", ""), ["Gate 1 said NO-GO."]),
        (Ahead(True, "", "", "hold", "No data."), ["The verdict is HOLD: No data."]),
        (
            Ahead(True, "Gate 1", "", "rollback", "Red."),
            ["Gate 1 is not decided.", "The verdict is ROLLBACK: Red."],
        ),
        (Ahead(False, "", "", "proceed", ""), ["Another stage comes before it."]),
    ],
)
def test_what_stands_against_a_stage(ahead, says):
    assert list(objections(ahead)) == says


@pytest.fixture
def rollout(plan, cast):
    gate = Gate.objects.create(plan=plan, key="gate-1", number=1, title="Gate 1")
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, gate=gate)
    Stage.objects.create(plan=plan, number=2, from_percent=5, to_percent=10)
    set_verdict(plan, **GREEN)
    return plan


def set_verdict(plan, valid_for=timedelta(seconds=30), **fields):
    for name, value in fields.items():
        setattr(plan, name, value)
    plan.verdict_valid_until = timezone.now() + valid_for
    plan.save()


def decide(plan, cast, word):
    role = plan.roles.get(key="deployment-lead")
    Decision.objects.create(
        gate=plan.gates.get(), role=role, person=cast["cora"], person_name="Cora", word=word,
        recommendation=word, evidence={}, evidence_sha256="0" * 64, at=timezone.now(),
    )  # fmt: skip


def states(plan):
    return list(Stage.objects.filter(plan=plan).values_list("state", flat=True))


@pytest.mark.django_db
def test_the_first_stage_begins_and_the_release_is_deploying(rollout, cast):
    advance(rollout, to_percent=5, by=cast["thon"])
    rollout.refresh_from_db()
    assert states(rollout) == [StageState.RUNNING, StageState.PENDING]
    assert rollout.lifecycle == Lifecycle.DEPLOYING
    assert rollout.events.get().text == "Stage 1 began: 0 % to 5 %"


@pytest.mark.django_db
def test_to_ask_twice_changes_nothing(rollout, cast):
    for _ in range(2):
        advance(rollout, to_percent=5, by=cast["thon"])
    assert rollout.events.count() == 1


@pytest.mark.django_db
def test_the_next_stage_waits_for_the_gate(rollout, cast):
    advance(rollout, to_percent=5, by=cast["thon"])
    with pytest.raises(Refused, match="Gate 1 is not decided"):
        advance(rollout, to_percent=10, by=cast["thon"])
    decide(rollout, cast, "hold")
    with pytest.raises(Refused, match="Gate 1 is not decided"):
        advance(rollout, to_percent=10, by=cast["thon"])
    decide(rollout, cast, "go")
    advance(rollout, to_percent=10, by=cast["thon"])
    assert states(rollout) == [StageState.DONE, StageState.RUNNING]


@pytest.mark.django_db
def test_an_old_verdict_does_not_advance(rollout, cast):
    set_verdict(rollout, valid_for=timedelta(seconds=-1), **GREEN)
    with pytest.raises(Refused, match="No data since"):
        advance(rollout, to_percent=5, by=cast["thon"])
    assert states(rollout) == [StageState.PENDING, StageState.PENDING]


@pytest.mark.django_db
def test_a_stage_cannot_be_skipped(rollout, cast):
    with pytest.raises(Refused, match="10 % is not the next step"):
        advance(rollout, to_percent=10, by=cast["thon"])


@pytest.mark.django_db
def test_only_who_runs_the_rollout_advances_it(rollout, cast, client_of):
    with pytest.raises(NotAllowed):
        advance(rollout, to_percent=5, by=cast["hudson"])
    address = f"/plans/{rollout.slug}/rollout/advance/5/"
    typed = {"confirmed": "5"}
    assert client_of(cast["hudson"]).post(address, typed).status_code == 403
    assert client_of(cast["stranger"]).post(address, typed).status_code == 404
    assert client_of(cast["thon"]).get(address).status_code == 302
    assert states(rollout) == [StageState.PENDING, StageState.PENDING]
    assert client_of(cast["thon"]).post(address, typed).status_code == 302
    assert states(rollout) == [StageState.RUNNING, StageState.PENDING]


@pytest.mark.django_db
def test_the_room_says_why_the_next_stage_must_wait(rollout, cast, client_of):
    advance(rollout, to_percent=5, by=cast["thon"])
    page = client_of(cast["thon"]).get(f"/plans/{rollout.slug}/").content.decode()
    assert "Advance to 10 %" in page
    assert 'aria-disabled="true"' in page
    assert "Gate 1 is not decided." in page


@pytest.mark.django_db
def test_what_is_watched_but_not_measured_does_not_advance(rollout, cast):
    advance(rollout, to_percent=5, by=cast["thon"])
    decide(rollout, cast, "go")
    make_query(rollout)
    set_verdict(rollout, verdict="", verdict_sentence="")
    with pytest.raises(Refused, match="Nothing is measured"):
        advance(rollout, to_percent=10, by=cast["thon"])


@pytest.mark.django_db
def test_a_plan_that_watches_nothing_advances_after_go_and_says_so(rollout, cast):
    set_verdict(rollout, verdict="", verdict_sentence="")
    advance(rollout, to_percent=5, by=cast["thon"])
    with pytest.raises(Refused, match="Gate 1 is not decided"):
        advance(rollout, to_percent=10, by=cast["thon"])
    decide(rollout, cast, "go")
    advance(rollout, to_percent=10, by=cast["thon"])
    told = list(rollout.events.filter(kind="stage.started").values_list("text", flat=True))
    assert all("(not measured)" in text for text in told)
    assert len(told) == 2


@pytest.mark.django_db
def test_a_stage_soaks_before_the_next_begins(rollout, cast):
    rollout.stages.filter(number=1).update(soak_s=12 * 3600)
    now = timezone.now()
    advance(rollout, to_percent=5, by=cast["thon"], at=now - timedelta(hours=10))
    decide(rollout, cast, "go")
    with pytest.raises(Refused, match=r"Stage 1 soaks until .* UTC: 12 h.*, 1 h 59 min left"):
        advance(rollout, to_percent=10, by=cast["thon"])
    rollout.stages.filter(number=1).update(soak_from=now - timedelta(hours=12))
    advance(rollout, to_percent=10, by=cast["thon"])
    assert states(rollout) == [StageState.DONE, StageState.RUNNING]


@pytest.mark.django_db
def test_whoever_runs_the_rollout_is_asked_once_nothing_stands_against_the_next_stage(
    rollout, cast, client_of
):
    """Soak over, gate GO, verdict PROCEED: then, and not before, a need with its way there."""

    def asked():
        rollout.refresh_from_db()
        return [one for one in needs(rollout, timezone.now()) if one.title == "Advance to 10 %"]

    advance(rollout, to_percent=5, by=cast["thon"])
    assert not asked()
    decide(rollout, cast, "go")
    one = asked()[0]
    assert (one.key, one.note) == ("run", "Gate 1 said GO, the verdict is PROCEED.")
    assert one.url == f"/plans/{rollout.slug}/rollout/#advance"
    page = client_of(cast["thon"]).get(f"/plans/{rollout.slug}/rollout/").content.decode()
    assert 'id="advance"' in page and "<h1>Rollout</h1>" in page
    Stage.objects.filter(plan=rollout, number=1).update(soak_s=600)
    make_query(rollout)
    assert not asked()
    Stage.objects.filter(plan=rollout, number=1).update(soak_s=0)
    set_verdict(rollout, verdict="hold", verdict_sentence="P95 latency is 240 ms.")
    assert not asked()
