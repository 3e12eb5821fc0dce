"""Risks and scenarios in plan files, copies and the completed document. S77 S86."""

import pytest

from checklists.actions.items import set_item_state
from checklists.actions.scenarios import add_scenario, arm_scenario, clear_scenario, start_scenario
from checklists.models import ChecklistItem
from tests.conftest import make_user
from warroom.actions.copies import copy_plan
from warroom.actions.drafts import Wishes
from warroom.actions.imports import create_plan, import_plan
from warroom.documents.portable import as_json, plan_data, read
from warroom.documents.reading import understand
from warroom.documents.writing import completed_document

pytestmark = pytest.mark.django_db

DOCUMENT = """\
# Rollout

## Before

- [ ] Health checks pass

## Risks

#### Risk 1: Targets are down

**Severity:** P1
**Owner:** Thon

## Contingency

**Scenario 1: Targets stay down**
- **Action:** Go on with health checks
"""


@pytest.fixture
def started():
    root = make_user("root", is_superuser=True)
    plan = import_plan(DOCUMENT.encode(), by=root, slug="rollout")
    scenario = plan.scenarios.get()
    start_scenario(scenario, by=root)
    add_scenario(
        plan,
        {"title": "Fire", "items": [{"text": "Leave", "role": "Ann"}], "risk": plan.risks.get()},
        by=root,
    )
    return plan, root


def test_a_plan_file_brings_back_what_was_said_and_what_became_of_it(started):
    plan, root = started
    data = plan_data(plan, states=True)
    first, second = data["scenarios"]
    assert (first["state"], first["phase"], first["by"]) == ("in-force", 2, root.display_name)
    assert (second["risk"], second["items"]) == (1, [{"text": "Leave", "role": "Ann"}])
    again = plan_data(_read(data, root), states=True)
    assert again["scenarios"] == data["scenarios"] and again["risks"] == data["risks"]


def _read(data, root):
    kept = {key: value for key, value in data.items() if key != "record"}
    return create_plan(read(as_json(kept), "json"), by=root, slug="again")


def test_a_copy_begins_armed_and_without_what_was_put_in(started):
    plan, root = started
    copy = copy_plan(plan, Wishes(slug="copy", name="Copy"), by=root)
    assert [one.state for one in copy.scenarios.all()] == ["armed", "armed"]
    assert copy.phases.count() == 1 and copy.items.count() == 1
    assert plan.phases.count() == 2


def test_what_a_scenario_put_in_is_written_at_the_documents_end_and_comes_back(started):
    plan, root = started
    item = ChecklistItem.objects.get(plan=plan, phase__number=2)
    set_item_state(item, "done", by=root)
    scenario = plan.scenarios.get(number=1)
    clear_scenario(scenario, "Up again.", by=root)
    start_scenario(arm_scenario(scenario, by=root), by=root)
    plan.refresh_from_db()
    text = completed_document(plan)
    assert text.count("Go on with health checks") == 3
    assert "place: 2.1" in text and "place: 3.1" in text
    kept = understand(text).understanding
    assert kept.counts["scenarios"] == 1 and kept.counts["risks"] == 1
