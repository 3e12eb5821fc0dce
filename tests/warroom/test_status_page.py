"""The public status page: what it says, who may write it, and that it needs nobody to be served."""

import asyncio
import gzip
import json
import os
import re
import time
import urllib.request
from datetime import timedelta

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.utils import timezone

from tests.web_process import house
from warroom import tasks
from warroom.actions.change import RULE, change
from warroom.actions.refusals import Invalid, NotAllowed
from warroom.actions.status import post_status_update, set_status_public
from warroom.live import snapshots, status
from warroom.models import Lifecycle
from warroom.rules.public import NOTHING_TO_DO, public_state


@pytest.fixture(autouse=True)
def _nothing_remembered():
    status.forget()


def asked(path: str, method: str = "GET", **headers: str):
    """Ask the front as a server would; None when it leaves the request to Django."""
    said = []

    async def send(message):
        said.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ],
    }
    if not asyncio.run(status.answered(scope, send)):
        return None
    return said[0]["status"], dict(said[0]["headers"]), said[1].get("body", b"")


def begin(plan, **fields) -> None:
    plan.lifecycle = Lifecycle.WATCHING
    for name, value in fields.items():
        setattr(plan, name, value)
    plan.save()


@pytest.mark.parametrize(
    ("lifecycle", "verdict", "aged", "key"),
    [
        ("preparing", "hold", False, "planned"),
        ("watching", "proceed", False, "on-track"),
        ("watching", "hold", False, "on-hold"),
        ("watching", "hold", True, "on-hold"),
        ("watching", "rollback", False, "problem"),
        ("watching", "", False, "under-way"),
        ("stable", "hold", False, "finished"),
        ("rolled_back", "rollback", False, "rolled-back"),
        ("aborted", "", False, "aborted"),
    ],
)
def test_the_public_is_first_told_whether_it_must_act(lifecycle, verdict, aged, key):
    state = public_state(lifecycle, verdict, "at 5 %", aged)
    assert state.key == key
    assert state.sentence.startswith(str(NOTHING_TO_DO))


def test_every_lifecycle_has_words():
    for lifecycle in Lifecycle.values:
        assert public_state(lifecycle, "", "").headline


def test_the_page_names_no_person_and_no_metric(plan, cast, gate):
    begin(
        plan,
        verdict="hold",
        verdict_sentence="P95 latency 231 ms is over 200 ms",
        verdict_valid_until=timezone.now() + timedelta(minutes=5),
    )
    post_status_update(plan, "We stay at 5 % until 21:00 UTC.", by=cast["cora"])
    html = snapshots.as_html(plan, timezone.now())
    assert "On hold" in html
    assert "We stay at 5 %" in html
    assert "5 to 10 %" in html  # the gate that comes next
    shown = re.sub(r"<style>.*?</style>", "", html, flags=re.S)
    for secret in ("Cora", "cora", "P95", "231"):
        assert secret not in shown


def test_the_page_is_one_file_that_its_own_policy_allows(plan):
    html = snapshots.as_html(plan, timezone.now())
    assert not re.search(
        r'(?:src|href)="(?!#|data:,|http://testserver/|https?://[^"]*/(?:plans|status)/genesis-4)',
        html,
    )
    assert '<link rel="stylesheet"' not in html
    style = re.search(r"<style>(.*?)</style>", html, re.S)[1]
    script = re.search(r"<script>(.*?)</script>", html, re.S)[1]
    rules = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)[1]
    rules = rules.replace("&#x27;", "'")
    assert rules == snapshots.policy(style, script)
    assert not re.search(r'\sstyle="|\son\w+="', html)
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'id="([^"]+)"', html))


def test_what_a_person_wrote_is_text_and_nothing_else(plan, cast):
    post_status_update(plan, "<script>alert(1)</script>", by=cast["cora"])
    html = snapshots.as_html(plan, timezone.now())
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


@pytest.mark.django_db(transaction=True)
def test_the_file_follows_an_update_at_once(plan, cast):
    begin(plan)
    post_status_update(plan, "All is well.", by=cast["cora"])
    code, headers, body = asked("/status/genesis-4/")
    assert code == 200
    assert b"All is well." in body
    assert b"frame-ancestors 'none'" in headers[b"content-security-policy"]
    assert b"&#x27;" not in headers[b"content-security-policy"]
    code, _, body = asked("/status/genesis-4.json")
    told = json.loads(body)
    assert (code, told["state"]) == (200, "under-way")
    assert told["updates"][0]["text"] == "All is well."


@pytest.mark.django_db(transaction=True)
def test_a_tick_that_the_public_does_not_see_writes_nothing(plan, cast):
    with change(plan, by=cast["cora"]) as ticking:
        ticking.record("item.done", "1.1 done")
    assert not snapshots.path_of("genesis-4").exists()


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_does_not_undo_what_was_done(plan, cast, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshots, "_replace", full)
    post_status_update(plan, "Told all the same.", by=cast["cora"])
    assert plan.status_updates.count() == 1


