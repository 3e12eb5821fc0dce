"""Phases, groups, items, gates and risks out of a document. S20 S46 S49 S125 S128 S140."""

import pytest

from warroom.documents.parse import parse
from warroom.documents.readers import read_all


def understood(text):
    return read_all(parse(text))


def phases(text):
    return understood(text).parts["phases"]


def items(text):
    return [item for phase in phases(text) for item in phase.items]


def dues(plan):
    return [item.details.due_offset_s for p in plan.parts["phases"] for item in p.items]


def codes(plan):
    return {finding.code for finding in plan.findings}


def test_headings_that_hold_work_become_phases_and_groups():
    first, second = phases(
        "# Plan\n\n## Before (Phase 1)\n\n### Code\n- [ ] a\n- [ ] b\n\n### Docs\n- [ ] c\n\n"
        "## Nothing here\n\nwords\n\n## 2. After\n\n- [ ] d\n"
    )
    assert [first.title, second.title] == ["Before", "After"]
    assert [group.title for group in first.groups] == ["Code", "Docs"]
    assert [item.position for item in first.items] == [1, 2, 3]
    assert second.groups[0].title == ""


def test_one_heading_around_everything_is_no_phase():
    found = phases("# Plan\n\n## Checklist\n\n### Before\n- [ ] a\n\n### After\n- [ ] b\n")
    assert [phase.title for phase in found] == ["Before", "After"]


def test_work_without_headings_stands_in_a_phase_of_the_plans_name():
    (phase,) = phases("- [ ] a\n- [x] b\n")
    assert [item.state for item in phase.items] == ["open", "done"]


def test_a_bold_label_above_a_list_becomes_its_group():
    (phase,) = phases(
        "# P\n## Day 7\n**Technical Readiness**:\n- [ ] a\n\n**Business** ✅:\n- [ ] b\n"
    )
    assert [group.title for group in phase.groups] == ["Technical Readiness", "Business"]


def test_items_below_items_keep_their_parent():
    parent, child, grandchild, other = items("- [ ] a\n  - [ ] b\n    - [x] c\n- [ ] d\n")
    assert (parent.parent, other.parent) == (None, None)
    assert (child.parent, grandchild.parent) == (parent.number, child.number)


def test_boxes_below_a_plain_bullet_are_grouped_by_it():
    (phase,) = phases("# P\n## F\n- Feature A\n  - [ ] a\n- Feature B\n  - [ ] b\n")
    assert [group.title for group in phase.groups] == ["Feature A", "Feature B"]


def test_the_same_text_twice_is_two_items():
    assert len(items("- [ ] Verify\n- [ ] Verify\n")) == 2


def test_times_in_headings_hold_for_everything_below():
    plan = understood("# P\n## Day\n### Window (T-0 to T+1h)\n- [ ] a\n### Later (T+4h)\n- [ ] b\n")
    assert dues(plan) == [3600, 14400]
    assert plan.lines[3].label == "Item 1.1, due T+1:00"


@pytest.mark.parametrize("text", ["+1h post-release", "T+1h first look", "First look (T+60 min)"])
def test_an_items_own_time_goes_before_its_headings(text):
    assert items(f"# P\n## After (T+4h)\n- [ ] {text}\n")[0].details.due_offset_s == 3600


def test_a_clock_in_a_heading_counts_from_t0():
    plan = understood(
        "# P\n\n**Go-Live:** 2025-10-23 09:00 UTC\n\n## Day\n\n### 09:15 - Execute\n- [ ] a\n\n"
        "### 09:00 Oct 24 - Decide\n- [ ] b\n"
    )
    assert dues(plan) == [900, 86400]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("- [x] Pass rate: 98.28% (1,026/1,044)", "value", "98.28% (1,026/1,044)"),
        ("- [x] Smoke tests 22/22", "value", "22/22"),
        ("- [x] 3 of 7 done", "value", "3 of 7"),
        ("- [ ] 70%+ test coverage per feature", "target", "70%+"),
        ("- [ ] Error rate < 0.1%", "target", "< 0.1%"),
        ("- [ ] Rotate keys @hudson", "owner", "@hudson"),
        ("- [ ] Rotate keys (owner: Hudson)", "owner", "Hudson"),
        ("- [ ] Rotate keys\n  - Owner: Hudson", "owner", "Hudson"),
        ("- [ ] Check\n  - Command: `make check`", "command", "make check"),
        ("- [ ] Check\n  - Expected: 5/5 passing", "expected", "5/5 passing"),
        ("- [ ] Check\n  ```sh\n  make check\n  ```", "command", "make check"),
        ("- [ ] Send mail (non-blocking)", "required", False),
        ("- [ ] Provision (if needed)", "required", False),
        ("- [ ] Final sync (recommended)", "required", False),
        ("- [ ] This must pass", "blocking", True),
    ],
)
def test_an_item_says_what_belongs_to_it(text, field, value):
    assert getattr(items(text)[0].details, field) == value


