"""A rehearsal: the same plan in less time, marked everywhere, and evidence of nothing."""

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from checklists.actions.files import attach_file
from checklists.actions.gates import cast_vote, decide_gate
from checklists.actions.items import set_item_state
from checklists.actions.signoffs import sign_off
from checklists.models import Decision, Gate
from rollouts.models import HealthCheck, PrometheusQuery, Stage
from tests.conftest import make_item, make_plan, seat
from warroom.actions.change import change
from warroom.actions.copies import copy_plan
from warroom.actions.drafts import Wishes
from warroom.actions.messages import queue_mail
from warroom.actions.refusals import Invalid, Refused
from warroom.actions.status import set_status_public
from warroom.actions.templates import start_from_template
from warroom.actions.tokens import make_token
from warroom.documents.marks import strip
from warroom.documents.portable import as_yaml, plan_data, read
from warroom.documents.templates import starter
from warroom.documents.writing import completed_document
from warroom.live import snapshots
from warroom.models import DeploymentPlan, Lifecycle, Message
from warroom.rules.lengths import read as read_length
from warroom.rules.lengths import written as write_length
from warroom.rules.rehearsal import USUAL, in_time
from warroom.rules.typed import offset_of

T0 = datetime(2030, 3, 4, 9, tzinfo=UTC)
FAST = Wishes("Dry run", t0=T0, rehearsal=True, factor=60)


# --- the rule --------------------------------------------------------------------------------


def shorter(data, factor):
    return in_time(data, Fraction(factor))


@pytest.mark.parametrize(
    ("part", "field", "long", "factor", "short"),
    [
        ("stages", "soak", "12h", 60, "12m"),
        ("stages", "soak", "11h40m", 60, "11m40s"),
        ("stages", "soak", "5m", 60, "10s"),  # never under 10 s
        ("stages", "soak", "5s", 60, "5s"),  # nor longer than it was
        ("stages", "at", "T+12h15m", 60, "T+12m15s"),
        ("gates", "hold", "6h", 60, "6m"),
        ("gates", "hold", "30m", 60, "1m"),
        ("gates", "opens", "T-30m", 60, "T-30s"),
        ("metrics", "every", "30s", 60, "5s"),  # never under 5 s
        ("metrics", "sustained", "5m", 10, "30s"),
        ("checks", "every", "60s", 4, "15s"),
        ("phases", "runs", "24h", 60, "24m"),
        ("phases", "due", "T+0", 60, "T+0"),
        ("phases", "due", "2030-03-04T09:00:00Z", 60, "2030-03-04T09:00:00Z"),
        ("phases", "text", "12h", 60, "12h"),
        ("escalation", "to", "15m", 60, "15m"),  # people stay as fast as they are
    ],
)
def test_what_is_shortened_and_by_how_much(part, field, long, factor, short):
    assert shorter({part: [{field: long}]}, factor)[part][0][field] == short


def test_nested_items_and_covers_are_shortened_too():
    data = {
        "roles": [{"cover": {"from": "T-2h", "until": "T+24h"}}],
        "phases": [{"groups": [{"items": [{"items": [{"runs": "24h", "due": "T+1d"}]}]}]}],
    }
    short = shorter(data, 60)
    assert short["roles"][0]["cover"] == {"from": "T-2m", "until": "T+24m"}
    inner = short["phases"][0]["groups"][0]["items"][0]["items"][0]
    assert inner == {"runs": "24m", "due": "T+24m"}


def test_what_the_file_leaves_out_because_it_is_usual_is_shortened_as_well():
    short = shorter({"gates": [{"key": "a"}], "metrics": [{"key": "b"}], "checks": [{}]}, 3)
    assert short["gates"] == [{"hold": "2h", "key": "a"}]
    assert short["metrics"] == [{"every": "5s", "sustained": "1m40s", "key": "b"}]
    assert short["checks"] == [{"every": "5s", "sustained": "1m40s"}]


def test_the_usual_is_what_the_tables_say():
    defaults = {
        "stages": {"hold": Stage().hold_s},
        "gates": {"hold": Gate(key="x").hold_minutes * 60},
        "metrics": {"every": PrometheusQuery().interval_s, "sustained": 300},
        "checks": {"every": HealthCheck().interval_s, "sustained": HealthCheck().sustained_s},
    }
    said = {p: {k: read_length(v) for k, v in lengths.items()} for p, lengths in USUAL.items()}
    assert said == defaults


def test_what_is_made_longer_again_is_what_it_was():
    data = {
        "stages": [{"soak": "12h", "at": "T+15m", "hold": "6h"}],
        "gates": [{"hold": "6h"}],
    }
    assert in_time(shorter(data, 60), Fraction(1, 60)) == data


