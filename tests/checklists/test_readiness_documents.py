"""The readiness score out of documents, recomputed: S13, S29, S81, S82, S83, S119."""

import pathlib
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone

from checklists.documents.readiness import target_of
from checklists.documents.scores import figure
from checklists.models import CategoryScore
from checklists.queries.readiness import score_now
from checklists.rules import readiness
from warroom.actions.imports import import_plan
from warroom.documents.parse import decode, parse
from warroom.documents.readers import read_all
from warroom.live.lint import lint

SEEDS = pathlib.Path(settings.BASE_DIR).parent / "shared" / "seeds"

WEIGHTED = """# Launch 4

## 8. FINAL READINESS SCORE

| Category | Score | Weight | Weighted Score | Justification |
|---|---|---|---|---|
| **Health** | 10/10 | 45% | 4.5 | All tests pass |
| **Monitoring** | 8/10 | 35% | 2.8 | Two targets are down |
| **Team** | 9/10 | 25% | 2.25 | Night cover open |

**Total Weighted Score:** 9.40 / 10.00

### Final Score: **9.1 / 10**

- **Minor Gaps:**
  - Stakeholders are not told yet

**Confidence Level:** HIGH - only small things remain.

- Hudson (Security): 9.5/10 - APPROVED
"""
POINTS = """# Week 6

#### Production Readiness Score: **95.40/100** ✅

**Score Breakdown**:
- **Testing & Validation**: 20/20 (100%) ✅
- **Code Quality**: 20/20 (100%) ✅
- **Documentation**: 18/20 (90%), guide is thin
- **Performance**: 20/20 (100%) ✅
- **Security**: 17.40/20 (87%) ⚠️
"""
MATRIX = """## Go/No-Go Decision

### Decision Matrix:

| Category | Score | Target | Status | Decision Impact |
|---|---|---|---|---|
| **Testing** | 100% | 90% | ✅ EXCEEDS | GO ✅ |
| **Security** | 87% | 80% | ✅ MEETS | GO ✅ |
| **Rollback** | 100% | 100% | ✅ MEETS | GO ✅ |
| **Overall** | **95.40%** | **90%** | ✅ **EXCEEDS** | **GO ✅** |
"""
SHARES = """# Week 9

### Production Launch Readiness Score
Calculate score based on:
- Security (30%): All Critical/High resolved
- Performance (30%): All load tests passing
- Operations (20%): Team trained
- Validation (20%): Dry runs successful

**Target Score**: ≥ 90% for GO decision
"""


def understood(text):
    return read_all(parse(text))


def told(plan, code):
    return [(one.line, one.text) for one in plan.findings if one.code == code]


def test_a_weighted_table_is_the_score_and_its_claims_are_recomputed():
    """S81, S82, S83: 4.5 + 2.8 + 2.25 = 9.55 of 105 %, that is 9.10 of 10."""
    plan = understood(WEIGHTED)
    rows = plan.parts["readiness"]
    assert [(one.key, one.weight, one.score.value) for one in rows] == [
        ("health", 45, 10),
        ("monitoring", 35, 8),
        ("team", 25, 9),
    ]
    assert rows[1].why == "Two targets are down"
    scale = plan.parts["readiness_scale"]
    assert (scale["best"], scale["bar"]) == (10, None)
    claims = [
        (one["label"], one["value"], one["line"]) for one in scale["claims"] if "value" in one
    ]
    assert claims == [("Total Weighted Score", "9.40", 11), ("Final Score", "9.1", 13)]
    remarks = [(one["label"], one["text"]) for one in scale["claims"] if "text" in one]
    assert ("Minor Gaps", "Stakeholders are not told yet") in remarks
    assert ("Confidence", "HIGH - only small things remain.") in remarks
    assert ("Approval", "Hudson (Security): 9.5/10 - APPROVED") in remarks
    said = "The document says 9.40; its own rows make 9.55, normalised 9.10."
    assert told(plan, "score_claimed") == [(11, said)]
    assert told(plan, "weights")[0][1].endswith("add up to 105 %, not 100.")
    assert plan.lines[6].label == "Category, weight 45 %, 10 of 10"
    assert plan.lines[10].label == "Claim of the score: 9.40 of 10"


def test_parts_of_twenty_points_weigh_what_they_can_bring():
    """S13: 20, 20, 18, 20 and 17.40 of 20 are 95.40 of 100, as the document says."""
    plan = understood(POINTS)
    rows = plan.parts["readiness"]
    assert [one.weight for one in rows] == [20] * 5
    assert [one.score.value for one in rows] == [100, 100, 90, 100, 87]
    assert rows[2].why == "guide is thin"
    assert not told(plan, "score_claimed") and not told(plan, "weights")


def test_a_matrix_beside_the_score_lends_its_targets_and_is_checked_by_its_own_rows():
    """S29, S33: 100, 87 and 100 average 95.67, and 95.40 is typed below them."""
    plan = understood(POINTS + MATRIX)
    rows = {one.key: one for one in plan.parts["readiness"]}
    assert len(rows) == 5 and rows["testing-validation"].target == "90%"
    assert rows["security"].target == "80%" and rows["documentation"].target == ""
    assert target_of(rows["security"], Decimal(100)) == 80
    assert plan.parts["readiness_scale"]["bar"] == 90
    line = 20
    assert told(plan, "score_claimed") == [
        (line, "The document says 95.40; its own 3 rows average 95.67.")
    ]
    assert told(plan, "score_again")[0][0] == 15
    assert told(plan, "score_status") == [
        (18, "Security: the document says MEETS; 87 against 80 is EXCEEDS.")
    ]
    claim = plan.parts["readiness_scale"]["claims"][-1]
    assert claim["other"] == "its own 3 rows average 95.67"


