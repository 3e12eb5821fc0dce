"""The pages of rounds: the list, the page that records one, the panels and the need (S54, S55)."""

from datetime import timedelta

import pytest

from checklists.rules.bands import Band
from rollouts.actions.recording import record_round
from rollouts.models import Rollout, WatchRound
from rollouts.panels.rounds import round_needs
from rollouts.tasks.rounds import keep_due
from tests.rollouts.watched_room import BEGAN, metric, rounds_of, watched_stage
from warroom.live import panels

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SAID = {"action": "none", "note": "Flat since 19:58."}


@pytest.fixture
def clock(time_machine):
    def at(minutes):
        time_machine.move_to(BEGAN + minutes * MINUTE, tick=False)
        return BEGAN + minutes * MINUTE

    at(0)
    return at


@pytest.fixture
def stage(plan, cast, clock):
    return watched_stage(plan)


@pytest.fixture
def address(plan, stage):
    metric(plan, Band.YELLOW)
    keep_due()
    return f"/plans/genesis-4/rollout/rounds/{WatchRound.objects.get().pk}/"


def text(answer):
    return " ".join(answer.content.decode().split())


def test_the_page_shows_values_and_what_is_wanted(client_of, cast, address):
    page = text(client_of(cast["thon"]).get(address))
    assert "Round 1 of 47, stage 1" in page
    assert "Wanted, because P95 latency is yellow." in page
    assert "239 ms" in page
    assert "as Thon, On-Call" in page


def test_a_round_is_recorded_by_a_plain_form(client_of, cast, plan, address, clock):
    clock(1)
    answer = client_of(cast["thon"]).post(address, SAID)
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        "/plans/genesis-4/rollout/rounds/",
    )
    one = rounds_of(plan)[0]
    assert (one.done_by, one.note) == ("Thon", "Flat since 19:58.")
    page = text(client_of(cast["vera"]).get(address))
    assert "by Thon, On-Call" in page
    assert "Flat since 19:58." in page


def test_a_missing_note_loses_nothing(client_of, cast, plan, address):
    answer = client_of(cast["thon"]).post(address, {"action": "investigate", "note": " "})
    assert answer.status_code == 422
    page = text(answer)
    assert 'value="investigate" required checked' in page
    assert rounds_of(plan)[0].done_at is None


def test_read_again_keeps_what_was_typed(client_of, cast, plan, address):
    answer = client_of(cast["thon"]).post(address, {**SAID, "action": "investigate", "read": "1"})
    assert answer.status_code == 200
    assert "Flat since 19:58.</textarea>" in text(answer)
    assert 'value="investigate" required checked' in text(answer)
    assert rounds_of(plan)[0].done_at is None


def test_the_second_of_two_keeps_the_note(client_of, cast, plan, address, clock):
    record_round(rounds_of(plan)[0], by=cast["cora"], action="none", note="Mine.")
    answer = client_of(cast["thon"]).post(address, {**SAID, "note": "A step at 19:54."})
    assert answer.status_code == 409
    page = text(answer)
    assert "Cora recorded round 1 at 09:20 UTC." in page
    assert "Round 1: A step at 19:54." in page
    assert "Mine." in page


def test_what_turned_is_shown_before_it_is_recorded(client_of, cast, plan, address):
    answer = client_of(cast["thon"]).post(address, {**SAID, "seen": "0123456789abcdef"})
    assert answer.status_code == 409
    assert "The values turned while you wrote." in text(answer)
    assert "Flat since 19:58.</textarea>" in text(answer)


def test_rolling_back_wants_the_word(client_of, cast, plan, address):
    typed = {**SAID, "action": "rollback", "confirmed": "roll"}
    answer = client_of(cast["thon"]).post(address, typed)
    assert answer.status_code == 422
    assert "Type ROLLBACK to roll back." in text(answer)
    answer = client_of(cast["thon"]).post(address, {**typed, "confirmed": "ROLLBACK"})
    assert answer.status_code == 302
    assert plan.rollback_runs.get().cause == "round"