def test_a_section_that_is_only_for_some_makes_its_items_optional():
    plan = understood("# P\n## Data Migration (If Needed)\n- [ ] a\n## Rest\n- [ ] b\n")
    assert [i.details.required for p in plan.parts["phases"] for i in p.items] == [False, True]


def test_a_due_day_takes_its_year_from_the_document():
    plan = understood("# P\n\n**Date:** 2025-10-20\n\n## A\n- [ ] Mail (due Oct 20 EOD)\n")
    due = plan.parts["phases"][0].items[0].details.due_at
    assert f"{due:%Y-%m-%d %H:%M}" == "2025-10-20 23:59"


def test_conditions_for_a_rollback_are_triggers_and_their_steps_text():
    plan = understood(
        "# P\n## Work\n- [ ] a\n## Rollback Plan (If Issues Found)\n### Trigger Conditions\n"
        "- [ ] Data corrupt\n- [ ] Too slow\n### Rollback Procedure\n1. Stop\n2. Revert\n"
        "### Time Target\n- **Total:** < 20 minutes\n"
    )
    assert (plan.counts["task_items"], plan.counts["items"]) == (3, 1)
    assert {"rollback_triggers", "rollback_steps"} <= codes(plan)
    assert plan.lines[5].became == "trigger"
    assert plan.rollback["steps"] == ["Stop", "Revert"]
    assert plan.rollback["targets"] == ["Total: < 20 minutes"]


def test_a_tick_in_a_heading_is_dropped_and_said():
    plan = understood("# P\n## A\n### Code ✓ (On Completion)\n- [ ] a\n")
    assert plan.parts["phases"][0].groups[0].title == "Code (On Completion)"
    assert [f.line for f in plan.warnings if f.code == "heading_tick"] == [3]


def test_a_claimed_count_is_checked_against_the_boxes():
    right = understood("# P\n## A\n### Ready (1/2 Complete)\n- [x] a\n- [ ] b\n")
    wrong = understood("# P\n## A\n### Ready (2/2 Complete)\n- [x] a\n- [ ] b\n")
    assert "claimed_count" not in codes(right)
    assert "counted: 1 of 2" in next(f.text for f in wrong.findings if f.code == "claimed_count")


def test_choices_of_a_decision_are_no_items():
    plan = understood("# P\n## Decide\n- [ ] GO\n- [ ] NO-GO\n\n## Work\n- [ ] a\n")
    assert (plan.counts["task_items"], plan.counts["items"]) == (3, 1)
    assert "decision_boxes" in codes(plan)


def test_rows_of_a_status_table_become_items_with_their_state():
    found = items(
        "# P\n## A\n| # | Task | Owner | Status |\n|--|--|--|--|\n| 1 | Tag | Cora | ✅ Done |\n"
        "| 2 | Ship | | ☐ |\n| 3 | Watch | | In progress |\n| 4 | Mail | | ❌ |\n"
    )
    assert [item.state for item in found] == ["done", "open", "doing", "failed"]
    assert found[0].details.owner == "Cora"


def test_a_table_of_words_is_no_status_table():
    assert items("# P\n## A\n| Service | Status |\n|--|--|\n| Web | fast |\n") == []


def test_drawn_boxes_are_items_and_two_in_a_line_are_a_choice():
    found = items("# P\n## A\n☐ Final check\n☑ Tests\n\n☐ GO ☐ NO-GO\n")
    assert [(item.text, item.state) for item in found] == [
        ("Final check", "open"),
        ("Tests", "done"),
    ]


def test_bare_boxes_and_boxes_in_code_are_offered_not_taken():
    plan = understood("# P\n\n[ ] bare\n\n```\n- [ ] a\n- [ ] b\n```\n\n<!--\n- [ ] c\n-->\n")
    assert plan.counts["items"] == 0
    assert {"bare_boxes", "boxes_in_code", "boxes_in_comments", "no_items"} <= codes(plan)


def test_success_marks_are_criteria_not_ticks():
    plan = understood("# P\n## Success Criteria\n✅ No restarts\n✅ No data loss\n")
    assert plan.counts["items"] == 0
    assert "success_criteria" in codes(plan)


COMMANDS = """\
# P

## Day

### 09:00 - Validation

**Commands:**
```bash
# Run final health check
python scripts/health_check.py

# Verify all monitoring services running
docker ps
```

**Expected Output:**
- Health check: 5/5 passing ✅
- Docker services: 4/4 running ✅

**Go/No-Go Criteria:**
- [ ] Health checks passing ✅
- [ ] Monitoring services operational ✅
- [ ] Stakeholders notified
"""


def test_a_steps_commands_go_to_the_boxes_that_they_check():
    health, services, notified = items(COMMANDS)
    assert health.details.command == "python scripts/health_check.py"
    assert health.details.expected == "Health check: 5/5 passing"
    assert services.details.command == "docker ps"
    assert services.details.expected == "Docker services: 4/4 running"
    assert notified.details.command == ""
    assert "command_guessed" in codes(understood(COMMANDS))


