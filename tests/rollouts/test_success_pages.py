"""The page of success criteria works as plain forms (S26, S91, S143)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from rollouts.models import SuccessCriterion
from rollouts.panels.success import success_needs
from tests.rollouts.cast import make_query
from warroom.live import panels
from warroom.models import DeploymentPlan, Lifecycle

pytestmark = pytest.mark.django_db
HERE = "/plans/genesis-4/rollout/success/"


@pytest.fixture
def live(plan, cast):
    t0 = timezone.now() - timedelta(hours=2)
    DeploymentPlan.objects.update(lifecycle=Lifecycle.DEPLOYING, t0=t0)
    plan.refresh_from_db()
    return plan


def test_a_criterion_is_added_edited_and_removed_by_forms(live, cast, client_of):
    make_query(live, key="error-rate", name="Error rate", unit="%")
    cora = client_of(cast["cora"])
    typed = {
        "text": "Error rate below 0.1 %", "group": "T+24 h", "due": "T+24h",
        "query": "error-rate", "bound": "< 0.1%", "over": "24h",
    }  # fmt: skip
    assert cora.post(HERE, typed).status_code == 302
    row = SuccessCriterion.objects.get()
    assert (row.due_offset_s, row.op, row.value, row.over_s) == (86_400, "<", 0.1, 86_400)
    page = cora.get(f"{HERE}?edit={row.key}").content.decode()
    assert 'value="T+24h"' in page
    assert "Error rate &lt; 0.1 % for 24 h" in page
    cora.post(f"{HERE}{row.key}/edit/", {**typed, "over": ""})
    row.refresh_from_db()
    assert row.over_s == 0
    cora.post(f"{HERE}{row.key}/remove/", {"reason": "Twice."})
    assert not SuccessCriterion.objects.exists()


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("due", "noon", "An offset: T+24h."),
        ("over", "long", "A length: 48h, 90 min."),
        ("bound", "calm", "This is no bound."),
        ("query", "p95", "p95 is not one"),
    ],
)
def test_wrong_input_loses_nothing(live, cast, client_of, field, typed, says):
    answer = client_of(cast["cora"]).post(HERE, {"text": "Kept words", field: typed})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert 'value="Kept words"' in page


def test_a_person_judges_what_nothing_measures(live, cast, client_of):
    row = live.success_criteria.create(key="calm", text="Team comfortable", due_offset_s=3600)
    [need] = success_needs(live, timezone.now())
    assert (need.key, need.url) == ("vote", f"{HERE}#judge-calm")
    hudson = client_of(cast["hudson"])
    assert hudson.post(f"{HERE}calm/judge/", {"met": "yes"}).status_code == 422
    sent = {"met": "yes", "reason": "Asked all of them."}
    assert hudson.post(f"{HERE}calm/judge/", sent).status_code == 302
    row.refresh_from_db()
    assert (row.met, row.evaluated_by) == (True, "Hudson")
    assert list(success_needs(DeploymentPlan.objects.get(), timezone.now())) == []


def test_the_panel_shows_what_was_met(live, cast):
    live.success_criteria.create(key="calm", text="Calm", group="T+1 h", met=True, value_text="0")
    html = panels.render(panels.get("success"), live, timezone.now())
    assert "T+1 h" in html
    assert "1 met" in html
