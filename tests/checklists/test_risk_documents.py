"""Risks and scenarios out of documents. S16 S41 S77 S78 S80 S86 S118 S121."""

import pathlib

import pytest
from django.conf import settings

from checklists.models import Risk, Scenario
from tests.checklists.test_documents import codes, understood
from warroom.actions.imports import import_plan
from warroom.documents.choices import KINDS
from warroom.documents.reading import understand

SEEDS = pathlib.Path(settings.BASE_DIR).parent / "shared" / "seeds"

HEAD = "| Risk | Severity | Probability (Pre-Mitigation) | Probability (Post-Mitigation) "
HEAD += "| Impact | Mitigation Effectiveness |"
ROLLOUT = f"""\
# Rollout

## Risks

#### Risk 1: Targets do not report

**Severity:** HIGH (P1)
**Probability:** MEDIUM (50%)
**Impact:** Blind spots

**Description:**
They are down now.

**Root Cause:**
- Not instrumented
- Ports closed

**Mitigation Strategy:**
1. **Pre-Deployment (Oct 20-22):**
   - Review the configuration
2. **During Deployment:**
   - Look at the targets
     - `tail -f error.log`
3. **Fallback Monitoring:**
   - Read the logs
4. **Spare hands:**
   - Thon is there

**Decision Criteria:**
- **Targets up:** Continue with dashboards ✅
- **Down but health checks passing:** HOLD until resolved ⚠️
- **Down and checks failing:** ROLLBACK and investigate ❌

**Likelihood After Mitigation:** LOW (20%)

#### Risk 2: False alarm at night

**Severity:** MEDIUM (P2)
**Probability:** Low (20%), very low (5%) after mitigation

### Risk Summary Matrix

{HEAD}
|---|---|---|---|---|---|
| Targets do not report | HIGH (P1) | MEDIUM (50%) | LOW (20%) | Blind | 60% reduction |
| Disk fills up | LOW (P3) | LOW (10%) | VERY LOW (1%) | Stop | 90% reduction |

**Overall Risk Level:** **LOW** after mitigations applied

### Contingency Plan

**Scenario 1: Targets stay down**
- **Action:** Go on with health checks
- **Decision:** Proceed if they pass, HOLD if not

**Scenario 2: Yellow metrics at a go/no-go**
- **Action:** HOLD
- **Duration:** 6-12 hours
- **Decision:** Proceed when green

**Scenario 3: A critical issue**
- **Action:** Roll back by hand
- **Timeline:** Root cause within 24 hours
- **Next Steps:** Fix, reschedule

## Contingency Plans

### If Load Tests Fail
- Use day 3 for performance
- Run them again on day 4

### If GO Decision
- Send the announcement

### If the office burns
- [ ] Call the fire brigade

| Trigger | Response | Escalation |
|---|---|---|
| Power is off | Start the generator | Call Cora |
"""


def test_a_risk_is_read_wholly():
    """S77 S78."""
    first = understood(ROLLOUT).parts["risks"][0]
    assert first.probability == "MEDIUM (50%)" and first.probability_after == "LOW (20%)"
    assert first.cause == "Not instrumented\nPorts closed"
    assert first.mitigations == (
        ("before", "Review the configuration"),
        ("during", "Look at the targets"),
        ("during", "tail -f error.log"),
        ("after", "Read the logs"),
    )
    assert first.mitigation == "- Spare hands:\n- Thon is there"
    assert first.criteria == (
        ("Targets up", "Continue with dashboards", "proceed"),
        ("Down but health checks passing", "HOLD until resolved", "hold"),
        ("Down and checks failing", "ROLLBACK and investigate", "rollback"),
    )


def test_probabilities_before_and_after_come_from_lines_and_columns():
    """S80."""
    _, second, third = understood(ROLLOUT).parts["risks"]
    assert (second.probability, second.probability_after) == ("Low (20%)", "very low (5%)")
    assert (third.title, third.probability, third.probability_after, third.mitigation) == (
        "Disk fills up",
        "LOW (10%)",
        "VERY LOW (1%)",
        "",
    )