def test_a_writer_that_hangs_holds_nobody_up(plan, cast, monkeypatch):
    monkeypatch.setattr(snapshots, "LOCK_S", 0.1)
    with snapshots._alone(plan.slug):
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            snapshots.write(plan.pk)
        assert time.monotonic() - begun < 1
    assert snapshots.write(plan.pk)


def test_encodings_and_etags_fit_together(plan):
    snapshots.write(plan.pk)
    plain = asked("/status/genesis-4/")
    packed = asked("/status/genesis-4/", accept_encoding="gzip, deflate")
    dense = asked("/status/genesis-4/", accept_encoding="gzip, br")
    assert gzip.decompress(packed[2]) == brotli.decompress(dense[2]) == plain[2]
    assert len({answer[1][b"etag"] for answer in (plain, packed, dense)}) == 3
    again = asked(
        "/status/genesis-4/", accept_encoding="br", if_none_match=dense[1][b"etag"].decode()
    )
    assert (again[0], again[2]) == (304, b"")
    head = asked("/status/genesis-4/", "HEAD")
    assert (head[0], head[2]) == (200, b"")


def test_copies_for_a_web_server_in_front_lie_beside_the_file(plan):
    path = snapshots.write(plan.pk)
    body = path.read_bytes()
    assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == body
    assert brotli.decompress(path.with_name(path.name + ".br").read_bytes()) == body
    assert [name for name in os.listdir(path.parent) if name.startswith(".new")] == []


@pytest.mark.parametrize(
    "path",
    ["/status/../secret-key/", "/status/none/", "/status/genesis-4", "/status/genesis-4.png"],
)
def test_the_front_serves_nothing_but_pages(plan, path):
    snapshots.write(plan.pk)
    assert asked(path) is None


def test_a_page_that_nobody_writes_anew_says_so_itself(plan, monkeypatch):
    begin(plan)
    path = snapshots.write(plan.pk)
    fresh = asked("/status/genesis-4/")
    assert b'data-link="static"' in fresh[2]
    old = time.time() - 5 * 60 - 10
    os.utime(path, (old, old))
    status.forget()
    stale = asked("/status/genesis-4/")
    assert b'data-link="lost"' in stale[2]
    assert b"<span data-age>, 5 minutes ago</span>" in stale[2]
    assert stale[1][b"etag"] != fresh[1][b"etag"]


def test_the_page_of_a_finished_release_does_not_grow_stale(plan):
    begin(plan)
    plan.lifecycle = Lifecycle.STABLE
    plan.save()
    path = snapshots.write(plan.pk)
    os.utime(path, (1, 1))
    assert b'data-link="static"' in asked("/status/genesis-4/")[2]
    assert snapshots.write_old() == 0


def test_due_work_writes_what_is_missing_or_old(plan):
    begin(plan)
    tasks.run_due()
    path = snapshots.path_of("genesis-4")
    assert path.exists()
    assert snapshots.write_old() == 0
    os.utime(path, (1, 1))
    assert snapshots.write_old() == 1


def test_an_old_verdict_is_no_data_on_the_page_too(plan):
    begin(plan, verdict="proceed", verdict_valid_until=timezone.now() - timedelta(minutes=1))
    assert "On hold" in snapshots.as_html(plan, timezone.now())


@pytest.mark.django_db(transaction=True)
def test_a_page_that_is_taken_away_is_gone(plan, cast, client):
    snapshots.write(plan.pk)
    set_status_public(plan, False, by=cast["cora"])
    snapshots.write(plan.pk)
    assert asked("/status/genesis-4/") is None
    assert client.get("/status/genesis-4/").status_code == 404
    assert client.get("/status/genesis-4.json").status_code == 404


def test_signed_out_people_read_it_and_need_not_sign_in(plan, client):
    answer = client.get("/status/genesis-4/")
    assert answer.status_code == 200
    assert b"Genesis Phase 4" in answer.content
    assert "sha256-" in answer["Content-Security-Policy"]
    assert client.get("/status/unknown/").status_code == 404


def test_only_who_may_edit_tells_the_public(plan, cast):
    with pytest.raises(NotAllowed):
        post_status_update(plan, "I say so", by=cast["forge"])
    with pytest.raises(NotAllowed):
        set_status_public(plan, False, by=cast["vera"])
    with pytest.raises(Invalid):
        post_status_update(plan, "   ", by=cast["cora"])
    assert plan.status_updates.count() == 0


def test_the_same_update_sent_twice_stands_once(plan, cast):
    for _ in range(2):
        post_status_update(plan, "Once", by=cast["cora"], request_id="status-1")
    assert plan.status_updates.count() == 1
    assert plan.events.filter(kind="status.updated").count() == 1