def test_go_no_go_boxes_are_items_that_block():
    assert all(item.details.blocking for item in items(COMMANDS))


CRITERIA = """\
# P

**Go-Live:** 2025-10-23 09:00 UTC

## 21:00 - Go/No-Go Decision for Stage 2

| Metric | Target (Green) | Acceptable (Yellow) | Fail (Red) | Current |
|--------|------|------|------|------|
| Error Rate | < 0.1% | 0.1% - 1.0% | > 1.0% | [TBD] |
| Health Checks | 5/5 | 4/5 | < 4/5 | [TBD] |
| Critical Alerts | 0 | 1-2 | 3+ | [TBD] |
| Mood | calm | tense | panic | [TBD] |

- **ALL GREEN:** PROCEED to Stage 2
- **ANY YELLOW:** HOLD

## 09:00 Oct 24 - Go/No-Go Decision for Day 2

**Decision Criteria:** Same as Stage 1
"""


def test_a_criteria_table_becomes_a_gate_with_its_bounds():
    plan = understood(CRITERIA)
    gate, copy = plan.parts["gates"]
    assert (gate.title, gate.span.start_s) == ("Go/No-Go Decision for Stage 2", 43200)
    error, health, alerts, mood = gate.criteria
    assert (error.green.op, error.green.value, error.red.value, error.unit) == ("<", 0.1, 1.0, "%")
    assert (health.green.op, health.green.value, health.red.op) == (">=", 5, "<")
    assert (alerts.green.value, alerts.red.op, alerts.red.value) == (0, ">=", 3)
    assert (mood.green, mood.target) == (None, "calm")
    assert "PROCEED" in gate.rule_text
    assert plan.counts["criteria"] == 4
    assert (copy.span.start_s, len(copy.criteria)) == (86400, 4)
    assert {"criteria_copied", "criterion_judged"} <= codes(plan)


def test_a_go_no_go_put_as_boxes_is_a_gate_and_its_boxes_block():
    plan = understood("# P\n## 5. Go/No-Go Meeting (2 hours)\n- [ ] a\n- [ ] b\n## Work\n- [ ] c\n")
    (gate,) = plan.parts["gates"]
    assert (gate.title, gate.criteria) == ("Go/No-Go Meeting (2 hours)", ())
    assert [i.details.blocking for p in plan.parts["phases"] for i in p.items] == [
        True,
        True,
        False,
    ]


def test_a_matrix_below_a_go_no_go_belongs_to_it_and_a_bare_share_is_a_minimum():
    plan = understood(
        "# Rollback\n## Go/No-Go Decision\n### Matrix\n| Category | Score | Target |\n|-|-|-|\n"
        "| Testing | 100% | 90% |\n"
    )
    (gate,) = plan.parts["gates"]
    assert gate.title == "Go/No-Go Decision"
    assert (gate.criteria[0].green.op, gate.criteria[0].green.value) == (">=", 90)


def test_the_documents_own_title_makes_no_rollback_plan():
    plan = understood("# Rollback Testing\n## Trigger checks\n- [ ] a\n\n1. one\n2. two\n")
    assert plan.counts["items"] == 1
    assert "rollback_steps" not in codes(plan)


def test_bounds_with_a_hole_or_an_overlap_are_a_warning():
    plan = understood(
        "# P\n## Go/No-Go\n| Metric | Target | Fail |\n|-|-|-|\n| A | < 5% | > 3% |\n"
    )
    assert "bands" in codes(plan)


def test_signers_without_a_criteria_table_get_a_final_gate():
    plan = understood("# P\n## W\n- [ ] a\n## Sign-Off\n- [ ] **QA Lead**: ____\n")
    assert [gate.title for gate in plan.parts["gates"]] == ["Final go/no-go"]
    assert "gate_added" in codes(plan)


RISKS = """\
# P

## Risks

#### Risk 1: Prometheus Targets Not Collecting Metrics

**Severity:** HIGH (P1)
**Probability:** MEDIUM (50%)
**Impact:** Blind spots

**Mitigation Strategy:**
1. Check targets
2. Fall back to logs

### Summary

| Risk | Severity | Probability | Impact |
|------|----------|-------------|--------|
| Prometheus Targets Down | HIGH | MEDIUM | Blind |
| Disk full | LOW | LOW | Stop |
"""


def test_risks_come_from_headings_and_tables_once():
    first, second = understood(RISKS).parts["risks"]
    assert (first.severity, first.probability, first.impact) == (
        "HIGH (P1)",
        "MEDIUM (50%)",
        "Blind spots",
    )
    assert "Fall back to logs" in first.mitigation
    assert second.title == "Disk full"
    assert "risk_summary" in codes(understood(RISKS))
