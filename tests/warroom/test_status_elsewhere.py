"""The status page as feed and badge, and at a second place."""

import os
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from tests.warroom.test_status_page import asked, begin
from warroom.actions.places import send_places, set_status_place
from warroom.actions.refusals import Invalid, NotAllowed
from warroom.actions.status import post_status_update
from warroom.live import snapshots, status
from warroom.models import StatusPlace

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def _nothing_remembered():
    status.forget()


@pytest.fixture
def bucket(settings):
    """A place that takes files; ``.refuse`` is the status that it answers with instead."""
    files: dict[str, tuple[bytes, str]] = {}

    class Bucket(BaseHTTPRequestHandler):
        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if server.refuse == 0:
                files[self.path] = (body, self.headers.get("Authorization", ""))
            self.send_response(server.refuse or 201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    server.refuse, server.files = 0, files
    server.url = f"http://127.0.0.1:{server.server_port}/public"
    settings.WARROOM_OUTBOUND_ALLOW = [f"127.0.0.1:{server.server_port}"]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def feed_of(plan) -> ElementTree.Element:
    return ElementTree.fromstring(snapshots.path_of(plan.slug, ".atom").read_bytes())


def test_the_feed_holds_what_the_public_was_told(plan, cast):
    begin(plan)
    snapshots.write(plan.pk)
    empty = feed_of(plan)
    assert empty.findall(f"{ATOM}entry") == [] and empty.findtext(f"{ATOM}updated")
    post_status_update(plan, "Fish & <chips>\x0b at noon", by=cast["cora"])
    post_status_update(plan, "Soon done.", by=cast["cora"])
    snapshots.write(plan.pk)
    first = feed_of(plan)
    entries = first.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}content") for one in entries] == [
        "Soon done.",
        "Fish & <chips> at noon",
    ]
    ids = [one.findtext(f"{ATOM}id") for one in (first, *entries)]
    assert len(set(ids)) == 3 and all(one.startswith("tag:") for one in ids)
    assert first.findtext(f"{ATOM}updated") == entries[0].findtext(f"{ATOM}updated")
    assert "Cora" not in ElementTree.tostring(first, encoding="unicode")
    snapshots.write(plan.pk)
    again = feed_of(plan)
    assert ElementTree.tostring(again) == ElementTree.tostring(first)  # readers keep what they have


def test_the_badge_says_the_state_and_when_it_is_old(plan):
    begin(plan, verdict="hold", verdict_valid_until=timezone.now() + timedelta(hours=1))
    path = snapshots.write(plan.pk).with_suffix(".svg")
    code, headers, body = asked("/status/genesis-4.svg")
    root = ElementTree.fromstring(body)
    assert (code, headers[b"content-type"]) == (200, b"image/svg+xml; charset=utf-8")
    assert root.get("aria-label") == "Genesis Phase 4: On hold"
    assert b"default-src 'none'" in headers[b"content-security-policy"]
    old = path.stat().st_mtime - 120
    os.utime(path, (old, old))
    status.forget()
    _, fresh, body = asked("/status/genesis-4.svg")
    assert b"not up to date" in body and b"On hold" not in body
    assert fresh[b"etag"] != headers[b"etag"]


@pytest.mark.parametrize("suffix", ["/", ".json", ".atom", ".svg"])
def test_every_file_is_answered_in_front_compressed_and_only_when_it_is_new(plan, suffix):
    begin(plan)
    snapshots.write(plan.pk)
    path = f"/status/genesis-4{suffix}"
    code, headers, body = asked(path, accept_encoding="gzip, br")
    assert (code, headers[b"content-encoding"]) == (200, b"br") and body
    tag = headers[b"etag"].decode()
    assert not tag.startswith("W/")
    assert asked(path, accept_encoding="br", if_none_match=tag)[0] == 304
    code, _, body = asked(path, "HEAD")
    assert (code, body) == (200, b"")


def test_the_files_follow_to_the_second_place(plan, cast, bucket, monkeypatch):
    monkeypatch.setenv("PLACE_TOKEN", "Bearer abc")
    begin(plan)
    snapshots.write(plan.pk)
    set_status_place(plan, f"{bucket.url}/", "Authorization", "PLACE_TOKEN", by=cast["cora"])
    assert send_places() == 1
    assert sorted(bucket.files) == [
        f"/public/genesis-4{one}" for one in (".atom", ".html", ".json", ".svg")
    ]
    assert {token for _, token in bucket.files.values()} == {"Bearer abc"}
    assert send_places() == 0  # nothing new
    post_status_update(plan, "Soon done.", by=cast["cora"])
    snapshots.write(plan.pk)
    assert send_places() == 1
    assert b"Soon done." in bucket.files["/public/genesis-4.html"][0]
    assert "abc" not in str(list(plan.events.values_list("text", "data")))


def test_a_place_that_refuses_is_said_once_and_tried_until_it_takes_them(plan, cast, bucket):
    begin(plan)
    snapshots.write(plan.pk)
    set_status_place(plan, bucket.url, "", "", by=cast["cora"])
    bucket.refuse, now = 403, timezone.now()
    for seconds in (0, 1, 15, 60):
        assert send_places(now + timedelta(seconds=seconds)) == 0
    place = StatusPlace.objects.get()
    assert (place.attempts, place.failure) == (3, "it answers 403")
    assert plan.events.filter(kind="status.place_failed").count() == 1
    bucket.refuse = 0
    assert send_places(now + timedelta(minutes=10)) == 1
    assert plan.events.filter(kind="status.place_reached").count() == 1
    assert StatusPlace.objects.get().failure == ""


def test_a_worker_that_dies_loses_nothing(plan, cast, bucket):
    begin(plan)
    snapshots.write(plan.pk)
    set_status_place(plan, bucket.url, "", "", by=cast["cora"])
    now = timezone.now()
    StatusPlace.objects.update(lease_token="gone", lease_until=now + timedelta(seconds=60))
    assert send_places(now) == 0
    assert send_places(now + timedelta(seconds=61)) == 1


@pytest.mark.parametrize(
    ("url", "header", "name", "field"),
    [
        ("ftp://a.example/", "", "", "url"),
        ("http://127.0.0.1:1/", "", "", "url"),
        ("https://a.example/?key=1", "", "", "url"),
        ("https://a.example/", "Authorization", "", "header"),
        ("https://a.example/", "A: b\n", "PLACE_TOKEN", "header"),
        ("https://a.example/", "Authorization", "DJANGO_SECRET_KEY", "secret"),
    ],
)
def test_a_place_that_may_not_be_is_refused_by_its_field(plan, cast, url, header, name, field):
    with pytest.raises(Invalid) as refused:
        set_status_place(plan, url, header, name, by=cast["cora"])
    assert refused.value.field == field
    with pytest.raises(NotAllowed):
        set_status_place(plan, "https://a.example/", "", "", by=cast["thon"])


def test_a_place_is_named_on_the_page_and_what_was_typed_is_kept(plan, cast, client_of):
    client = client_of(cast["cora"])
    wrong = client.post("/plans/genesis-4/status/place", {"url": "ftp://a.example"})
    assert wrong.status_code == 422 and "ftp://a.example" in wrong.text
    client.post("/plans/genesis-4/status/place", {"url": "https://a.example/x/"})
    assert StatusPlace.objects.get().url == "https://a.example/x"
