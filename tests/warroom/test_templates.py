"""The four starting plans, and plans that become templates."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from checklists.models import ChecklistItem, Criterion, DailyForm, Gate, Phase, Risk
from rollouts.models import PrometheusQuery, Stage
from tests.conftest import make_item, make_plan, make_user
from warroom.actions.drafts import Wishes
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.actions.templates import make_template, retire_template, start_from_template
from warroom.documents.portable import plan_data, read
from warroom.documents.templates import FOLDER, SHIPPED, shipped, starter, starters
from warroom.live.lint import lint
from warroom.models import EscalationContact, EscalationLevel, PlanTemplate, Seat

pytestmark = pytest.mark.django_db

T0 = datetime(2030, 3, 4, 9, tzinfo=UTC)
KEYS = list(SHIPPED)


@pytest.fixture
def ada(db):
    return make_user("ada")


def begun(key, person, **more):
    return start_from_template(starter(person, key), Wishes("Next", t0=T0, **more), by=person)


# --- the four of the product -----------------------------------------------------------------


def test_every_file_is_offered_and_nothing_else():
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == sorted(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_shipped_template_reads_without_a_finding(key):
    assert read((FOLDER / f"{key}.yaml").read_text(), "yaml").findings == []


@pytest.mark.parametrize("key", KEYS)
def test_a_plan_of_a_shipped_template_has_what_was_promised(key, ada):
    one, plan = starter(ada, key), begun(key, ada)
    assert plan.items.count() == one.counts["items"]
    assert plan.phases.count() == one.counts["phases"]
    assert plan.gates.count() == one.counts["gates"]
    assert plan.stages.count() == one.counts["stages"]
    assert {item.state for item in plan.items.all()} == {"open"}
    assert plan.events.get().text == f"Created from the template “{one.name}”: {one.sentence}."
    assert not plan.summary


@pytest.mark.parametrize("key", KEYS)
def test_a_plan_of_a_shipped_template_lints_clean_once_people_sit(key, ada, settings):
    settings.PROMETHEUS_URL = "http://127.0.0.1:9090"
    plan = begun(key, ada)
    for role in plan.roles.all():
        Seat.objects.get_or_create(role=role, user=make_user(f"p-{role.key}"))
    found = lint(plan, T0.replace(month=1))
    assert {finding.code for finding in found} <= {"placeholder"}


@pytest.mark.parametrize("key", KEYS)
def test_nothing_is_due_before_its_phase_begins_or_after_it_ends(key, ada):
    plan = begun(key, ada)
    timed = plan.items.exclude(due_offset_s=None).select_related("phase", "group")
    for item in timed:
        within = item.group if item.group and item.group.offset_s is not None else item.phase
        assert within.offset_s <= item.due_offset_s <= within.end_offset_s, item.text
    assert timed


@pytest.mark.parametrize("key", KEYS)
def test_every_item_has_its_role_and_weights_make_a_hundred(key, ada):
    plan = begun(key, ada)
    assert not plan.items.filter(role=None).exists()
    weights = [one.weight for one in plan.readiness.all()]
    assert not weights or sum(weights) == 100


def test_the_checklist_is_signed_by_three_roles_and_rolls_back_in_twenty_minutes(ada):
    plan = begun("checklist", ada)
    signing = {role.name for role in plan.roles.all() if role.may("sign")}
    assert signing == {"Technical Lead", "Operations Lead", "Product Owner"}
    assert "20 min" in plan.facts["Rollback target"]
    assert plan.watch_hours == 48
    assert plan.phases.last().title == "Review after 48 hours"


def test_the_checklist_has_a_timer_of_a_day_and_acknowledgements():
    """S131: a stability run of 24 h; S133: people confirm that they are ready, each counted."""
    items = next(one for one in shipped() if one.key == "checklist").items
    assert [item["runs"] for item in items if "Stability run" in item["text"]] == ["24h"]
    confirm = [item["count"] for item in items if "confirm that they" in item["text"]]
    assert confirm == [{"of": 3, "unit": "people"}] * 2


def test_the_rollout_goes_up_in_six_stages_with_a_gate_at_each_end(ada):
    plan = begun("progressive", ada)
    steps = [(one.from_percent, one.to_percent) for one in plan.stages.all()]
    assert steps == [(0, 5), (5, 10), (10, 25), (25, 50), (50, 75), (75, 100)]
    assert all(stage.gate and stage.soak_s for stage in Stage.objects.filter(plan=plan))
    keys = set(PrometheusQuery.objects.filter(plan=plan).values_list("key", flat=True))
    assert {"error-rate", "p95-latency"} <= keys
    criterion = Criterion.objects.filter(gate__plan=plan, key="error-rate").first()
    assert (criterion.green_op, criterion.green_value) == ("<", 0.1)
    assert (criterion.red_op, criterion.red_value) == (">", 1.0)
    assert plan.roles.filter(position__lt=3).count() == 3


def test_the_launch_week_has_a_focus_and_a_wrap_up_for_each_of_seven_days(ada):
    """S92, S93, S36: seven days before the launch date; what was done and what was not, daily."""
    plan = begun("launch", ada)
    assert [phase.title[:6] for phase in plan.phases.all()] == [f"Day {n}:" for n in range(1, 8)]
    form = DailyForm.objects.get(plan=plan)
    assert (form.first_day.isoformat(), form.last_day.isoformat()) == ("2030-02-25", "2030-03-03")
    assert [one["key"] for one in form.questions][:2] == ["done", "against-plan"]  # S35
    assert plan.gates.count() == 1


def test_days_are_those_of_the_plan_s_own_zone(ada):
    late = datetime(2030, 3, 4, 23, 30, tzinfo=UTC)
    wishes = Wishes("Next", t0=late, time_zone="Asia/Tokyo")
    plan = start_from_template(starter(ada, "launch"), wishes, by=ada)
    assert DailyForm.objects.get(plan=plan).first_day.isoformat() == "2030-02-26"


def test_without_a_t0_the_daily_form_begins_about_now(ada):
    plan = start_from_template(starter(ada, "launch"), Wishes("Next"), by=ada)
    assert plan.t0 is None
    days = (DailyForm.objects.get(plan=plan).first_day - timezone.now().date()).days
    assert -8 <= days <= 1


def test_the_drill_measures_steps_against_targets():
    """S142: 5 + 10 + 5 = 20 min against a stopwatch; what it showed goes into the value."""
    one = next(one for one in shipped() if one.key == "drill")
    groups = [group["title"] for phase in one.data["phases"] for group in phase.get("groups", ())]
    assert groups == ["Decide (5 min)", "Carry out (10 min)", "Verify (5 min)"]
    measured = [item for item in one.items if "min" in item.get("target", "")]
    assert len(measured) >= 9
    assert sum("backup" in item["text"].lower() for item in one.items) >= 3
    assert one.sentence == "3 phases, 19 items, 2 roles, no gate"


# --- of a team -------------------------------------------------------------------------------


@pytest.fixture
def full(plan, cast, phase, gate):
    """A release with everything that must not go along, and what must."""
    plan.t0 = timezone.now()
    plan.two_roles, plan.facts, plan.source_text = ["cora"], {"Prepared by": "Cora"}, "# Genesis"
    plan.watch_hours, plan.protected_until = 72, T0
    plan.save()
    plan.roles.filter(key="on-call").update(holder="Thon")
    done = {"state": "done", "state_by": cast["cora"], "state_by_name": "Cora", "state_at": T0}
    make_item(phase, 1, "Backup", owner="Thon", value="22/22", target="22/22", **done)
    make_item(
        phase, 2, "Late", due_at=T0, evidence_url="https://ci.example/1", count_done=3, count_of=7
    )
    make_item(phase, 3, "Offset", due_offset_s=-3600, command="make backup")
    Criterion.objects.create(gate=gate, key="team", position=1, label="Team ready")
    Risk.objects.create(plan=plan, number=1, title="Slow", owner="Thon")
    level = EscalationLevel.objects.create(plan=plan, number=1, name="Team")
    EscalationContact.objects.create(plan=plan, level=level, name="Thon Thonsen")
    return plan


def test_a_plan_becomes_a_template_without_people_dates_and_states(full, cast):
    row = make_template(full, "Our way", "Backup and go", by=cast["cora"])
    for word in ("Cora", "Thon", "22/22\n", "ci.example", "2030", "Genesis", "done", "protected"):
        assert word not in row.body.replace("target: 22/22\n", ""), word
    data = read(row.body, "yaml").data
    assert data["plan"] == {"name": "Our way", "summary": "Backup and go", "watch": "3d"}
    assert [item["text"] for item in data["phases"][0]["items"]] == ["Backup", "Late", "Offset"]
    assert data["phases"][0]["items"][2]["command"] == "make backup"
    assert data["phases"][0]["items"][1]["count"] == {"of": 7}
    assert full.events.last().kind == "template.made"


def test_a_release_of_ones_own_template_is_like_any_other(full, cast):
    row = make_template(full, "Our way", by=cast["cora"])
    plan = start_from_template(starter(cast["thon"], row.key), Wishes("Next"), by=cast["thon"])
    assert plan.items.count() == 3
    assert Gate.objects.filter(plan=plan).count() == 1
    assert Phase.objects.filter(plan=plan).count() == 1
    assert EscalationLevel.objects.filter(plan=plan).count() == 1
    assert not ChecklistItem.objects.filter(plan=plan).exclude(state="open").exists()


def test_a_template_is_offered_to_whoever_sees_its_plan(full, cast):
    row = make_template(full, "Our way", by=cast["cora"])
    seeing = [name for name, one in cast.items() if row.key in [s.key for s in starters(one)]]
    assert seeing == ["cora", "thon", "hudson", "forge", "vera", "root"]


def test_its_author_keeps_it_when_the_plan_is_gone_from_sight(full, cast):
    row = make_template(full, "Our way", by=cast["cora"])
    Seat.objects.filter(user=cast["cora"]).delete()
    assert row.key in [one.key for one in starters(cast["cora"])]


def test_only_who_may_edit_makes_one(full, cast):
    with pytest.raises(NotAllowed):
        make_template(full, "Our way", by=cast["thon"])


@pytest.mark.parametrize(("name", "summary"), [("", ""), ("x" * 201, ""), ("ok", "x" * 301)])
def test_a_name_is_wanted_and_fits(full, cast, name, summary):
    with pytest.raises(Invalid):
        make_template(full, name, summary, by=cast["cora"])


def test_one_name_stands_once_per_plan_and_keys_differ(full, cast):
    make_template(full, "Drill", by=cast["cora"])
    with pytest.raises(Invalid, match="of that name"):
        make_template(full, "Drill", by=cast["cora"])
    other = make_plan("other", "Other", author=cast["cora"])
    other.roles.create(key="editor", name="Editor", rights=["edit"]).seats.create(user=cast["cora"])
    make_template(other, "Drill", by=cast["cora"])
    assert set(PlanTemplate.objects.values_list("key", flat=True)) == {"drill-2", "drill-3"}


def test_the_same_request_makes_one_template(full, cast):
    assert make_template(full, "Our way", by=cast["cora"], request_id="a")
    assert make_template(full, "Our way", by=cast["cora"], request_id="a") is None
    with pytest.raises(Refused):
        make_template(full, "Another", by=cast["cora"], request_id="b")
        make_template(full, "Another", by=cast["cora"], request_id="c")


def test_a_retired_template_is_not_offered_and_its_releases_stand(full, cast):
    row = make_template(full, "Our way", by=cast["cora"])
    plan = start_from_template(starter(cast["cora"], row.key), Wishes("Next"), by=cast["cora"])
    retire_template(row, by=cast["cora"])
    retire_template(row, by=cast["cora"])
    assert row.key not in [one.key for one in starters(cast["root"])]
    assert plan.items.count() == 3
    assert full.events.filter(kind="template.retired").count() == 1


def test_only_its_author_or_an_administrator_retires_it(full, cast):
    row = make_template(full, "Our way", by=cast["cora"])
    with pytest.raises(NotAllowed):
        retire_template(row, by=cast["thon"])
    retire_template(row, by=cast["root"])


def test_a_template_of_a_template_is_the_same(ada):
    plan = begun("progressive", ada)
    row = make_template(plan, "Again", by=ada)
    again = start_from_template(starter(ada, row.key), Wishes("Next", t0=T0), by=ada)
    one, two = plan_data(plan, states=False), plan_data(again, states=False)
    for part in ("phases", "gates", "stages", "metrics", "readiness"):
        assert one[part] == two[part], part
