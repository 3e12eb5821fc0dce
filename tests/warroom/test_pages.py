"""The frame and the pages of the first floor, as plain HTML."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.conftest import make_plan
from warroom.actions.timeline import add_note
from warroom.models import EscalationContact, EscalationLevel, TimelineEvent

pytestmark = pytest.mark.django_db


def room(plan) -> str:
    return reverse("room", args=[plan.slug])


def timeline(plan) -> str:
    return reverse("timeline", args=[plan.slug])


def test_the_frame_tells_who_holds_what_and_hides_the_rest_by_rules_with_a_nonce(
    plan, cast, client_of
):
    answer = client_of(cast["thon"]).get(room(plan))
    html = answer.content.decode()
    assert 'data-roles="run sign tick vote lead role-on-call"' in html
    assert 'body:not([data-roles~="role-security-lead"])' in html
    nonce = html.partition('<style nonce="')[2].partition('"')[0]
    assert nonce and f"'nonce-{nonce}'" in answer["Content-Security-Policy"]
    assert "style=" not in html and "onclick" not in html


def test_a_page_before_any_reading_claims_nothing(plan, cast, client_of):
    html = client_of(cast["cora"]).get(room(plan)).content.decode()
    assert 'data-verdict="none"' in html
    assert "PROCEED" not in html
    assert "<title>Preparing · Genesis Phase 4 · Warroom</title>" in html


def test_a_verdict_that_is_too_old_is_shown_as_hold(plan, cast, client_of):
    now = timezone.now()
    plan.verdict, plan.verdict_sentence = "proceed", "All 6 criteria are green."
    plan.verdict_valid_until = now - timedelta(minutes=1)
    plan.save()
    html = client_of(cast["cora"]).get(room(plan)).content.decode()
    assert 'data-verdict="hold"' in html
    assert "PROCEED" not in html
    assert "hold.svg" in html


def test_the_strip_and_the_board_keep_the_clock_of_the_server(plan, cast, client_of):
    plan.t0 = timezone.now() - timedelta(hours=11, minutes=46, seconds=10)
    plan.save()
    html = client_of(cast["cora"]).get(room(plan)).content.decode()
    assert "T+11:46:1" in html
    assert "Since go-live" in html


def test_somebody_without_any_right_is_told_that_they_watch(plan, cast, client_of):
    assert "You are watching" in client_of(cast["vera"]).get(room(plan)).content.decode()
    assert "You are watching" not in client_of(cast["thon"]).get(room(plan)).content.decode()


def test_the_list_sorts_releases_by_where_they_stand(plan, cast, client_of):
    now = timezone.now()
    for slug, lifecycle in [("live-1", "watching"), ("done-1", "stable")]:
        make_plan(slug, slug.title(), lifecycle=lifecycle, t0=now, author=cast["cora"])
    html = client_of(cast["cora"]).get("/").content.decode()
    assert html.index("Live now") < html.index("Live-1") < html.index("Coming")
    assert html.index("Coming") < html.index("Genesis Phase 4") < html.index("Finished")
    assert "1 live, 1 coming, 1 finished." in html


def test_the_list_is_empty_in_words_for_a_stranger(plan, cast, client_of):
    assert "No releases yet" in client_of(cast["stranger"]).get("/").content.decode()


def test_the_list_is_asked_again_for_its_parts_alone(plan, cast, client_of):
    answer = client_of(cast["cora"]).get("/", headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert 'id="releases" data-live="releases"' in html and "Genesis Phase 4" in html
    assert "<!doctype" not in html and "csrf" not in html
    assert "HX-Request" in answer["Vary"]


def test_the_list_costs_the_same_number_of_statements_for_one_plan_and_for_ten(
    plan, cast, client_of, django_assert_num_queries, django_assert_max_num_queries
):
    client = client_of(cast["root"])
    with django_assert_max_num_queries(12) as one:
        client.get("/")
    for number in range(10):
        make_plan(f"plan-{number}", f"Plan {number}")
    with django_assert_num_queries(len(one)):
        client.get("/")


def test_an_entry_is_written_and_stands_on_the_timeline(plan, cast, client_of):
    client = client_of(cast["thon"])
    answer = client.post(timeline(plan), {"text": "Cache warm-up runs early."}, follow=True)
    html = answer.content.decode()
    assert "Cache warm-up runs early." in html
    assert "The entry is written." in html
    assert "Thon" in html


def test_the_same_form_sent_twice_writes_one_entry(plan, cast, client_of):
    client = client_of(cast["thon"])
    note = {"text": "Once.", "request_id": "a1b2c3d4-0000-4000-8000-000000000001"}
    client.post(timeline(plan), note)
    client.post(timeline(plan), note)
    assert TimelineEvent.objects.filter(plan=plan, kind="note.added").count() == 1


def test_an_empty_entry_is_answered_with_the_form_and_what_is_wrong(plan, cast, client_of):
    answer = client_of(cast["thon"]).post(timeline(plan), {"text": "   "})
    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()


def test_a_script_gets_the_fresh_fragments_and_an_empty_form(plan, cast, client_of):
    answer = client_of(cast["thon"]).post(
        timeline(plan), {"text": "Seen."}, headers={"HX-Request": "true"}
    )
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="timeline" data-live="timeline"' in html and "Seen." in html
    assert 'id="note-form"' in html
    assert "<!doctype" not in html


def test_somebody_who_may_not_write_is_refused_in_words(plan, cast, client_of):
    answer = client_of(cast["vera"]).post(
        timeline(plan), {"text": "Me too."}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 403
    assert 'role="alert"' in answer.content.decode()
    assert not plan.events.exists()


@pytest.fixture
def entries(plan, cast):
    for name, text in [("cora", "Started"), ("thon", "Latency rises"), ("thon", "Looked into it")]:
        add_note(plan, text, by=cast[name])
    return plan


@pytest.mark.parametrize(
    ("query", "seen", "unseen"),
    [
        ("by=Thon", ["Latency rises", "Looked into it"], ["Started"]),
        ("q=latency", ["Latency rises"], ["Started", "Looked into it"]),
        ("kind=notes", ["Started", "Latency rises"], []),
        ("kind=checks", ["No entry of checks"], ["Started"]),
        ("before=2", ["Started"], ["Latency rises"]),
        ("q=%00&before=abc", ["Started"], []),
    ],
)
def test_the_timeline_can_be_narrowed(entries, cast, client_of, query, seen, unseen):
    html = client_of(cast["cora"]).get(f"{timeline(entries)}?{query}").content.decode()
    main = html.partition('<main class="page"')[2]
    for text in seen:
        assert text in main
    for text in unseen:
        assert text not in main


def test_what_people_write_is_text_and_not_markup(plan, cast, client_of):
    add_note(plan, "<script>alert(1)</script>", by=cast["cora"])
    for page in (timeline(plan), room(plan)):
        html = client_of(cast["cora"]).get(page).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;" in html


def test_a_long_timeline_costs_no_more_statements_than_a_short_one(
    plan, cast, client_of, django_assert_num_queries, django_assert_max_num_queries
):
    client = client_of(cast["cora"])
    add_note(plan, "First", by=cast["cora"])
    with django_assert_max_num_queries(16) as short:
        client.get(timeline(plan))
    for number in range(70):
        add_note(plan, f"Note {number}", by=cast["cora"])
    with django_assert_num_queries(len(short)):
        client.get(timeline(plan))


def test_errors_are_pages_with_a_way_on(plan, cast, client_of):
    answer = client_of(cast["cora"]).get("/plans/nothing-here/")
    assert answer.status_code == 404
    assert "This page does not exist" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_the_room_tells_what_the_document_says_of_itself(plan, cast, client_of):
    plan.facts = {"Prepared by": "Cora", "Status": "Waiting for <b>the last</b> features"}
    plan.t0 = timezone.now().replace(year=2025, month=10, day=25, hour=6, minute=0)
    plan.time_zone = "America/Chicago"
    plan.save()
    html = client_of(cast["vera"]).get(room(plan)).content.decode()
    assert "Prepared by" in html and "Waiting for &lt;b&gt;the last&lt;/b&gt; features" in html
    assert "25 Oct 2025 06:00" in html and "01:00 CDT, America/Chicago" in html


def test_the_room_tells_who_to_call_and_how(plan, cast, client_of):
    level = EscalationLevel.objects.create(
        plan=plan, number=1, name="Deployment team", from_minute=0, to_minute=15
    )
    EscalationContact.objects.create(
        plan=plan,
        level=level,
        name="Olga",
        role_name="Operations Lead",
        availability="24/7",
        reach=[{"way": "phone", "to": "+1 555 0142"}, {"way": "mail", "to": "olga@example.org"}],
    )
    html = client_of(cast["vera"]).get(room(plan)).content.decode()
    assert "0 to 15 min" in html
    assert 'href="tel:+1%20555%200142"' in html and 'href="mailto:olga@example.org"' in html
    assert "Operations Lead, 24/7" in html
