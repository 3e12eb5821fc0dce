"""The settings page: the plan's own fields, its schedule, what the public reads, the ways out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.signoffs import sign_off
from checklists.models import Gate, Phase, SignOff, Vote
from tests.conftest import make_item
from warroom.actions.contacts import ContactWanted, LevelWanted, save_contacts
from warroom.actions.plans import fields_of, save_plan
from warroom.actions.refusals import Invalid, NotAllowed, Refused, Unconfirmed
from warroom.queries.settings import version
from warroom.queries.timeline import first_broken

pytestmark = pytest.mark.django_db

AT = datetime(2025, 10, 23, 9, tzinfo=UTC)


def url(plan, name="settings"):
    return reverse(name, args=[plan.slug])


def page(client, plan, query=""):
    return client.get(f"{url(plan)}{query}").content.decode()


def typed(plan, **others):
    """The form of the plan as a browser sends it."""
    return {
        "name": plan.name, "version": plan.version, "environment": plan.environment,
        "time_zone": plan.time_zone, "watch_hours": str(plan.watch_hours), "summary": plan.summary,
        "window_start": "", "window_end": "", "protected_until": "", "score_max": "",
        "two_roles": "", "reason": "", "seen": str(version(plan).number),
    } | others  # fmt: skip


# --- the action ------------------------------------------------------------------------------


def test_saving_is_one_event_that_names_what_changed_from_and_to(plan, cast):
    wanted = replace(
        fields_of(plan), version="v4.0.0", window_end=AT, watch_hours=72, two_roles=("cora",)
    )
    save_plan(plan, wanted, by=cast["cora"], reason="As agreed.")
    plan.refresh_from_db()
    assert (plan.version, plan.window_end, plan.watch_hours) == ("v4.0.0", AT, 72)
    assert plan.two_roles == ["cora"]
    event = plan.events.get()
    assert event.kind == "plan.saved" and "As agreed." in event.text
    assert event.data["changes"]["watch_hours"] == [48, 72]
    assert event.data["changes"]["window_end"] == [None, AT.isoformat()]
    assert "version v4.0.0 (was nothing)" in event.text
    assert first_broken(plan) is None


def test_to_save_what_is_so_changes_nothing_and_a_request_counts_once(plan, cast):
    save_plan(plan, fields_of(plan), by=cast["cora"])
    assert not plan.events.exists()
    for _ in range(2):
        wanted = replace(fields_of(plan), name="Genesis 4")
        save_plan(plan, wanted, by=cast["cora"], request_id="one")
    assert plan.events.count() == 1


@pytest.mark.parametrize("name", ["thon", "hudson", "vera", "stranger"])
def test_only_who_edits_saves(plan, cast, name):
    with pytest.raises(NotAllowed):
        save_plan(plan, replace(fields_of(plan), name="Mine"), by=cast[name])


def test_in_a_closed_release_nothing_is_saved(plan, cast):
    plan.lifecycle = "stable"
    plan.save()
    with pytest.raises(Refused, match="closed"):
        save_plan(plan, replace(fields_of(plan), name="Mine"), by=cast["cora"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "  "), ("name", "x" * 201), ("version", "v" * 61), ("time_zone", "Mars/North"),
        ("window_start", datetime(9999, 1, 1, tzinfo=UTC)), ("watch_hours", 9999),
        ("watch_hours", -1), ("score_max", 0), ("hold_minutes", 0), ("two_roles", ("nobody",)),
        ("summary", "x" * 4001),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_nothing_saved(plan, cast, field, value):
    with pytest.raises(Invalid) as wrong:
        save_plan(plan, replace(fields_of(plan), **{field: value}), by=cast["cora"])
    assert wrong.value.field == field and not plan.events.exists()


def test_a_window_closes_after_it_opens(plan, cast):
    wanted = replace(fields_of(plan), window_start=AT, window_end=AT)
    with pytest.raises(Invalid) as wrong:
        save_plan(plan, wanted, by=cast["cora"])
    assert wrong.value.field == "window_end"


def test_a_new_version_revokes_signatures_visibly_and_marks_votes(plan, cast, gate):
    """Law 4: what was signed is not changed; S105."""
    roles = {role.key: role for role in plan.roles.all()}
    signed = sign_off(plan, None, roles["security-lead"], "approved", by=cast["hudson"])
    cast_vote(gate, roles["on-call"], "go", by=cast["thon"])
    wanted = replace(fields_of(plan), version="v4.0.1")
    with pytest.raises(Invalid, match="revokes 1 signature, 1 vote stays") as wrong:
        save_plan(plan, wanted, by=cast["cora"])
    assert wrong.value.field == "reason"
    save_plan(plan, wanted, by=cast["cora"], reason="Hotfix.")
    event = plan.events.get(kind="plan.saved")
    assert event.data["revoked"] == ["security-lead"]
    assert event.data["votes_before"] == [{"gate": "gate-1", "role": "on-call", "vote": "go"}]
    assert "This revokes 1 signature: Security Lead." in event.text
    assert "version to v4.0.1, Cora" in SignOff.objects.get(pk=signed.pk).revocation.sentence
    assert Vote.objects.count() == 1


def test_another_field_revokes_nothing(plan, cast):
    role = plan.roles.get(key="security-lead")
    signed = sign_off(plan, None, role, "approved", by=cast["hudson"])
    save_plan(plan, replace(fields_of(plan), watch_hours=24), by=cast["cora"])
    assert not hasattr(SignOff.objects.get(pk=signed.pk), "revocation")


def test_the_one_hold_length_is_set_for_all_gates_that_are_not_decided(plan, cast, gate):
    other = Gate.objects.create(plan=plan, key="gate-2", number=2, title="2", hold_minutes=720)
    decided = Gate.objects.create(plan=plan, key="gate-0", number=3, title="0", hold_minutes=60)
    decide_gate(decided, "no-go", by=cast["cora"], rationale="No, not on this evidence")
    save_plan(plan, replace(fields_of(plan), hold_minutes=600), by=cast["cora"])
    minutes = dict(Gate.objects.values_list("key", "hold_minutes"))
    assert minutes == {"gate-1": 600, other.key: 600, "gate-0": 60}


def test_two_save_at_once_and_the_later_one_is_told_what_is_true_now(plan, cast):
    seen = version(plan).number
    save_plan(plan, replace(fields_of(plan), name="By Cora"), by=cast["cora"], seen_version=seen)
    with pytest.raises(Refused, match=r"Cora saved the plan at .* while you wrote") as refused:
        save_plan(plan, replace(fields_of(plan), name="Mine"), by=cast["root"], seen_version=seen)
    assert refused.value.status == 409
    plan.refresh_from_db()
    assert plan.name == "By Cora"


# --- GO outside the window -------------------------------------------------------------------


def test_go_outside_the_window_wants_a_reason_which_is_marked_and_hold_does_not(plan, cast, gate):
    plan.window_end = timezone.now() - timedelta(hours=6)
    plan.save()
    with pytest.raises(Unconfirmed, match="6 h after the window") as asked:
        decide_gate(gate, "go", by=cast["cora"], rationale="All is well, says the lead.")
    assert asked.value.field == "window_reason"
    decide_gate(gate, "hold", by=cast["cora"])
    decide_gate(
        gate,
        "go",
        by=cast["cora"],
        rationale="All is well, says the lead.",
        window_reason="Support stays.",
    )
    event = plan.events.get(kind="gate.decided")
    assert event.data["outside_window"] is True
    assert event.data["window_reason"] == "Support stays." and "Support stays." in event.text


def test_the_page_of_the_gate_asks_for_that_reason_and_keeps_the_form(plan, cast, gate, client_of):
    plan.window_end = timezone.now() - timedelta(hours=6)
    plan.save()
    client = client_of(cast["cora"])
    session = client.session
    session["password_at"] = timezone.now().timestamp()
    session.save()
    sent = {"decision": "go", "rationale": "All is well, says the lead.", "seen": "hold:1"}
    answer = client.post(f"/plans/{plan.slug}/gates/gate-1/decision", sent)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'name="window_reason" required' in html and 'value="All is well, says the lead."' in html
    sent["window_reason"] = "Support stays."
    assert client.post(f"/plans/{plan.slug}/gates/gate-1/decision", sent).status_code == 302


# --- the page --------------------------------------------------------------------------------


def test_the_page_has_its_sections_and_says_who_saved_last(plan, cast, client_of):
    client = client_of(cast["cora"])
    html = page(client, plan)
    for name in ("plan", "schedule", "people", "public", "leave"):
        assert f'<section class="panel" id="{name}"' in html and f'href="#{name}"' in html
    assert "Plan version 1." in html
    save_plan(plan, replace(fields_of(plan), name="Genesis 4"), by=cast["cora"])
    assert "Plan version 2, saved by Cora" in page(client, plan)


def test_who_may_not_edit_reads_and_is_told_who_can(plan, cast, client_of):
    html = page(client_of(cast["thon"]), plan)
    assert "You can read these settings." in html and "Cora can change them" in html
    assert '<fieldset class="bare" disabled>' in html and 'id="save-plan"' not in html


def test_the_form_saves_and_shows_what_was_typed_when_it_is_wrong(plan, cast, client_of):
    client = client_of(cast["cora"])
    sent = typed(plan, name="Genesis 4", window_start="2025-10-23 09:00", watch_hours="72",
                 window_end="2025-10-24 09:00", two_roles="cora, thon")  # fmt: skip
    answer = client.post(url(plan, "save-plan"), sent)
    assert (answer.status_code, answer["Location"]) == (302, f"{url(plan)}#plan")
    plan.refresh_from_db()
    assert (plan.name, plan.window_start, plan.two_roles) == ("Genesis 4", AT, ["cora", "thon"])
    html = page(client, plan)
    assert 'value="2025-10-24 09:00"' in html and "The plan is saved." in html
    wrong = typed(plan, name="Typed", window_start="tomorrow", two_roles="nobody")
    answer = client.post(url(plan, "save-plan"), wrong)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Typed"' in html and "is no time" in html


def test_a_late_save_keeps_what_was_typed_and_says_what_is_true(plan, cast, client_of):
    sent = typed(plan, name="Mine")
    save_plan(plan, replace(fields_of(plan), name="By Cora"), by=cast["cora"])
    answer = client_of(cast["root"]).post(url(plan, "save-plan"), sent)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="Mine"' in html and "Cora saved the plan at" in html


def test_the_hold_is_typed_as_a_length(plan, cast, gate, client_of):
    client = client_of(cast["cora"])
    assert 'value="6 h"' in page(client, plan)
    Gate.objects.create(plan=plan, key="g", number=2, title="2", hold_minutes=720)
    assert "The gates say 6 h and 12 h" in page(client, plan)
    client.post(url(plan, "save-plan"), typed(plan, hold_minutes="1h30m"))
    assert set(Gate.objects.values_list("hold_minutes", flat=True)) == {90}
    answer = client.post(url(plan, "save-plan"), typed(plan, hold_minutes="long"))
    assert answer.status_code == 422 and "is no length" in answer.content.decode()


def test_what_falls_with_a_new_version_is_said_before(plan, cast, client_of):
    role = plan.roles.get(key="security-lead")
    sign_off(plan, None, role, "approved", by=cast["hudson"])
    client = client_of(cast["cora"])
    assert "Changing them now revokes 1 signature." in page(client, plan)
    answer = client.post(url(plan, "save-plan"), typed(plan, version="v9"))
    assert answer.status_code == 422 and "Say why." in answer.content.decode()


@pytest.fixture
def ahead(plan):
    """T0 was an hour ago; gate 1 is at T+12 h, gate 2 at the end of the window."""
    now = timezone.now().replace(second=0, microsecond=0)
    plan.t0, plan.window_end = now - timedelta(hours=1), now + timedelta(hours=23)
    plan.save()
    for number, hours in ((1, 12), (2, 24)):
        Gate.objects.create(
            plan=plan, key=f"g{number}", number=number, title=f"Gate {number}",
            offset_s=hours * 3600,
        )  # fmt: skip
    return plan


def test_a_shift_is_shown_first_refused_outside_the_window_and_then_done(ahead, cast, client_of):
    client = client_of(cast["cora"])
    html = page(client, ahead, "?shift=%2B6h")
    assert "Preview, nothing is saved yet." in html and "2 things move" in html
    assert "Refused: Gate 2 would lie 6 h after the window" in html
    assert 'aria-disabled="true"' in html and "Move the window too" in html
    # Moving the window too is the same form by POST: nothing typed gets into an address.
    button = html.partition('id="window-too"')[0].rpartition("<button")[2]
    assert "form" not in button and 'name="window" value="too"' in button
    assert 'formmethod="get"' not in html
    html = page(client, ahead, "?shift=%2B6h&window=too")
    assert "Refused" not in html and "Window closes" in html
    basis = html.partition('name="basis" value="')[2].partition('"')[0]
    sent = {"shift": "+6h", "window": "too", "basis": basis, "request_id": "a" * 32}
    answer = client.post(url(ahead, "shift"), sent)
    assert answer.status_code == 422 and "Preview" in answer.content.decode()
    for _ in range(2):
        answer = client.post(url(ahead, "shift"), sent | {"reason": "Vendor."})
        assert (answer.status_code, answer["Location"]) == (302, f"{url(ahead)}#schedule")
    assert list(Gate.objects.values_list("offset_s", flat=True)) == [18 * 3600, 30 * 3600]
    assert ahead.events.count() == 1


def test_a_shift_that_is_not_the_previewed_one_any_more_keeps_the_reason(ahead, cast, client_of):
    sent = {"shift": "-30m", "reason": "Early bird.", "basis": "older"}
    answer = client_of(cast["cora"]).post(url(ahead, "shift"), sent)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "changed since the preview" in html and 'value="Early bird."' in html


def test_after_t0_a_time_is_meant_for_the_next_gate(ahead, cast, client_of):
    at = ahead.t0 + timedelta(hours=11, minutes=30)
    client = client_of(cast["cora"])
    html = page(client, ahead, f"?shift={at:%Y-%m-%d}%20{at:%H:%M}")
    assert "a new time for Gate 1" in html and "Move 2 things by 30 min" in html


@pytest.mark.parametrize("text", ["soon", "6h", "2025-13-40 09:00", "+", "x" * 41])
def test_a_shift_that_says_nothing_is_answered_at_its_field(ahead, cast, client_of, text):
    client = client_of(cast["cora"])
    assert 'id="shift-shift_error"' in page(client, ahead, f"?shift={text}")
    answer = client.post(url(ahead, "shift"), {"shift": text, "reason": "x"})
    assert answer.status_code == 422 and not ahead.events.exists()


def test_the_window_moves_with_one_press_of_the_previewed_form(ahead, cast, client_of):
    client, closes = client_of(cast["cora"]), ahead.window_end
    html = page(client, ahead, "?shift=%2B6h")
    basis = html.partition('name="basis" value="')[2].partition('"')[0]
    sent = {"shift": "+6h", "basis": basis, "reason": "Vendor."}
    assert client.post(url(ahead, "shift"), sent).status_code == 409
    assert client.post(url(ahead, "shift"), sent | {"window": "too"}).status_code == 302
    ahead.refresh_from_db()
    assert ahead.window_end == closes + timedelta(hours=6)


def test_the_preview_says_how_many_things_stand_in_a_row(ahead, cast, client_of):
    phase = Phase.objects.create(plan=ahead, number=1, title="Day 1")
    for number in (1, 2, 3):
        make_item(phase, number, "x", due_offset_s=3600 * (8 + number))
    html = page(client_of(cast["cora"]), ahead, "?shift=%2B30m")
    assert "5 things move" in html and "They stand in 3 rows" in html
    assert "3 things, the first of them" in html


def test_a_zone_that_is_none_is_answered_with_the_nearest(plan, cast, client_of):
    sent = typed(plan, time_zone="Berlin")
    answer = client_of(cast["cora"]).post(url(plan, "save-plan"), sent)
    assert answer.status_code == 422 and "Write Europe/Berlin." in answer.text


def test_without_t0_it_is_set_by_the_same_form(plan, cast, client_of):
    client = client_of(cast["cora"])
    assert "T0 is not set" in page(client, plan)
    assert "Set T0" in page(client, plan, "?shift=2030-10-24%2003:00")
    assert "no T0 yet" in page(client, plan, "?shift=%2B6h")
    client.post(url(plan, "shift"), {"shift": "2030-10-24 03:00", "reason": "Agreed."})
    plan.refresh_from_db()
    assert plan.t0 == datetime(2030, 10, 24, 3, tzinfo=UTC)


def test_the_plans_zone_stands_beside_utc(ahead, cast, client_of):
    ahead.time_zone = "America/Chicago"
    ahead.save()
    html = page(client_of(cast["cora"]), ahead)
    assert 'class="z"' in html and ("CST" in html or "CDT" in html)
    # Dense lists hide it; there the title of the time says it, beside the reader's own time.
    assert 'data-plan="' in html


def test_the_status_page_is_shown_and_taken_away_from_here(plan, cast, client_of):
    client = client_of(cast["cora"])
    sent = {"public": "no", "back": f"{url(plan)}#public"}
    answer = client.post(url(plan, "status-public"), sent)
    assert answer["Location"] == f"{url(plan)}#public"
    plan.refresh_from_db()
    assert not plan.status_public
    assert f"/status/{plan.slug}/" in page(client, plan)


def test_the_ways_out_say_what_stands_against_them(plan, cast, client_of):
    plan.stages.create(number=1, from_percent=0, to_percent=5, state="running")
    plan.lifecycle = "deploying"
    plan.save()
    html = page(client_of(cast["cora"]), plan)
    assert "Refused while 5 % is live. Roll back to 0 % first." in html
    assert 'id="way-rolled_back"' in html and 'id="way-reopen"' not in html


def test_a_closed_release_is_locked_but_for_its_reopening(plan, cast, client_of):
    plan.lifecycle = "aborted"
    plan.save()
    client = client_of(cast["cora"])
    html = page(client, plan)
    assert 'id="save-plan"' not in html and 'id="way-reopen"' in html
    sent = {"reason": "Back on.", "back": f"{url(plan)}#leave"}
    answer = client.post(reverse("lifecycle-step", args=[plan.slug, "reopen"]), sent)
    assert answer["Location"] == f"{url(plan)}#leave"
    plan.refresh_from_db()
    assert plan.lifecycle == "preparing"


def test_one_level_with_one_person_is_said_in_the_singular(plan, cast):
    save_contacts(plan, [LevelWanted(1, "Team")], [ContactWanted("Thon", 1)], by=cast["cora"])
    assert plan.events.get().text == "1 level of escalation with 1 person to call"
