"""The hub and its streams in isolation: ends, heartbeats, slow and vanished readers, blindness."""

import asyncio
import socket
import threading
import time

import pytest
import redis

from tests.web_process import parsed
from warroom.live import doorbell, fragments, hub, stream, streams
from warroom.live.fragments import Answer, Newcomer


class Reader:
    """A server's side of a connection; ``full`` plays a buffer that takes no more."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.over = False
        self.full = False
        self.drained = asyncio.Event()

    async def send(self, message) -> None:
        if self.full:
            await self.drained.wait()
        self.sent.append(message["body"])
        self.over = not message["more_body"]

    @property
    def messages(self):
        return [parsed(block) for block in b"".join(self.sent).decode().split("\n\n") if block]


def a_stream(reader: Reader, place: str = "room", after: int | None = 1) -> streams.Stream:
    return streams.Stream(Newcomer(place, after), reader.send)


def in_a_loop(story):
    """Run ``story(house)`` with a hub whose looks are answered by ``house.answers``."""

    async def told():
        house = hub.Hub()
        try:
            await asyncio.wait_for(story(house), 20)
        finally:
            await house.close()

    asyncio.run(told())


@pytest.fixture
def looks(monkeypatch):
    """What the hub is told instead of asking a database; it counts the looks."""
    told = {"answer": lambda question: Answer(1), "count": 0}

    def look(questions):
        told["count"] += 1
        return {question.plan_id: told["answer"](question) for question in questions}

    monkeypatch.setattr(hub, "look", look)
    return told


def test_a_stream_ends_after_its_time_and_says_so(looks):
    async def story(house):
        reader = Reader()
        one = a_stream(reader)
        house.join(7, one)
        await asyncio.sleep(0.1)
        one.ends_at = time.monotonic() - 1
        await asyncio.sleep(0.4)
        assert reader.messages[-1].kind == "end"
        assert reader.over

    in_a_loop(story)


def test_streams_do_not_all_end_at_once():
    async def ends():
        return {a_stream(Reader()).ends_at for _ in range(20)}

    found = asyncio.run(ends())
    assert len(found) == 20
    assert max(found) <= time.monotonic() + streams.LIFE_S


def test_a_heartbeat_comes_on_time_and_tells_the_time(looks, monkeypatch):
    monkeypatch.setattr(hub, "BEAT_EVERY_S", 0.3)

    async def story(house):
        reader = Reader()
        house.join(7, a_stream(reader))
        await asyncio.sleep(1.2)
        beats = [message for message in reader.messages if message.kind == "beat"]
        assert len(beats) >= 2
        assert beats[0].data.endswith("+00:00")

    in_a_loop(story)


def test_when_the_database_is_gone_no_stream_goes_on_claiming_to_be_live(looks, monkeypatch):
    monkeypatch.setattr(hub, "BLIND_FOR_S", 0.5)

    async def story(house):
        reader = Reader()
        house.join(7, a_stream(reader))
        await asyncio.sleep(0.3)

        def broken(question):
            raise OSError("no database")

        looks["answer"] = broken
        await asyncio.sleep(1.5)
        assert reader.messages[-1].kind == "end"
        assert reader.over

    in_a_loop(story)


def test_a_frozen_database_ends_the_streams_although_the_look_never_returns(looks, monkeypatch):
    monkeypatch.setattr(hub, "BLIND_FOR_S", 0.5)
    thawed = threading.Event()

    async def story(house):
        reader = Reader()
        looks["answer"] = lambda question: thawed.wait(60) and Answer(1)
        house.join(7, a_stream(reader))
        while not reader.over:
            await asyncio.sleep(0.05)
        assert reader.messages[-1].kind == "end"
        assert not thawed.is_set()
        thawed.set()

    try:
        in_a_loop(story)
    finally:
        thawed.set()


def test_a_look_that_fails_forgets_no_newcomer_and_no_ring(looks):
    asked = []

    def fails_once(question):
        asked.append(question)
        if len(asked) == 1:
            raise OSError("busy")
        return Answer(3, welcome={one: "<p>hello</p>" for one in question.newcomers})

    looks["answer"] = fails_once

    async def story(house):
        reader = Reader()
        house.join(7, a_stream(reader))
        house.rooms[7].rung.add("metrics")
        await asyncio.sleep(1)
        assert "metrics" in asked[1].rung
        assert [message.data for message in reader.messages] == ["<p>hello</p>"]

    in_a_loop(story)


def test_a_ring_in_the_same_process_wakes_the_hub_at_once(looks, monkeypatch, settings):
    settings.REDIS_URL = ""
    monkeypatch.setattr(hub, "LOOK_EVERY_S", 5)

    async def story(house):
        reader = Reader()
        house.join(7, a_stream(reader))
        await asyncio.sleep(0.1)
        before = looks["count"]
        doorbell.ring(7)
        doorbell.ring(8)  # nobody watches it
        await asyncio.sleep(0.2)
        assert looks["count"] == before + 1

    in_a_loop(story)


def test_a_ring_of_another_process_wakes_the_hub_before_its_own_look(looks, monkeypatch, settings):
    settings.REDIS_URL = ""
    monkeypatch.setattr(hub, "LOOK_EVERY_S", 60)

    async def story(house):
        house.join(7, a_stream(Reader()))
        await asyncio.sleep(0.3)
        before = looks["count"]
        house._heard(b"another 7 metrics")
        while looks["count"] == before:
            await asyncio.sleep(0.02)

    in_a_loop(story)


def test_nobody_watching_costs_no_look(looks):
    async def story(house):
        one = a_stream(Reader())
        house.join(7, one)
        await asyncio.sleep(0.1)
        house.leave(7, one)
        await asyncio.sleep(0.1)
        before = looks["count"]
        await asyncio.sleep(0.8)
        assert looks["count"] == before
        assert house.rooms == {}

    in_a_loop(story)


def test_a_reader_who_pauses_shortly_loses_nothing():
    async def story():
        reader = Reader()
        one = a_stream(reader)
        reader.full = True
        one.offer(b"a")
        one.offer(b"b")
        await asyncio.sleep(0)
        one.offer(b"c")
        reader.full = False
        reader.drained.set()
        await asyncio.sleep(0.05)
        one.offer(b"d")
        assert b"".join(reader.sent) == b"abcd"
        assert not one.ended

    asyncio.run(story())


def test_the_last_word_reaches_a_reader_who_paused():
    async def story():
        reader = Reader()
        one = a_stream(reader)
        reader.full = True
        one.offer(b"a")
        await asyncio.sleep(0)
        one.offer(b"end", last=True)
        reader.full = False
        reader.drained.set()
        await asyncio.sleep(0.05)
        assert (b"".join(reader.sent), reader.over) == (b"aend", True)

    asyncio.run(story())


@pytest.mark.parametrize("limit", ["bytes", "seconds"])
def test_a_reader_who_takes_nothing_is_cut_off(limit, monkeypatch):
    monkeypatch.setattr(streams, "BACKLOG_S", 0.2 if limit == "seconds" else 60)

    async def connection(reader: Reader):
        one = a_stream(reader)
        reader.full = True
        one.offer(b"x" * (100 if limit == "seconds" else streams.BACKLOG_BYTES + 1))
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(5)
        return one

    async def story():
        one = await asyncio.create_task(connection(Reader()))
        assert one.ended

    asyncio.run(story())


def test_the_system_is_told_to_give_up_on_a_peer_that_vanished():
    class Transport:
        def __init__(self, sock):
            self.sock = sock

        def get_extra_info(self, name):
            return self.sock

    class Cycle:
        def __init__(self, sock):
            self.transport = Transport(sock)

        async def send(self, message): ...

    with socket.socket() as sock:
        streams.notice_dead_peers(Cycle(sock).send)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 40_000


def test_a_message_keeps_its_lines_whatever_ends_them():
    assert streams.message("panels", "a\r\nb\rc", 4) == (
        b"event: panels\nid: 4\ndata: a\ndata: b\ndata: c\n\n"
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [("", "all"), ("room", "room"), ("gate:gate-1", "gate"), ("<b>", "all"), ("x" * 99, "all")],
)
def test_a_place_is_the_word_before_the_colon(text, place):
    assert fragments.place_of(text) == place


def test_last_event_id_beats_the_query():
    scope = {
        "path": "/plans/genesis-4/live",
        "query_string": b"after=3&place=room",
        "headers": [(b"last-event-id", b"9")],
    }
    assert stream.newcomer_of(scope) == Newcomer("room", 9)


@pytest.mark.parametrize("said", ["", "x", "a b c d", "a x metrics"])
def test_a_ring_that_is_none_is_told_apart(said):
    with pytest.raises(ValueError):
        doorbell.heard(said)


def test_a_dead_redis_is_left_alone_for_a_second(settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(doorbell, "_quiet_until", 0.0)
    doorbell.ring(7)
    assert doorbell._quiet_until > time.monotonic()
    monkeypatch.setattr(doorbell, "_quiet_until", time.monotonic() + 600)
    asked = []
    monkeypatch.setattr(redis.Redis, "execute_command", lambda *said, **_: asked.append(said))
    for _ in range(100):
        doorbell.ring(7)
    assert asked == []
