"""What items, phases and criteria say about themselves: when, who, how urgent. S47 S94 S96."""

import pytest

from warroom.documents.reading import understand


def understood(text):
    return understand(text).understanding


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("Send mail (due 2025-10-22 EOD)", "2025-10-22 23:59"),
        ("Brief the team by Fri 24 Oct", "2025-10-24 23:59"),
        ("Freeze (24 Oct 09:00 UTC)", "2025-10-24 09:00"),
        ("Freeze, due 24 Oct 09:00 CEST", "2025-10-24 07:00"),
        ("Sync on Oct 22 (recommended)", "2025-10-22 23:59"),
        ("Look\n  - Due: Oct 23, 18:30", "2025-10-23 18:30"),
    ],
)
def test_a_due_day_is_read_wherever_it_stands(words, due):
    """S47: due dates in text; a day without a clock is due at its end, UTC."""
    plan = understood(f"# A\n\n**Date:** 2025-10-20\n\n- [ ] {words}\n")
    assert f"{plan.parts['phases'][0].items[0].details.due_at:%Y-%m-%d %H:%M}" == due


def test_a_priority_is_kept_and_p0_blocks():
    plan = understood(
        "# A\n\n## Work\n\n- [ ] P0 fix the gate\n- [ ] 🟡 paint it\n- [ ] **[P3]** sweep\n\n"
        "## P0 — before all\n\n- [ ] wake up\n- [ ] P2 have tea\n"
    )
    found = [i.details for phase in plan.parts["phases"] for i in phase.items]
    assert [d.priority for d in found] == ["P0", "P2", "P3", "", "P2"]
    assert [d.blocking for d in found] == [True, False, False, True, False]


def test_a_status_table_gives_owner_due_day_and_priority():
    """S32 S105: empty states are open, and what does not apply says so."""
    plan = understood(
        "# A\n\n**Date:** 2025-10-20\n\n## Work\n\n| # | Task | Status | Owner | Due | Prio |\n"
        "|-|-|-|-|-|-|\n| 1 | Dump | ✅ | Thon | Oct 21 | P0 |\n| 2 | Copy | | | | |\n"
        "| 3 | Ship | ❌ | [TBD] | | P3 |\n| 4 | Sail | N/A | | | |\n"
    )
    items = plan.parts["phases"][0].items
    assert [i.state for i in items] == ["done", "open", "failed", "not_applicable"]
    assert (items[0].details.owner, items[0].details.blocking) == ("Thon", True)
    assert f"{items[0].details.due_at:%d %H:%M}" == "21 23:59"
    assert (items[2].details.owner, items[2].details.priority) == ("", "P3")


def test_an_owner_of_a_section_owns_what_has_no_other():
    plan = understood(
        "# A\n\n## Work\n\n**Owner**: Platform Owner\n\n### Step\n\n- [ ] a\n- [ ] b @thon\n"
    )
    items = [i for phase in plan.parts["phases"] for i in phase.items]
    assert [i.details.owner for i in items] == ["Platform Owner", "@thon"]


def test_days_and_exit_criteria_stand_with_their_phase():
    """S94 S96: "Day 3 (Oct 15)" begins on that day where the plan lives."""
    plan = understood(
        "# A\n\n**Go-Live:** 2025-10-20 09:00 CEST\n\n## Day 3 (Oct 15)\n\n- [ ] a\n\n"
        "**Success Criteria**:\n- ✅ All scans done\n- Error rate < 1 %\n\n## Later\n\n- [ ] b\n"
    )
    day, later = plan.parts["phases"]
    assert f"{day.starts_at:%m-%d %H:%M} {day.ends_at:%m-%d %H:%M}" == "10-14 22:00 10-15 22:00"
    assert day.exit_criteria == "All scans done\nError rate < 1 %"
    assert (later.starts_at, later.exit_criteria) == (None, "")


def test_criteria_come_from_bullets_and_stay_open_where_nothing_is_set():
    plan = understood(
        "# A\n\n## Exit Criteria\n\n- Error rate < 1 % for 15 minutes\n- Uptime: ≥ 99.9%\n"
        "- P95 latency: baseline TBD\n- Nobody complains\n"
    )
    (gate,) = plan.parts["gates"]
    found = {c.label: (c.green and (c.green.op, c.green.value)) for c in gate.criteria}
    assert found == {"Error rate": ("<", 1), "Uptime": (">=", 99.9), "P95 latency": None}


def test_a_table_that_only_says_when_to_fail_is_read_the_other_way_round():
    plan = understood(
        "# A\n\n## Watch\n\n| Metric | Rollback if |\n|-|-|\n| Errors | > 5% (3 min) |\n"
        "| Pods | < 50% |\n"
    )
    errors, pods = plan.parts["gates"][0].criteria
    assert (errors.green.op, errors.red.op, pods.green.op) == ("<=", ">", ">=")


def test_bullets_that_say_when_to_stop_are_triggers():
    plan = understood("# A\n\n## Automatic Halt Rules\n\n- Error rate > 1% for 5 minutes\n- Hm\n")
    assert plan.rollback["triggers"] == ["Error rate > 1% for 5 minutes"]


def test_weights_of_a_readiness_table_are_kept_as_they_are():
    """A weight is the document's own, also where they make 105 %; that is said."""
    plan = understood(
        "# A\n\n## Readiness\n\n| Category | Weight | Target |\n|-|-|-|\n"
        "| **System** | 60% | ≥ 90 |\n| Team / People | 45 % | |\n| Total | 105% | |\n"
    )
    found = [(c.key, int(c.weight), c.target) for c in plan.parts["readiness"]]
    assert found == [("system", 60, "≥ 90"), ("team-people", 45, "")]
    assert "weights" in {f.code for f in plan.warnings}
