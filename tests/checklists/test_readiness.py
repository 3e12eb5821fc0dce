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
from tests.checklists.test_costs import statements
from tests.conftest import make_item
from warroom.actions.imports import create_plan
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.actions.tokens import make_token
from warroom.documents import portable
from warroom.live import panels
from warroom.models import TimelineEvent

pytestmark = pytest.mark.django_db

TEN = ScaleWanted(Decimal(10), Decimal("8.5"))


def wanted(label, weight, **fields):
    return CategoryWanted(label, Decimal(weight), **fields)


@pytest.fixture
def score(plan, cast):
    """Health 60 %, Security 40 % and a veto with a target of 8; the bar is 8.50 of 10."""
    both = [wanted("Health", 60), wanted("Security", 40, target="8", veto=True)]
    save_weights(plan, both, scale=TEN, by=cast["cora"])
    return plan


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


# --- on the screen ---------------------------------------------------------------------------


def test_the_panel_shows_weights_contributions_and_what_would_raise_it(plan, cast):
    """S81: 60 and 45 % are said and normalised."""
    both = [wanted("Health", 60, target="≥ 9"), wanted("Team <b>", 45)]
    save_weights(plan, both, scale=TEN, by=cast["cora"])
    keys = [one.key for one in plan.readiness.all()]
    (
        scores(plan, cast["cora"], **{keys[0]: 8}),
        give_score(plan, keys[1], Decimal(10), "<i>Full</i>", by=cast["cora"]),
    )
    plan.refresh_from_db()
    html = panels.render(panels.get("score"), plan, timezone.now())
    for text in (
        "Weights add up to 105 %", "9.30 ÷ 1.05 = 8.86", "above bar", "BELOW its target 9",
        "Health to 9 (+0.57)", "Team &lt;b&gt;", "&lt;i&gt;Full", 'value="8"', ">4.80<",
    ):  # fmt: skip
        assert text in html, text


def test_the_room_shows_the_score_only_before_go_live(score, gate, cast):
    at = timezone.now()
    show = panels.get("score-ahead")
    score.t0 = at + timedelta(hours=2)
    scores(score, cast["cora"], health=9, security=9)
    score.save(update_fields=["t0"])
    score.refresh_from_db()
    html = panels.render(show, score, at)
    assert "What would raise it" in html and "bar 8.50" in html and 'x1="' in html
    score.t0 = at - timedelta(hours=2)
    assert panels.render(show, score, at) == ""
    score.t0 = at + timedelta(hours=2)
    decide_gate(gate, "no-go", by=cast["cora"], rationale="Not today: the database is behind.")
    score.refresh_from_db()
    score.t0 = at + timedelta(hours=2)
    assert panels.render(show, score, timezone.now()) == ""


def test_the_gate_says_the_score_among_what_it_is_judged_by(score, gate, cast, client_of):
    scores(score, cast["cora"], health=9, security=9)
    page = client_of(cast["vera"]).get(f"/plans/{score.slug}/gates/{gate.key}/").content.decode()
    assert "Score 9.00, bar 8.50" in page and 'id="score"' in page


def test_a_score_is_given_on_its_page_and_what_was_typed_stays(score, cast, client_of):
    """S33: everything about readiness in one place."""
    cora, page = client_of(cast["cora"]), f"/plans/{score.slug}/readiness/"
    wrong = cora.post(f"{page}health/score", {"value": "12", "why": "A long reason"})
    body = wrong.content.decode()
    assert wrong.status_code == 422 and "A long reason" in body and 'value="12"' in body
    assert cora.post(f"{page}health/score", {"value": "9", "why": "Seen"}).status_code == 302
    assert cora.post(f"{page}gone/score", {"value": "9", "why": "Seen"}).status_code == 404
    shown = cora.get(page).content.decode()
    assert "Cora" in shown and "Seen" in shown and "over 1 of 2 categories" in shown
    assert (
        "Score a category"
        not in client_of(cast["vera"])
        .get(page)
        .content.decode()
        .split('data-needs="sign"')[0]
        .split("<main")[1]
        .split("History")[0]
    )