def test_a_lead_writes_an_update_on_its_page(plan, cast, client_of):
    lead = client_of(cast["cora"])
    assert lead.get("/plans/genesis-4/status/").status_code == 200
    answer = lead.post("/plans/genesis-4/status/", {"text": "We begin at nine."})
    assert answer.status_code == 302
    assert plan.status_updates.get().text == "We begin at nine."
    assert lead.post("/plans/genesis-4/status/", {"text": ""}).status_code == 422
    lead.post("/plans/genesis-4/status/public", {"public": "no"})
    plan.refresh_from_db()
    assert plan.status_public is False


def test_who_has_no_seat_or_no_right_does_not_write_it(plan, cast, client_of):
    assert client_of(cast["stranger"]).get("/plans/genesis-4/status/").status_code == 404
    refused = client_of(cast["forge"]).post("/plans/genesis-4/status/", {"text": "x"})
    assert refused.status_code == 403


def test_the_inlined_script_and_styles_cannot_end_their_elements():
    for name in ("js/public.js", *(f"css/{name}.css" for name in snapshots.STYLES)):
        with open(finders.find(name)) as file:
            assert "</" not in file.read()


@pytest.mark.django_db(transaction=True)
def test_a_verdict_reaches_the_page_at_once(plan):
    begin(plan)
    with change(plan, by=RULE) as turning:
        turning.plan.verdict = "rollback"
        turning.plan.save(update_fields=["verdict"])
        turning.record("verdict.changed", "ROLLBACK")
    assert b"Problem found" in asked("/status/genesis-4/")[2]


@pytest.mark.process
def test_it_is_served_with_database_broker_and_worker_stopped(tmp_path):
    with house(tmp_path) as place:
        place.do("from warroom.live import snapshots; snapshots.write(plan.pk)")
        place.open(
            DATABASE_URL="postgres://nobody@127.0.0.1:1/none",
            REDIS_URL="redis://127.0.0.1:1/0",
            DJANGO_SECRET_KEY="tests-only-" + "k" * 50,
            DJANGO_ALLOWED_HOSTS="127.0.0.1",
        )
        for path in ("/status/genesis-4/", "/status/genesis-4.json"):
            urllib.request.urlopen(place.url(path)).close()
            begun = time.monotonic()
            with urllib.request.urlopen(place.url(path)) as answer:
                assert b"Genesis Phase 4" in answer.read()
            assert time.monotonic() - begun < 5


def _told(plan, left, monkeypatch) -> tuple[dict, bytes]:
    """What is served when nobody has written anew since ``left`` past the verdict's time."""
    status.forget()
    then = plan.verdict_valid_until + left
    with monkeypatch.context() as later:
        later.setattr(status.time, "time", then.timestamp)
        told = json.loads(asked("/status/genesis-4.json")[2])
        return told, asked("/status/genesis-4/")[2]


def test_a_page_that_nobody_writes_says_that_nothing_is_measured(
    plan, monkeypatch, django_assert_num_queries
):
    begin(plan, verdict="proceed", verdict_valid_until=timezone.now() + timedelta(seconds=30))
    snapshots.write(plan.pk)
    with django_assert_num_queries(0):
        told, html = _told(plan, timedelta(0), monkeypatch)
        assert told["state"] == "on-track"
        assert told["verdict_valid_until"]
        assert b"Going to plan" in html
        told, html = _told(plan, timedelta(minutes=3), monkeypatch)
    assert told["state"] == "on-hold"
    assert "measurements have stopped arriving" in told["sentence"]
    assert b"Going to plan" not in html
    assert b"pub__state--hold" in html
    assert b"We do not know at the moment: measurements have stopped arriving." in html


def test_a_verdict_that_grows_old_has_another_etag(plan, monkeypatch):
    begin(plan, verdict="proceed", verdict_valid_until=timezone.now() + timedelta(seconds=30))
    snapshots.write(plan.pk)
    known = asked("/status/genesis-4.json")[1][b"etag"].decode()
    monkeypatch.setattr(
        status.time, "time", (plan.verdict_valid_until + timedelta(minutes=3)).timestamp
    )
    status.forget()
    assert asked("/status/genesis-4.json", if_none_match=known)[0] == 200


def test_a_problem_stays_a_problem_when_nothing_is_heard(plan, monkeypatch):
    begin(plan, verdict="rollback", verdict_valid_until=timezone.now() + timedelta(seconds=30))
    snapshots.write(plan.pk)
    assert _told(plan, timedelta(minutes=3), monkeypatch)[0]["state"] == "problem"


@pytest.mark.parametrize("word", ["hold", "rollback"])
def test_no_time_is_promised_while_the_release_is_held(plan, gate, word):
    now = timezone.now()
    begin(plan, t0=now, verdict="proceed", verdict_valid_until=now + timedelta(minutes=5))
    gate.offset_s = 3600
    gate.save()
    assert json.loads(snapshots.as_json(plan, now))["next"]["at"]
    begin(plan, verdict=word)
    assert json.loads(snapshots.as_json(plan, now))["next"]["at"] is None
    assert "when the hold ends" in snapshots.as_html(plan, now)
