"""What may not make a gate say go, whoever sends it and however it is rounded or repeated."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone as clock

from checklists.actions.criteria import edit_criterion, set_bar
from checklists.actions.decisions import decide_gate
from checklists.actions.load import add_profile
from checklists.actions.results import record_value
from checklists.documents.finding_trail import safe_cell
from checklists.models import Evidence, FollowUp
from checklists.queries.gates import gate_sheet
from checklists.queries.stored import path_of
from checklists.rules.bands import Band, Bound
from checklists.rules.gates import GO, HOLD, Bar, Facts, Reading, recommend, written_length
from warroom.actions.refusals import Invalid, Refused
from warroom.actions.tokens import SCOPES, make_token
from warroom.rules.moments import can_be_kept
from warroom.rules.typed import instant_of

pytestmark = pytest.mark.django_db
EVIDENCE = "/api/v1/plans/genesis-4/evidence"
WIDER = {"target": "< 50 %", "green": Bound("<", 50), "red": Bound(">", 60)}


@pytest.fixture
def call(client, cast):
    """``call("cora", "POST", "/evidence", {...})`` -> (status, answer)."""

    def send(name, method, path, body=None, **headers):
        headers["authorization"] = f"Bearer {make_token(cast[name], SCOPES)[1]}"
        data = "" if body is None else json.dumps(body)
        given = {"content_type": "application/json", "headers": headers}
        answer = client.generic(method, f"/api/v1/plans/genesis-4{path}", data, **given)
        return answer.status_code, json.loads(answer.content or "null")

    return send


def band_of(gate):
    return gate_sheet(gate, clock.now()).criteria[0].band


# --- weights -------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [0.001, 0.004, 0, -1, 9999.999, float("nan"), 10**30])
def test_a_weight_is_judged_as_it_is_kept(criterion, cast, weight):
    with pytest.raises(Invalid, match="weight"):
        edit_criterion(criterion, {"weight": weight}, by=cast["cora"], reason="Less")
    criterion.refresh_from_db()
    assert criterion.weight is None


def test_a_bar_that_rounds_to_nothing_is_refused(gate, cast):
    for share in (Decimal("0.001"), Decimal("NaN"), Decimal("1e30")):
        with pytest.raises(Invalid):
            set_bar(gate, share, None, by=cast["cora"], reason="Less")


@pytest.mark.parametrize(
    "facts",
    [
        Facts((Reading("Errors", Band.RED, weight=0.0), Reading("Uptime", Band.GREEN))),
        Facts((Reading("Errors", Band.RED, weight=0.0),)),
        Facts((Reading("Errors", Band.RED, weight=1.0),), bar=Bar(reach=0.0)),
    ],
)
def test_what_weighs_nothing_or_must_reach_nothing_holds(facts):
    assert recommend(facts).word == HOLD != GO


# --- values --------------------------------------------------------------------------------


def test_red_green_and_red_again_within_a_minute_is_red(gate, criterion, cast):
    kept = [
        record_value(gate.plan, "error-rate", value, by=cast["forge"], unit="%")
        for value in (5, 0.01, 5, 5)
    ]
    assert [one.number for one in kept] == [1, 2, 3, 3]
    assert band_of(gate) == Band.RED


def test_the_same_holds_for_values_with_a_time_of_their_own(gate, criterion, cast):
    at = clock.now() - timedelta(seconds=20)
    for value in (5, 0.01, 5):
        record_value(gate.plan, "error-rate", value, by=cast["forge"], unit="%", observed_at=at)
    assert band_of(gate) == Band.RED


def test_a_value_is_sent_anew_where_something_else_counts_by_now(gate, criterion, cast):
    record_value(gate.plan, "error-rate", 5, by=cast["forge"], unit="%")
    Evidence.objects.filter(key="error-rate").update(result=None, value=0.01)
    record_value(gate.plan, "error-rate", 5, by=cast["forge"], unit="%")
    assert band_of(gate) == Band.RED


def test_nobody_posts_the_verdict_of_a_load_profile(plan, cast):
    add_profile(plan, {"name": "Peak load"}, by=cast["cora"])
    for key in ("load.peak-load.limits", "load.peak-load.p95"):
        with pytest.raises(Refused, match="is measured here"):
            record_value(plan, key, 1, by=cast["forge"], unit="of 1")
    assert record_value(plan, "load.other.p95", 1, by=cast["forge"]).counts


# --- stale pages ---------------------------------------------------------------------------


def test_a_vote_on_what_was_changed_meanwhile_is_not_counted(gate, criterion, cast, client_of):
    """What was typed stands in the answer, and the form now carries the version of now."""
    page = client_of(cast["thon"]).get(f"/plans/{gate.plan.slug}/gates/gate-1/").content.decode()
    assert 'name="seen" value="1"' in page
    edit_criterion(criterion, WIDER, by=cast["cora"], reason="Measured at night")
    said = {"role": "on-call", "vote": "go", "reason": "Watched for an hour", "seen": "1"}
    votes = f"/plans/{gate.plan.slug}/gates/gate-1/votes"
    answer = client_of(cast["thon"]).post(votes, said)
    text = answer.content.decode()
    assert answer.status_code == 409 and not gate.votes.exists()
    assert "Measured at night" in text and "Watched for an hour" in text
    assert 'name="seen" value="2"' in text
    assert client_of(cast["thon"]).post(votes, said | {"seen": "2"}).status_code == 302
    assert gate.votes.get().gate_version == 2


def test_the_api_may_say_what_was_seen(gate, criterion, cast, call):
    seen = call("thon", "GET", "/gates/gate-1")[1]["seen"]
    edit_criterion(criterion, WIDER, by=cast["cora"], reason="Measured at night")
    vote = {"role": "on-call", "vote": "go"}
    assert call("thon", "POST", "/gates/gate-1/votes", vote | {"seen": seen})[0] == 409
    assert call("thon", "POST", "/gates/gate-1/votes", vote | {"seen": "go:x"})[0] == 422
    assert call("thon", "POST", "/gates/gate-1/votes", vote)[0] == 201


def test_a_judgement_of_an_older_criterion_is_not_counted(gate, criterion, cast, client_of):
    edit_criterion(criterion, WIDER, by=cast["cora"], reason="Measured at night")
    judge = f"/plans/{gate.plan.slug}/gates/gate-1/criteria/error-rate"
    said = {"band": "green", "note": "Looked at the dashboard", "seen": "1"}
    answer = client_of(cast["thon"]).post(judge, said)
    assert answer.status_code == 409 and "Looked at the dashboard" in answer.content.decode()
    assert band_of(gate) == Band.NO_DATA
    assert client_of(cast["thon"]).post(judge, said | {"seen": "2"}).status_code == 302


def test_a_hold_of_another_length_is_another_decision(gate, cast):
    holds = [
        decide_gate(gate, "hold", by=cast["cora"], rationale="Look again", hold_minutes=minutes)
        for minutes in (5, 90, 90)
    ]
    assert holds[0] != holds[1] == holds[2]
    assert holds[1].hold_until - holds[1].at == timedelta(minutes=90)


def test_one_key_for_another_prefix_is_another_request(plan, cast, client):
    token = make_token(cast["forge"], ["evidence"])[1]
    headers = {"authorization": f"Bearer {token}", "idempotency-key": "k-1"}
    for prefix in ("unit", "browser"):
        file = SimpleUploadedFile("j.xml", b'<testsuite><testcase name="a"/></testsuite>')
        body = {"file": file, "prefix": prefix}
        client.post("/api/v1/plans/genesis-4/evidence", body, headers=headers)
    assert set(plan.results.values_list("prefix", flat=True)) == {"unit", "browser"}


# --- what looks like something and is not -------------------------------------------------


def test_blanks_without_a_width_are_no_written_reason(gate, cast):
    for rationale in ("\u200b" * 30, "  \u2060 \u200d " * 9, "a" + "\u200b" * 30):
        with pytest.raises(Invalid, match="at least 20 characters"):
            decide_gate(gate, "go", by=cast["cora"], rationale=rationale)
    assert written_length("Two words\n  and two") == 17


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"source": "checks", "params": {"checks": 5}}, "checks"),
        ({"source": "checks", "params": {"checks": {"a": 1}}}, "checks"),
        ({"source": "items", "params": {"phases": "abc"}}, "phases"),
        ({"source": "age", "params": {"key": {"a": 1}}}, "key"),
        ({"source": "alerts", "params": {"severity": [1]}}, "severity"),
        ({"target": "< NaN"}, "target"),
        ({"fail": "> inf %"}, "fail"),
        ({"weight": 0.001}, "weight"),
    ],
)
def test_fields_of_another_kind_are_refused_by_name(criterion, cast, call, said, field):
    path = "/gates/gate-1/criteria/error-rate"
    status, answer = call("cora", "PATCH", path, said | {"reason": "x", "revoke": True})
    assert (status, answer["field"]) == (422, field)


def test_a_form_without_its_boundary_is_answered(plan, cast, client):
    headers = {"authorization": f"Bearer {make_token(cast['forge'], ['evidence'])[1]}"}
    answer = client.generic(
        "POST", EVIDENCE, b"abc", content_type="multipart/form-data", headers=headers
    )
    assert answer.status_code == 400


def test_a_closed_release_keeps_no_bytes_of_what_it_refuses(plan, cast, client):
    plan.lifecycle = "aborted"
    plan.save(update_fields=["lifecycle"])
    headers = {"authorization": f"Bearer {make_token(cast['forge'], ['evidence'])[1]}"}
    data = b'<testsuite><testcase name="closed"/></testsuite>'
    answer = client.post(EVIDENCE, {"file": SimpleUploadedFile("j.xml", data)}, headers=headers)
    assert answer.status_code == 409 and not path_of(sha256(data).hexdigest()).exists()


def test_cells_that_spreadsheets_read_as_formulas_are_marked():
    for text in ("＝1", "|cmd", " =1", "＠a", "%a"):
        assert safe_cell(text).startswith("'")
    assert safe_cell("plain = 1") == "plain = 1"


# --- instants ------------------------------------------------------------------------------

EARLY, LATE = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"


@pytest.mark.parametrize("at", [EARLY, LATE, "1500-01-01T00:00:00Z", "1969-12-31T23:59:59Z"])
@pytest.mark.parametrize(
    ("path", "field", "body"),
    [
        ("/followups", "due", {"text": "x"}),
        ("/findings", "due", {"title": "x", "severity": "low"}),
        ("/gates/gate-1/criteria/error-rate/waiver", "ends_at", {"role": "on-call", "band": "red"}),
        ("/evidence", "observed_at", {"key": "error-rate", "value": 1}),
        ("/dryruns/1/results", "at", {"word": "pass"}),
    ],
)
def test_a_time_that_no_database_keeps_is_refused(criterion, cast, call, path, field, body, at):
    """On PostgreSQL one such row stops the room for everybody."""
    status, answer = call("cora", "POST", path, body | {field: at})
    assert status == 422 and field in json.dumps(answer), answer
    assert not FollowUp.objects.exists()


def test_years_are_looked_at_in_utc():
    east = timezone(timedelta(hours=14))
    assert not can_be_kept(datetime(1970, 1, 1, tzinfo=east))
    assert can_be_kept(datetime(1970, 1, 1, tzinfo=UTC))
    assert not can_be_kept(datetime(9999, 1, 1, tzinfo=UTC))
    assert not can_be_kept(datetime.max.replace(tzinfo=timezone(-timedelta(hours=14))))


def test_an_offset_into_no_year_is_no_instant():
    early = datetime(1970, 1, 2, tzinfo=UTC)
    assert instant_of("T-300 h", early, early) is None
    assert instant_of("T-2h", early, early) == early - timedelta(hours=2)
