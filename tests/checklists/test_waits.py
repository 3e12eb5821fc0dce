"""Pipelines wait for a gate: one call each, neither thread nor database connection."""

import asyncio
import json

import pytest

from checklists.actions.gates import decide_gate
from checklists.live import wait_door, waits
from checklists.queries.waits import Ticket
from checklists.rules.dialects import WAIT_S, Verdict
from tests.web_process import house
from warroom.actions.tokens import make_token

PATH = "/api/v1/plans/genesis-4/gates/gate-1/wait"
BECAUSE = "The evidence does not carry a release today."
WAITERS = 100


@pytest.fixture
def ask(client, cast):
    def send(query="?timeout=0", name="vera", method="get", scopes=("read",), path=PATH):
        headers = {"authorization": f"Bearer {make_token(cast[name], scopes)[1]}"}
        answer = getattr(client, method)(f"{path}{query}", headers=headers)
        body = answer.content.decode()
        return answer.status_code, json.loads(body) if body.startswith("{") else body

    return send


# --- where no server stands in front -----------------------------------------------------------


@pytest.mark.django_db
def test_a_gate_that_is_not_decided_says_what_the_rule_says(gate, ask):
    status, body = ask()
    assert (status, body["decision"], body["recommendation"]) == (408, None, "hold")
    assert body["reasons"] and body["url"].endswith("/plans/genesis-4/gates/gate-1/")


@pytest.mark.django_db
def test_go_and_no_go_and_hold_have_a_status_each(plan, all_go, cast, ask):
    decide_gate(all_go, "hold", by=cast["cora"], rationale=BECAUSE, hold_minutes=30)
    status, body = ask()
    assert (status, body["decision"], body["by"]) == (423, "hold", "Cora")
    assert body["hold_until"] and body["rationale"] == BECAUSE
    decision = decide_gate(all_go, "go", by=cast["cora"])
    status, body = ask()
    assert (status, body["decision"]) == (200, "go")
    assert body["evidence_sha256"] == decision.evidence_sha256
    assert ask("?style=flagger", method="post") == (
        200,
        "5 to 10 %: GO, Cora. " + decision.reasons[0] + "\n",
    )


@pytest.mark.django_db
def test_a_no_go_is_403(gate, cast, ask):
    decide_gate(gate, "no-go", by=cast["cora"], rationale=BECAUSE)
    assert ask()[0] == 403
    assert ask("?style=argo")[1]["data"]["phase"] == "Failed"


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["aborted", "stable"])
def test_nobody_waits_for_an_undecided_gate_of_a_closed_release(plan, gate, cast, ask, state):
    decide_gate(gate, "hold", by=cast["cora"], rationale=BECAUSE, hold_minutes=30)
    plan.lifecycle = state
    plan.save(update_fields=["lifecycle"])
    status, body = ask("?timeout=20")
    assert (status, body["state"], body["decision"]) == (403, "closed", None)
    assert "The release is closed" in body["reasons"][0]
    assert ask("?style=argo")[1]["data"]["phase"] == "Failed"


@pytest.mark.django_db
def test_a_decision_outlives_the_release(plan, gate, cast, ask):
    decide_gate(gate, "no-go", by=cast["cora"], rationale=BECAUSE)
    plan.lifecycle = "aborted"
    plan.save(update_fields=["lifecycle"])
    assert ask()[1]["decision"] == "no-go"


@pytest.mark.django_db
def test_what_is_asked_wrongly_is_said(gate, ask):
    assert ask("?timeout=301")[1]["field"] == "timeout"
    assert ask("?style=jenkins")[1]["field"] == "style"
    assert ask(path=PATH.replace("gate-1", "gate-9"))[0] == 404
    assert ask(name="stranger")[0] == 404
    assert ask(scopes=("vote",))[0] == 403


