"""Who may wait for a gate, and how they are answered: a door in front of Django."""

import asyncio
import contextlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from django.db import DatabaseError, connections
from django.http import Http404
from django.utils.translation import gettext as _

from checklists.live import waits
from checklists.live.waits import NO_TOKEN, NOT_YOURS, STOPS, Ended
from checklists.models import Gate
from checklists.queries.waits import Ticket
from checklists.rules.dialects import Spoken, asked_style, asked_wait, speak
from warroom.live.doors import Receive, Scope, Send, register_door
from warroom.live.stream import header
from warroom.queries.plans import get_plan
from warroom.queries.tokens import find_token

MOST_BODY = 64 * 1024
# Two threads look up who comes in; a whole fleet may ask at once.
_DOOR = ThreadPoolExecutor(2, thread_name_prefix="wait-door")


class WaitDoor:
    path = re.compile(
        r"^/api/v1/plans/(?P<slug>[-a-zA-Z0-9_]+)/gates/(?P<key>[-a-zA-Z0-9_]+)/wait/?$"
    )

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; returns when it is answered or its caller is gone."""
        try:
            style, timeout_s = _asked(scope)
            await _drain(receive)
            house = waits.current()
            if house.closing or house.full:
                raise Ended(503, STOPS if house.closing else _("Too many calls wait. Ask later."))
            loop = asyncio.get_running_loop()
            ticket = await loop.run_in_executor(_DOOR, admit, scope)
            verdict = await _waited(house, ticket, timeout_s, receive)
            if verdict is None:
                return
            spoken = speak(style, verdict)
        except Ended as ended:
            spoken = problem(ended.status, ended.sentence)
        await _send(send, scope, spoken)

    def end(self) -> None:
        waits.current().end()

    async def close(self) -> None:
        await waits.current().close()


async def _waited(house: waits.Waits, ticket: Ticket, timeout_s: int, receive: Receive):
    """The verdict; None when the caller has gone."""
    waiter = house.join(ticket, timeout_s)
    gone = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({waiter.told, gone}, return_when=asyncio.FIRST_COMPLETED)
        return waiter.told.result() if waiter.told.done() else None
    finally:
        house.leave(waiter)
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


def _asked(scope: Scope) -> tuple[str, int]:
    if scope["method"] not in ("GET", "HEAD", "POST"):
        raise Ended(405, _("A gate is waited for with GET or POST."))
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    try:
        style = asked_style(query.get("style", [""])[0])
        return style, asked_wait(query.get("timeout", [None])[0], style)
    except ValueError as wrong:
        raise Ended(422, str(wrong)) from wrong


async def _drain(receive: Receive) -> None:
    """Read a body away: controllers post what they are about, which changes nothing here."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        if size > MOST_BODY:
            raise Ended(413, _("The body is larger than this service takes."))
        more = message.get("more_body", False)


def admit(scope: Scope) -> Ticket:
    """What lets the request wait for its gate. Raises Ended. Leaves no connection behind."""
    given = header(scope, b"authorization")
    secret = given[7:].strip() if given[:7].lower() == "bearer " else ""
    path = WaitDoor.path.match(scope["path"])
    try:
        token = find_token(secret) if secret else None
        if token is None:
            raise Ended(*NO_TOKEN)
        if "read" not in token.scopes:
            raise Ended(403, _("The token lacks the scope read."))
        plan = get_plan(token.user, path["slug"])
        gate = Gate.objects.filter(plan=plan, key=path["key"]).first()
        if gate is None or token.plan_id not in (None, plan.pk):
            raise Ended(*NOT_YOURS)
        return Ticket(gate.pk, plan.pk, token.pk, token.user_id)
    except Http404 as none:
        raise Ended(*NOT_YOURS) from none
    except DatabaseError as error:
        raise Ended(503, waits.BLIND) from error
    finally:
        connections.close_all()


def problem(status: int, detail: str) -> Spoken:
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    return Spoken(status, json.dumps(body, ensure_ascii=False).encode(), "application/problem+json")


async def _send(send: Send, scope: Scope, spoken: Spoken) -> None:
    headers = [
        (b"content-type", spoken.kind.encode()),
        (b"content-length", str(len(spoken.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    headers += [(b"retry-after", b"2")] if spoken.status == 503 else []
    headers += [(b"allow", b"GET, HEAD, POST")] if spoken.status == 405 else []
    headers += [(b"www-authenticate", b"Bearer")] if spoken.status == 401 else []
    body = b"" if scope["method"] == "HEAD" else spoken.body
    await send({"type": "http.response.start", "status": spoken.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


register_door(WaitDoor())
