"""Cadences and success criteria are read from the team's own words (S24, S26, S55, S91, S143)."""

import pytest
from django.utils import timezone

from rollouts.documents.cadence import CadenceFound
from rollouts.models import Rollout, Stage, SuccessCriterion
from rollouts.rules.rounds import Band
from tests.rollouts.cast import make_query
from warroom.documents.parse import parse
from warroom.documents.readers import Creation, read_all, registered

DAY = """# Runbook

**5. Post-Deployment Monitoring (24 hours)**:

**Hour 1: Intensive Monitoring** (every 5 minutes):
- Check error logs
- Check for alerts

**Hours 2-8: Active Monitoring** (every 30 minutes):
- Review dashboards

**Hours 9-24: Passive Monitoring** (every 2 hours):
- Check for anomalies

## Again in short

- Hour 1: Intensive monitoring (every 5 min)

**7. Success Criteria**:

**Immediate Success (T+1 hour)**:
- Application deployed successfully

**Short-term Success (T+24 hours)**:
- Error rate <1%
- No critical alerts
"""
ROLLOUT = """# Rollout

**Launch:** October 23, 2025, 09:00 UTC

Stage 1: 0% → 5% (09:00 - 21:00 UTC, 12-hour soak)
Stage 2: 5% → 100% (21:15 - 09:00 UTC, 12-hour soak)

#### 09:20 - 21:00 - Monitoring Stage 1 (Every 15 Minutes)

- 47 health checks performed (every 15 minutes)

## Success Metrics

**Deployment Success (End of Day 7):**
- Error rate < 0.1% for 48 hours at 100%
- No rollback triggered during entire rollout
"""
STABILITY = """# Launch

## Success Criteria

### 24-Hour Stability
✅ No unplanned restarts
✅ Alerts accurate (no false positives)
"""


def read(text):
    return read_all(parse(text))


def test_a_day_of_watching_is_read_with_its_duties():
    found = read(DAY)
    assert found.parts["cadences"] == CadenceFound(
        watching=(
            Band(300, 3600, ("Check error logs", "Check for alerts")),
            Band(1800, 28800, ("Review dashboards",)),
            Band(7200, 86400, ("Check for anomalies",)),
        )
    )
    [said] = [one.text for one in found.findings if one.code == "cadence"]
    assert said.startswith("The watching has 34 rounds: a round every 5 min to hour 1")


def test_the_rounds_of_a_stage_are_counted_against_the_document():
    """S55: 47 per stage from 09:20 to 21:00 every 15 minutes."""
    found = read(ROLLOUT)
    assert found.parts["cadences"].stages == ((1, Band(900)),)
    [said] = [one.text for one in found.findings if one.code == "rounds"]
    assert said == "Stage 1: every 15 min makes 47 rounds, as the document says."
    [said] = [
        one.text
        for one in read(ROLLOUT.replace("- 47 health", "- 94 health")).findings
        if one.code == "rounds"
    ]
    assert said == "Stage 1: every 15 min makes 47 rounds; the document says 94."


def test_success_criteria_have_their_times_and_measures():
    day = {one.text: one for one in read(DAY).parts["success"]}
    assert day["Application deployed successfully"].due_s == 3600
    assert (day["Error rate <1%"].due_s, day["Error rate <1%"].name) == (86_400, "Error rate")
    assert day["No critical alerts"].counts == "critical_alerts"
    rollout = {one.text: one for one in read(ROLLOUT).parts["success"]}
    lasting = rollout["Error rate < 0.1% for 48 hours at 100%"]
    assert (lasting.full, lasting.due_s, lasting.over_s) == (True, 172_800, 172_800)
    assert rollout["No rollback triggered during entire rollout"].due_s == 7 * 86_400
    stable = [(one.text, one.due_s, one.counts) for one in read(STABILITY).parts["success"]]
    assert stable == [
        ("No unplanned restarts", 86_400, ""),
        ("Alerts accurate (no false positives)", 86_400, "false_alerts"),
    ]


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("All health checks passing", "failing_checks"),
        ("Health checks passing (5/5)", "failing_checks"),
        ("Every service health check is green", "failing_checks"),
        ("Health checks passing (4/5)", ""),
        ("Health checks defined", ""),
    ],
)
def test_health_checks_that_pass_are_measured_and_no_persons_word(text, counts):
    found = read(STABILITY.replace("No unplanned restarts", text)).parts["success"]
    assert (found[0].text, found[0].counts) == (text, counts)


@pytest.mark.parametrize(
    "text",
    [
        "# Work\n\n**Day 1 Success Criteria**:\n- Scans done\n",
        "# Work\n\n- [ ] Success criteria defined\n- Hours worked: 8\n",
        "# Work\n\nIntensive monitoring (every 15 minutes), conservative thresholds.\n",
        "```\n## Stage 1 Monitoring - [TIME]\n**Hour 1** (every 5 minutes):\n```\n",
    ],
)
def test_what_is_none_of_it_stays_text(text):
    found = read(text)
    assert found.parts["success"] == ()
    assert found.parts["cadences"] == CadenceFound()


@pytest.mark.django_db
def test_rows_are_made_and_metrics_are_found_by_name(plan):
    make_query(plan, key="error-rate", name="Error rate", unit="%")
    stage = Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=100)
    for text in (DAY, ROLLOUT):
        found = read(text)
        for reader in ("cadences", "success criteria"):
            create(reader, plan, found)
    rows = {row.text: row for row in SuccessCriterion.objects.all()}
    one = rows["Error rate <1%"]
    assert (one.query.key, one.op, one.value, one.key) == ("error-rate", "<", 1, "error-rate-1")
    assert rows["Application deployed successfully"].query is None
    assert rows["Error rate < 0.1% for 48 hours at 100%"].since == "full"
    stage.refresh_from_db()
    assert stage.cadence == [{"every_s": 900}]
    assert Rollout.objects.get().cadence[0] == {
        "every_s": 300, "until_s": 3600, "duties": ["Check error logs", "Check for alerts"],
    }  # fmt: skip


@pytest.mark.django_db
def test_a_second_document_doubles_nothing(plan):
    for _ in range(2):
        create("success criteria", plan, read(DAY))
    assert SuccessCriterion.objects.count() == 3


def create(name, plan, found):
    reader = next(one for one in registered() if one.name == name)
    reader.create(plan, found, Creation("rule", timezone.now()))
