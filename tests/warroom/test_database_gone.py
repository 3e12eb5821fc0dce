"""Scenarios 11 and 13: the database stops, or has no connection left.

It is said at once, nothing is half written, all comes back.
"""

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import psycopg
import pytest

from tests.harness.postgres import Cluster, create_database
from tests.harness.processes import wait_until
from tests.web_process import ROOT, house

pytestmark = pytest.mark.process
TICK = "/plans/genesis-4/items/1/state"


class Visitor:
    """Cora's browser, without following redirects."""

    def __init__(self, place) -> None:
        self.place = place
        self.opener = urllib.request.build_opener(_Stay())

    def ask(self, path: str, **form: str) -> tuple[int, str]:
        token = "t" * 32
        headers = {"Cookie": f"sessionid={self.place.cookie}; csrftoken={token}"}
        fields = {**form, "csrfmiddlewaretoken": token} if form else {}
        body = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(self.place.url(path), body, headers)
        try:
            with self.opener.open(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


@pytest.fixture(scope="module")
def stoppable(tmp_path_factory):
    with Cluster(waits_for_disk=True) as cluster:
        served = {
            "DATABASE_URL": create_database(cluster.url("postgres"), "warroom"),
            "DJANGO_SECRET_KEY": "tests-only-" + "k" * 50,
            "DJANGO_ALLOWED_HOSTS": "127.0.0.1,testserver",
        }
        # A cluster of its own: nobody migrated it before.
        command = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(command, cwd=ROOT, env=os.environ | served, check=True, timeout=400)
        with house(tmp_path_factory.mktemp("gone"), **served) as place:
            place.open()
            yield cluster, place, served["DATABASE_URL"]


def written(url: str) -> tuple[str, list[str]]:
    """The state of item 1 and what the timeline says happened to it."""
    with psycopg.connect(url) as database:
        item = database.execute("SELECT state FROM checklists_checklistitem WHERE number = 1")
        (state,) = item.fetchone()
        kinds = database.execute(
            "SELECT kind FROM warroom_timelineevent WHERE kind LIKE 'item.%' ORDER BY seq"
        )
        return state, [kind for (kind,) in kinds]


def test_a_stopped_database_is_said_nothing_is_half_written_and_all_comes_back(stoppable):
    cluster, place, served = stoppable
    cora = Visitor(place)
    assert cora.ask("/plans/genesis-4/")[0] == 200
    assert cora.ask(TICK, state="done")[0] == 302

    cluster.stop()
    status, page = cora.ask("/plans/genesis-4/")
    assert (status, "The database does not answer" in page) == (503, True)
    assert cora.ask(TICK, state="open")[0] == 503
    with urllib.request.urlopen(place.url("/healthz")) as alive:
        assert alive.status == 200
    assert cora.ask("/readyz")[0] == 503

    cluster.start()
    wait_until(lambda: cora.ask("/plans/genesis-4/")[0] == 200, 10, "the room is back")
    assert written(served) == ("done", ["item.done"])
    assert cora.ask(TICK, state="open")[0] == 302
    assert written(served) == ("open", ["item.done", "item.reopened"])


def test_with_no_connection_left_a_page_says_so_in_five_seconds_and_recovers(stoppable):
    """Scenario 13: every connection of the server is taken. 503 within 5 s, and no restart."""
    _, place, served = stoppable
    cora = Visitor(place)
    wait_until(lambda: cora.ask("/plans/genesis-4/")[0] == 200, 10, "the room answers")
    events = len(written(served)[1])
    with contextlib.ExitStack() as taken:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(contextlib.closing(psycopg.connect(served)))
        begun = time.monotonic()
        status, page = cora.ask("/plans/genesis-4/")
        assert (status, "The database does not answer" in page) == (503, True)
        assert time.monotonic() - begun <= 5
        assert cora.ask(TICK, state="blocked", reason="x")[0] == 503
    wait_until(lambda: cora.ask("/plans/genesis-4/")[0] == 200, 10, "the room is back")
    assert cora.ask(TICK, state="done")[0] == 302
    state, kinds = written(served)
    assert (state, len(kinds)) == ("done", events + 1)
