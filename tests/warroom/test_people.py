"""Who sits as what: seats are taken and left by people who may edit, and the timeline says so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from checklists.actions.gates import cast_vote
from checklists.actions.signoffs import sign_off
from tests.conftest import make_plan, make_user
from warroom.actions.people import hand_over, take_back, take_seat
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.actions.roles import RoleWish, remove_role, save_roles
from warroom.actions.timeline import add_note
from warroom.actions.turns import tell_turns
from warroom.live import panels
from warroom.live.fragments import Question, look
from warroom.models import Seat
from warroom.queries.people import roles_state, standing
from warroom.queries.plans import plans_for, seen_by

UUID = "6b1f2b1e-6f0e-4c86-9a9c-111111111111"

pytestmark = pytest.mark.django_db


def test_a_person_is_seated_and_the_timeline_says_so(plan, cast, client_of):
    page = f"/plans/{plan.slug}/people/"
    answer = client_of(cast["cora"]).post(page, {"role": "on-call", "person": "stranger"})
    assert answer.status_code == 302
    assert Seat.objects.filter(role__key="on-call", user=cast["stranger"]).exists()
    assert plan.events.get().text == "Stranger is now On-Call"
    assert client_of(cast["stranger"]).get(page).status_code == 200


def test_to_seat_somebody_twice_changes_nothing(plan, cast, client_of):
    for _ in range(2):
        client_of(cast["cora"]).post(
            f"/plans/{plan.slug}/people/", {"role": "on-call", "person": "thon"}
        )
    assert plan.events.count() == 0


@pytest.mark.parametrize(("name", "status"), [("thon", 403), ("vera", 403), ("stranger", 404)])
def test_only_who_may_edit_seats_people(plan, cast, client_of, name, status):
    answer = client_of(cast[name]).post(
        f"/plans/{plan.slug}/people/", {"role": "deployment-lead", "person": name}
    )
    assert answer.status_code == status
    assert plan.events.count() == 0


def test_an_unknown_name_is_said_and_what_was_typed_stays(plan, cast, client_of):
    answer = client_of(cast["cora"]).post(
        f"/plans/{plan.slug}/people/", {"role": "on-call", "person": "nobody"}
    )
    assert answer.status_code == 422
    assert b"Nobody has the user name" in answer.content
    assert b'value="nobody"' in answer.content


def test_a_role_of_another_plan_cannot_be_filled_from_here(plan, cast, client_of):
    other = make_plan("other", "Other")
    other.roles.create(key="only-there", name="Only there")
    answer = client_of(cast["cora"]).post(
        f"/plans/{plan.slug}/people/", {"role": "only-there", "person": "thon"}
    )
    assert answer.status_code == 422
    assert other.events.count() == 0


def test_the_last_editor_cannot_leave(plan, cast, client_of):
    cora = client_of(cast["cora"])
    leave = f"/plans/{plan.slug}/people/deployment-lead/cora/leave"
    assert cora.post(leave).status_code == 422
    make_user("mara")
    cora.post(f"/plans/{plan.slug}/people/", {"role": "deployment-lead", "person": "mara"})
    assert cora.post(leave).status_code == 302
    assert cora.get(f"/plans/{plan.slug}/").status_code == 404


def test_the_last_editor_does_not_end_their_own_seat_either(plan, cast, client_of):
    cora = client_of(cast["cora"])
    data = {"role": "deployment-lead", "person": "cora", "ends_at": "2020-01-01 09:00"}
    assert cora.post(f"/plans/{plan.slug}/people/", data).status_code == 422
    assert cora.get(f"/plans/{plan.slug}/").status_code == 200


# --- roles and their rights ----------------------------------------------------------------


def matrix(plan):
    """The form as it stands."""
    data = {"seen": roles_state(plan.roles.all())}
    for role in plan.roles.all():
        data[f"{role.key}.name"] = role.name
        data |= {f"{role.key}.{right}": "on" for right in role.rights}
    return data


def test_rights_names_and_coverage_are_saved_at_once_as_one_event(plan, cast, client_of):
    cora, thon = client_of(cast["cora"]), client_of(cast["thon"])
    refused = thon.post(f"/plans/{plan.slug}/people/", {"role": "member", "person": "vera"})
    assert refused.status_code == 403
    answer = cora.post(
        f"/plans/{plan.slug}/settings/roles",
        matrix(plan)
        | {"on-call.edit": "on", "member.name": "Team", "on-call.from": "T-2h"}
        | {"on-call.until": "T+1d"},
    )
    assert answer.status_code == 302
    event = plan.events.get()
    assert event.kind == "role.changed"
    assert "On-Call may now edit the plan" in event.text
    assert "Member is now called Team" in event.text
    role = plan.roles.get(key="on-call")
    assert (role.cover_from_s, role.cover_until_s) == (-7200, 86400)
    # It takes effect on the next request.
    seated = thon.post(f"/plans/{plan.slug}/people/", {"role": "member", "person": "vera"})
    assert seated.status_code == 302


def test_to_save_the_same_roles_changes_nothing(plan, cast, client_of):
    assert (
        client_of(cast["cora"]).post(f"/plans/{plan.slug}/settings/roles", matrix(plan)).status_code
        == 302
    )
    assert plan.events.count() == 0


def test_a_late_matrix_is_refused_and_what_was_chosen_stays(plan, cast, client_of):
    """409: somebody else saved meanwhile; saved once more it is deliberate."""
    cora, stale = client_of(cast["cora"]), matrix(plan) | {"member.vote": "on"}
    role = plan.roles.get(key="on-call")
    role.name = "Night watch"
    role.save()
    answer = cora.post(f"/plans/{plan.slug}/settings/roles", stale)
    assert answer.status_code == 409
    assert "saved as Night watch" in answer.text
    assert 'name="member.vote" checked' in answer.text
    assert plan.events.count() == 0
    again = stale | {"seen": roles_state(plan.roles.all())}
    assert cora.post(f"/plans/{plan.slug}/settings/roles", again).status_code == 302
    assert "vote" in plan.roles.get(key="member").rights


def test_ticks_of_others_do_not_make_a_matrix_late(plan, cast, client_of):
    form = matrix(plan) | {"member.vote": "on"}
    add_note(plan, "Seen", by=cast["thon"])
    answer = client_of(cast["cora"]).post(f"/plans/{plan.slug}/settings/roles", form)
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"deployment-lead.edit": None}, "Nobody could edit this plan any more"),
        ({"member.name": "On-Call"}, "Two roles would be called"),
        ({"member.name": ""}, "This field is required"),
        ({"member.name": "A\r\nBcc: x@example.org"}, "one line"),
        ({"member.from": "T-2h"}, "both ends"),
        ({"member.from": "T+2h", "member.until": "T+1h"}, "ends before it begins"),
        ({"member.from": "soon", "member.until": "T+1h"}, "is no offset"),
    ],
)
def test_a_matrix_that_does_not_fit_is_answered_and_keeps_what_was_typed(
    plan, cast, client_of, change, said
):
    data = {k: v for k, v in (matrix(plan) | change).items() if v is not None}
    data["observer.vote"] = "on"
    answer = client_of(cast["cora"]).post(f"/plans/{plan.slug}/settings/roles", data)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'name="observer.vote" checked' in answer.text
    assert plan.events.count() == 0
    assert plan.roles.get(key="observer").rights == []


def test_the_right_to_edit_stays_with_somebody_who_is_there(plan, cast):
    other = plan.roles.create(key="deputy", name="Deputy", rights=["edit"])
    wish = RoleWish("Deployment Lead", frozenset({"tick"}))
    seen = roles_state(plan.roles.all())
    with pytest.raises(Invalid, match="Nobody could edit"):
        save_roles(plan, {"deployment-lead": wish}, by=cast["cora"], seen=seen)
    take_seat(plan, other, cast["thon"], by=cast["cora"])
    assert save_roles(plan, {"deployment-lead": wish}, by=cast["cora"], seen=seen)


def test_a_role_is_added_and_removed(plan, cast, client_of):
    cora = client_of(cast["cora"])
    add, remove = (f"/plans/{plan.slug}/settings/roles/{verb}" for verb in ("add", "remove"))
    sent = {"name": "Night cover", "rights": ["tick", "run"], "request_id": UUID}
    for _ in range(2):
        assert cora.post(add, sent).status_code == 302
    assert plan.roles.get(key="night-cover").rights == ["tick", "run"]
    assert cora.post(add, {"name": "night COVER"}).status_code == 422
    for _ in range(2):
        assert cora.post(remove, {"role": "night-cover"}).status_code == 302
    assert [event.kind for event in plan.events.order_by("seq")] == ["role.added", "role.removed"]


def test_a_role_that_signed_voted_or_decided_stays(plan, gate, cast):
    roles = {role.key: role for role in plan.roles.all()}
    sign_off(plan, None, roles["security-lead"], "approved", by=cast["hudson"])
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    for key in ("security-lead", "on-call"):
        with pytest.raises(Refused, match="stays on record"):
            remove_role(plan, roles[key], by=cast["cora"])
    with pytest.raises(Invalid, match="Nobody could edit"):
        remove_role(plan, roles["deployment-lead"], by=cast["cora"])
    assert plan.roles.count() == len(roles)


def test_a_removed_role_ends_the_sight_of_who_sat_only_there(plan, cast, client_of):
    vera = client_of(cast["vera"])
    assert vera.get(f"/plans/{plan.slug}/").status_code == 200
    remove_role(plan, plan.roles.get(key="observer"), by=cast["cora"])
    assert vera.get(f"/plans/{plan.slug}/").status_code == 404
    plan.refresh_from_db()
    question = Question(
        plan.pk, plan.timeline_seq - 1, frozenset(), frozenset(), frozenset(), frozenset(), {}
    )
    assert look([question])[plan.pk].seats_moved


# --- a seat for a time ---------------------------------------------------------------------


@pytest.fixture
def night(plan, cast):
    """Thon hands On-Call to Forge from in an hour until in nine hours."""
    now = timezone.now().replace(microsecond=0)
    hours = (now + timedelta(hours=1), now + timedelta(hours=9))
    seat = Seat.objects.get(user=cast["thon"])
    return hand_over(seat, cast["forge"], *hours, "Watch the latency.", by=cast["thon"])


def holds(person, plan, key, at):
    return key in [role.key for role in standing(person, plan, at).roles]


def test_a_stand_in_counts_for_its_time_and_the_holder_before_and_after(plan, cast, night):
    """S62: night cover."""
    for minutes, whose in ((0, "thon"), (61, "forge"), (539, "forge"), (541, "thon")):
        at = night.starts_at + timedelta(minutes=minutes - 60)
        there = {name for name in ("thon", "forge") if holds(cast[name], plan, "on-call", at)}
        assert there == {whose}, minutes
    event = plan.events.get()
    assert event.kind == "seat.handed_over"
    assert event.text.startswith("Forge stands in for Thon as On-Call from ")
    assert event.text.endswith("Watch the latency.")


def test_what_the_stand_in_signs_is_theirs_and_who_lent_the_seat_may_not(plan, cast, night):
    """Scenario 54: with a seat of their own signed for, the stand-in does not sign for two."""
    Seat.objects.filter(pk=night.pk).update(starts_at=timezone.now() - timedelta(minutes=1))
    role, security = plan.roles.get(key="on-call"), plan.roles.get(key="security-lead")
    with pytest.raises(NotAllowed):
        sign_off(plan, None, role, "approved", by=cast["thon"])
    assert sign_off(plan, None, role, "approved", by=cast["forge"]).person == cast["forge"]
    take_seat(plan, security, cast["forge"], by=cast["cora"])
    with pytest.raises(Refused, match="two roles"):
        sign_off(plan, None, security, "approved", by=cast["forge"])


def test_two_nights_are_lent_to_two_people_and_never_the_same_hour_twice(plan, cast, night):
    seat, later = night.stands_in_for, night.ends_at + timedelta(hours=12)
    hand_over(seat, cast["vera"], later, later + timedelta(hours=8), by=cast["cora"])
    with pytest.raises(Invalid, match="stands in") as refused:
        hand_over(
            seat,
            cast["hudson"],
            night.starts_at + timedelta(hours=2),
            later + timedelta(hours=1),
            by=cast["thon"],
        )
    assert refused.value.field == "starts_at"
    assert seat.stand_ins.count() == 2


@pytest.mark.parametrize(
    ("to", "starts", "ends", "field"),
    [
        ("forge", 2, 1, "ends_at"),
        ("forge", -3, -2, "ends_at"),
        ("forge", 1, 24 * 40, "ends_at"),
        ("thon", 1, 2, "person"),
        ("gone", 1, 2, "person"),
    ],
)
def test_a_hand_over_that_does_not_fit_is_refused(plan, cast, to, starts, ends, field):
    cast["gone"] = make_user("gone", is_active=False)
    now, seat = timezone.now(), Seat.objects.get(user=cast["thon"])
    with pytest.raises(Invalid) as refused:
        hand_over(
            seat,
            cast[to],
            now + timedelta(hours=starts),
            now + timedelta(hours=ends),
            by=cast["thon"],
        )
    assert refused.value.field == field
    assert plan.events.count() == 0


def test_only_the_holder_and_editors_hand_over_and_take_back(plan, cast, night, client_of):
    seat, ends = night.stands_in_for, night.ends_at + timedelta(hours=30)
    for name in ("forge", "hudson", "vera"):
        with pytest.raises(NotAllowed):
            hand_over(seat, cast["vera"], night.ends_at, ends, by=cast[name])
        with pytest.raises(NotAllowed):
            take_back(night, by=cast[name])
    take_back(night, by=cast["cora"])
    take_back(night, by=cast["cora"])
    assert [event.kind for event in plan.events.order_by("seq")][1:] == ["seat.taken_back"]
    assert not seat.stand_ins.filter(ends_at__gt=timezone.now()).exists()


def test_a_seat_is_taken_back_early(plan, cast, night):
    Seat.objects.filter(pk=night.pk).update(starts_at=timezone.now() - timedelta(hours=1))
    assert holds(cast["forge"], plan, "on-call", None)
    take_back(night, by=cast["thon"])
    assert holds(cast["thon"], plan, "on-call", None)
    assert not holds(cast["forge"], plan, "on-call", None)
    assert plan.events.last().text == "Thon is On-Call again; Forge stood in."


def test_who_stands_in_sees_the_release_from_the_hand_over_until_the_end(plan, cast):
    now, rin = timezone.now(), make_user("rin")
    seat = Seat.objects.get(user=cast["thon"])
    hours = (now + timedelta(hours=1), now + timedelta(hours=2))
    stand_in = hand_over(seat, rin, *hours, by=cast["thon"])
    assert plan in plans_for(rin)
    assert (rin.pk, plan.pk) in seen_by([rin], [plan.pk])
    Seat.objects.filter(pk=stand_in.pk).update(starts_at=now - timedelta(hours=2), ends_at=now)
    assert plan not in plans_for(rin)
    assert (rin.pk, plan.pk) not in seen_by([rin], [plan.pk])
    assert plan in plans_for(cast["thon"])


def test_the_page_of_a_seat_hands_over_and_takes_back(plan, cast, client_of):
    thon, page = client_of(cast["thon"]), f"/plans/{plan.slug}/people/on-call/thon/hand-over"
    wrong = thon.post(page, {"person": "forge", "ends_at": "tomorrow", "note": "Keep this."})
    assert wrong.status_code == 422
    assert "is no time" in wrong.text and "Keep this." in wrong.text
    sent = {"person": "forge", "starts_at": "", "ends_at": "2100-01-01 07:00"}
    far = thon.post(page, sent)
    assert far.status_code == 422 and "31 days" in far.text
    until = f"{timezone.now() + timedelta(hours=9):%Y-%m-%d %H:%M}"
    right = sent | {"ends_at": until, "request_id": UUID}
    assert thon.post(page, right).status_code == 302
    assert thon.post(page, right).status_code == 302
    stand_in = Seat.objects.get(stands_in_for__user=cast["thon"])
    assert "stands in now" in thon.get(page).text
    room = thon.get(f"/plans/{plan.slug}/").text
    assert "On-Call for Thon until" in room
    assert thon.post(f"{page}/{stand_in.pk}/take-back").status_code == 302
    assert plan.events.last().kind == "seat.taken_back"


def test_a_stand_in_of_another_release_is_not_taken_back_from_here(plan, cast, night, client_of):
    """Scenario 52: what is not of this release is not there."""
    other = make_plan("other", "Other")
    role = other.roles.create(key="on-call", name="On-Call", rights=["edit"])
    Seat.objects.create(role=role, user=cast["thon"])
    thon = client_of(cast["thon"])
    page = f"/plans/other/people/on-call/thon/hand-over/{night.pk}/take-back"
    assert thon.post(page).status_code == 404
    assert thon.post("/plans/other/settings/roles/remove", {"role": "member"}).status_code == 302
    assert plan.roles.filter(key="member").exists()


def test_a_disabled_person_is_out_with_the_next_request(plan, cast, client_of):
    """Scenario 60."""
    thon = client_of(cast["thon"])
    assert thon.get(f"/plans/{plan.slug}/").status_code == 200
    cast["thon"].is_active = False
    cast["thon"].save()
    assert thon.get(f"/plans/{plan.slug}/").status_code == 302
    cora = client_of(cast["cora"])
    answer = cora.post(f"/plans/{plan.slug}/people/", {"role": "member", "person": "thon"})
    assert answer.status_code == 422


def test_a_turn_that_nobody_makes_is_told_once_and_pages_follow(
    plan, cast, night, django_assert_num_queries
):
    with django_assert_num_queries(1):
        assert tell_turns() == 0
    begins, ends = night.starts_at + timedelta(seconds=1), night.ends_at + timedelta(seconds=1)
    assert [tell_turns(begins), tell_turns(begins), tell_turns(ends), tell_turns(ends)] == [
        1, 0, 1, 0,
    ]  # fmt: skip
    told = list(plan.events.order_by("seq"))[1:]
    assert [(event.kind, event.text) for event in told] == [
        ("seat.begun", "Forge stands in for Thon as On-Call now"),
        ("seat.ended", "Thon is On-Call again; Forge stood in"),
    ]
    assert panels.get("votes").is_stale(told[0])


def test_what_people_do_at_once_is_not_told_again_as_a_turn(plan, cast):
    ends = timezone.now() + timedelta(hours=1)
    stand_in = hand_over(
        Seat.objects.get(user=cast["thon"]), cast["forge"], None, ends, by=cast["thon"]
    )
    take_back(stand_in, by=cast["thon"])
    assert tell_turns() == 0
    assert plan.events.count() == 2
