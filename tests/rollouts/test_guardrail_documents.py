"""Guardrails and triggers out of documents and plan files (S22, S56, S140)."""

from datetime import timedelta
from fractions import Fraction

import pytest
from django.conf import settings
from django.utils import timezone

from rollouts.models import Guardrail, RollbackTrigger, Stage
from tests.rollouts.cast import make_check, make_query
from tests.rollouts.test_documents import PANELS, understood
from tests.rollouts.test_plan_file_parts import again
from warroom.actions.imports import import_plan
from warroom.documents.portable import plan_data
from warroom.live.lint import lint
from warroom.rules.rehearsal import in_time

AUTO = """
### 09:20 - Monitoring

**Auto-Rollback Triggers (by the script):**
- Error rate > 1.0% for 5 minutes
- Queue depth > 50 for 2 minutes
- The script rolls back by itself
"""
BY_HAND = """
### Rollback plan

**Immediate Rollback Triggers (P0)**:
- Data corruption detected
- Login broken

**Commands**:
- not a trigger
"""


def claims(found):
    return {line.source: line.label for line in found.claims.values() if line.became == "trigger"}


def test_a_rule_about_a_metric_becomes_its_guardrail():
    found = understood(PANELS + AUTO)
    (rule,) = found.parts["guardrails"]
    assert (rule.query, rule.name, rule.window_s) == ("error-rate", "HighErrorRate", 300)
    assert claims(found)["- Error rate > 1.0% for 5 minutes"].startswith("Guardrail: Error Rate")


def test_a_rule_without_a_metric_is_said_and_left_to_people():
    found = understood(PANELS + AUTO)
    (said,) = [one for one in found.findings if one.code == "guardrail_without_metric"]
    assert "Queue depth > 50" in said.text
    assert "- The script rolls back by itself" not in claims(found)


def test_a_rule_that_differs_from_the_panel_is_said():
    found = understood(PANELS + AUTO.replace("1.0%", "2.5%"))
    (said,) = [one for one in found.findings if one.code == "guardrail_other_limit"]
    assert "rolls back at > 2.5 %, its panel is red at > 1 %" in said.text


def test_what_people_see_becomes_triggers():
    said = claims(understood("# P\n" + BY_HAND))
    assert list(said) == ["- Data corruption detected", "- Login broken"]


HEADED = """# P

## Rollback

### Rollback triggers

Any of these calls for a rollback, whoever sees it first:

- Data is lost or wrong
- Users cannot sign in

Contacts:

- The lead, by phone
"""


def test_a_list_under_a_heading_of_triggers_is_read_with_its_leading_sentence():
    found = understood(HEADED)
    assert list(claims(found)) == ["- Data is lost or wrong", "- Users cannot sign in"]


def test_the_demo_document_says_when_people_roll_back():
    text = (settings.BASE_DIR / "warroom" / "demo" / "progressive-rollout.md").read_text("utf-8")
    said = claims(understood(text))
    assert "- A security incident is confirmed" in said


@pytest.mark.django_db
def test_an_import_makes_both(cast):
    text = PANELS + AUTO + BY_HAND
    plan = import_plan(text, by=cast["cora"])
    rail = Guardrail.objects.get(plan=plan)
    assert (rail.query.key, rail.mode, rail.window_s) == ("error-rate", "automatic", 300)
    texts = list(RollbackTrigger.objects.filter(plan=plan).values_list("text", flat=True))
    assert texts == [
        "Queue depth > 50 for 2 minutes",
        "Data corruption detected",
        "Login broken",
    ]


def test_a_plan_file_carries_both(plan):
    query, check = make_query(plan), make_check(plan)
    for rail in (
        {"key": "latency", "name": "HighLatency", "kind": "metric", "query": query},
        {"key": "demo", "name": "Down", "kind": "check", "health_check": check, "mode": "off"},
        {"key": "no-data", "name": "NoData", "kind": "no_data", "window_s": 600},
    ):
        Guardrail.objects.create(plan=plan, **rail)
    RollbackTrigger.objects.create(plan=plan, text="Data loss", priority="P1")
    data = plan_data(plan, states=True)
    assert data["guardrails"][0] == {
        "key": "latency", "name": "HighLatency", "kind": "metric", "watches": "p95-latency",
        "window": "5m", "mode": "recommend",
    }  # fmt: skip
    assert data["rollback_triggers"] == [{"text": "Data loss", "priority": "P1"}]
    made = again(data)
    assert made["guardrails"] == data["guardrails"]
    assert made["rollback_triggers"] == data["rollback_triggers"]


def test_a_rehearsal_shortens_the_window():
    data = {"guardrails": [{"key": "a", "window": "5m"}]}
    assert in_time(data, Fraction(10))["guardrails"][0]["window"] == "30s"


def codes(plan):
    return [one.code for one in lint(plan, timezone.now() + timedelta(seconds=1))]


def test_stages_that_nothing_guards_and_guardrails_that_never_trip_are_findings(plan):
    query = make_query(plan)
    assert "guardrail-none" not in codes(plan)
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, soak_s=60)
    assert "guardrail-none" in codes(plan)
    Guardrail.objects.create(plan=plan, key="a", name="A", kind="metric", query=query)
    assert not {"guardrail-none", "guardrail-red"}.intersection(codes(plan))
    query.red_op, query.red_value = "", None
    query.save()
    assert "guardrail-red" in codes(plan)