def test_a_matrix_alone_is_the_score_with_equal_weights():
    """S29."""
    plan = understood(f"# W\n{MATRIX}")
    assert [one.weight for one in plan.parts["readiness"]] == [Decimal("33.33")] * 3
    assert told(plan, "weights_equal") and not told(plan, "weights")
    said = "The document says 95.40; its own rows make 95.67."
    assert [text for _, text in told(plan, "score_claimed")] == [said]
    assert plan.parts["readiness_scale"]["bar"] == 90


def test_weights_in_brackets_without_scores_are_no_data():
    """S119: 30/30/20/20 with a target of 90 %, and what each wants in words."""
    plan = understood(SHARES)
    rows = plan.parts["readiness"]
    assert [one.weight for one in rows] == [30, 30, 20, 20]
    assert {one.score for one in rows} == {None}
    assert rows[0].target == "All Critical/High resolved"
    assert plan.parts["readiness_scale"]["bar"] == 90
    assert target_of(rows[0], Decimal(100)) is None


@pytest.mark.parametrize(
    "text",
    [
        "# R\n\n| Level | Score | Response |\n|-|-|-|\n| High | 9 | Now |\n| Low | 1 | Later |\n",
        "# R\n\n| Item | Score | Status |\n|-|-|-|\n| A | 9 | open |\n| B | 4 | open |\n",
        "# R\n\n## Readiness Score\n\n- Ask Cora\n- Version: 3/4 of the way\n- Read on\n",
        "# R\n\n## Readiness score\n\n- [ ] Testing: 18/20\n- [ ] Security: 17/20\n",
        "# R\n\n```\n## Readiness Score\n- A: 9/10\n- B: 8/10\n```\n",
    ],
)
def test_other_tables_and_lists_are_no_score(text):
    assert understood(text).parts["readiness"] == ()


@pytest.mark.parametrize(
    ("text", "value", "of"),
    [
        ("10/10", 10, 10), ("18/20 (90%)", 18, 20), ("100%", 100, 100), ("9.5", "9.5", None),
        ("17.40 / 20", "17.4", 20),
    ],
)  # fmt: skip
def test_scores_are_read_as_people_write_them(text, value, of):
    found = figure(text)
    assert (found.value, found.of) == (Decimal(value), of)


@pytest.mark.parametrize("text", ["", "high", "11/10", "3/0", "n/a"])
def test_what_is_no_score_is_none(text):
    assert figure(text) is None


@pytest.mark.django_db
class TestImported:
    def test_scores_stand_without_a_person_and_the_claim_is_a_finding(self, cast):
        """S81: the scores are the document's words until somebody scores."""
        plan = import_plan(WEIGHTED, by=cast["cora"], slug="four")
        sheet = score_now(plan, timezone.now())
        assert readiness.shown(sheet.score.total) == "9.10" and sheet.of_document
        assert sheet.rows[0].said == "stands in the document, line 7"
        assert set(CategoryScore.objects.values_list("by", "by_name")) == {(None, "the document")}
        found = {one.code: one for one in lint(plan, timezone.now())}
        assert found["score-claimed"].line == 11
        assert "its own rows make 9.55, normalised 9.10" in found["score-claimed"].text
        assert "weights-sum" in found

    def test_scores_that_nobody_gave_hold(self, cast):
        """S119."""
        plan = import_plan(SHARES, by=cast["cora"], slug="nine")
        sheet = score_now(plan, timezone.now())
        assert (sheet.score.total, sheet.scale.bar) == (None, 90)
        assert sheet.score.standing == "no_data"


def real(number):
    paths = [*SEEDS.glob(f"{number}_*.txt")]
    if not paths:
        pytest.skip(f"source document {number} does not lie beside the checkout")
    plan = read_all(parse(decode(paths[0].read_bytes()).text))
    return plan, {text for code in ("score_claimed", "score_again") for _, text in told(plan, code)}


def test_source_document_b_says_9_40_and_9_0_where_its_rows_make_9_45():
    """S81."""
    plan, said = real("001")
    assert said == {"The document says 9.40; its own rows make 9.45, normalised 9.00."}
    assert len(plan.parts["readiness"]) == 10 and plan.parts["readiness_scale"]["best"] == 10
    figures = [one["value"] for one in plan.parts["readiness_scale"]["claims"] if "value" in one]
    assert figures == ["9.0", "9.40", "9.0"]
    approvals = [
        one for one in plan.parts["readiness_scale"]["claims"] if one["label"] == "Approval"
    ]
    assert len(approvals) == 4  # S83


def test_source_document_a_makes_95_40_of_its_parts_and_97_13_of_its_matrix():
    """S13, S29."""
    plan, said = real("000")
    assert [one.weight for one in plan.parts["readiness"]] == [20] * 5
    assert "The document says 95.40; its own 8 rows average 97.13." in said
    assert plan.parts["readiness_scale"]["bar"] == 90


def test_source_document_c_gives_weights_and_a_target_without_scores():
    """S119."""
    plan, said = real("002")
    assert [one.weight for one in plan.parts["readiness"]] == [30, 30, 20, 20]
    assert plan.parts["readiness_scale"]["bar"] == 90 and not said
