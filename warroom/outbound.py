"""Every call that leaves the house goes through here: guard, limits, time-out.

One rule for all: http(s) only; each host is resolved once, its addresses judged by
`rules.addresses` and the connection pinned to the judged address; no redirects unless asked, no
proxies from the environment, no retries; the whole call (name, connection, answer) ends within its
deadline and the answer is cut at a size limit.

Two faces over one transport: `fetch` for asyncio, and `GuardedAdapter` for libraries that speak
`requests`. The transport is one event loop with one kept session per process.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import socket
import ssl
import threading
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import requests
import uvloop
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from requests.adapters import BaseAdapter
from requests.utils import get_encoding_from_headers
from yarl import URL

from warroom.rules import addresses

DEADLINE_S = 5.0
LIMIT_BYTES = 1_000_000
_REDIRECTS = (301, 302, 303, 307, 308)
_MAX_HOPS = 3


class OutboundError(Exception):
    """The call failed or was not made; `reason` says why, for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Forbidden(OutboundError):
    """The address may not be called; nothing was sent."""


class Unresolved(OutboundError):
    """The name has no address: nothing is known about the host itself."""


class TooSlow(OutboundError):
    """The deadline passed."""


class TooLarge(OutboundError):
    """The answer was cut at the size limit."""


@dataclass(frozen=True)
class Response:
    """An answer, whole. Header names are lower case; `elapsed_s` counts from the very start."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_s: float
    url: str


# --- the guard -----------------------------------------------------------------------------

# Name look-ups cannot be cancelled; in a pool of their own they hold up nothing but themselves.
_lookups = ThreadPoolExecutor(max_workers=16, thread_name_prefix="lookup")


class GuardedResolver(AbstractResolver):
    """Resolves a name once and hands on only addresses that may be called."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(
                _lookups, socket.getaddrinfo, host, port, family, socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            raise Unresolved(_("the name {host} cannot be resolved").format(host=host)) from error
        return _judged(host, port, found)

    async def close(self) -> None:
        """Nothing is held."""


def _judged(host: str, port: int, found: list) -> list[ResolveResult]:
    results = []
    for family, _type, _proto, _name, sockaddr in found:
        address = addresses.literal(sockaddr[0])
        refused = addresses.refusal(host, port, address, settings.WARROOM_OUTBOUND_ALLOW)
        if refused:
            # One forbidden address among several is a trick, not an accident: none is called.
            raise Forbidden(refused)
        results.append(
            ResolveResult(
                hostname=host,
                host=sockaddr[0],
                port=port,
                family=family,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        )
    return results


def checked(url: str) -> URL:
    """The address, parsed; raises Forbidden unless it is a plain http(s) address we may call.

    A host written as a number is judged here, because no resolver is asked for it.
    """
    return _checked(url, tuple(settings.WARROOM_OUTBOUND_ALLOW))


@lru_cache(maxsize=4096)
def _checked(url: str, allowed: tuple[str, ...]) -> URL:
    if any(ord(c) <= 32 or c == "\\" for c in url):
        raise Forbidden(_("the address has blanks or control characters in it"))
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = addresses.clean_host(parts.hostname or "")
    except ValueError as error:
        raise Forbidden(_("the address is not valid")) from error
    if parts.scheme not in ("http", "https") or not host:
        raise Forbidden(_("only http:// and https:// addresses are called"))
    if parts.username is not None:
        raise Forbidden(_("the address has a name or password in it"))
    return _with_plain_host(url, host, port, allowed)


def _with_plain_host(url: str, host: str, port: int, allowed: tuple[str, ...]) -> URL:
    named = URL(url).with_host(host)
    # Judged as it will be called: what encodes a name may turn it into a number.
    address = addresses.literal(named.raw_host or "")
    if address is None:
        return named
    if refused := addresses.refusal(host, port, address, allowed):
        raise Forbidden(refused)
    return URL(url).with_host(str(address))


# --- asyncio -------------------------------------------------------------------------------
def open_session() -> aiohttp.ClientSession:
    """A guarded session; open it inside a running loop and close it there."""
    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(), use_dns_cache=False, limit=0, limit_per_host=0
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "Warroom"},
        timeout=aiohttp.ClientTimeout(total=None),
    )


async def fetch(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    data: bytes | str | None = None,
    redirects: bool = False,
    deadline_s: float = DEADLINE_S,
    limit: int = LIMIT_BYTES,
    trust: ssl.SSLContext | None = None,
) -> Response:
    """Make one call. Raises OutboundError, whose reason says what went wrong.

    `deadline_s` bounds everything together; `limit` is in bytes; `trust` (None: what the host
    trusts) verifies certificates. A redirect is an answer like any
    other unless `redirects` is asked for: then up to three are followed, each judged anew.
    """
    started = time.monotonic()
    try:
        async with asyncio.timeout(deadline_s):
            answer = await _once(session, method, url, headers, data, limit, started, trust)
            for _unused in range(_MAX_HOPS if redirects else 0):
                if answer.status not in _REDIRECTS or "location" not in answer.headers:
                    break
                url = urljoin(answer.url, answer.headers["location"])
                answer = await _once(session, "GET", url, None, None, limit, started, trust)
            return answer
    except TimeoutError as error:
        raise TooSlow(
            _("no whole answer within {deadline_s:g} s").format(deadline_s=deadline_s)
        ) from error
    except (OSError, aiohttp.ClientError) as error:
        raise _in_words(error) from error


