"""Each step of a release's life: its right, its checks, its event; what is closed stays closed."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from checklists.actions.conditions import Wanted
from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.items import set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import Phase
from rollouts.actions.stages import advance
from rollouts.models import HealthCheck, Stage
from rollouts.queries.due import due_ids
from tests.conftest import make_item, make_plan
from warroom.actions.change import change
from warroom.actions.lifecycle import objections, set_lifecycle, take_step
from warroom.actions.people import take_seat
from warroom.actions.refusals import Invalid, NotAllowed, Refused, Unconfirmed
from warroom.actions.status import post_status_update, set_status_public
from warroom.actions.timeline import add_note
from warroom.actions.tokens import make_token
from warroom.live.headline import shown_verdict, stands
from warroom.live.outlook import next_step
from warroom.models import Lifecycle
from warroom.panels import next_of_life
from warroom.queries.timeline import first_broken
from warroom.rules import lifecycle as rules

pytestmark = pytest.mark.django_db

EVENTS = {
    "preparing": "plan.opened",
    "deploying": "plan.went_live",
    "watching": "plan.watching",
    "rolled_back": "plan.rolled_back",
    "aborted": "plan.aborted",
    "reopen": "plan.reopened",
}


def put(plan, lifecycle, **fields):
    plan.lifecycle = lifecycle
    for name, value in fields.items():
        setattr(plan, name, value)
    plan.save()
    return plan


def kinds(plan):
    return [event.kind for event in plan.events.order_by("seq")]


# --- the rule --------------------------------------------------------------------------------


def test_every_pair_of_lifecycle_and_step_leads_on_or_says_why_not():
    for step in rules.STEPS.values():
        for lifecycle in Lifecycle.values:
            leads = lifecycle in step.start
            assert bool(rules.late(step, lifecycle, "since 12:00 UTC")) != leads
    allowed = {(start, to) for step in rules.STEPS.values() for start, to in step.start.items()}
    assert allowed == {
        ("draft", "preparing"), ("draft", "deploying"), ("preparing", "deploying"),
        ("deploying", "watching"), ("watching", "stable"), ("deploying", "rolled_back"),
        ("watching", "rolled_back"), ("draft", "aborted"), ("preparing", "aborted"),
        ("deploying", "aborted"), ("watching", "aborted"), ("stable", "watching"),
        ("aborted", "preparing"), ("rolled_back", "deploying"),
    }  # fmt: skip


def test_the_rule_knows_every_lifecycle_of_the_model():
    assert set(rules.SHOWN) == set(Lifecycle.values)
    assert [state for _, state in rules.marks("preparing")] == [
        "done", "now", "next", "next", "next",
    ]  # fmt: skip
    assert {state for _, state in rules.marks("stable")} == {"done"}
    assert rules.marks("aborted") == []


# --- the steps -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "step", "who", "to"),
    [
        ("draft", "preparing", "cora", "preparing"),
        ("preparing", "deploying", "thon", "deploying"),
        ("draft", "deploying", "thon", "deploying"),
        ("deploying", "watching", "thon", "watching"),
        ("deploying", "rolled_back", "thon", "rolled_back"),
        ("watching", "rolled_back", "thon", "rolled_back"),
        ("draft", "aborted", "cora", "aborted"),
        ("watching", "aborted", "cora", "aborted"),
        ("stable", "reopen", "cora", "watching"),
        ("aborted", "reopen", "cora", "preparing"),
    ],
)
def test_a_step_is_one_event_with_who_why_from_and_to(plan, cast, start, step, who, to):
    put(plan, start)
    take_step(plan, step, by=cast[who], reason="As agreed at noon.")
    plan.refresh_from_db()
    event = plan.events.get()
    assert (plan.lifecycle, event.kind, event.actor) == (to, EVENTS[step], cast[who])
    assert (event.data["from"], event.data["to"]) == (start, to)
    assert "As agreed at noon." in event.text and plan.lifecycle_reason == "As agreed at noon."
    assert plan.lifecycle_at == event.at
    assert first_broken(plan) is None


@pytest.mark.parametrize(
    ("start", "step", "who"),
    [
        ("draft", "preparing", "thon"),
        ("preparing", "deploying", "hudson"),
        ("deploying", "watching", "forge"),
        ("watching", "rolled_back", "vera"),
        ("watching", "aborted", "thon"),
        ("aborted", "reopen", "thon"),
        ("preparing", "deploying", "stranger"),
    ],
)
def test_without_the_right_nothing_moves(plan, cast, start, step, who):
    put(plan, start)
    with pytest.raises(NotAllowed):
        take_step(plan, step, by=cast[who], reason="Because.")
    plan.refresh_from_db()
    assert (plan.lifecycle, kinds(plan)) == (start, [])


@pytest.mark.parametrize("step", ["preparing", "deploying", "watching", "aborted", "rolled_back"])
def test_taken_twice_is_one_step(plan, cast, step):
    put(plan, {"preparing": "draft", "watching": "deploying", "rolled_back": "watching"}.get(
        step, "preparing"))  # fmt: skip
    for _ in range(2):
        take_step(plan, step, by=cast["cora"], reason="Once.")
    assert len(kinds(plan)) == 1


def test_reopening_twice_is_once_and_an_open_release_is_not_reopened(plan, cast):
    put(plan, "stable")
    for _ in range(2):
        take_step(plan, "reopen", by=cast["cora"], reason="P95 rose.", request_id="a")
    assert kinds(plan) == ["plan.reopened"]


@pytest.mark.parametrize(
    ("start", "step", "says"),
    [
        ("watching", "deploying", "Going live is over"),
        ("aborted", "deploying", "Reopen it in the settings first"),
        ("stable", "aborted", "Aborting is over"),
        ("rolled_back", "aborted", "Aborting is over"),
        ("rolled_back", "deploying", "Going live is over"),
        ("draft", "watching", "comes later"),
    ],
)
def test_what_comes_too_late_or_too_early_is_refused_with_what_is_true(
    plan, cast, start, step, says
):
    put(plan, start)
    with pytest.raises(Refused, match=says) as refused:
        take_step(plan, step, by=cast["cora"], reason="Because.")
    assert refused.value.status == 409 and str(rules.SHOWN[start]) in refused.value.sentence
    assert kinds(plan) == []


def test_a_click_on_an_older_page_is_refused(plan, cast):
    put(plan, "watching")
    with pytest.raises(Refused, match=r"being watched.*older state"):
        take_step(plan, "aborted", by=cast["cora"], reason="Too risky.", seen="preparing")
    assert kinds(plan) == []


@pytest.mark.parametrize("step", ["aborted", "rolled_back", "reopen"])
def test_leaving_and_reopening_want_a_reason(plan, cast, step):
    put(plan, "stable" if step == "reopen" else "watching")
    with pytest.raises(Invalid) as wrong:
        take_step(plan, step, by=cast["cora"], reason="  ")
    assert wrong.value.field == "reason" and kinds(plan) == []


def test_stable_is_signed_and_not_clicked(plan, cast):
    put(plan, "watching")
    for word in ("stable", "finished"):
        with pytest.raises(Invalid) as wrong:
            take_step(plan, word, by=cast["cora"])
        assert wrong.value.field == "step"


def test_a_signature_can_set_stable_in_its_own_change_after_the_hours_of_watching(plan, cast):
    put(plan, "watching", lifecycle_at=timezone.now() - timedelta(hours=47), watch_hours=48)
    with (
        pytest.raises(Refused, match="Watched for 1 d 23 h of 2 d"),
        change(plan, by=cast["cora"]) as signing,
    ):
        set_lifecycle(signing, "stable")
    put(plan, "watching", lifecycle_at=timezone.now() - timedelta(hours=49))
    with change(plan, by=cast["cora"]) as signing:
        set_lifecycle(signing, "stable")
        signing.record("plan.stable", "Stable.")
    plan.refresh_from_db()
    assert (plan.lifecycle, kinds(plan)) == ("stable", ["plan.stable"])


# --- what stands against it ------------------------------------------------------------------


def test_before_t0_going_live_wants_a_reason_which_is_marked(plan, cast):
    put(plan, "preparing", t0=timezone.now() + timedelta(hours=2))
    with pytest.raises(Unconfirmed, match=r"T0 is .* UTC, in 1 h 59 min") as asked:
        take_step(plan, "deploying", by=cast["thon"])
    assert (asked.value.status, asked.value.field) == (422, "reason")
    assert kinds(plan) == []
    take_step(plan, "deploying", by=cast["thon"], reason="The vendor is early.")
    event = plan.events.get()
    assert event.data["overridden"] and "outside_window" not in event.data
    assert "The vendor is early." in event.text and "T0 is" in event.text


@pytest.mark.parametrize(
    ("opens", "closes", "says"), [(2, 8, "before the window"), (-8, -2, "after the window")]
)
def test_outside_the_window_going_live_says_so(plan, cast, opens, closes, says):
    now = timezone.now()
    put(plan, "preparing", window_start=now + timedelta(hours=opens),
        window_end=now + timedelta(hours=closes))  # fmt: skip
    with pytest.raises(Unconfirmed, match=says):
        take_step(plan, "deploying", by=cast["thon"])
    take_step(plan, "deploying", by=cast["thon"], reason="Agreed with support.")
    assert plan.events.get().data["outside_window"] is True


def test_an_open_blocking_item_before_t0_refuses_and_one_after_it_does_not(plan, cast):
    put(plan, "preparing", t0=timezone.now() - timedelta(minutes=1))
    before = Phase.objects.create(plan=plan, number=1, title="Before", offset_s=-3600)
    after = Phase.objects.create(plan=plan, number=2, title="After", offset_s=3600, required=False)
    before.required = False
    before.save()
    item = make_item(before, 1, "Backup verified", blocking=True)
    make_item(after, 2, "Error rate looked at", blocking=True)
    with pytest.raises(Refused, match=r"1 blocking item is open: 1.1") as refused:
        take_step(plan, "deploying", by=cast["thon"], reason="Go.")
    assert refused.value.status == 409
    set_item_state(item, "done", by=cast["thon"])
    take_step(plan, "deploying", by=cast["thon"])


def test_a_blocking_item_without_any_time_only_warns(plan, cast, phase):
    make_item(phase, 1, "Backup verified", blocking=True)
    found = objections(plan, "deploying", timezone.now())
    assert [(one.code, one.refuses) for one in found] == [("blocking", False)]


def test_a_required_phase_before_t0_that_nobody_signed_warns_and_a_rejected_one_refuses(plan, cast):
    phase = Phase.objects.create(plan=plan, number=1, title="Before", offset_s=-3600)
    with pytest.raises(Unconfirmed, match="Phase 1 is not signed"):
        take_step(plan, "deploying", by=cast["thon"])
    role = plan.roles.get(key="security-lead")
    sign_off(plan, phase, role, "rejected", by=cast["hudson"], comment="No backup.")
    with pytest.raises(Refused, match="Phase 1 was rejected"):
        take_step(plan, "deploying", by=cast["thon"], reason="Go.")
    sign_off(plan, phase, role, "approved", by=cast["hudson"])
    take_step(plan, "deploying", by=cast["thon"])


def test_a_decided_no_go_refuses_and_an_undecided_gate_before_t0_warns(plan, cast, gate):
    gate.offset_s = 0
    gate.save()
    plan.t0 = timezone.now() - timedelta(minutes=1)
    plan.save()
    found = objections(plan, "deploying", timezone.now())
    assert [one.code for one in found] == ["gate"]
    decide_gate(gate, "no-go", by=cast["cora"], rationale="Not today, says the lead.")
    with pytest.raises(Refused, match="said NO-GO"):
        take_step(plan, "deploying", by=cast["thon"], reason="Go.")


def test_nothing_is_aborted_while_it_serves_somebody(plan, cast):
    """The way out is said: roll back to 0 % first."""
    stage = Stage.objects.create(
        plan=plan, number=1, from_percent=0, to_percent=5, state="running",
        started_at=timezone.now(),
    )  # fmt: skip
    put(plan, "deploying")
    with pytest.raises(Refused, match=r"Refused while 5 % is live. Roll back to 0 % first."):
        take_step(plan, "aborted", by=cast["cora"], reason="Too risky.")
    take_step(plan, "rolled_back", by=cast["cora"], reason="Errors.")
    stage.refresh_from_db()
    assert stage.state == "pending" and stage.ended_at is not None
    with pytest.raises(Refused, match="rolled back"):
        advance(plan, to_percent=5, by=cast["thon"])


def test_stable_wants_the_last_stage_and_watching_only_warns(plan, cast):
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, state="running")
    Stage.objects.create(plan=plan, number=2, from_percent=5, to_percent=100)
    now = timezone.now()
    for step, refuses in (("stable", True), ("watching", False)):
        found = objections(plan, step, now)
        assert [(one.code, one.refuses) for one in found] == [("stages", refuses)]
        assert found[0].sentence == "The rollout stands at 5 %; its last stage goes to 100 %."


def test_the_first_stage_is_go_live_with_its_checks(plan, cast):
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5)
    put(plan, "preparing", t0=timezone.now() + timedelta(hours=1))
    with pytest.raises(Unconfirmed, match="T0 is"):
        advance(plan, to_percent=5, by=cast["thon"])
    advance(plan, to_percent=5, by=cast["thon"], reason="Early.")
    plan.refresh_from_db()
    event = plan.events.get()
    assert (plan.lifecycle, event.kind) == ("deploying", "stage.started")
    assert event.data["reason"] == "Early." and "Early." in event.text
    assert plan.lifecycle_at == event.at


def test_a_later_stage_outside_the_window_wants_a_reason(plan, cast):
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, state="running")
    Stage.objects.create(plan=plan, number=2, from_percent=5, to_percent=10)
    put(plan, "deploying", window_end=timezone.now() - timedelta(hours=6))
    with pytest.raises(Unconfirmed, match="It is 6 h after the window"):
        advance(plan, to_percent=10, by=cast["thon"])
    advance(plan, to_percent=10, by=cast["thon"], reason="Support stays.", request_id="x")
    assert advance(plan, to_percent=10, by=cast["thon"], request_id="x").to_percent == 10
    assert plan.events.get().data["outside_window"] is True


# --- closed ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lifecycle", ["stable", "aborted"])
def test_in_a_closed_release_nothing_is_ticked_edited_signed_voted_decided_or_run(
    plan, cast, item, gate, lifecycle
):
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5)
    put(plan, lifecycle)
    roles = {role.key: role for role in plan.roles.all()}
    for attempt in (
        lambda: set_item_state(item, "done", by=cast["thon"]),
        lambda: take_seat(plan, roles["on-call"], cast["forge"], by=cast["cora"]),
        lambda: sign_off(plan, None, roles["on-call"], "approved", by=cast["thon"]),
        lambda: cast_vote(gate, roles["on-call"], "go", by=cast["thon"], conditions=[Wanted("x")]),
        lambda: decide_gate(gate, "hold", by=cast["cora"]),
        lambda: advance(plan, to_percent=5, by=cast["thon"]),
        lambda: post_status_update(plan, "Done.", by=cast["cora"]),
    ):
        with pytest.raises(Refused, match=r"This release is closed.*Reopen it") as refused:
            attempt()
        assert refused.value.status == 409
    assert kinds(plan) == []


def test_in_a_closed_release_notes_and_the_public_page_can_still_change(plan, cast):
    put(plan, "stable")
    add_note(plan, "Written up.", by=cast["forge"])
    set_status_public(plan, False, by=cast["cora"])
    assert kinds(plan) == ["note.added", "status.hidden"]


def test_who_lacks_the_right_is_told_that_first(plan, cast, item):
    put(plan, "stable")
    with pytest.raises(NotAllowed):
        set_item_state(item, "done", by=cast["vera"])


def test_a_request_that_was_carried_out_is_answered_again_after_closing(plan, cast, item):
    set_item_state(item, "done", by=cast["thon"], request_id="one")
    plan.refresh_from_db()
    put(plan, "stable")
    assert set_item_state(item, "done", by=cast["thon"], request_id="one").state == "done"
    assert kinds(plan) == ["item.done"]


def test_a_closed_release_keeps_its_last_verdict_and_is_watched_no_more(plan, cast):
    past = timezone.now() - timedelta(days=2)
    HealthCheck.objects.create(plan=plan, key="home", name="Home", position=1, due_at=past)
    put(plan, "stable", verdict="proceed", verdict_sentence="All green.", verdict_valid_until=past)
    now = timezone.now()
    assert shown_verdict(plan, now).word == "proceed"
    assert stands(plan, now) == "Stable"
    assert due_ids(HealthCheck, now, 10) == []
    put(plan, "watching")
    assert shown_verdict(plan, now).word == "hold" and len(due_ids(HealthCheck, now, 10)) == 1


# --- pages and API ---------------------------------------------------------------------------


def step_url(plan, step):
    return reverse("lifecycle-step", args=[plan.slug, step])


def test_the_room_offers_the_next_step_to_those_who_may(plan, cast, client_of):
    html = client_of(cast["vera"]).get(f"/plans/{plan.slug}/").content.decode()
    assert ">being prepared</span>" in html
    assert 'data-needs="run"' in html and f'formaction="{step_url(plan, "deploying")}"' in html


def test_a_step_by_form_goes_back_and_says_what_was_done(plan, cast, client_of):
    answer = client_of(cast["thon"]).post(step_url(plan, "deploying"), follow=True)
    html = answer.content.decode()
    assert "Live: deploying has begun." in html and ">deploying</span>" in html


def test_a_warning_asks_for_a_reason_with_the_form_as_it_was(plan, cast, client_of):
    put(plan, "preparing", t0=timezone.now() + timedelta(hours=2))
    client = client_of(cast["thon"])
    sent = {"seen": "preparing", "back": f"/plans/{plan.slug}/"}
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.post(step_url(plan, "deploying"), sent, headers=headers)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert 'name="reason" required' in html and 'name="seen" value="preparing"' in html
        assert f'action="{step_url(plan, "deploying")}"' in html
    answer = client.post(step_url(plan, "deploying"), sent | {"reason": "Early."})
    assert (answer.status_code, answer["Location"]) == (302, f"/plans/{plan.slug}/")
    assert plan.events.get().data["reason"] == "Early."


def test_a_closed_release_is_read_only_on_every_page_and_notes_stay(plan, cast, client_of):
    """ui/states: archived, read-only."""
    put(plan, "aborted", lifecycle_at=timezone.now(), lifecycle_reason="Vendor is not ready.")
    client = client_of(cast["cora"])
    for page in ("", "timeline/", "checklist/", "settings/"):
        html = client.get(f"/plans/{plan.slug}/{page}").content.decode()
        assert 'data-mode="readonly"' in html and "read-only" in html
        assert "Vendor is not ready." in html
    html = client.get(f"/plans/{plan.slug}/timeline/").content.decode()
    assert 'data-needs="tick" data-always' in html
    answer = client.post(f"/plans/{plan.slug}/timeline/", {"text": "A note."})
    assert answer.status_code == 302


def test_an_open_release_says_nothing_of_an_archive(plan, cast, client_of):
    html = client_of(cast["cora"]).get(f"/plans/{plan.slug}/").content.decode()
    assert "data-mode" not in html and "read-only" not in html
    assert 'id="archived" data-live="archived"' in html


def test_a_draft_waits_to_be_opened_and_after_t0_a_release_waits_to_go_live(plan, cast):
    now = timezone.now()

    def waiting():
        return [(one.title, one.key) for one in next_of_life(plan, now)]

    assert waiting() == []
    put(plan, "draft")
    assert waiting() == [("Open the room", "edit")]
    put(plan, "preparing", t0=now + timedelta(minutes=1))
    assert waiting() == []
    put(plan, "preparing", t0=now - timedelta(minutes=1))
    assert waiting() == [("Go live", "run")]
    put(plan, "deploying")
    assert waiting() == []


def test_a_closed_release_waits_for_nothing(plan, cast, gate):
    now = timezone.now()
    assert next_step(plan, now) is not None
    assert next_step(put(plan, "aborted"), now) is None


def test_the_list_groups_by_lifecycle(plan, cast, client_of):
    put(plan, "draft")
    make_plan("live", "Live one", lifecycle="watching", author=cast["cora"])
    make_plan("soon", "Soon one", author=cast["cora"])
    make_plan("gone", "Gone one", lifecycle="aborted", author=cast["cora"])
    html = client_of(cast["cora"]).get("/").content.decode()
    places = [
        html.index(text)
        for text in (
            'id="live"', "Live one", 'id="coming"', "Soon one", 'id="drafts"', "Genesis Phase 4",
            'id="finished"', "Gone one",
        )
    ]  # fmt: skip
    assert places == sorted(places)
    assert "1 live, 1 coming, 1 draft, 1 finished." in html and "Watching." in html


@pytest.fixture
def call(client, cast, plan):
    def send(name, path, body=None, scopes=("read", "run", "decide"), **headers):
        secret = make_token(cast[name], list(scopes))[1]
        headers |= {"authorization": f"Bearer {secret}"}
        url = f"/api/v1/plans/{plan.slug}{path}"
        if body is None:
            return client.get(url, headers=headers)
        return client.post(url, body, content_type="application/json", headers=headers)

    return send


def test_the_api_tells_lifecycle_window_and_what_is_protected(plan, call):
    at = timezone.now().replace(microsecond=0)
    put(plan, "watching", window_start=at, protected_until=at, lifecycle_at=at)
    body = call("cora", "").json()
    assert body["lifecycle"] == "watching" and body["window"]["closes"] is None
    assert body["window"]["opens"] == body["protected_until"] == body["lifecycle_at"]


def test_the_api_takes_a_step_once(plan, call):
    for _ in range(2):
        answer = call("thon", "/lifecycle", {"step": "deploying"}, **{"idempotency-key": "k"})
        assert (answer.status_code, answer.json()["lifecycle"]) == (200, "deploying")
    assert kinds(plan) == ["plan.went_live"]


@pytest.mark.parametrize(
    ("name", "body", "scopes", "status", "field"),
    [
        ("thon", {"step": "deploying"}, ["read"], 403, None),
        ("hudson", {"step": "deploying"}, ["run"], 403, None),
        ("stranger", {"step": "deploying"}, ["run"], 404, None),
        ("cora", {"step": "aborted"}, ["decide"], 422, "reason"),
        ("cora", {"step": "away"}, ["run"], 422, "step"),
        ("cora", {}, ["run"], 422, None),
        ("thon", {"step": "watching"}, ["run"], 409, None),
    ],
)
def test_the_api_refuses_a_step_with_a_problem(plan, call, name, body, scopes, status, field):
    answer = call(name, "/lifecycle", body, scopes)
    assert answer.status_code == status
    assert field is None or answer.json()["field"] == field
    assert kinds(plan) == []


def test_a_step_answers_with_the_board_as_well_as_the_strip(plan, cast, client_of):
    """Else the board says Draft for a moment while the bar above it says Preparing."""
    plan.lifecycle = "draft"
    plan.save()
    url = reverse("lifecycle-step", args=[plan.slug, "preparing"])
    html = client_of(cast["cora"]).post(url, {"seen": "draft"}, headers={"HX-Request": "true"}).text
    board = html.partition('id="verdict"')[2].partition("</section>")[0]
    assert 'id="strip"' in html and ">Ready to go live</h2>" in board
