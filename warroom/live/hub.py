"""The hub, one per web process: sees what is new in the watched rooms and tells their streams.

It wakes by the doorbell (Redis, or a ring in its own process) and, bell or no bell, every quarter
of a second looks at the heads of the watched plans in one statement. One look at a time, in one
thread with one connection: no viewer holds either.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import redis.asyncio
import structlog
from django.conf import settings
from django.db import connections
from django.utils import timezone
from redis import RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from warroom.live import doorbell, meters, panels, presence
from warroom.live.fragments import Answer, Newcomer, Question, look
from warroom.live.passes import Held, Pass, held_by, lapsed
from warroom.live.streams import Stream, message
from warroom.rules.presence import NOTE_EVERY_S

log = structlog.get_logger()

LOOK_EVERY_S = 0.25
TIME_EVERY_S = 0.25  # how often ends, heartbeats and blindness are judged
BEAT_EVERY_S = 15.0
CHECK_EVERY_S = 5.0  # whether session and seat of all streams still hold
NOTE_NEW_S = 2.0  # who comes in is written down sooner than all the others again
BLIND_FOR_S = 10.0  # without a good look, no stream may go on claiming to be live
MOST_STREAMS = 5000
RELOAD = message("shape", "load the page anew")


@dataclass
class Room:
    """The open streams of one plan, and what they have been told."""

    plan_id: int
    seq: int | None = None
    members: dict[str, set[Stream]] = field(default_factory=dict)  # by place
    waiting: list[Stream] = field(default_factory=list)
    rung: set[str] = field(default_factory=set)
    kept: dict[str, str] = field(default_factory=dict)
    due_at: dict[str, float] = field(default_factory=dict)  # panel -> monotonic seconds

    def everyone(self) -> list[Stream]:
        return [*self.waiting, *(one for place in self.members.values() for one in place)]

    def question(self, now: float) -> Question:
        """What to ask the database about this room; takes the rings with it."""
        rung, self.rung = frozenset(self.rung), set()
        return Question(
            plan_id=self.plan_id,
            seq=self.seq,
            places=frozenset(place for place, streams in self.members.items() if streams),
            newcomers=frozenset(stream.newcomer for stream in self.waiting),
            rung=rung,
            due=self._due(now),
            kept=self.kept,
        )

    def _due(self, now: float) -> frozenset[str]:
        ageing = {
            panel.name: panel.refresh_s
            for place, streams in self.members.items()
            if streams
            for panel in panels.shown_at(place)
            if panel.refresh_s
        }
        for name, period in ageing.items():
            self.due_at.setdefault(name, now + period)  # who joins is given it fresh
        due = [name for name in ageing if self.due_at[name] <= now]
        self.due_at |= {name: now + ageing[name] for name in due}
        return frozenset(due)

    def tell(self, answer: Answer, asked: frozenset[Newcomer]) -> None:
        """Hand the same bytes to all streams of a place, and let newcomers join."""
        for place, html in answer.broadcast.items():
            if html:
                body = message("panels", html, answer.seq)
                body += RELOAD if answer.all_lost else b""
                for stream in tuple(self.members.get(place, ())):
                    stream.offer(body)
                meters.SENT.inc(len(self.members.get(place, ())))
        self.seq, self.kept = answer.seq, {**self.kept, **answer.kept}
        self._welcome(answer, asked)

    def _welcome(self, answer: Answer, asked: frozenset[Newcomer]) -> None:
        bodies = {
            newcomer: message("panels", html, answer.seq)
            + (RELOAD if newcomer in answer.lost else b"")
            for newcomer, html in answer.welcome.items()
            if html
        }
        joining = [stream for stream in self.waiting if stream.newcomer in asked]
        self.waiting = [stream for stream in self.waiting if stream.newcomer not in asked]
        for stream in joining:
            self.members.setdefault(stream.place, set()).add(stream)
            if body := bodies.get(stream.newcomer):
                stream.offer(body)


class Hub:
    """Watches rooms that have open streams. All methods run in its event loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.rooms: dict[int, Room] = {}
        self.closing = False
        self._bell = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hub")
        # A writer may have to queue; looks must not queue behind it.
        self._scribe = ThreadPoolExecutor(1, thread_name_prefix="presence")
        self._noting: asyncio.Future | None = None
        self._noted_at = self._noted_new_at = 0.0
        self._came: set[presence.Pair] = set()
        self._held: Held = {}
        self._tasks: list[asyncio.Task] = []
        self._beat_at = self._seen_at = self._checked_at = 0.0
        self._failing = False

    @property
    def count(self) -> int:
        return sum(len(room.everyone()) for room in self.rooms.values())

    @property
    def full(self) -> bool:
        return self.count >= MOST_STREAMS

    def join(self, plan_id: int, stream: Stream) -> None:
        """Let ``stream`` have the news of a plan, from what it says to have seen."""
        if not self._tasks:
            self._start()
        if not self.rooms:
            self._seen_at = self._checked_at = time.monotonic()
        self.rooms.setdefault(plan_id, Room(plan_id)).waiting.append(stream)
        if stream.entry and stream.entry.person_id:
            self._came.add((plan_id, stream.entry.person_id))
        meters.STREAMS.inc()
        self._bell.set()

    def leave(self, plan_id: int, stream: Stream) -> None:
        """Forget a stream whose connection is gone; the last one closes the room's watch."""
        room = self.rooms[plan_id]
        if stream in room.waiting:
            room.waiting.remove(stream)
        if members := room.members.get(stream.place):
            members.discard(stream)
            if not members:
                del room.members[stream.place]
        stream.forget()
        meters.STREAMS.dec()
        if not room.everyone():
            del self.rooms[plan_id]
            self._bell.set()

    def end_all(self, why: str) -> None:
        """End every stream in an orderly way; their readers open them again."""
        for room in self.rooms.values():
            self._end(room.everyone(), why)

    def refuse_and_end(self) -> None:
        """The process is about to stop: end what is open and let nothing new in."""
        self.closing = True
        self.end_all("the server stops")

    async def close(self) -> None:
        """End all streams and everything that the hub runs."""
        self.refuse_and_end()
        doorbell.leave(self._rung)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):  # the thread may wait for a frozen database
            async with asyncio.timeout(1):
                await self.loop.run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown(wait=False)
        self._scribe.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> None:
        doorbell.listen(self._rung)
        self._beat_at = time.monotonic()
        self._tasks = [
            asyncio.create_task(self._watch()),
            asyncio.create_task(self._mind_the_time()),
        ]
        if settings.REDIS_URL:
            self._tasks.append(asyncio.create_task(self._hear()))

    def _rung(self, plan_id: int, names: tuple[str, ...]) -> None:
        # From the thread that rings, perhaps while the loop is closing.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._wake, plan_id, names)

    def _wake(self, plan_id: int, names: Iterable[str]) -> None:
        if plan_id in self.rooms:
            self.rooms[plan_id].rung.update(names)
            self._bell.set()

    async def _watch(self) -> None:
        while True:
            await self._pause()
            if self.rooms:
                await self._look()
            else:
                await self.loop.run_in_executor(self._thread, connections.close_all)

    async def _mind_the_time(self) -> None:
        # Beside the looks, not after them: a frozen database may hold a look for ever.
        while True:
            await asyncio.sleep(TIME_EVERY_S)
            self._keep_time()

    async def _pause(self) -> None:
        """Until the bell rings, at most a quarter of a second; with nobody there, until it does."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_EVERY_S if self.rooms else None):
                await self._bell.wait()
        self._bell.clear()

    async def _look(self) -> None:
        now = time.monotonic()
        questions = [room.question(now) for room in self.rooms.values()]
        try:
            answers = await self.loop.run_in_executor(self._thread, _look, questions)
            await self._check({pk for pk, answer in answers.items() if answer.seats_moved})
        except Exception:
            if not self._failing:  # four times a second the same would fill the log
                log.exception("the hub cannot look at the database")
            self._failing = True
            for question in questions:
                self._wake_later(question)
            await asyncio.sleep(LOOK_EVERY_S)
            return
        self._seen_at, self._failing = time.monotonic(), False
        for question in questions:
            room, answer = self.rooms.get(question.plan_id), answers.get(question.plan_id)
            if room and answer:
                room.tell(answer, question.newcomers)

    async def _check(self, plan_ids: set[int]) -> None:
        """End the streams whose session or seat is gone, before they are told anything more."""
        now = time.monotonic()
        everywhere = now - self._checked_at >= CHECK_EVERY_S
        streams = [
            stream
            for plan_id, room in self.rooms.items()
            if everywhere or plan_id in plan_ids
            for stream in room.everyone()
            if stream.entry and not stream.ended
        ]
        if streams:
            passes = {stream.entry for stream in streams}
            gone, held = await self.loop.run_in_executor(self._thread, _judged, passes)
            self._end((stream for stream in streams if stream.entry in gone), "open me again")
            self._follow(streams, held)
        if everywhere:
            self._checked_at = now

    def _follow(self, streams: Iterable[Stream], held: Held) -> None:
        """Have the pages load anew whose people sit in other roles than when we looked last."""
        for stream in streams:
            pair = (stream.entry.person_id, stream.entry.plan_id)
            if pair in held and self._held.get(pair, held[pair]) != held[pair]:
                stream.offer(RELOAD)
        there = {(one.entry.person_id, one.entry.plan_id) for one in self._admitted()}
        self._held = {
            pair: roles for pair, roles in {**self._held, **held}.items() if pair in there
        }

    def _admitted(self) -> Iterable[Stream]:
        """The streams of people; a screen is nobody who could be present or hold a role."""
        everyone = (one for room in self.rooms.values() for one in room.everyone())
        return (one for one in everyone if one.entry and one.entry.person_id)

    def _note_presence(self, now: float) -> None:
        """Write who is here, all of them every 20 s; those who came, within two seconds."""
        if self._noting and not self._noting.done():
            return
        if now - self._noted_at >= NOTE_EVERY_S:
            self._noted_at = now
            pairs = {(one.entry.plan_id, one.entry.person_id) for one in self._admitted()}
        elif self._came and now - self._noted_new_at >= NOTE_NEW_S:
            pairs = self._came
        else:
            return
        self._noted_new_at, self._came = now, set()
        if pairs:
            self._noting = self.loop.run_in_executor(self._scribe, presence.note, pairs)

    def _wake_later(self, question: Question) -> None:
        if room := self.rooms.get(question.plan_id):
            room.rung.update(question.rung | question.due)

    def _keep_time(self) -> None:
        now = time.monotonic()
        if self.rooms and now - self._seen_at > BLIND_FOR_S:
            self.end_all("the database does not answer")
            return
        self._note_presence(now)
        for room in self.rooms.values():
            self._end((one for one in room.everyone() if one.ends_at <= now), "open me again")
        if now - self._beat_at >= BEAT_EVERY_S:
            self._beat_at = now
            body = beat()
            for room in self.rooms.values():
                for stream in room.everyone():
                    stream.offer(body)

    def _end(self, streams: Iterable[Stream], why: str) -> None:
        body = message("end", why)
        for stream in streams:
            stream.offer(body, last=True)

    async def _hear(self) -> None:
        """Listen to the doorbell of other processes; a lost Redis is tried again each second."""
        while True:
            client = redis.asyncio.Redis.from_url(
                settings.REDIS_URL,
                socket_connect_timeout=1,
                socket_timeout=None,
                socket_keepalive=True,
                retry=Retry(NoBackoff(), 0),
            )
            try:
                async with client.pubsub(ignore_subscribe_messages=True) as bell:
                    await bell.subscribe(doorbell.CHANNEL)
                    async for ring in bell.listen():
                        self._heard(ring["data"])
            except (RedisError, OSError) as error:
                log.warning("the hub does not hear the doorbell", error=type(error).__name__)
            finally:
                with contextlib.suppress(RedisError, OSError):
                    await client.aclose()
            await asyncio.sleep(1)

    def _heard(self, data: bytes) -> None:
        try:
            origin, plan_id, names = doorbell.heard(data.decode())
        except ValueError:
            return
        if origin != doorbell.ORIGIN:
            self._wake(plan_id, names)


def beat() -> bytes:
    """A heartbeat with the server's time (UTC), by which pages set their clocks."""
    return message("beat", timezone.now().isoformat(timespec="milliseconds"))


def _look(questions: list[Question]) -> dict[int, Answer]:
    """``look`` in the hub's thread. Its connection stays open while rooms are watched."""
    try:
        with meters.LOOK.time():
            return look(questions)
    except Exception:
        connections.close_all()  # the next look starts with a fresh connection
        raise


def _judged(passes: set[Pass]) -> tuple[set[Pass], Held]:
    """Which passes are over, and what the people of all of them hold."""
    try:
        return lapsed(passes), held_by(passes)
    except Exception:
        connections.close_all()
        raise


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def current() -> Hub:
    """The hub of the running event loop; there is one per web process."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
