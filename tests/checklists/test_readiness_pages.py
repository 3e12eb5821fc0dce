"""The readiness score on its pages, in plan files and by token."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from checklists.actions.gates import decide_gate
from checklists.actions.readiness import give_score, save_weights
from checklists.models import CategoryScore
from tests.checklists.test_costs import statements
from tests.checklists.test_readiness import TEN, scores, wanted
from warroom.actions.imports import create_plan
from warroom.actions.tokens import make_token
from warroom.documents import portable
from warroom.live import panels

pytestmark = pytest.mark.django_db


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
