"""Go/no-go meetings of the team's document: areas and what a decision starts. S115 S116 S119."""

from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from checklists.actions.followups import steps_of
from checklists.actions.groups import GroupWish, edit_group
from checklists.documents.criteria import area_of
from checklists.models import Criterion, Decision, Gate, PhaseGroup
from checklists.panels_meeting import areas
from checklists.queries.gates import gate_sheet
from warroom.actions.imports import create_plan, import_plan
from warroom.documents.parse import decode, parse
from warroom.documents.portable import as_yaml, plan_data
from warroom.documents.portable import read as plan_file
from warroom.documents.readers import read_all
from warroom.documents.reading import understand

SEEDS = Path(settings.BASE_DIR).parent / "shared" / "seeds"
TEXT = """# Launch

## Day 6: Work

- [ ] Brief the team

## Day 7: Validation

### Go/No-Go Meeting

**Technical Readiness**:
- [x] Scans are clean
- [ ] Smoke tests pass
- [ ] Marketing page ready (if applicable)

**Operational Criteria**
- All Critical/High findings resolved
- Dry run of the deployment successful
- All sign-offs given
- All tests passing
- All smoke tests passing
- Readiness score >= 90 %
- Runbooks are reviewed

**Business criteria**:
- [ ] Support is ready

If **GO**:
- Finalize the launch schedule
- Send launch announcement
- Execute final checks

If **NO-GO**:
- Document blocking issues
- Create remediation plan
- Set new target launch date
- Communicate delay to stakeholders
- [ ] A box stays an item

## Afterwards

### If GO Decision
- Watch for 48 hours

### If NO-GO Decision
- Set a new target launch date
- Set new target launch date
"""


def read(text):
    return read_all(parse(text))


@pytest.fixture
def plan(db, cast):
    return import_plan(TEXT.encode(), by=cast["cora"], slug="launch")


def test_boxes_of_an_area_stay_items_and_the_gate_counts_them(plan):
    """S115: "1 of 2" of what is required; items stay as they are."""
    assert plan.items.count() == 6
    rows = {row.criterion.key: row for row in gate_sheet(plan.gates.get(), timezone.now()).criteria}
    technical = rows["technical-readiness"]
    assert (technical.criterion.area, technical.criterion.source) == ("technical", "items")
    assert (technical.text, technical.value, technical.band) == ("1 of 2", 50.0, "yellow")
    assert (
        technical.source == "required items of “Go/No-Go Meeting · Technical Readiness”; open: 2.2"
    )
    assert rows["business-criteria"].text == "0 of 1"


def test_bullets_of_an_area_are_criteria_that_the_room_counts_or_people_judge(plan):
    found = Criterion.objects.filter(gate__plan=plan, area="operational")
    assert [(one.label, one.source, one.params, one.evidence_key) for one in found] == [
        ("All Critical/High findings resolved", "findings", {"severity": "high"}, ""),
        ("Dry run of the deployment successful", "dryruns", {}, ""),
        ("All sign-offs given", "signoffs", {}, ""),
        ("All tests passing", "evidence", {}, "tests.failed"),
        ("All smoke tests passing", "evidence", {}, ""),
        ("Readiness score", "score", {}, ""),
        ("Runbooks are reviewed", "evidence", {}, ""),
    ]
    score = found.get(label="Readiness score")
    assert (score.green_op, score.green_value, score.unit) == (">=", 90, "%")


def test_the_meeting_shows_three_columns_of_it(plan):
    shown = areas(gate_sheet(plan.gates.get(), timezone.now()))
    assert [area.title for area in shown] == ["Technical", "Operational", "Business"]


def test_what_a_decision_starts_is_taken_from_the_document(plan):
    """S116: steps by their kind, once each; a branch that is not named starts what is usual."""

    def starts(word):
        return [(one.kind, one.text) for one in steps_of(Decision(gate=gate, word=word))]

    gate = plan.gates.get()
    assert starts("go") == [
        ("schedule", "Finalize the launch schedule"),
        ("announcement", "Send launch announcement"),
        ("task", "Execute final checks"),
        ("task", "Watch for 48 hours"),
    ]
    assert [kind for kind, _ in starts("no-go")] == [
        "blockers",
        "plan",
        "new-date",
        "notice",
        "task",
    ]
    assert starts("hold") == [("task", "Look again at the gate")]
    assert gate.branch_steps.get(kind="plan").after_minutes == 24 * 60
    assert plan.items.filter(text="A box stays an item").exists()


def test_somebody_may_choose_otherwise():
    lines = TEXT.split("\n")
    watch, runbook = (
        lines.index(line) + 1 for line in ("- Watch for 48 hours", "- Runbooks are reviewed")
    )
    chosen = understand(TEXT.encode(), choices={watch: "text", runbook: "text"}).understanding
    assert "Watch for 48 hours" not in [step.text for step in chosen.parts["branches"]]
    assert "Runbooks are reviewed" not in [c.label for c in chosen.parts["gates"][0].criteria]
    made = understand(TEXT.encode(), choices={watch: "item", runbook: "item"}).understanding
    assert made.counts["items"] == 8


