"""The checklist in a plan file: what is written of it, and what is made of a file. S94 S97."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from checklists.actions.conditions import Wanted
from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.signoffs import sign_off
from checklists.models import DailyForm, ItemNote, PhaseGroup
from tests.conftest import make_item
from warroom.actions.imports import create_plan
from warroom.actions.refusals import Invalid
from warroom.documents.portable import PlanFile, as_yaml, plan_data, read

pytestmark = pytest.mark.django_db
HEAD = "warroom: 1\nplan: {name: Checkout"


def phases(plan, **options):
    return plan_data(plan, **({"states": True} | options))["phases"]


def test_items_are_written_where_they_stand_and_no_removed_one_is(plan, phase):
    group = PhaseGroup.objects.create(phase=phase, title="Code", position=1, optional=True)
    parent = make_item(phase, 1, "Notify", group=group)
    child = make_item(phase, 2, "Write the mail", group=group, parent=parent)
    make_item(phase, 3, "To whom", group=group, parent=child)
    make_item(phase, 4, "First of all")
    gone = make_item(phase, 5, "Old", removed_at=timezone.now())
    make_item(phase, 6, "Stays though what was above it went", parent=gone)
    assert phases(plan) == [
        {
            "title": "System readiness",
            "items": [{"text": "First of all"}, {"text": "Stays though what was above it went"}],
            "groups": [
                {
                    "title": "Code",
                    "optional": True,
                    "items": [
                        {
                            "text": "Notify",
                            "items": [{"text": "Write the mail", "items": [{"text": "To whom"}]}],
                        }
                    ],
                }
            ],
        }
    ]


def test_sections_that_are_off_and_timers_come_back(plan, phase):
    at = timezone.now()
    off = {"off_at": at, "off_by_name": "Cora", "off_reason": "No containers"}
    group = PhaseGroup.objects.create(phase=phase, title="Containers", position=1, **off)
    make_item(
        phase,
        1,
        "Scan images",
        group=group,
        state="not_applicable",
        state_reason="No containers",
        state_by_name="Cora",
        state_at=at,
        off_with_section=True,
    )
    soak = {"duration_s": 86_400, "started_at": at, "count_done": 0, "count_of": 7}
    by = {"state_by_name": "Thon", "state_at": at}
    make_item(phase, 2, "Soak", state="doing", due_at=at, due_offset_s=5, **soak, **by)
    data = plan_data(plan, states=True)
    again = create_plan(read(as_yaml(data), "yaml"), by="test", slug="again")
    assert phases(again) == data["phases"]
    restored = again.phases.get().groups.get()
    assert (restored.off_at, restored.off_reason) == (at, "No containers")
    assert again.items.get(number=2).off_with_section
    soaking = again.items.get(number=1)
    assert (soaking.started_at, soaking.due_at, soaking.due_offset_s) == (at, at, None)
    assert (soaking.count_done, soaking.count_of) == (0, 7)
    assert "off" not in phases(plan, states=False)[0]["groups"][0]


def test_what_was_signed_voted_and_decided_is_written_and_never_imported(
    plan, cast, phase, item, gate
):
    roles = {role.key: role for role in plan.roles.all()}
    item.state = "done"
    item.save()
    ItemNote.objects.create(
        item=item, text="Seen", by=cast["forge"], by_name="Forge", at=timezone.now()
    )
    condition = Wanted("Limits re-read", owner="Hudson")
    for word in ("rejected", "approved"):
        sign_off(plan, phase, roles["security-lead"], word, by=cast["hudson"], comment="Read it")
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"], conditions=[condition])
    decide_gate(gate, "hold", by=cast["cora"], rationale="Wait for the night shift")
    plan.refresh_from_db()
    data = plan_data(plan, states=True)
    record = data["record"]
    signed = record["signatures"]
    assert [(one["under"], one["word"], one.get("superseded")) for one in signed] == [
        ("phase 1", "rejected", True),
        ("phase 1", "approved", None),
    ]
    assert signed[1]["by"] == "Hudson" and signed[1]["statement"]
    assert (record["votes"][0]["vote"], record["notes"][0]["text"]) == ("go", "Seen")
    assert record["conditions"][0]["owner"] == "Hudson"
    assert len(record["decisions"][0]["evidence_sha256"]) == 64
    head = {"events": plan.timeline_seq, "sha256": plan.timeline_hash}
    assert record["timeline"] == head
    file = read(as_yaml(data), "yaml")
    assert "record_not_imported" in {finding.code for finding in file.findings}
    again = create_plan(file, by="test", slug="again")
    assert not again.signoffs.exists() and not again.conditions.exists()
    assert not again.gates.get().votes.exists() and not again.gates.get().decisions.exists()
    assert again.items.get().state == "done" and again.items.get().state_by is None


def test_days_that_count_from_t0_are_days_of_the_plans_time_zone():
    """T0 at 23:30 UTC is the next day in Berlin."""
    text = (
        HEAD + ", time_zone: Europe/Berlin}\n"
        "daily: [{key: a, title: Wrap-up, at: '18:00', first: T-7d, last: T-24h}]"
    )
    file = read(text, "yaml")
    with pytest.raises(Invalid, match="Wrap-up") as refused:
        create_plan(file, by="test")
    assert refused.value.field == "t0"
    create_plan(file, by="test", t0=datetime(2026, 3, 7, 23, 30, tzinfo=UTC))
    form = DailyForm.objects.get()
    assert (form.first_day, form.last_day) == (date(2026, 3, 1), date(2026, 3, 7))


@pytest.mark.parametrize(
    ("part", "says"),
    [
        (
            "daily: [{key: a, title: A, at: '18:00', first: T-30h}]",
            "whole days. Write such as T-7d",
        ),
        ("daily: [{key: a, title: A, at: 6pm, first: 2026-03-04}]", 'Write such as "18:00"'),
        (
            "daily: [{key: a, title: A, at: '18:00', first: 2026-03-04, last: 2026-03-01}]",
            "before the first",
        ),
        ("daily: [{key: a, title: A, at: '18:00', first: 2026-03-04, role: x}]", "no role"),
        ("readiness: [{key: a, label: A, weight: 12.345}]", "more than two decimals"),
        ("gates: [{key: a, title: A, decider: x}]", "no role"),
        ("gates: [{key: a, title: A, criteria: [{key: a, label: A, green: low}]}]", "no bound"),
        ("phases: [{title: A, at: soon}]", "no time from T0 on"),
        ("phases: [{title: A, items: [{text: a, due: soon}]}]", "no time from T0 on"),
        ("phases: [{title: A, items: [{text: a, count: {of: -1}}]}]", "Write at least 0"),
    ],
)
def test_what_is_wrong_in_the_checklist_is_said(part, says):
    with pytest.raises(ValueError, match=says):
        read(f"{HEAD}}}\n{part}", "yaml")


def test_a_length_an_offset_and_a_bound_are_written_as_they_are_read():
    for length in ("0m", "30m", "12h", "48h", "3d", "1h30m", "1m30s"):
        gate = {
            "key": "a",
            "title": "A",
            "criteria": [{"key": "b", "label": "B", "green": "< 0.1"}],
        }
        item = {"text": "a", "runs": length, "due": "T-3d"}
        data = {
            "warroom": 1,
            "plan": {"name": "A"},
            "phases": [{"title": "A", "at": "T-48h", "until": "T+0", "items": [item]}],
            "gates": [gate],
        }
        plan = create_plan(PlanFile(data), by="test", slug=f"a-{length}")
        assert plan_data(plan, states=False)["phases"] == data["phases"]
        assert plan_data(plan, states=False)["gates"] == data["gates"]
        assert plan.items.get().due_offset_s == -timedelta(days=3).total_seconds()