def test_a_missed_round_has_no_form(client_of, cast, plan, address, clock):
    clock(20)
    page = text(client_of(cast["thon"]).get(address))
    assert "Nobody recorded it in its time" in page
    assert "round-form" not in page


def test_the_list_has_a_strip_a_table_and_filters(client_of, cast, plan, address, clock):
    client_of(cast["thon"]).post(address, SAID)
    for minutes in (15, 30, 45):
        clock(minutes)
        keep_due()
    here = "/plans/genesis-4/rollout/rounds/"
    page = text(client_of(cast["vera"]).get(here))
    assert "Expected so far 4, performed 1, 0 late, missed 2" in page
    assert page.count("Missed</span>") == 2
    assert text(client_of(cast["vera"]).get(f"{here}?show=noted")).count("by Thon") == 1
    assert "by Thon" not in text(client_of(cast["vera"]).get(f"{here}?show=missed"))


def test_without_rounds_the_list_says_when_they_begin(client_of, cast, plan):
    page = text(client_of(cast["vera"]).get("/plans/genesis-4/rollout/rounds/"))
    assert "No rounds yet" in page


def test_those_on_watch_are_asked_for_the_round(plan, cast, address, clock):
    [need] = round_needs(plan, clock(0))
    assert (need.title, need.key, need.due) == ("Record round 1", "role-on-call", BEGAN)
    assert need.url == address


def test_without_an_on_call_whoever_ticks_is_asked(plan, cast, address, clock):
    plan.roles.get(key="on-call").seats.all().delete()
    assert next(iter(round_needs(plan, clock(0)))).key == "tick"


def test_the_room_shows_the_strip_and_speaks_of_rounds_that_were_missed(plan, cast, address, clock):
    panel = panels.get("stage")
    assert panel.context(plan, clock(0))["rounds"].current is not None
    record_round(rounds_of(plan)[0], by=cast["cora"], action="none", note="Mine.")
    plan.refresh_from_db()
    assert panel.context(plan, clock(1))["missed"] == 0
    clock(15)
    keep_due()
    clock(31)
    keep_due()
    plan.refresh_from_db()
    found = panel.context(plan, clock(31))
    assert (found["missed"], found["rounds"].current.round.number) == (1, 3)
    assert "1 missed within the last hour" in panels.render(panel, plan, clock(31))


def test_the_panel_is_the_same_for_everybody(plan, cast, address, clock):
    """Law 14: no token, no field, no name of who looks."""
    html = panels.render(panels.get("rounds"), plan, clock(0))
    assert "Rounds of stage 1" in html
    assert "csrfmiddlewaretoken" not in html
    assert "<input" not in html


def test_the_watching_after_the_stages_is_set_by_a_form(client_of, cast, plan):
    here = "/plans/genesis-4/rollout/rounds/settings"
    cora = client_of(cast["cora"])
    typed = {"cadence": "5 min until 1h\n30 min until 8h", "late": "3 min", "missed": "4"}
    assert cora.post(here, typed).status_code == 302
    row = Rollout.objects.get(plan=plan)
    assert row.cadence == [
        {"every_s": 300, "until_s": 3600}, {"every_s": 1800, "until_s": 28_800},
    ]  # fmt: skip
    assert (row.round_late_s, row.missed_holds) == (180, 4)
    assert plan.events.get(kind="round.changed").text == (
        "Rounds: every 5 min to 1 h, then every 30 min to 8 h; late after 180 s, "
        "4 missed in a row hold"
    )
    wrong = cora.post(here, {**typed, "cadence": "5 min\n1 min", "late": "soon"})
    assert wrong.status_code == 422
    assert "A length: 2 min." in text(wrong)
    wrong = cora.post(here, {**typed, "cadence": "5 min\n1 min"})
    assert "ends later than the one before" in text(wrong)
