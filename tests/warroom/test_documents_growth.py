"""What a long document costs to read: linear in its length. Scenario 63."""

import pytest

from tests.warroom.growth import assert_linear
from warroom.documents.reading import understand


def understood(text):
    return understand(text).understanding


@pytest.mark.parametrize(
    "line",
    [
        "- [ ] do this 5/5 (due Oct 3) @bob",
        "**Sign-off**: QA Lead ____ Date: ____",
        "- 0% → 5% → 10% rollout",
        "#### Risk 1: fire\n**Severity:** high",
        "**Commands:**\n```\n# run the thing now\nmake thing now\n```\n- [ ] run the thing now",
        "## Checklist\n- bullet\n- bullet",
        "## Exit criteria\n- Error rate < 1 %",
        "## Sign-off\n- [ ] On-Call: Thon",
        "- [ ] " + "word " * 12,
        "## Exit criteria\n" + "[" * 68,
        "## Halt rules (T-24)\n- Error rate > 5\n- [ ] a\n  - [ ] b",
    ],
)
def test_four_times_the_lines_take_about_four_times_as_long(line):
    assert_linear(lambda count: understood("\n".join([line] * count)), 80)


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("# A\n```promql", "up"),
        ("## Risks\n| Risk | Likelihood | Impact |\n|---|---|---|", "| fire | high | high |"),
        ("## Contacts\n| Name | Role | Phone |\n|---|---|---|", "| Bob | Lead | 555 |"),
        ("# A", "- [ ] a"),
        ("# A", "1. step"),
        ("# A", "**Key:** value"),
        ("# A", "## Phase 1: x"),
        ("# A", "[ ] bare"),
        ("## Checklist\n```", "- [ ] a"),
        ("## x\n| Category | Weight |\n|--|--|", "| a | 5 % |"),
        ("## Exit criteria\n| Metric | Target |\n|--|--|", "| a | < 5 % |"),
        ("## Tasks\n| Task | Status | Due |\n|--|--|--|", "| a | ✅ | Oct 3 |"),
    ],
)
def test_many_rows_of_one_kind_are_read_in_linear_time(head, row):
    assert_linear(lambda count: understood("\n".join([head, *[row] * count])), 120)


def test_a_rollout_of_thousands_of_steps_is_read_in_linear_time():
    def read(count):
        steps = (f"- {n / 1000:g}% → {(n + 1) / 1000:g}% rollout" for n in range(count))
        understood("\n".join(steps))

    assert_linear(read, 120)


@pytest.mark.parametrize("text", ["[", "- [ ] word ", "[ ](", "- a < 5 % <"])
def test_a_long_line_of_any_one_construct_is_read_in_linear_time(text):
    """Scenario 63."""
    assert_linear(lambda count: understood("## Exit criteria\n" + text * count), 2_000)


def test_a_loop_within_a_loop_would_be_seen():
    """The measure itself: a fifth of quadratic work among linear work fails it."""

    def mild(count):
        for _ in range(count * 40):
            len("a")
        for _ in range(count * count // 50):
            len("b")

    with pytest.raises(AssertionError):
        assert_linear(mild, 500)