async def _once(session, method, url, headers, data, limit, started, trust) -> Response:
    request = session.request(
        method, checked(url), headers=headers, data=data, allow_redirects=False, ssl=trust or True
    )
    async with request as answer:
        coding = answer.headers.get("Content-Encoding", "identity").lower()
        if coding not in ("", "identity"):
            # Unpacking could blow a small answer up to any size, and we asked for none.
            raise OutboundError(_("the answer is compressed although plain was asked for"))
        body = await _body(answer, limit)
        return Response(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=body,
            elapsed_s=time.monotonic() - started,
            url=str(answer.url),
        )


async def _body(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    if (answer.content_length or 0) > limit:
        answer.close()
        raise TooLarge(_("the answer is larger than {limit:,} kB").format(limit=limit // 1000))
    chunks, size = [], 0
    async for chunk in answer.content.iter_chunked(65_536):
        size += len(chunk)
        if size > limit:
            # Hang up: leaving the rest unread would keep the sender sending.
            answer.close()
            raise TooLarge(_("the answer is larger than {limit:,} kB").format(limit=limit // 1000))
        chunks.append(chunk)
    return b"".join(chunks)


def _in_words(error: Exception) -> OutboundError:
    """The error as people say it; what the guard raised inside aiohttp is handed on."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OutboundError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return OutboundError(_words(error))


def _words(error: Exception) -> str:
    if isinstance(error, (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError)):
        return _("the TLS certificate is not valid")
    if isinstance(error, (aiohttp.ServerDisconnectedError, ConnectionResetError)):
        return _("the connection was closed before the answer was whole")
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, ConnectionRefusedError):
        return _("connection refused")
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno).lower()
    if isinstance(error, aiohttp.ClientPayloadError):
        return _("the connection was closed before the answer was whole")
    if isinstance(error, aiohttp.ClientResponseError):
        return _("the answer is not HTTP")
    return _("the call failed")


# --- one loop and one session per process --------------------------------------------------


async def _speaking(language: str | None, coroutine: Coroutine[Any, Any, Any]) -> Any:
    with translation.override(language):
        return await coroutine


class Transport:
    """An event loop on a thread of its own, with one session whose connections are kept."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self.session: aiohttp.ClientSession | None = None
        self._thread = threading.Thread(target=self._run, name="outbound", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> Future:
        """Run it on the loop; what goes wrong is said in the language of whoever hands it over."""
        spoken = _speaking(translation.get_language(), coroutine)
        return asyncio.run_coroutine_threadsafe(spoken, self.loop)

    async def fetch(self, method: str, url: str, **options: Any) -> Response:
        """As `fetch`, over the kept session; only inside this transport's loop."""
        if self.session is None:
            self.session = open_session()
        return await fetch(self.session, method, url, **options)

    def close(self) -> None:
        """Close the session and end the thread. Called at exit."""
        if self.session is not None:
            self.submit(self.session.close()).result(timeout=2)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=2)
        self.loop.close()


_transport: Transport | None = None
_transport_lock = threading.Lock()


def transport() -> Transport:
    """This process's transport, made on first use: a loop does not survive a fork."""
    global _transport
    with _transport_lock:
        if _transport is None:
            _transport = Transport()
        return _transport


def call(method: str, url: str, **options: Any) -> Response:
    """`fetch` for code without a loop; blocks, never longer than the deadline and a second."""
    deadline = options.get("deadline_s", DEADLINE_S)
    shared = transport()
    future = shared.submit(shared.fetch(method, url, **options))
    try:
        return future.result(timeout=deadline + 1)
    except TimeoutError as error:
        future.cancel()
        raise TooSlow(
            _("no whole answer within {deadline:g} s").format(deadline=deadline)
        ) from error


def _forget_after_fork() -> None:
    global _transport, _transport_lock, _lookups
    _transport, _transport_lock = None, threading.Lock()
    _lookups = ThreadPoolExecutor(max_workers=16, thread_name_prefix="lookup")


def _close_at_exit() -> None:
    if _transport is not None:
        _transport.close()


os.register_at_fork(after_in_child=_forget_after_fork)
atexit.register(_close_at_exit)


# --- requests ------------------------------------------------------------------------------
class GuardedAdapter(BaseAdapter):
    """Mount this on a `requests` session: whatever the library on top asks goes by our rule.

    Its `timeout`, `proxies` and certificate arguments are not used: the deadline bounds the whole
    call, which a read time-out does not (one byte a second passes it).
    """

    def __init__(
        self,
        deadline_s: float = DEADLINE_S,
        limit: int = LIMIT_BYTES,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__()
        self.deadline_s, self.limit, self.trust = deadline_s, limit, trust

    def send(self, request: requests.PreparedRequest, **_unused: Any) -> requests.Response:
        answer = call(
            request.method or "GET",
            request.url or "",
            headers=_own_headers(request),
            data=request.body or None,
            deadline_s=self.deadline_s,
            limit=self.limit,
            trust=self.trust,
        )
        if answer.status in _REDIRECTS:
            raise OutboundError(_("it answered with a redirect, which is not followed"))
        return _as_requests(request, answer)

    def close(self) -> None:
        """The transport stays: it belongs to the process."""


def _own_headers(request: requests.PreparedRequest) -> dict[str, str]:
    dropped = ("accept-encoding", "connection", "content-length", "user-agent")
    return {name: str(v) for name, v in request.headers.items() if name.lower() not in dropped}


def _as_requests(request: requests.PreparedRequest, answer: Response) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.headers.update(answer.headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response._content = answer.body
    response._content_consumed = True
    response.elapsed = timedelta(seconds=answer.elapsed_s)
    response.url, response.request = answer.url, request
    return response