def test_the_settings_keep_scale_target_veto_and_source(score, cast, client_of):
    cora, path = client_of(cast["cora"]), f"/plans/{score.slug}/settings/weights"
    sent = {
        "weight-TOTAL_FORMS": 1, "weight-INITIAL_FORMS": 0, "best": "100", "bar": "90",
        "weight-0-key": "health", "weight-0-label": "Health", "weight-0-weight": "100",
        "weight-0-target": "≥ 80 %", "weight-0-veto": "on", "weight-0-source": "evidence",
        "weight-0-params": "coverage.lines 60 to 90",
    }  # fmt: skip
    assert cora.post(path, sent | {"weight-0-params": "coverage"}).status_code == 422
    assert cora.post(path, sent | {"bar": "101"}).status_code == 422
    assert cora.post(path, sent).status_code == 302
    row = score.readiness.get()
    assert (row.target_value, row.veto, row.source) == (80, True, "evidence")
    assert row.params == {"key": "coverage.lines", "zero": 60.0, "full": 90.0}
    shown = cora.get(f"/plans/{score.slug}/settings/").content.decode()
    assert 'value="coverage.lines 60 to 90"' in shown and 'value="90"' in shown
    refused = cora.post(path, sent | {"seen": "older", "bar": "80"})
    assert refused.status_code == 409


def test_pages_cost_the_same_with_one_category_and_with_many(
    score, phase, item, gate, cast, client_of
):
    cora = client_of(cast["cora"])
    many = [wanted(f"Part {n}", 2, source="items" if n % 2 else "person") for n in range(30)]
    counts = []
    for more in ([], many):
        now = [wanted("Health", 60), wanted("Items", 40, source="items"), *more]
        save_weights(score, now, by=cast["cora"])
        for path in ("", f"gates/{gate.key}/", "readiness/"):
            cora.get(f"/plans/{score.slug}/{path}")
            counts.append(statements(lambda path=path: cora.get(f"/plans/{score.slug}/{path}")))
    few, rest = counts[:3], counts[3:]
    assert few == rest


# --- files and pipelines -----------------------------------------------------------------------


def test_the_plan_file_carries_scale_targets_vetoes_and_sources(score, cast):
    items = wanted("Items", 10, source="items", params={"phases": [1]}, target_value=Decimal(9))
    save_weights(
        score,
        [wanted("Health", 60), wanted("Security", 40, target="8", veto=True), items],
        by=cast["cora"],
    )
    scores(score, cast["cora"], health=9)
    score.refresh_from_db()
    data = portable.plan_data(score, states=True)
    assert data["readiness_scale"] == {"best": 10, "bar": 8.5}
    assert data["readiness"][1] == {
        "key": "security", "label": "Security", "weight": 40, "target": "8", "target_value": 8,
        "veto": True,
    }  # fmt: skip
    assert data["readiness"][2]["params"] == {"phases": [1]}
    given = data["record"]["scores"]
    assert [(one["category"], one["score"], one["by"]) for one in given] == [("health", 9, "Cora")]
    assert "score" not in data["readiness"][0]
    other = create_plan(portable.PlanFile(data), by=cast["cora"], slug="again")
    assert portable.plan_data(other, states=False)["readiness"] == data["readiness"]
    assert not CategoryScore.objects.filter(category__plan=other).exists()


def test_a_copy_takes_the_categories_and_none_of_the_scores(score, cast):
    scores(score, cast["cora"], health=9, security=9)
    score.refresh_from_db()
    data = portable.plan_data(score, states=False, added=False)
    assert data["readiness_scale"]["bar"] == 8.5 and "record" not in data


def test_pipelines_read_score_and_weigh(score, cast, client):
    token = make_token(cast["cora"], ["read", "sign", "edit"])[1]
    headers = {"authorization": f"Bearer {token}"}
    base = f"/api/v1/plans/{score.slug}/readiness"

    def send(method, path, body=None):
        answer = client.generic(
            method, base + path, body or "", content_type="application/json", headers=headers
        )
        return answer.status_code, answer.json()

    assert send("POST", "/health/score", '{"value": 9, "why": "Seen"}')[0] == 201
    assert send("POST", "/health/score", '{"value": 99, "why": "Seen"}')[1]["field"] == "value"
    assert send("POST", "/health/score", '{"value": "NaN", "why": "Seen"}')[0] == 422
    assert send("POST", "/gone/score", '{"value": 9, "why": "Seen"}')[0] == 404
    status, found = send("GET", "")
    assert (status, found["total"], found["standing"]) == (200, "9", "no_data")
    assert (found["scored"], found["wanted"], found["bar"]) == (1, 2, "8.5")
    body = '{"bar": null, "categories": [{"label": "Health", "key": "health", "weight": 100}]}'
    status, found = send("PUT", "", body)
    assert (status, found["bar"], found["standing"]) == (200, None, "open")
    assert send("PUT", "", '{"categories": [{"label": "A", "weight": 0.001}]}')[0] == 422
