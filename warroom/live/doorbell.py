"""The bell that tells web processes to look. It may stay silent: the hub looks by itself.

Redis carries the ring to other processes. It may be slow, frozen or gone: then the ring is lost,
nobody waits longer than a fifth of a second, and for a second after that nobody tries.
"""

import secrets
import time
from collections.abc import Callable

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisGone
from redis.retry import Retry

log = structlog.get_logger()

CHANNEL = "warroom:bell"
TIMEOUT_S = 0.2
PAUSE_S = 1.0
ORIGIN = secrets.token_hex(4)  # lets a process leave its own echo alone

Listener = Callable[[int, tuple[str, ...]], None]
_listeners: list[Listener] = []
_clients: dict[str, redis.Redis] = {}
_quiet_until = 0.0


def ring(plan_id: int, panels: tuple[str, ...] = ()) -> None:
    """Say that ``plan_id`` changed; ``panels`` names fragments that changed without an event.

    Call it after the commit. Raises nothing and takes at most 0.2 s. A panel named here should
    have ``refresh_s`` as well, because a ring may be lost.
    """
    for listener in tuple(_listeners):
        listener(plan_id, panels)
    if settings.REDIS_URL:
        _publish(f"{ORIGIN} {plan_id} {','.join(panels)}")


def heard(message: str) -> tuple[str, int, tuple[str, ...]]:
    """Read a message: who rang, plan, panels. Raises ValueError for what is no ring."""
    origin, plan_id, names = message.split(" ", 2)
    return origin, int(plan_id), tuple(name for name in names.split(",") if name)


def listen(listener: Listener) -> None:
    """Call ``listener`` in the ringing thread for every ring of this process."""
    _listeners.append(listener)


def leave(listener: Listener) -> None:
    if listener in _listeners:
        _listeners.remove(listener)


def _publish(message: str) -> None:
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        _client(settings.REDIS_URL).publish(CHANNEL, message)
    except (redis.RedisError, OSError) as error:
        _quiet_until = time.monotonic() + PAUSE_S
        log.warning("the doorbell is silent", error=type(error).__name__)


def _client(url: str) -> redis.Redis:
    if url not in _clients:
        _clients[url] = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            # One more try on a socket that died since its last use; none after a time-out.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisGone,)),
        )
    return _clients[url]