@pytest.mark.django_db
def test_the_record_is_for_those_who_see_the_release(gate, cast, ask):
    decision = decide_gate(gate, "no-go", by=cast["cora"], rationale=BECAUSE)
    path = f"/api/v1/plans/genesis-4/gates/gate-1/decisions/{decision.pk}/record"
    status, text = ask(path=path)
    assert status == 200 and text.startswith("# Decision record: Genesis Phase 4, 5 to 10 %")
    assert ask(path=path, name="stranger")[0] == 404
    assert ask(path=path, scopes=("tick",))[0] == 403


# --- the door itself ---------------------------------------------------------------------------


async def spoken_by_the_door(query=b"timeout=0"):
    """Status, headers and body of the door's answer."""
    scope = {"type": "http", "method": "GET", "path": PATH, "query_string": query, "headers": []}
    sent, asked = [], iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive():
        if (message := next(asked, None)) is None:
            await asyncio.Event().wait()  # the caller stays
        return message

    async def send(message):
        sent.append(message)

    await wait_door.WaitDoor().answer(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def test_a_full_house_asks_to_come_again_later(settings, monkeypatch):
    """One call may wait in this process; when it has gone, the next one is let in."""
    settings.MOST_WAITERS = 1
    ticket = Ticket(gate_id=1, plan_id=1, token_id=1, person_id=1)
    open_gate = Verdict(plan="genesis-4", gate="gate-1", title="5 to 10 %", url="")
    monkeypatch.setattr(wait_door, "admit", lambda scope: ticket)
    monkeypatch.setattr(waits, "_seen", lambda tickets, over: waits.Seen({1: open_gate}, {}))

    async def run():
        waiting = waits.current()
        first = waiting.join(ticket, 60)
        status, headers, body = await spoken_by_the_door()
        assert (status, headers[b"retry-after"]) == (503, b"2")
        assert "Too many calls wait" in json.loads(body)["detail"]
        waiting.leave(first)
        status, headers, _ = await spoken_by_the_door()
        assert status == 408 and b"retry-after" not in headers
        await waiting.close()
        assert (await spoken_by_the_door())[0] == 503

    asyncio.run(run())


# --- the server itself -------------------------------------------------------------------------

SEED = """
from checklists.models import Gate
from checklists.actions.decisions import decide_gate
from warroom.actions.tokens import make_token
plan.refresh_from_db()
gate = Gate.objects.create(plan=plan, key="gate-1", number=1, title="5 to 10 %")
other = Gate.objects.create(plan=plan, key="gate-2", number=2, title="10 to 25 %")
token, secret = make_token(cora, ["read"])
short, revoked = make_token(cora, ["read"])
answer = [secret, revoked]
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with house(tmp_path_factory.mktemp("waits")) as place:
        place.secret, place.short = place.do(SEED)
        place.open()
        yield place


class Call:
    """One waiting call on a bare socket."""

    def __init__(self, place, query="", *, secret="", gate="gate-1", method="GET", body=b""):
        self.place, self.query, self.secret = place, query, secret or place.secret
        self.path, self.method, self.body = PATH.replace("gate-1", gate), method, body

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.place.port)
        head = (
            f"{self.method} {self.path}{self.query} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {self.secret}\r\nContent-Length: {len(self.body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + self.body)
        return self

    async def __aexit__(self, *exc):
        self.writer.close()

    async def answer(self):
        """Status and body."""
        async with asyncio.timeout(60):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
            body = b"" if self.method == "HEAD" else await self.reader.readexactly(length)
        return int(head.split()[1]), body.decode()


async def asked(place, query="", **more):
    async with Call(place, query, **more) as call:
        return await call.answer()


@pytest.mark.process
def test_it_answers_at_once_what_is_asked_wrongly_or_by_a_stranger(served):
    async def run():
        assert (await asked(served, "?timeout=0"))[0] == 408
        assert (await asked(served, "?timeout=0", method="HEAD")) == (408, "")
        assert (await asked(served, "?timeout=x"))[0] == 422
        assert (await asked(served, secret="wr_nothing"))[0] == 401
        assert (await asked(served, gate="gate-9"))[0] == 404
        assert (await asked(served, method="DELETE"))[0] == 405
        status, body = await asked(served, "?timeout=1&style=text", method="POST", body=b"{}")
        assert (status, body.splitlines()[:2]) == (408, ["pending", "hold"])

    asyncio.run(run())


@pytest.mark.process
def test_every_style_is_spoken_over_http(served):
    wanted = {
        "": (408, "hold", "decision"),
        "text": (408, "pending", ""),
        "flagger": (403, "is not decided yet.", ""),
        "argo": (200, "Running", "data"),
        "spinnaker": (200, "RUNNING", "status"),
        "github": (200, "pending", "state"),
    }
    assert set(wanted) == set(WAIT_S)

    async def run():
        for style, (status, says, key) in wanted.items():
            told, body = await asked(served, f"?timeout=0&style={style}", gate="gate-2")
            assert told == status, style
            assert says in body, style
            assert not key or key in json.loads(body), style

    asyncio.run(run())


@pytest.mark.process
def test_a_hundred_wait_without_a_thread_and_all_hear_of_the_decision(served):
    """They hold a connection each and nothing else; all are answered by the same look."""

    async def run():
        await asked(served, "?timeout=0", gate="gate-2")  # the threads of the door stand
        await asyncio.gather(*(asked(served, "?timeout=0", gate="gate-2") for _ in range(4)))
        threads, files = served.threads(), served.database_files()
        calls = [await Call(served, "?timeout=120").__aenter__() for _ in range(WAITERS)]
        gone = await Call(served, "?timeout=120").__aenter__()
        async with asyncio.timeout(60):  # else somebody was not let in, or was answered
            while await _waiting(served) <= WAITERS:
                pass
        answers = [asyncio.create_task(call.answer()) for call in calls]
        told, _ = await asyncio.wait(answers, timeout=0.3)
        assert not told, "somebody was answered before the decision"
        assert served.threads() <= threads and served.database_files() <= files + 3
        gone.writer.close()
        said = f"decide_gate(gate, 'no-go', by=cora, rationale={BECAUSE!r})"
        await asyncio.to_thread(served.do, said)
        heard = await asyncio.gather(*answers)
        for call in calls:
            call.writer.close()
        assert {status for status, _ in heard} == {403}
        assert {json.loads(body)["rationale"] for _, body in heard} == {BECAUSE}

    asyncio.run(run())


async def _waiting(place) -> int:
    """How many connections of the web process are established."""
    hexed = f"0100007F:{place.port:04X}"
    with open("/proc/net/tcp") as table:
        lines = table.read().splitlines()[1:]
    await asyncio.sleep(0.05)
    return sum(line.split()[1] == hexed and line.split()[3] == "01" for line in lines)


@pytest.mark.process
def test_who_loses_the_token_or_the_seat_is_not_told(served):
    async def run():
        async with Call(served, "?timeout=60", secret=served.short, gate="gate-2") as call:
            await asyncio.to_thread(served.do, "short.revoked_at = timezone.now(); short.save()")
            assert (await call.answer())[0] == 401
        async with Call(served, "?timeout=60", gate="gate-2") as call:
            await asyncio.to_thread(served.do, "Seat.objects.filter(user=cora).delete()")
            assert (await call.answer())[0] == 404
        await asyncio.to_thread(served.do, "Seat.objects.create(role=role, user=cora)")

    asyncio.run(run())


@pytest.mark.process
def test_when_the_server_stops_those_who_wait_are_told_to_ask_again(served):
    async def run():
        async with Call(served, "?timeout=60", gate="gate-2") as call:
            while await _waiting(served) < 1:
                pass
            await asyncio.sleep(0.3)  # it has come in
            stopped = asyncio.create_task(asyncio.to_thread(served.shut))
            status, body = await call.answer()
            assert (status, "stops" in body) == (503, True)
            await stopped

    asyncio.run(run())
    assert "Traceback" not in served.complaints()
