"""A copy: structure and people as they were, everything open again, nothing that was done."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.items import set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import (
    ChecklistItem,
    Criterion,
    DailyForm,
    Decision,
    Evidence,
    PhaseGroup,
    Risk,
    SignOff,
    Vote,
)
from rollouts.models import HealthCheck, Stage
from tests.conftest import make_item, make_user
from warroom.actions.copies import copy_plan
from warroom.actions.drafts import Wishes
from warroom.actions.imports import import_plan
from warroom.actions.refusals import Invalid
from warroom.documents.writing import completed_document
from warroom.models import (
    DeploymentPlan,
    EscalationContact,
    EscalationLevel,
    Invitation,
    Lifecycle,
    Message,
    Seat,
)

pytestmark = pytest.mark.django_db

PAST, FUTURE = datetime(2024, 1, 2, 9, tzinfo=UTC), datetime(2090, 1, 2, 9, tzinfo=UTC)
T0 = datetime(2030, 3, 4, 9, tzinfo=UTC)
NEXT = Wishes("Genesis Phase 5", t0=T0)


@pytest.fixture
def run(plan, cast, phase, gate):
    """A release in the middle of its life."""
    plan.t0, plan.version, plan.time_zone = timezone.now(), "v4.0.0", "Europe/Berlin"
    plan.lifecycle = Lifecycle.WATCHING
    plan.save()
    group = PhaseGroup.objects.create(phase=phase, title="Before", position=1, off_at=PAST)
    first = make_item(phase, 1, "Backup", group=group, due_offset_s=-7200, owner="Thon")
    make_item(phase, 2, "Came later", added_at=timezone.now(), parent=first)
    make_item(phase, 3, "Long ago", due_at=PAST)
    make_item(phase, 4, "In time", due_at=FUTURE, count_of=7, count_done=3)
    make_item(phase, 5, "Taken off", removed_at=timezone.now())
    Criterion.objects.create(gate=gate, key="team", position=1, label="Team ready")
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, gate=gate, soak_s=43200)
    HealthCheck.objects.create(plan=plan, key="home", name="Home", url="https://a.example/")
    Risk.objects.create(plan=plan, number=1, title="Slow", owner="Thon")
    level = EscalationLevel.objects.create(plan=plan, number=1, name="Team")
    EscalationContact.objects.create(plan=plan, level=level, name="Thon")
    roles = {role.key: role for role in plan.roles.all()}
    set_item_state(first, "done", by=cast["cora"], value="22/22")
    sign_off(plan, None, roles["on-call"], "rejected", by=cast["thon"], comment="Not yet")
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    decide_gate(gate, "hold", by=cast["cora"])
    return DeploymentPlan.objects.get(pk=plan.pk)


def copied(run, cast, wishes=NEXT, **more) -> DeploymentPlan:
    return copy_plan(run, wishes, by=cast["cora"], **more)


def test_the_structure_goes_along_and_every_item_is_open(run, cast):
    copy = copied(run, cast)
    texts = {"Backup", "Came later", "Long ago", "In time"}
    assert {item.text for item in copy.items.all()} == texts
    assert {(item.state, item.value, item.count_done) for item in copy.items.all()} == {
        ("open", "", None)
    }
    assert copy.items.get(text="Came later").parent.text == "Backup"
    assert copy.items.get(text="Backup").due_offset_s == -7200
    assert copy.items.get(text="In time").count_of == 7
    assert PhaseGroup.objects.get(phase__plan=copy).off_at is None
    assert (copy.gates.count(), copy.stages.count(), copy.risks.count()) == (1, 1, 1)
    assert copy.contacts.get().name == "Thon"


def test_nothing_that_was_done_goes_along(run, cast):
    copy = copied(run, cast)
    for model in (SignOff, Evidence):
        assert not model.objects.filter(plan=copy).exists()
    for model in (Vote, Decision):
        assert not model.objects.filter(gate__plan=copy).exists()
    assert Stage.objects.get(plan=copy).state == "pending"
    assert (copy.verdict, copy.summary, copy.version) == ("", "", "")
    assert copy.events.first().kind == "plan.copied"
    assert "22/22" not in copy.source_text


def test_it_is_a_draft_of_its_author_that_names_where_it_came_from(run, cast):
    copy = copied(run, cast)
    assert (copy.lifecycle, copy.author, copy.copied_from) == ("draft", cast["cora"], run)
    assert (copy.name, copy.slug, copy.t0) == ("Genesis Phase 5", "genesis-phase-5", T0)
    assert copy.time_zone == "Europe/Berlin"
    assert copy.events.first().text.startswith("Copied from Genesis Phase 4: phases and items and")
    assert not run.events.filter(kind__startswith="plan.copied").exists()


def test_people_are_asked_again_and_no_seat_counts_before(run, cast):
    copy = copied(run, cast)
    asked = {(one.role.key, one.name) for one in Invitation.objects.filter(plan=copy)}
    assert asked == {
        ("on-call", "Thon"),
        ("security-lead", "Hudson"),
        ("member", "Forge"),
        ("observer", "Vera"),
    }
    seated = Seat.objects.filter(role__plan=copy).values_list("user__username", flat=True)
    assert set(seated) == {"cora"}


def test_nothing_is_sent_from_a_draft(run, cast):
    cast["thon"].email = "thon@example.org"
    cast["thon"].save()
    copy = copied(run, cast)
    assert Invitation.objects.get(plan=copy, role__key="on-call").email == "thon@example.org"
    assert not Message.objects.exists()


def test_without_people_their_names_stay_behind(run, cast):
    copy = copied(run, cast, takes={"items", "comms"})
    assert not Invitation.objects.filter(plan=copy).exists()
    assert copy.items.get(text="Backup").owner == ""
    assert copy.risks.get().owner == ""
    assert copy.roles.filter(key="on-call").exists()


@pytest.mark.parametrize(
    ("takes", "counts"),
    [
        ({"items"}, (4, 0, 0, 0, 0)),
        ({"criteria"}, (0, 1, 1, 0, 0)),
        ({"comms"}, (0, 0, 0, 1, 1)),
        (set(), (0, 0, 0, 0, 0)),
    ],
)
def test_what_goes_along_is_chosen(run, cast, takes, counts):
    copy = copied(run, cast, takes=takes)
    made = (copy.items, copy.gates, copy.stages, copy.risks, copy.escalation_levels)
    assert tuple(one.count() for one in made) == counts


def test_items_that_came_later_can_stay_behind(run, cast):
    copy = copied(run, cast, added=False)
    assert not copy.items.filter(text="Came later").exists()


def test_fixed_dates_go_along_while_they_lie_ahead_and_the_others_are_named(run, cast):
    run.window_start, run.window_end, run.protected_until = PAST, FUTURE, PAST
    run.save()
    copy = copied(run, cast)
    assert copy.items.get(text="Long ago").due_at is None
    assert copy.items.get(text="In time").due_at == FUTURE
    assert (copy.window_start, copy.window_end, copy.protected_until) == (None, FUTURE, None)
    event = copy.events.get(kind="plan.copied")
    assert "3 fixed dates lie in the past" in event.text
    said = [finding["text"] for finding in event.data["findings"]]
    assert "Long ago: due 2024-01-02 09:00 UTC lies in the past and was left out." in said


def test_days_are_counted_from_t0(run, cast):
    day = run.t0.date()
    DailyForm.objects.create(
        plan=run,
        key="wrap-up",
        title="Wrap-up",
        at_time="18:00",
        first_day=day - timedelta(days=2),
        last_day=day + timedelta(days=1),
    )
    form = DailyForm.objects.get(plan=copied(run, cast))
    assert (form.first_day.isoformat(), form.last_day.isoformat()) == ("2030-03-02", "2030-03-05")


def test_the_same_request_makes_one_copy(run, cast):
    first = copied(run, cast, request_id="a")
    assert copied(run, cast, request_id="a") == first
    assert Invitation.objects.filter(plan=first).count() == 4
    assert copied(run, cast, request_id="b").slug == "genesis-phase-5-2"


def test_what_cannot_be_taken_is_named(run, cast):
    with pytest.raises(Invalid, match="'ticks' cannot be taken"):
        copied(run, cast, takes={"ticks"})


def test_a_copy_of_a_copy_is_the_same_again(run, cast):
    copy = copied(run, cast)
    again = copy_plan(copy, Wishes("Genesis Phase 6", t0=T0), by=cast["cora"])
    assert [i.text for i in again.items.all()] == [i.text for i in copy.items.all()]
    assert again.copied_from == copy


def test_the_source_is_not_touched(run, cast):
    before = run.timeline_seq, run.revision
    copied(run, cast)
    run.refresh_from_db()
    assert (run.timeline_seq, run.revision) == before
    assert ChecklistItem.objects.get(plan=run, text="Backup").state == "done"


def test_whoever_may_see_a_plan_may_copy_it(run, cast):
    copy = copy_plan(run, NEXT, by=cast["vera"])
    assert copy.author == cast["vera"]
    asked = set(Invitation.objects.filter(plan=copy).values_list("name", flat=True))
    assert asked == {"Cora", "Thon", "Hudson", "Forge"}


def test_who_left_is_not_asked(run, cast):
    gone = make_user("gone", is_active=False)
    Seat.objects.create(role=run.roles.get(key="member"), user=gone)
    assert not Invitation.objects.filter(plan=copied(run, cast), name="Gone").exists()


def test_two_of_one_name_do_not_stop_a_copy(run, cast):
    for n in range(2):
        twin = make_user(f"twin{n}")
        twin.first_name = "Alex"
        twin.save()
        Seat.objects.create(role=run.roles.get(key="member"), user=twin)
    assert Invitation.objects.filter(plan=copied(run, cast), name="Alex").count() == 1


def test_the_document_of_a_copy_has_no_ticks(cast):
    text = "# Ours\n\n## Before\n\n- [x] Backup\n- [ ] Tests\n"
    first = import_plan(text, by=cast["cora"])
    copy = copied(first, cast)
    assert "- [ ] Backup" in completed_document(copy)
    assert not copy.items.exclude(state="open").exists()


def test_the_author_keeps_the_own_roles_at_once(run, cast):
    copy = copied(run, cast)
    held = Seat.objects.filter(role__plan=copy, user=cast["cora"])
    before = Seat.objects.filter(role__plan=run, user=cast["cora"], stands_in_for=None)
    keys = set(before.values_list("role__key", flat=True))
    assert "deployment-lead" in keys
    assert keys <= set(held.values_list("role__key", flat=True))
    nobody = copied(run, cast, Wishes("Alone", t0=T0), takes={"items"})
    own = Seat.objects.filter(role__plan=nobody).values_list("role__key", flat=True)
    assert "deployment-lead" not in own


def test_header_lines_that_speak_of_the_source_stay_behind(run, cast):
    run.facts = {"title": "Old", "Go-live": "2025-10-23 09:00", "Window": "9 to 12", "Ticket": "X1"}
    run.save()
    assert copied(run, cast).facts == {"Ticket": "X1"}


def test_a_rehearsal_does_not_keep_the_real_window(run, cast):
    DeploymentPlan.objects.filter(pk=run.pk).update(window_start=FUTURE, window_end=FUTURE)
    run.refresh_from_db()
    drill = copied(run, cast, Wishes("Drill", t0=T0, rehearsal=True, factor=10))
    assert (drill.window_start, drill.window_end) == (None, None)