@pytest.mark.parametrize(
    "text",
    [
        "## Go/No-Go criteria\n\n- GO only when all is well\n- HOLD/NO-GO when:\n  - it fails\n",
        "## Release A\n\n- If GO is late, call\n\n### Go/No-Go\n\n- [ ] x\n",
        "## Gate\n\n| Metric | Target | Fail |\n|---|---|---|\n| E | < 1% | > 2% |\n"
        "\n## If GO\n\n- x\n",
    ],
)
def test_what_only_speaks_of_a_decision_is_no_step(text):
    assert read(f"# Plan\n\n{text}").parts["branches"] == ()


def test_areas_elsewhere_than_at_a_go_no_go_are_no_criteria():
    found = read("# Plan\n\n## Preparation\n\n**Technical Readiness**:\n- [ ] a\n- b\n")
    assert found.parts["gates"] == () and found.counts["criteria"] == 0


def test_outcomes_in_one_list_are_read_as_well():
    text = "# P\n\n## Go/No-Go\n\n- [ ] x\n\n- **GO:**\n  - Deploy\n- **NO-GO:**\n  - Stop\n"
    steps = read(text).parts["branches"]
    assert [(one.branch, one.text) for one in steps] == [("go", "Deploy"), ("no-go", "Stop")]


def test_a_table_may_name_the_area_of_each_row():
    text = "# P\n\n## Go/No-Go\n\n| Metric | Target | Fail | Area |\n|---|---|---|---|\n"
    text += "| Error rate | < 1% | > 2% | Technical |\n| Calls | < 5 | > 9 | |\n"
    assert [c.area for c in read(text).parts["gates"][0].criteria] == ["technical", ""]


def test_a_label_names_an_area_only_alone():
    names = ("Technical Readiness", "2. Operations", "Business criteria:", "Technical debt")
    assert [area_of(name) for name in names] == ["technical", "operational", "business", ""]


def test_what_was_read_survives_the_plan_file(plan, cast):
    text = as_yaml(plan_data(plan, states=False))
    again = create_plan(plan_file(text, "yaml"), by=cast["cora"], slug="again")
    asked = Criterion.objects.get(gate__plan=again, key="technical-readiness")
    assert asked.params["groups"] == ["Go/No-Go Meeting · Technical Readiness"]
    assert again.gates.get().branch_steps.count() == plan.gates.get().branch_steps.count()


def test_health_checks_are_counted_by_the_plans_own_where_no_page_counts_them(plan):
    health = plan.healthcheck_set
    for key in ("api", "db"):
        health.create(
            key=key, name=key, url="http://a.example/", position=1, band="green",
            read_at=timezone.now(), due_at=timezone.now(),
        )  # fmt: skip
    gate = plan.gates.get()
    asked = Criterion.objects.create(
        gate=gate, key="health-checks", label="Health checks", position=99, unit="of 2",
        green_op=">=", green_value=2, evidence_key="health-checks",
    )  # fmt: skip
    row = gate_sheet(gate, timezone.now()).criteria[-1]
    assert (row.text, row.band, row.source) == ("2 of 2", "green", "health checks: api, db")
    Criterion.objects.filter(pk=asked.pk).update(unit="of 5")
    row = gate_sheet(Gate.objects.get(), timezone.now()).criteria[-1]
    assert row.band == "no_data" and row.to_judge


def test_the_meeting_of_the_source_document_has_its_areas_and_branches():
    paths = [*SEEDS.glob("002_*.txt")]
    if not paths:
        pytest.skip("source document 002 does not lie beside the checkout")
    found = read_all(parse(decode(paths[0].read_bytes()).text))
    (gate,) = found.parts["gates"]
    asked = [(c.area, c.source, len(c.boxes)) for c in gate.criteria]
    assert asked == [
        ("technical", "items", 6),
        ("operational", "items", 5),
        ("business", "items", 4),
    ]
    branches = [step.branch for step in found.parts["branches"]]
    assert (branches.count("go"), branches.count("no-go")) == (8, 7)


def test_another_name_of_the_heading_is_counted_on(plan, cast):
    group = PhaseGroup.objects.get(phase__plan=plan, title__contains="Technical")
    edit_group(group, GroupWish("Technics"), by=cast["cora"])
    row = gate_sheet(plan.gates.get(), timezone.now()).criteria[0]
    assert (row.criterion.params["groups"], row.text) == (["Technics"], "1 of 2")


def test_a_group_that_is_gone_is_no_data(plan):
    plan.items.filter(group__title__contains="Technical").update(group=None)
    row = gate_sheet(plan.gates.get(), timezone.now()).criteria[0]
    assert row.band == "no_data" and "has no required items" in row.sentence
