"""The demo: two releases imported from the documents that ship, made once. S1 S45 S65."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from checklists.models import CategoryScore, Criterion, Decision, Gate
from checklists.panels_meeting import areas
from checklists.queries.frozen import is_untouched
from checklists.queries.gates import gate_sheet
from checklists.queries.readiness import score_now, score_with_change
from checklists.rules import readiness
from rollouts.demo.rooms import CHECKLIST, DOCUMENTS, ROLLOUT
from rollouts.models import HealthCheck, PrometheusQuery, Stage
from warroom.demo.accounts import demo_accounts
from warroom.documents.reading import understand
from warroom.models import DeploymentPlan, EscalationContact, TimelineEvent, User
from warroom.queries.people import standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def rooms(settings):
    settings.DEMO_SERVICE_URL = "http://127.0.0.1:9901"
    call_command("demo_room")
    return {plan.slug: plan for plan in DeploymentPlan.objects.all()}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        (CHECKLIST, {"items": 96, "done": 21, "phases": 6, "criteria": 6, "contacts": 4}),
        (
            ROLLOUT,
            {"items": 43, "done": 29, "phases": 4, "criteria": 9, "queries": 7, "stages": 6}
            | {"risks": 3, "contacts": 4, "roles": 4},
        ),
    ],
)
def test_the_shipped_documents_are_understood_wholly(name, counts):
    found = understand((DOCUMENTS / f"{name}.md").read_bytes()).understanding
    assert {key: found.counts[key] for key in counts} == counts
    assert found.counts["task_items"] == found.counts["items"]
    assert {finding.code for finding in found.warnings} <= {
        "signer_nameless",
        "weights",  # 105 %, and a total that its rows do not make: as real documents have it
        "score_claimed",
    }


def test_the_rollout_is_under_way_with_its_gate_ahead(rooms):
    plan = rooms[ROLLOUT]
    stage = Stage.objects.filter(plan=plan).first()
    launch, gate, _ = Gate.objects.filter(plan=plan)
    assert (stage.state, stage.to_percent, stage.gate) == ("running", 5, gate)
    assert (launch.offset_s, gate.offset_s) == (0, 43200)
    measured = Criterion.objects.filter(gate=gate).exclude(evidence_key="")
    assert {criterion.key for criterion in measured} == {
        "error-rate",
        "p95-latency",
        "test-pass-rate",
        "uptime",
        "health-checks",
        "code-coverage",
        "p95-of-the-smoke-load",
    }


def test_the_launch_was_decided_on_evidence_that_is_kept(rooms):
    """S16 S29: three votes, GO as the rule said, and what has changed of the score since."""
    decision = Decision.objects.get(gate__plan=rooms[ROLLOUT])
    assert (decision.word, decision.recommendation, decision.override) == ("go", "go", False)
    assert decision.gate.votes.count() == 3 and is_untouched(decision)
    assert "written down here" in decision.rationale
    sheet = score_with_change(rooms[ROLLOUT], timezone.now())
    assert sheet.before == "Go/no-go for the launch"


def test_half_a_day_of_watching_lies_behind_it(rooms):
    """A first look shows full charts and performed rounds, each written down when it was done."""
    plan = rooms[ROLLOUT]
    for query in PrometheusQuery.objects.filter(plan=plan):
        points = query.history["points"]
        assert points[-1][0] - points[0][0] > 11 * 3600 and query.samples.count() > 150
    done = plan.rounds.exclude(done_at=None)
    assert (done.count(), done.filter(late=True).count()) == (46, 1)
    assert (plan.verdict, plan.verdict_sentence[:10]) == ("proceed", "All 9 read")
    times = list(plan.events.order_by("seq").values_list("at", flat=True))
    assert times == sorted(times) and times[-1] - times[0] > timedelta(days=9)


def test_a_meeting_is_about_to_be_held(rooms):
    """S115: three areas, an accepted deviation, a condition, a no-go and a vote that is missing."""
    gate = Gate.objects.get(plan=rooms[CHECKLIST])
    sheet = gate_sheet(gate, timezone.now())
    assert [area.title for area in areas(sheet)] == ["Technical", "Operational", "Business"]
    accepted = [row.criterion.key for row in sheet.criteria if row.accepted]
    assert accepted == ["rehearsed-rollback-in-total"]
    assert sorted(gate.votes.values_list("word", flat=True)) == ["go", "no-go"]
    assert gate.branch_steps.filter(branch="go").count() == 3


def test_the_rollouts_score_is_what_its_people_scored_since(rooms):
    """S81: the document's rows make 9.45 of 105 %, its people's scores 9.40, that is 8.95."""
    sheet = score_now(rooms[ROLLOUT], timezone.now())
    assert readiness.sum_text(sheet.score) == "9.40 ÷ 1.05 = 8.95"
    assert readiness.sentence(sheet.score) == "8.95 of 10, above its bar of 8.50."
    call_command("demo_room")
    assert CategoryScore.objects.filter(by__isnull=False).count() == 4


def test_every_metric_has_its_bands_and_every_check_an_address(rooms):
    queries = PrometheusQuery.objects.filter(plan=rooms[ROLLOUT])
    assert [query.green_op != "" for query in queries] == [True] * 7
    checks = HealthCheck.objects.filter(plan=rooms[ROLLOUT])
    assert {check.url for check in checks.exclude(report_only=True)} == {
        "http://127.0.0.1:9901/health",
        "http://127.0.0.1:9901/metrics",
    }


def test_a_script_a_matrix_and_alerts_are_shown_and_decide_nothing(rooms):
    """S98 S110 S143: further checks, two alerts that are over, one false, a test that came back."""
    plan = rooms[ROLLOUT]
    checks = HealthCheck.objects.filter(plan=plan)
    assert checks.filter(group="Endpoints", report_only=True).count() == 4
    assert checks.get(kind="heartbeat").band == "green"
    assert plan.alerts.filter(drill=None, resolved_at=None).count() == 0
    assert plan.alerts.exclude(false_at=None).count() == 1
    assert plan.alert_drills.get().acknowledged_at is not None
    assert not plan.escalations.filter(cause__startswith="alert:").exists()


def test_each_role_has_an_account_that_may_what_its_role_may(rooms):
    names = {account.username for account in demo_accounts()}
    assert {"admin", "cora", "thon", "hudson", "alex", "olga", "priya"} <= names
    cora = User.objects.get(username="cora")
    assert cora.display_name == "Cora"
    assert standing(cora, rooms[ROLLOUT]).may("decide")


def test_people_to_call_stand_on_their_levels(rooms):
    thon = EscalationContact.objects.get(plan=rooms[ROLLOUT], name="Thon")
    assert thon.level.number == 1


def test_a_second_time_makes_nothing_twice_and_follows_the_service(rooms, settings):
    events = TimelineEvent.objects.count()
    call_command("demo_room")
    assert TimelineEvent.objects.count() == events
    settings.DEMO_SERVICE_URL = "http://127.0.0.1:9902"
    call_command("demo_room")
    assert TimelineEvent.objects.count() == events + 5, "one per check, flag and look that moved"
    assert HealthCheck.objects.filter(url__contains="9902").count() == 6


def test_the_rooms_can_be_entered(rooms, client_of):
    client = client_of(User.objects.get(username="cora"))
    for slug in rooms:
        assert client.get(reverse("room", args=[slug])).status_code == 200