@given(st.integers(0, 10**7), st.integers(1, 1440))
def test_no_length_becomes_longer_or_shorter_than_its_bound(seconds, factor):
    long = {"stages": [{"soak": write_length(seconds)}]}
    short = read_length(shorter(long, factor)["stages"][0]["soak"])
    assert min(seconds, 10) <= short <= max(seconds, 0)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=2), st.integers(1, 1440))
def test_offsets_keep_their_order(offsets, factor):
    texts = [f"T{'-' if s < 0 else '+'}{write_length(abs(s))}" for s in sorted(offsets)]
    rows = shorter({"phases": [{"at": text} for text in texts]}, factor)["phases"]
    seconds = [offset_of(one["at"]) for one in rows]
    assert None not in seconds and seconds == sorted(seconds)


# --- in the room -----------------------------------------------------------------------------


@pytest.fixture
def drill(db, cast):
    """A rehearsal of the progressive rollout, 60 times as fast, under way."""
    plan = start_from_template(starter(cast["cora"], "progressive"), FAST, by=cast["cora"])
    for name, key in (
        ("cora", "deployment-lead"),
        ("thon", "on-call"),
        ("hudson", "security-lead"),
    ):
        role = plan.roles.get(key=key)
        seat(plan, cast[name], role.key, role.name, role.rights)
    DeploymentPlan.objects.filter(pk=plan.pk).update(
        t0=timezone.now() - timedelta(minutes=30), lifecycle=Lifecycle.DEPLOYING
    )
    plan.refresh_from_db()
    return plan


def test_stages_gates_timers_and_cadences_are_divided(drill):
    assert (drill.rehearsal, drill.rehearsal_factor) == (True, 60)
    assert [stage.soak_s for stage in Stage.objects.filter(plan=drill)] == [700, 700] + [1380] * 4
    assert set(drill.gates.values_list("hold_minutes", flat=True)) == {6}
    assert drill.gates.get(key="gate-1").offset_s == 720
    assert {one.interval_s for one in PrometheusQuery.objects.filter(plan=drill)} == {5}
    assert drill.items.get(text="Soak at 100 %").duration_s == 2880
    assert drill.phases.last().end_offset_s == 7 * 86_400 // 60
    assert drill.watch_s == 48 * 60


