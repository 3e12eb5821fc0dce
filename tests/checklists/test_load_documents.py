"""Load profiles out of documents and plan files, and by API (S99)."""

import json

import pytest

from checklists.actions.load import add_profile
from checklists.actions.load_runs import finish_run
from checklists.models import LoadProfile
from checklists.rules.bands import Bound
from warroom.actions.imports import create_plan, import_plan
from warroom.actions.tokens import SCOPES, make_token
from warroom.documents.complaints import PlanFileError
from warroom.documents.parse import parse
from warroom.documents.portable import plan_data, read
from warroom.documents.readers import read_all

DOCUMENT = """# Launch

## Day 2

- Warm-up: 10 users, 5 minutes
- [ ] Peak: 9 users, 9 minutes
- Tell 500 users, 15 minutes before it begins

```bash
./run.sh
# - Peak Load: 1,500 concurrent users, 2 hours
# 2. Warm-up (1 min, 50 users) in progress
```

**Success**: Performance meets thresholds (P95 < 500ms, error rate < 1%)

| Profile | Virtual users | Duration | P95 | Error rate | Throughput |
|---|---|---|---|---|---|
| Spike | 800 | 3 min | < 2 s | 5% | >= 40 |
| Rest | – | – | | | |
"""


def found(text: str):
    return read_all(parse(text))


def test_profiles_are_read_out_of_lists_commands_and_tables():
    """The limits that a document states once hold where a profile has none of its own."""
    shared = {"p95_ms": Bound("<", 500), "error_percent": Bound("<", 1)}
    own = {"p95_ms": Bound("<", 2000), "error_percent": Bound("<=", 5)}
    own |= {"throughput": Bound(">=", 40)}
    told = [(one.name, one.users, one.minutes, one.limits) for one in found(DOCUMENT).parts["load"]]
    assert told == [
        ("Warm-up", 10, 5, shared),
        ("Peak Load", 1500, 120, shared),
        ("Warm-up, 50 users", 50, 1, shared),
        ("Spike", 800, 3, own),
    ]


def test_lines_say_what_they_became_and_items_stay_items():
    understood = found(DOCUMENT)
    became = {line.number: line.became for line in understood.lines}
    assert [became[number] for number in (5, 11, 12)] == ["load profile"] * 3
    assert understood.counts["items"] == 1 and became[6] != "load profile"
    assert [one.code for one in understood.findings if one.code == "load"] == ["load"]


@pytest.mark.parametrize(
    "text",
    ["- 5 users are active", "- Peak: 0 users, 5 minutes", "- Peak: 5 users", "- Peak: 5 minutes"],
)
def test_what_names_no_users_and_minutes_is_no_profile(text):
    assert found(f"# A\n\n{text}\n").parts["load"] == ()


@pytest.mark.django_db
def test_an_import_makes_profiles_once_and_a_plan_file_brings_them_back(cast):
    plan = import_plan(DOCUMENT.encode(), by="test", slug="launch")
    assert plan.load_profiles.count() == 4
    finish_run(plan.load_profiles.get(key="spike"), {"p95": 9, "errors": 0}, by=cast["root"])
    data = plan_data(plan, states=True)
    assert data["load"][3] == {
        "key": "spike", "name": "Spike", "users": 800, "minutes": 3,
        "p95": "< 2000", "errors": 5, "rps": 40, "line": 19,
    }  # fmt: skip
    assert data["record"]["load_runs"][0]["sentence"] == "Throughput was not measured."
    again = create_plan(read(json.dumps(data), "json"), by="test", slug="again")
    assert plan_data(again, states=True)["load"] == data["load"]


@pytest.fixture
def call(cast, client, plan):
    """The API as somebody with every scope."""

    def send(name, method, path, body=None):
        answer = client.generic(
            method,
            f"/api/v1/plans/{plan.slug}/load{path}",
            "" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {make_token(cast[name], SCOPES)[1]}"},
        )
        return answer.status_code, answer.json()

    return send


def test_a_pipeline_starts_a_run_and_ends_it_with_figures(call, plan, cast):
    """S99, S101, S105."""
    limits = {"p95": 500, "errors": 1}
    sent = {"name": "Peak load", "users": 500, "minutes": 15, "limits": limits}
    status, profile = call("cora", "POST", "", sent)
    assert (status, profile["key"], profile["state"]) == (201, "peak-load", "open")
    status, run = call("forge", "POST", "/peak-load/runs", {"start": True})
    assert status == 201 and run["ends_about"] and not run["ended"]
    status, run = call("forge", "POST", "/peak-load/runs", {"measured": {"p95": 612, "errors": 0}})
    assert (run["number"], run["band"], run["sentence"]) == (
        1,
        "red",
        "P95 612 ms (limit ≤ 500 ms).",
    )
    status, run = call("forge", "PUT", "/peak-load/runs/1/cause", {"cause": "Pool", "fix": "20"})
    assert (status, run["fix"]) == (200, "20")
    assert call("vera", "GET", "")[1][0]["runs"][0]["cause"] == "Pool"


def test_a_limit_that_leaves_its_value_out_stays_apart_from_one_that_takes_it_in(call, plan, cast):
    limits = {"p95": "< 500", "p99": "<= 900", "rps": "> 50"}
    status, profile = call("cora", "POST", "", {"name": "Peak load", "limits": limits})
    told = {"p95": "< 500", "p99": 900, "rps": "> 50"}
    assert status == 201
    assert {key: one for key, one in profile["limits"].items() if one is not None} == told
    for wrong in ("> 500", "soon", "500 %", "-1"):
        status, answer = call("cora", "POST", "", {"name": "B", "limits": {"p95": wrong}})
        assert (status, answer["field"]) == (422, "p95_ms")
    data = plan_data(plan, states=True)
    assert data["load"][0] == {"key": "peak-load", "name": "Peak load", **told}
    data["load"][0]["errors"] = "≤ 1"
    again = create_plan(read(json.dumps(data), "json"), by="test", slug="again")
    assert plan_data(again, states=True)["load"][0] == {**data["load"][0], "errors": 1}


@pytest.mark.parametrize("limit", ["> 500", "500", "< -1", True, -1, 1e13])
def test_a_plan_file_says_which_limit_is_none(limit):
    data = {"warroom": 1, "title": "A", "load": [{"key": "a", "name": "A", "p95": limit}]}
    with pytest.raises(PlanFileError) as wrong:
        read(json.dumps(data), "json")
    assert "load" in str(wrong.value)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"measured": {"p95": -1}}, "p95"),
        ({"measured": {"speed": 1}}, "speed"),
        ({"measured": {}}, "cause"),
        ({"start": True, "measured": {"p95": 1}}, "start"),
        ({"start": True, "minutes": 0}, "minutes"),
    ],
)
def test_a_pipeline_is_told_which_figure_is_wrong(call, plan, cast, body, field):
    add_profile(plan, {"name": "Peak load"}, by=cast["cora"])
    status, answer = call("forge", "POST", "/peak-load/runs", body)
    assert (status, answer["field"]) == (422, field)
    assert not LoadProfile.objects.get().runs.exists()
