"""``GET /plans/<slug>/live``: the event stream, an ASGI application in front of Django.

In front, because a Django response holds a thread for as long as it streams. Session and seat are
looked up through Django when the stream opens; the hub then asks for all streams together whether
they still hold.
"""

import asyncio
import importlib
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import structlog
from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError, connections
from django.http import Http404, HttpRequest, parse_cookie

from warroom.live import build, hub
from warroom.live.fragments import Newcomer, place_of
from warroom.live.passes import Pass, screen
from warroom.live.streams import Stream, notice_dead_peers
from warroom.models import WallLink
from warroom.queries.plans import get_plan
from warroom.queries.walls import WALL, cookie_of, find_link

log = structlog.get_logger()

# A wall names the build that it was rendered by: one of another build is told to load itself anew.
PATH = re.compile(r"^/plans/(?P<slug>[-a-zA-Z0-9_]+)(?:/wall/(?P<build>[0-9a-f]+))?/live/?$")
# Two threads look up who comes in; after a restart a whole team comes back at once.
_DOOR = ThreadPoolExecutor(2, thread_name_prefix="door")
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"connection", b"close"),
]


class Turned(Exception):
    """Not let in: an HTTP status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


async def live(scope: dict[str, Any], receive, send) -> None:
    """Answer one request for the stream of a plan; runs until the stream or its reader ends."""
    house = hub.current()
    try:
        _turn_away(scope, house)
        newcomer = newcomer_of(scope)
        loop = asyncio.get_running_loop()
        entry = await loop.run_in_executor(_DOOR, admit, scope)
    except Turned as turned:
        await answer(send, turned.status, turned.sentence)
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    notice_dead_peers(send)
    if is_old(scope):
        await send({"type": "http.response.body", "body": hub.RELOAD, "more_body": True})
    await _stay(house, entry.plan_id, Stream(newcomer, send, entry), receive)


async def _stay(house: hub.Hub, plan_id: int, stream: Stream, receive) -> None:
    stream.offer(hub.beat(), last=house.closing)
    house.join(plan_id, stream)
    try:
        while (await receive())["type"] != "http.disconnect":
            pass
    except asyncio.CancelledError:
        # Cut off, or the server stops at once: in both cases the connection is being closed.
        log.info("a stream was cancelled", plan=plan_id)
    finally:
        house.leave(plan_id, stream)


def newcomer_of(scope: dict[str, Any]) -> Newcomer:
    """Which place the reader wants and what it has seen: ``Last-Event-ID`` or else ``after``."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    last = header(scope, b"last-event-id").strip()
    after = last or query.get("after", [""])[0]
    if after and not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise Turned(400, "'after' wants the sequence number of an event, such as after=12.")
    wall = PATH.match(scope["path"])["build"]
    return Newcomer(
        place=WALL if wall else place_of(query.get("place", [""])[0]),
        after=int(after) if after else None,
    )


def admit(scope: dict[str, Any]) -> Pass:
    """Return what lets the request's session follow its plan. Raises Turned.

    Runs in a thread of its own and leaves no connection behind.
    """
    request, asked = HttpRequest(), PATH.match(scope["path"])
    request.COOKIES = parse_cookie(header(scope, b"cookie"))
    engine = importlib.import_module(settings.SESSION_ENGINE)
    request.session = engine.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    try:
        if asked["build"] and (link := _link_of(request, asked["slug"])):
            return screen(link)
        person = get_user(request)
        if not person.is_authenticated:
            raise Turned(401, "Sign in to follow this release.")
        plan = get_plan(person, asked["slug"])
        return Pass(request.session.session_key, person.pk, person.get_session_auth_hash(), plan.pk)
    except Http404 as none:
        raise Turned(404, "No such release, or it is not yours to see.") from none
    except DatabaseError as error:
        raise Turned(503, "The database does not answer. Try again in a moment.") from error
    finally:
        connections.close_all()


def _link_of(request: HttpRequest, slug: str) -> WallLink | None:
    key = request.COOKIES.get(cookie_of(slug), "")
    return find_link(slug, key) if key else None


def is_old(scope: dict[str, Any]) -> bool:
    """Whether a wall asks that another build of the product rendered."""
    named = PATH.match(scope["path"])["build"]
    return named is not None and named != build.mark()


def _turn_away(scope: dict[str, Any], house: hub.Hub) -> None:
    if scope["method"] != "GET":
        raise Turned(405, "The event stream is read with GET.")
    if house.closing or house.full:
        raise Turned(503, "No room for another stream now. Try again in a moment.")


def header(scope: dict[str, Any], name: bytes) -> str:
    """The value of a request header; empty when there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def answer(send, status: int, sentence: str) -> None:
    """A plain answer of one sentence."""
    body = f"{sentence}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    headers += [(b"retry-after", b"2")] if status == 503 else []
    headers += [(b"allow", b"GET")] if status == 405 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