PAGES = [
    "", "checklist/", "items/1/", "gates/gate-1/", "checks/", "timeline/", "people/", "settings/",
    "status/", "live/snapshot",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_a_rehearsal_says_so(drill, cast, client_of, page):
    html = client_of(cast["cora"]).get(f"/plans/{drill.slug}/{page}").content.decode()
    assert "REHEARSAL" in html
    if "<title>" in html:
        assert "REHEARSAL" in html.partition("<title>")[2].partition("</title>")[0]
        assert "60 times as fast" in html


def test_the_list_says_so_and_the_real_thing_does_not(drill, cast, client_of, plan):
    client = client_of(cast["cora"])
    assert client.get("/").content.decode().count("REHEARSAL") == 1
    for page in ("", "checklist/", "timeline/"):
        assert "REHEARSAL" not in client.get(f"/plans/{plan.slug}/{page}").content.decode()


def test_signatures_votes_and_decisions_say_so(drill, cast):
    roles = {role.key: role for role in drill.roles.all()}
    gate = drill.gates.get(key="gate-1")
    signed = sign_off(
        drill, drill.phases.first(), roles["on-call"], "rejected", by=cast["thon"], comment="No."
    )
    cast_vote(gate, roles["security-lead"], "go", by=cast["hudson"])
    decide_gate(gate, "hold", by=cast["cora"])
    assert ", in rehearsal, reject" in signed.statement
    texts = {event.kind: event.text for event in drill.events.all()}
    for kind in ("signoff.rejected", "vote.cast", "gate.held"):
        assert texts[kind].startswith("In rehearsal: "), kind
    assert Decision.objects.get(gate=gate).evidence["rehearsal"] is True


def test_the_real_thing_does_not_say_so(plan, cast, gate):
    decide_gate(gate, "hold", by=cast["cora"])
    assert Decision.objects.get(gate=gate).evidence["rehearsal"] is False
    assert not plan.events.last().text.startswith("In rehearsal")


def test_its_status_page_answers_as_if_it_were_off(drill, cast, client):
    assert drill.status_public
    for path in (f"/status/{drill.slug}/", f"/status/{drill.slug}.json"):
        assert client.get(path).status_code == 404
    assert snapshots.write(drill.pk) is None
    snapshots.write_old()
    assert not snapshots.path_of(drill.slug).exists()
    with pytest.raises(Refused, match="never sees it"):
        set_status_public(drill, True, by=cast["cora"])


def test_letters_say_so_in_their_subject(drill, cast, plan):
    for room in (drill, plan):
        with change(room, by=cast["cora"]) as open_change:
            queue_mail(open_change, key=room.slug, to="a@b.example", subject="Vote", text="Now.")
    subjects = dict(Message.objects.values_list("key", "subject"))
    assert subjects == {drill.slug: "[REHEARSAL] Vote", plan.slug: "Vote"}


def test_the_api_says_so(drill, plan, cast, client):
    secret = make_token(cast["cora"], ["read"])[1]
    headers = {"authorization": f"Bearer {secret}"}
    for room, marked in ((drill, True), (plan, False)):
        body = client.get(f"/api/v1/plans/{room.slug}", headers=headers).json()
        assert (body["rehearsal"], body["usable_as_evidence"]) == (marked, not marked)
    body = client.get(f"/api/v1/plans/{drill.slug}/gates/gate-1", headers=headers).json()
    assert (body["rehearsal"], body["usable_as_evidence"]) == (True, False)


def test_its_file_says_so_and_is_read_as_a_rehearsal(drill):
    data = read(as_yaml(plan_data(drill, states=True)), "yaml").data
    assert data["plan"]["rehearsal"] == {"factor": 60}


@pytest.mark.parametrize("source", ["", "# Ours\n\n- [ ] Backup\n", "---\na: b\n---\n# Ours\n"])
def test_its_document_says_so_and_reads_back_as_it_was(drill, source):
    DeploymentPlan.objects.filter(pk=drill.pk).update(source_text=source)
    drill.refresh_from_db()
    said = completed_document(drill)
    assert "**REHEARSAL.** Nothing" in said
    assert "Completed from the rehearsal of" in said
    if source:
        assert strip(said)[0] == source


@pytest.mark.parametrize("form", ["markdown", "yaml", "json"])
def test_its_exports_say_so_by_their_name(drill, cast, client_of, form):
    client = client_of(cast["cora"])
    answer = client.get(f"/plans/{drill.slug}/document?format={form}")
    assert 'filename="REHEARSAL-dry-run.' in answer["Content-Disposition"]
    assert "rehearsal" in answer.content.decode().lower()


def test_what_needs_a_person_over_all_releases_says_so(drill, cast, client_of):
    assert "REHEARSAL" in client_of(cast["thon"]).get("/me/").content.decode()


# --- evidence of nothing ---------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "gates/gate-1/", "timeline/", "items/1/files/1"])
@pytest.mark.parametrize("before", ["/plans", "/api/v1/plans"])
def test_a_link_into_a_rehearsal_is_no_evidence_for_another_release(
    drill, item, cast, path, before
):
    link = f"https://warroom.example{before}/{drill.slug}/{path}"
    with pytest.raises(Invalid, match="rehearsal Dry run"):
        set_item_state(item, "done", by=cast["cora"], evidence=link)
    own = drill.items.get(number=1)
    assert set_item_state(own, "done", by=cast["cora"], evidence=link).state == "done"


def test_a_link_into_a_real_release_is_evidence(item, cast):
    make_plan("other", "Other")
    link = "https://warroom.example/plans/other/gates/gate-1/"
    assert set_item_state(item, "done", by=cast["cora"], evidence=link).evidence_url == link


def test_a_rehearsal_s_frozen_decision_is_no_evidence_elsewhere(drill, item, cast):
    decide_gate(drill.gates.get(key="gate-1"), "hold", by=cast["cora"])
    record = json.dumps(Decision.objects.get().evidence).encode()
    with pytest.raises(Invalid, match="written by a rehearsal"):
        attach_file(item, "decision.json", record, by=cast["cora"])


def test_a_file_that_a_rehearsal_has_is_no_evidence_elsewhere(drill, item, cast):
    own = drill.items.get(number=1)
    attach_file(own, "run.txt", b"All green.", by=cast["cora"])
    with pytest.raises(Invalid, match="attached in the rehearsal Dry run"):
        attach_file(item, "renamed.txt", b"All green.", by=cast["cora"])
    attach_file(item, "mine.txt", b"All green here.", by=cast["cora"])


# --- copies ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_release_is_rehearsed_and_the_rehearsal_becomes_a_release_again(plan, cast, phase, gate):
    gate.hold_minutes = 360
    gate.save()
    make_item(phase, 1, "Soak", duration_s=86_400, due_offset_s=43_200)
    Stage.objects.create(plan=plan, number=1, from_percent=0, to_percent=5, soak_s=43_200)
    short = copy_plan(plan, FAST, by=cast["cora"])
    assert (short.stages.get().soak_s, short.gates.get().hold_minutes) == (720, 6)
    assert (short.items.get().duration_s, short.items.get().due_offset_s) == (1440, 720)
    real = copy_plan(short, Wishes("For real", t0=T0), by=cast["cora"])
    assert (real.rehearsal, real.rehearsal_factor) == (False, 1)
    assert (real.stages.get().soak_s, real.gates.get().hold_minutes) == (43_200, 360)
    assert (real.items.get().duration_s, real.items.get().due_offset_s) == (86_400, 43_200)


@pytest.mark.parametrize("factor", [0, -1, 1441])
def test_a_factor_has_its_bounds(cast, factor):
    wishes = Wishes("Dry run", rehearsal=True, factor=factor)
    with pytest.raises(Invalid):
        start_from_template(starter(cast["cora"], "drill"), wishes, by=cast["cora"])


def test_a_factor_without_a_rehearsal_changes_nothing(cast):
    wishes = Wishes("Real", t0=T0, factor=60)
    plan = start_from_template(starter(cast["cora"], "progressive"), wishes, by=cast["cora"])
    assert (plan.rehearsal, plan.rehearsal_factor) == (False, 1)
    assert Stage.objects.filter(plan=plan).first().soak_s == 42_000


# --- by the API ------------------------------------------------------------------------------


@pytest.fixture
def ask(client, cast):
    secret = make_token(cast["cora"], ["read", "run"])[1]

    def post(path, body, **headers):
        return client.post(
            f"/api/v1/{path}",
            json.dumps(body),
            content_type="application/json",
            headers={"authorization": f"Bearer {secret}", **headers},
        )

    post.get = lambda path: client.get(
        f"/api/v1/{path}", headers={"authorization": f"Bearer {secret}"}
    )
    return post


def test_a_pipeline_lists_templates(ask):
    listed = ask.get("templates").json()
    assert [one["key"] for one in listed] == ["checklist", "progressive", "launch", "drill"]
    assert listed[1]["counts"]["items"] == 54
    assert listed[3]["roles"][0] == {"key": "drill-lead", "name": "Drill Lead"}


def test_a_pipeline_begins_a_release_once(ask):
    body = {"template": "drill", "name": "Drill", "t0": "2030-03-04T09:00:00Z", "role": "operator"}
    first = ask("plans/from-template", body, **{"idempotency-key": "k"})
    again = ask("plans/from-template", body, **{"idempotency-key": "k"})
    assert first.status_code == 201
    assert first.json() == again.json()
    assert first.json()["lifecycle"] == "draft"


def test_a_pipeline_rehearses_a_release(ask, plan, item):
    body = {"name": "Dry run", "rehearsal": True, "factor": 12, "take": ["items"]}
    answer = ask(f"plans/{plan.slug}/copy", body)
    assert answer.status_code == 201
    assert (answer.json()["rehearsal"], answer.json()["usable_as_evidence"]) == (True, False)
    assert DeploymentPlan.objects.get(slug="dry-run").rehearsal_factor == 12


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("plans/from-template", {"template": "nonsense", "name": "X"}, 404),
        ("plans/from-template", {"template": "drill", "name": " "}, 422),
        ("plans/from-template", {"template": "drill", "name": "X", "role": "cook"}, 422),
        ("plans/from-template", {"template": "drill", "name": "X", "time_zone": "Mars"}, 422),
        ("plans/from-template", {"template": "drill", "name": "X", "t0": "2030-03-04T09:00"}, 422),
        ("plans/from-template", {"template": "drill", "name": "X", "slug": "genesis-4"}, 409),
        ("plans/from-template", {"template": "drill", "name": "X", "slug": "new"}, 422),
        ("plans/genesis-4/copy", {"name": "X", "take": ["ticks"]}, 422),
        ("plans/genesis-4/copy", {"name": "X", "rehearsal": True, "factor": 0}, 422),
        ("plans/nobodys/copy", {"name": "X"}, 404),
    ],
)
def test_what_is_wrong_is_answered(ask, plan, path, body, status):
    assert ask(path, body).status_code == status


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("plans/from-template", {"template": "drill", "name": "X"}),
        ("plans/genesis-4/copy", {"name": "X"}),
    ],
)
def test_a_token_begins_no_release_beyond_its_scope(client, cast, plan, path, body):
    def status(name, scopes, **of):
        secret = make_token(cast[name], scopes, **of)[1]
        headers = {"authorization": f"Bearer {secret}"}
        answer = client.post(
            f"/api/v1/{path}", json.dumps(body), content_type="application/json", headers=headers
        )
        return answer.status_code

    before = DeploymentPlan.objects.count()
    assert status("cora", ["read"]) == 403
    assert status("cora", ["read", "run"], plan=plan) == 403
    if "copy" in path:
        assert status("stranger", ["read", "run"]) == 404
    assert DeploymentPlan.objects.count() == before
    assert status("cora", ["edit"]) == 201
