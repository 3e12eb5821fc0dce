"""Connections that are not HTTP, by the same guard; and whose certificates are trusted."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _

from warroom.outbound import DEADLINE_S, Forbidden, GuardedResolver, OutboundError, TooSlow
from warroom.rules import addresses

_resolver = GuardedResolver()


@dataclass(frozen=True)
class Opened:
    """A connection that stood and was closed again. ``certificate`` as ssl gives it, or {}."""

    elapsed_s: float
    address: str
    certificate: dict
    version: str = ""


def trusting(ca: str) -> ssl.SSLContext | None:
    """What a call verifies certificates with: the PEM file `ca`, None: what the host trusts.

    Raises OutboundError when the file cannot be read.
    """
    if not ca:
        return None
    try:
        return _context(ca, os.stat(ca).st_mtime_ns)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise OutboundError(_("the file of its certificate authority cannot be read")) from error


@lru_cache(maxsize=64)
def _context(ca: str, changed_ns: int) -> ssl.SSLContext:
    # Kept, so that connections are: each context has connections of its own. By its time, so that
    # a renewed file counts at once.
    return ssl.create_default_context(cafile=ca)


def host_and_port(text: str) -> tuple[str, int]:
    """ "db:5432" or "[::1]:5432" in two. Raises Forbidden for anything else."""
    host, colon, port = text.strip().rpartition(":")
    host = addresses.clean_host(host)
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise Forbidden(_("the address is not host:port"))
    if any(ord(c) <= 32 or c in "/\\@?#" for c in host):
        raise Forbidden(_("the host has characters in it that no host has"))
    return host, int(port)


async def connect(
    host: str,
    port: int,
    *,
    tls: ssl.SSLContext | None = None,
    server_name: str = "",
    deadline_s: float = DEADLINE_S,
) -> Opened:
    """Open a connection (with `tls` its handshake too) and close it; only inside a loop.

    The name is resolved once, its addresses are judged, and the connection goes to one of them.
    Raises OutboundError; ssl.SSLError is handed on, because its words are what is asked for.
    """
    started = time.monotonic()
    try:
        async with asyncio.timeout(deadline_s):
            found = await _resolver.resolve(host, port)
            return await _first(found, port, tls, server_name or host, started)
    except TimeoutError as error:
        raise TooSlow(
            _("no connection within {deadline_s:g} s").format(deadline_s=deadline_s)
        ) from error
    except ssl.SSLError:
        raise
    except OSError as error:
        raise OutboundError(_words(error)) from error


async def _first(found: list, port: int, tls, server_name: str, started: float) -> Opened:
    trouble: OSError | None = None
    for one in found:
        try:
            return await _open(one["host"], port, tls, server_name, started)
        except ssl.SSLError:
            raise
        except OSError as error:
            trouble = error
    raise trouble or OutboundError(_("the name has no address"))


async def _open(address: str, port: int, tls, server_name: str, started: float) -> Opened:
    name = server_name if tls else None
    _unused, writer = await asyncio.open_connection(address, port, ssl=tls, server_hostname=name)
    try:
        inside = writer.get_extra_info("ssl_object")
        certificate = inside.getpeercert() if inside else {}
        version = inside.version() if inside else ""
        return Opened(time.monotonic() - started, address, certificate or {}, version or "")
    finally:
        writer.transport.abort()


def _words(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return _("connection refused")
    if isinstance(error, ConnectionResetError):
        return _("the connection was closed")
    return os.strerror(error.errno).lower() if error.errno else _("the connection failed")
