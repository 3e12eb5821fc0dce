"""A document that was edited: what it says of the rollout otherwise is told, each kind by name."""

import pytest
from django.conf import settings

from rollouts.models import Guardrail, RollbackTrigger, SuccessCriterion
from warroom.actions.imports import import_plan
from warroom.actions.reimports import compare, reread, update_from_document

pytestmark = pytest.mark.django_db
DEMO = settings.BASE_DIR / "warroom" / "demo" / "progressive-rollout.md"
MORE = """

## Success criteria

**After T+24 hours:**
- No rollback

## Baseline

| Metric | Target | Alert If |
|---|---|---|
| Memory | < 70% | > 90% |
"""


@pytest.fixture
def text():
    return DEMO.read_text("utf-8") + MORE


@pytest.fixture
def plan(cast, text):
    return import_plan(text, by=cast["cora"], slug="edited")


def remarks(plan, text):
    return compare(plan, reread(plan, text)).remarks


def test_what_was_not_edited_is_not_remarked(plan, text):
    assert remarks(plan, text) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "- P95 latency > 500ms for 5 minutes\n",
            "- P95 latency > 500ms for 9 minutes\n",
            "Guardrails: the document says otherwise of",
        ),
        (
            "- Data is lost or wrong\n",
            "- Data is gone\n",
            "Rollback triggers: the document adds “Data is gone” and no longer has “Data is lost",
        ),
        ("2. Set the flag to 0%\n", "2. Set it to 0%\n", "Procedures: the document says otherwise"),
        ("| Memory | < 70% |", "| Memory | < 60% |", "Baselines: the document says otherwise of"),
        ("- No rollback\n", "- No rollback\n- Team calm\n", "Success criteria: the document adds"),
    ],
)
def test_each_kind_that_differs_is_a_remark_and_the_room_stays(plan, text, cast, old, new, said):
    """Law 4: nothing that people rely on changes because a file did."""
    assert old in text
    edited = text.replace(old, new)
    found = remarks(plan, edited)
    assert [one for one in found if one.startswith(said)], found
    assert all(one.endswith("those of the room stay as they are.") for one in found)
    counts = [model.objects.count() for model in (Guardrail, RollbackTrigger, SuccessCriterion)]
    update_from_document(plan, reread(plan, f"# More\n\n{edited}"), by=cast["cora"])
    assert counts == [
        model.objects.count() for model in (Guardrail, RollbackTrigger, SuccessCriterion)
    ]


def test_what_stays_stands_at_its_new_line(plan, text, cast):
    before = Guardrail.objects.filter(plan=plan).first()
    update_from_document(plan, reread(plan, text.replace("## Rollback\n", "\n\n## Rollback\n")),
                         by=cast["cora"])  # fmt: skip
    after = Guardrail.objects.get(pk=before.pk)
    assert after.source_line == before.source_line + 2
