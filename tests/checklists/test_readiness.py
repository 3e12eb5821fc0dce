"""The readiness score in a room: scores that people give, sources, pages, settings, API, file."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from checklists.actions.gates import decide_gate
from checklists.actions.items import set_item_state
from checklists.actions.readiness import CategoryWanted, ScaleWanted, give_score, save_weights
from checklists.models import CategoryScore, Criterion, Decision, Finding, Result, Source
from checklists.queries.gates import gate_sheet
from checklists.queries.readiness import score_now, score_with_change
from checklists.rules import readiness
from tests.checklists.conftest import measure
from tests.conftest import make_item
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db

TEN = ScaleWanted(Decimal(10), Decimal("8.5"))


def wanted(label, weight, **fields):
    return CategoryWanted(label, Decimal(weight), **fields)


def scores(plan, by, **values):
    for key, value in values.items():
        give_score(plan, key, Decimal(str(value)), "Seen.", by=by)


def now_of(plan):
    plan.refresh_from_db()
    return score_now(plan, timezone.now())


# --- scores that people give -----------------------------------------------------------------


def test_a_person_scores_with_a_reason_and_the_newest_counts(score, cast):
    """S13: append-only; every score and its reason is kept."""
    for value in (7, 9, 9):
        give_score(score, "health", Decimal(value), "Tests pass.", by=cast["thon"])
    assert [one.value for one in CategoryScore.objects.all()] == [7, 9]
    event = TimelineEvent.objects.filter(kind="readiness.scored").last()
    assert event.text == "Health scored 9 of 10 (was 7): Tests pass."
    sheet = now_of(score)
    assert (sheet.rows[0].said, sheet.rows[0].why) == ("Thon", "Tests pass.")
    assert sheet.score.standing == "no_data" and sheet.score.scored == 1


@pytest.mark.parametrize(
    ("value", "why", "field"),
    [("11", "Seen", "value"), ("-1", "Seen", "value"), ("NaN", "x", "value"), ("8", " ", "why"),
     ("8.123", "Seen", "value")],
)  # fmt: skip
def test_a_score_beyond_the_scale_or_without_a_reason_is_refused(score, cast, value, why, field):
    with pytest.raises(Invalid) as wrong:
        give_score(score, "health", Decimal(value), why, by=cast["cora"])
    assert wrong.value.field == field and not CategoryScore.objects.exists()


def test_who_may_not_sign_may_not_score(score, cast):
    with pytest.raises(NotAllowed):
        give_score(score, "health", Decimal(8), "Seen", by=cast["forge"])


def test_the_same_request_scores_once(score, cast):
    for _ in range(2):
        give_score(score, "health", Decimal(8), "A", by=cast["cora"], request_id="one")
    assert CategoryScore.objects.count() == 1


# --- weights ---------------------------------------------------------------------------------


def test_a_category_keeps_its_scores_under_a_new_name_and_cannot_be_dropped(score, cast):
    scores(score, cast["cora"], health=9, security=9)
    renamed = [wanted("System health", 60, key="health"), wanted("Security", 40)]
    save_weights(score, renamed, by=cast["cora"])
    assert now_of(score).rows[0].judged.score == 9
    with pytest.raises(Invalid, match="System health was scored: it stays"):
        save_weights(score, renamed[1:], by=cast["cora"])
    with pytest.raises(Invalid, match="stand on the scale to 10 already"):
        save_weights(score, renamed, scale=ScaleWanted(Decimal(100)), by=cast["cora"])


@pytest.mark.parametrize(
    ("change", "scale"),
    [
        ({"target": "≥ 11"}, TEN),
        ({"source": "dice"}, TEN),
        ({"source": "evidence"}, TEN),
        ({"key": "a b"}, TEN),
        ({}, ScaleWanted(Decimal(10), Decimal(11))),
        ({}, ScaleWanted(Decimal(0))),
        ({"target_value": Decimal("8.123")}, TEN),
    ],
)
def test_what_the_scale_cannot_hold_is_refused(plan, cast, change, scale):
    with pytest.raises(Invalid):
        save_weights(plan, [wanted("Health", 100, **change)], scale=scale, by=cast["cora"])
    assert not plan.readiness.exists()


# --- where scores come from ------------------------------------------------------------------


def from_source(plan, cast, source, **params):
    save_weights(
        plan,
        [wanted("One", 100, key="one", source=source, params=params)],
        scale=TEN,
        by=cast["cora"],
    )
    return now_of(plan).rows[0]


def test_a_score_out_of_the_items_of_phases(plan, phase, item, cast):
    make_item(phase, 2, "Second", required=True)
    set_item_state(item, "done", by=cast["cora"])
    row = from_source(plan, cast, "items", phases=[1])
    assert (row.judged.score, row.why) == (5, "1 of 2 required items of phase 1 closed")
    assert from_source(plan, cast, "items", phases=[9]).judged.score is None
    with pytest.raises(Refused, match="One is computed"):
        give_score(plan, "one", Decimal(9), "Seen", by=cast["cora"])


def test_a_score_out_of_a_reading_that_grows_old(plan, cast):
    """Law 5: a reading that is too old is no data, not the score that it once was."""
    measure(plan, "coverage.lines", 75, valid_for_s=60)
    params = {"key": "coverage.lines", "zero": 60.0, "full": 90.0}
    row = from_source(plan, cast, "evidence", **params)
    assert row.judged.score == 5 and row.why.startswith("coverage.lines 75 %")
    measure(plan, "coverage.lines", float("inf"), valid_for_s=60)
    assert now_of(plan).rows[0].judged.score is None
    measure(plan, "coverage.lines", 75, age_s=61, valid_for_s=60)
    row = now_of(plan).rows[0]
    assert row.judged.score is None and "older than" in row.why


def test_a_score_out_of_the_share_of_green_criteria(plan, gate, criterion, cast):
    """The criterion that asks the score itself is left out, or it would ask itself."""
    Criterion.objects.create(gate=gate, key="b", position=2, label="B")
    Criterion.objects.create(
        gate=gate, key="score", position=3, label="Score", source=Source.SCORE,
        green_op=">=", green_value=8.5,
    )  # fmt: skip
    measure(plan, "error-rate", 0.04)
    row = from_source(plan, cast, "criteria", gate=gate.key)
    assert (row.judged.score, row.why) == (5, "1 of 2 criteria green")
    assert gate_sheet(gate, timezone.now()).criteria[2].value == 5.0


def test_a_score_less_what_findings_take_off(plan, cast):
    row = from_source(plan, cast, "findings")
    assert row.judged.score is None and row.why == "nothing has looked for findings yet"
    at = timezone.now()
    Result.objects.create(
        plan=plan, number=1, kind="sarif", name="Scan", prefix="scan", text="", sha256="0" * 64,
        observed_at=at, valid_for_s=60, by_name="ci", at=at,
    )  # fmt: skip
    common = {"plan": plan, "state_at": at, "seen_at": at, "title": "Seen"}
    Finding.objects.create(number=1, severity="high", **common)
    Finding.objects.create(number=2, severity="medium", state="fixed", retest=True, **common)
    over, later = at - timedelta(hours=1), at + timedelta(hours=1)
    Finding.objects.create(
        number=3, severity="low", state="accepted", accepted_until=over, **common
    )
    Finding.objects.create(
        number=4, severity="critical", state="accepted", accepted_until=later, **common
    )
    row = now_of(plan).rows[0]
    assert (row.judged.score, row.why) == (Decimal("7.4"), "1 high, 1 medium, 1 low open")
    Finding.objects.all().delete()
    row = from_source(plan, cast, "findings", critical=5.0)
    assert (row.judged.score, row.why) == (10, "none is open")
    plan.refresh_from_db()
    later = score_now(plan, at + timedelta(minutes=2))
    assert later.score.total is None and "older than" in later.rows[0].why


# --- at a gate -------------------------------------------------------------------------------


@pytest.fixture
def asked(score, gate):
    """A criterion that wants a score of at least 8.5."""
    return Criterion.objects.create(
        gate=gate, key="score", position=1, label="Readiness score", source=Source.SCORE,
        green_op=">=", green_value=8.5, red_op="<", red_value=7.0,
    )  # fmt: skip


def row_of(gate):
    gate.plan.refresh_from_db()
    return gate_sheet(gate, timezone.now()).criteria[0]


def test_a_criterion_asks_the_score(score, gate, asked, cast):
    assert row_of(gate).band == "no_data"
    scores(score, cast["cora"], health=9)
    row = row_of(gate)
    assert row.band == "no_data" and "no score: Security" in row.sentence
    scores(score, cast["cora"], security=9)
    row = row_of(gate)
    assert (row.band, row.text, row.judged) == ("green", "9.00 of 10", False)


def test_a_veto_makes_the_criterion_red_whatever_the_score(score, gate, asked, cast):
    scores(score, cast["cora"], health=10, security="7.9")
    row = row_of(gate)
    assert row.band == "red" and row.value > 9 and not row.to_judge
    said = "Readiness score is red: Security is a veto and stands at 7.9."
    assert row.sentence == said


def test_a_decision_freezes_the_score_and_the_next_one_shows_its_change(score, gate, cast):
    """The trend since the last gate, per category and of the whole."""
    scores(score, cast["cora"], health=8, security=9)
    decide_gate(gate, "hold", by=cast["cora"])
    kept = Decision.objects.get().evidence["readiness"]
    assert (kept["total"], kept["bar"], kept["standing"]) == ("8.4", "8.5", "below")
    assert [one["score"] for one in kept["categories"]] == ["8", "9"]
    scores(score, cast["cora"], health=10)
    score.refresh_from_db()
    sheet = score_with_change(score, timezone.now())
    assert (sheet.before, readiness.signed(sheet.score.change)) == (gate.title, "+1.2")
    assert [row.judged.change for row in sheet.rows] == [2, 0]
