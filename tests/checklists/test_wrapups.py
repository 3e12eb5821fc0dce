"""Forms that come back every day: S97."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from checklists.actions.wrapups import Asked, define_form, fill_day, form_seen
from checklists.models import DailyEntry, DailyForm
from checklists.queries.days import daily_needs, form_days
from checklists.rules import days as rules
from tests.conftest import make_plan, seat
from warroom.actions.refusals import Invalid, NotAllowed, Refused

pytestmark = pytest.mark.django_db
QUESTIONS = rules.read_questions(
    "What went well\nOpen incidents | number\nMoved | yes-no | optional"
)
ANSWERS = {"what-went-well": "All of it", "open-incidents": "0"}
BERLIN = "Europe/Berlin"


def today():
    return timezone.now().date()


@pytest.fixture
def evening(plan, cast):
    plan.created_at = timezone.now() - timedelta(days=9)
    plan.save()
    asked = Asked("Evening wrap-up", QUESTIONS, time(0, 0), today() - timedelta(days=3))
    return define_form(plan, asked, by=cast["cora"])


# --- when it is due --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2025, 10, 25), time(18), "2025-10-25T16:00"),  # summer
        (date(2025, 10, 26), time(18), "2025-10-26T17:00"),  # the clocks went back that night
        (date(2025, 10, 26), time(2, 30), "2025-10-26T00:30"),  # comes twice: the first
        (date(2026, 3, 28), time(18), "2026-03-28T17:00"),
        (date(2026, 3, 29), time(18), "2026-03-29T16:00"),  # and forward
        (date(2026, 3, 29), time(2, 30), "2026-03-29T01:30"),  # never comes: half an hour after
    ],
)
def test_a_day_is_due_at_the_plans_local_time_across_both_changes(day, at, utc):
    due = rules.due_at(day, at, BERLIN)
    assert due == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_day_is_due_until_the_next_one_is_and_then_missed():
    day, at = date(2025, 10, 25), time(18)

    def state(now, filled=False):
        moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
        return rules.state_of(day, at, BERLIN, filled, moment)

    assert state("2025-10-25T15:59") == rules.AHEAD
    assert state("2025-10-25T16:00") == rules.DUE
    assert state("2025-10-26T16:59") == rules.DUE  # 25 hours later: the clocks went back
    assert state("2025-10-26T17:00") == rules.MISSED
    assert state("2025-10-30T17:00", filled=True) == rules.FILLED


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.times())
def test_days_come_in_order_whatever_the_clocks_do(day, at):
    assert rules.due_at(day, at, BERLIN) < rules.due_at(day + timedelta(days=1), at, BERLIN)


# --- questions and answers -------------------------------------------------------------------


def test_questions_are_lines_and_come_back_as_they_were_typed():
    text = rules.questions_text(QUESTIONS)
    assert text == "What went well\nOpen incidents | number\nMoved | yes-no | optional"
    assert rules.read_questions(text) == QUESTIONS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at least one"),
        ("| number", "Line 1"),
        ("Fine\nOdd | maybe", "Line 2: 'maybe' is no kind"),
        ("x" * 201, "Line 1"),
        ("\n".join(f"Q{n}" for n in range(31)), "30 are allowed"),
    ],
)
def test_a_wrong_line_is_named(text, said):
    with pytest.raises(ValueError, match=said):
        rules.read_questions(text)


def test_questions_with_the_same_words_keep_apart():
    keys = [one["key"] for one in rules.read_questions("Same\nSame\nreplan\n日本")]
    assert len(set(keys)) == 4 and rules.REPLAN not in keys


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"open-incidents": "0"}, "what-went-well"),
        (ANSWERS | {"open-incidents": "none"}, "open-incidents"),
        (ANSWERS | {"moved": "maybe"}, "moved"),
        (ANSWERS | {"what-went-well": "x" * 4001}, "what-went-well"),
    ],
)
def test_a_wrong_answer_names_its_question(evening, cast, answers, field):
    with pytest.raises(Invalid) as refused:
        fill_day(evening, today(), answers, by=cast["forge"])
    assert refused.value.field == field


# --- filling in ------------------------------------------------------------------------------


def test_a_day_is_filled_in_once_and_its_event_says_what_moves(plan, evening, cast):
    said = ANSWERS | {"replan": "Load test moves to Friday", "nobody-asked": "x"}
    for _ in range(2):
        fill_day(evening, today(), said, by=cast["forge"])
    entry = DailyEntry.objects.get()
    assert entry.answers == ANSWERS | {"replan": "Load test moves to Friday"}
    event = plan.events.order_by("seq").last()
    assert event.kind == "daily.filled" and "What moves: Load test moves to Friday" in event.text
    assert plan.events.count() == 2


def test_a_correction_is_a_newer_entry_and_the_old_one_stays(plan, evening, cast):
    """Law 4."""
    first = fill_day(evening, today(), ANSWERS, by=cast["forge"])
    second = fill_day(
        evening, today(), ANSWERS | {"open-incidents": "1"}, by=cast["thon"], seen=first.pk
    )
    assert second.supersedes == first
    first.refresh_from_db()
    assert first.answers["open-incidents"] == "0"
    assert plan.events.order_by("seq").last().kind == "daily.corrected"


def test_whoever_comes_late_is_refused_with_who_was_first(evening, cast):
    fill_day(evening, today(), ANSWERS, by=cast["forge"])
    with pytest.raises(Refused, match="Forge filled in Evening wrap-up of"):
        fill_day(evening, today(), ANSWERS | {"open-incidents": "2"}, by=cast["thon"])
    assert DailyEntry.objects.count() == 1


def test_it_is_for_its_role_and_for_days_that_have_come(plan, cast, roles):
    start = today() - timedelta(days=1)
    asked = Asked("Calls", QUESTIONS, time(18), start, today(), roles["on-call"])
    calls = define_form(plan, asked, by=cast["cora"])
    for name in ("forge", "hudson", "vera"):
        with pytest.raises(NotAllowed):
            fill_day(calls, today(), ANSWERS, by=cast[name])
    for day in (
        start - timedelta(days=1),
        today() + timedelta(days=1),
        today() + timedelta(days=2),
    ):
        with pytest.raises(Invalid):
            fill_day(calls, day, ANSWERS, by=cast["thon"])
    assert fill_day(calls, today(), ANSWERS, by=cast["thon"]).by_name == "Thon"


def test_what_is_due_is_asked_for_and_what_was_missed_is_named(plan, evening, cast):
    need = next(iter(daily_needs(plan, timezone.now())))
    assert need.title.startswith("Fill in Evening wrap-up of") and need.key == "tick"
    assert need.note.startswith("Missed: ") and need.note.count(",") == 2
    (one,) = form_days(plan, timezone.now())
    assert [day.state for day in one.days] == ["due", "missed", "missed", "missed"]
    for n in range(4):
        fill_day(evening, today() - timedelta(days=n), ANSWERS, by=cast["forge"])
    assert not list(daily_needs(plan, timezone.now()))


def test_days_before_the_release_was_made_are_not_missed(plan, evening):
    plan.created_at = timezone.now()
    plan.save()
    plan.refresh_from_db()
    (one,) = form_days(plan, timezone.now())
    assert [day.state for day in one.days] == ["due"]
    assert "Missed" not in next(iter(daily_needs(plan, timezone.now()))).note


def test_days_cost_the_same_whatever_was_filled_in(
    plan, evening, cast, django_assert_max_num_queries
):
    for n in range(3):
        fill_day(evening, today() - timedelta(days=n), ANSWERS, by=cast["forge"])
    with django_assert_max_num_queries(4):
        form_days(plan, timezone.now())


# --- pages -----------------------------------------------------------------------------------


def test_the_pages_work_without_script_and_lose_nothing(plan, evening, cast, client_of):
    forge = client_of(cast["forge"])
    path = f"/plans/{plan.slug}/days/evening-wrap-up/{today()}/"
    assert "Open incidents" in forge.get(path).content.decode()
    sent = {"q-what-went-well": "<b>Most</b>", "q-open-incidents": "some"}
    page = forge.post(path, sent)
    assert page.status_code == 422
    assert "is no number" in page.content.decode() and "&lt;b&gt;Most" in page.content.decode()
    assert forge.post(path, sent | {"q-open-incidents": "1"}).status_code == 302
    page = forge.get(path).content.decode()
    assert "&lt;b&gt;Most&lt;/b&gt;" in page and "Save the correction" in page
    late = forge.post(path, sent | {"q-open-incidents": "2"})
    assert late.status_code == 409
    days = forge.get(f"/plans/{plan.slug}/days/").content.decode()
    assert "Missed:" in days and "filled" in days
    assert "Save the" not in client_of(cast["vera"]).get(path).content.decode()
    for wrong in ("2025-13-01", "1999-01-01", "x"):
        assert forge.get(f"/plans/{plan.slug}/days/evening-wrap-up/{wrong}/").status_code == 404
    assert client_of(cast["stranger"]).get(path).status_code == 404


@pytest.mark.parametrize("path", ["days/", "days/evening-wrap-up/{}/"])
def test_its_pages_belong_to_the_tab_of_the_checklist(plan, evening, cast, client_of, path):
    html = (
        client_of(cast["cora"]).get(f"/plans/{plan.slug}/{path.format(today())}").content.decode()
    )
    assert f'<a href="/plans/{plan.slug}/checklist/" aria-current="page"' in html


def test_forms_are_added_and_changed_in_the_settings(plan, cast, client_of):
    cora, path = client_of(cast["cora"]), f"/plans/{plan.slug}/days/forms"
    sent = {
        "title": "Evening",
        "at_time": "18:00",
        "first_day": "2025-10-20",
        "questions": "Open incidents | numbr",
    }
    wrong = cora.post(path, sent)
    assert wrong.status_code == 422
    assert "Line 1: &#x27;numbr&#x27; is no kind of answer" in wrong.content.decode()
    assert "| numbr" in wrong.content.decode()
    sent["questions"] = "Open incidents | number"
    assert cora.post(path, sent).status_code == 302
    form = DailyForm.objects.get()
    assert (form.key, form.at_time, form.questions[0]["kind"]) == ("evening", time(18), "number")
    changed = sent | {"key": "evening", "at_time": "19:30", "last_day": "2025-10-26"}
    assert cora.post(path, changed).status_code == 302
    assert cora.post(path, changed).status_code == 302
    assert DailyForm.objects.get().at_time == time(19, 30)
    assert [event.kind for event in plan.events.order_by("seq")] == ["daily.added", "daily.changed"]
    assert cora.post(path, changed | {"last_day": "2025-10-01"}).status_code == 422
    assert cora.post(path, changed | {"key": "gone"}).status_code == 404
    assert client_of(cast["forge"]).post(path, sent).status_code == 403


def test_a_late_change_of_a_form_is_refused_and_loses_nothing(plan, evening, client_of, cast):
    cora, path = client_of(cast["cora"]), f"/plans/{plan.slug}/days/forms"
    sent = {
        "key": evening.key,
        "seen": form_seen(evening),
        "title": "Evening, by Cora",
        "at_time": "20:00",
        "first_day": "2025-10-20",
        "questions": "What is open",
    }
    asked = Asked("Evening, by Mara", QUESTIONS, time(21), evening.first_day)
    define_form(plan, asked, by=cast["root"], form=evening)
    late = cora.post(path, sent)
    assert late.status_code == 409 and "Somebody changed" in late.content.decode()
    assert "Evening, by Cora" in late.content.decode()
    assert DailyForm.objects.get().title == "Evening, by Mara"
    again = late.context["daily_rows"][0].data["seen"] if late.context else ""
    assert cora.post(path, sent | {"seen": again}).status_code == 302
    assert DailyForm.objects.get().title == "Evening, by Cora"


def test_forms_of_another_release_are_not_found(plan, evening, cast, client_of):
    """Scenario 52."""
    other = make_plan("other")
    seat(other, cast["forge"], "member", "Member", ["tick"])
    path = f"/plans/other/days/evening-wrap-up/{today()}/"
    assert client_of(cast["forge"]).get(path).status_code == 404
    assert client_of(cast["forge"]).post(path, {}).status_code == 404