def test_an_overall_level_that_the_risks_do_not_come_to_is_said():
    found = next(f for f in understood(ROLLOUT).findings if f.code == "risk_level")
    assert found.text == (
        "The document says low; its 3 risks come to more or less than that. "
        "Overall: high after mitigation. R1 asks to stop."
    )
    fair = ROLLOUT.replace("**LOW** after", "**HIGH** after")
    assert "risk_level" not in codes(understood(fair))


def test_scenarios_come_from_labels_headings_and_tables():
    """S86 S121. Boxes stay work, and what follows a decision is no contingency."""
    plan = understood(ROLLOUT)
    found = plan.parts["scenarios"]
    assert [one.title for one in found] == [
        "Targets stay down",
        "Yellow metrics at a go/no-go",
        "A critical issue",
        "Load Tests Fail",
        "Power is off",
    ]
    assert found[0].decide == "Proceed if they pass, HOLD if not"
    assert found[1].watches == ("gate:any", "yellow") and found[1].duration == "6-12 hours"
    assert found[2].decide == "Root cause within 24 hours. Fix, reschedule"
    assert found[3].items == ("Use day 3 for performance", "Run them again on day 4")
    assert (found[4].action, found[4].decide) == ("Start the generator", "Call Cora")
    assert plan.counts["scenarios"] == 5 and plan.counts["items"] == 1


@pytest.mark.django_db
def test_an_import_keeps_them_and_adds_to_a_release_what_it_lacks():
    plan = import_plan(ROLLOUT.encode(), by="test", slug="rollout")
    risk = plan.risks.get(number=1)
    assert risk.probability_after == "LOW (20%)"
    assert risk.mitigations[0] == {"phase": "before", "text": "Review the configuration"}
    assert risk.criteria[2]["word"] == "rollback"
    scenario = plan.scenarios.get(number=2)
    assert (scenario.watch_key, scenario.watch_band) == ("gate:any", "yellow")
    assert plan.scenarios.get(number=4).items[0] == {"text": "Use day 3 for performance"}
    assert (Risk.objects.count(), Scenario.objects.count()) == (3, 5)


LEVELS = """\
# Approval

## Work

- [ ] a

## Risk Assessment

**Overall Risk**: **LOW** ✅

**Medium-Risk Items**:
- Learning pipeline (70% pass rate) - Mitigated ✅
- Security tests - Week 2 fix

**Mitigating Factors**:
1. ✅ Rollback in 15 minutes
2. ✅ Three backups

**Remaining Risks**:
- Edge cases (low impact)
"""


def test_risks_by_level_are_offered_and_taken_by_choice():
    """S16 S41: mitigated or open is for a person to say; factors of the whole stay text."""
    plan = understood(LEVELS)
    assert plan.parts["risks"] == () and {"risk_level", "mitigating_factors"} <= codes(plan)
    lines = [n for n, offer in plan.offers.items() if offer.kinds == ("text", "risk")]
    assert len(lines) == 3 and "risk" in KINDS
    taken = understand(LEVELS, dict.fromkeys(lines, "risk")).understanding
    first, second, third = taken.parts["risks"]
    assert (first.title, first.severity, first.mitigation) == (
        "Learning pipeline (70% pass rate)",
        "Medium",
        "Mitigated",
    )
    assert (second.severity, third.severity) == ("Medium", "")
    assert taken.counts["risks"] == 3


@pytest.mark.parametrize(
    ("seed", "risks", "criteria", "scenarios"),
    [("000", 0, 0, 0), ("001", 3, 9, 4), ("002", 4, 0, 3), ("003", 0, 0, 0)],
)
def test_the_source_documents_give_what_a_careful_person_counts(seed, risks, criteria, scenarios):
    path = next(SEEDS.glob(f"{seed}_*"), None) if SEEDS.exists() else None
    if path is None:
        pytest.skip("the source documents do not lie beside the checkout")
    plan = understand(path.read_bytes()).understanding
    found = plan.parts["risks"]
    assert (len(found), sum(len(one.criteria) for one in found)) == (risks, criteria)
    assert len(plan.parts["scenarios"]) == scenarios
    if seed == "001":
        assert [one.probability_after for one in found] == [
            "LOW (20%)",
            "VERY LOW (5%)",
            "LOW (10%)",
        ]
        claimed = next(f for f in plan.findings if f.code == "risk_level")
        assert (claimed.line, claimed.severity) == (1420, "warning")
