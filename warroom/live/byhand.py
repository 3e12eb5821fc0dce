"""The way back by hand, for the page that is shown when nothing else can be.

For each open release the commands that roll it back lie in a file of its own, written when they
change and looked after by due work, so that a fault or a silent database does not take them away.
Read without the database; who may read is proved by a signed cookie that the release's own pages
gave to this very session.
"""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from warroom.models import DeploymentPlan, TimelineEvent
from warroom.rules.lifecycle import CLOSED

log = structlog.get_logger()

Commands = list[tuple[str, str]]  # whose it is, and the command
KINDS = ("plan.", "executor.", "procedure.")  # what may change them
OLD_AFTER_S = 600.0
LOOK_EVERY_S = 60.0
COOKIE = "by-hand"
LIFE_S = 24 * 3600
RENEW_S = 3600

_sources: list[Callable[[DeploymentPlan], Commands]] = []
_looked_at = 0.0


def register_commands(source: Callable[[DeploymentPlan], Commands]) -> None:
    """Let an app above say which commands roll a release back by hand."""
    _sources.append(source)


def path_of(slug: str) -> Path:
    return Path(settings.BY_HAND_DIR) / f"{slug}.json"


def after(plan: DeploymentPlan, event: TimelineEvent) -> None:
    """Write the commands of ``plan`` anew if ``event`` may have changed them.

    Call after the commit. Never raises: what a person just did stands.
    """
    try:
        if event.kind.startswith(KINDS):
            write(plan)
    except Exception:
        log.exception("the commands by hand were not written", plan=plan.slug)


def write(plan: DeploymentPlan) -> None:
    """Write the commands of an open release; take away those of a closed one."""
    path = path_of(plan.slug)
    if plan.lifecycle in CLOSED:
        path.unlink(missing_ok=True)
        return
    with translation.override(plan.language):
        commands = [found for source in _sources for found in source(plan)]
    told = {"release": plan.name, "at": timezone.now().isoformat(), "commands": commands}
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # for this user's eyes only
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(told, file)
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def write_old() -> int:
    """Write what is missing or older than OLD_AFTER_S (seconds); looks once a minute."""
    global _looked_at
    if _looked_at and time.monotonic() - _looked_at < LOOK_EVERY_S:
        return 0
    _looked_at = time.monotonic()
    plans = DeploymentPlan.objects.defer("source_text").exclude(lifecycle__in=CLOSED)
    old = [plan for plan in plans if _age(path_of(plan.slug)) > OLD_AFTER_S]
    for plan in old:
        write(plan)
    return len(old)


def read(slug: str) -> dict[str, Any] | None:
    """``release``, ``at`` (ISO, UTC) and ``commands``; None where none are kept. Never raises."""
    try:
        told = json.loads(path_of(slug).read_text())
        return told if told["commands"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def allow(request: HttpRequest, response: HttpResponse, slug: str) -> None:
    """Give the session that was shown a page of the release the proof that it was."""
    if _proved(request, slug, RENEW_S):
        return
    response.set_cookie(
        COOKIE,
        signing.dumps([slug, _session(request)], salt=COOKIE),
        max_age=LIFE_S,
        path=f"/plans/{slug}/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def may_read(request: HttpRequest, slug: str) -> bool:
    """Whether this session was shown a page of the release within the last day."""
    return _proved(request, slug, LIFE_S)


def _proved(request: HttpRequest, slug: str, within_s: int) -> bool:
    try:
        proof = signing.loads(request.COOKIES[COOKIE], salt=COOKIE, max_age=within_s)
    except (KeyError, signing.BadSignature):
        return False
    return bool(_session(request)) and proof == [slug, _session(request)]


def _session(request: HttpRequest) -> str:
    # A digest: the signed value can be read by whoever holds the cookie, and by proxies' logs.
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return signing.Signer(salt=COOKIE).signature(key) if key else ""


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
