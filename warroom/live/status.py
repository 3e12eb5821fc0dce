"""``/status/<slug>/`` and ``/status/<slug>.json``, answered from memory in front of Django.

Needs neither database nor broker. What it serves is the file that ``snapshots`` wrote; once a
second it looks whether there is a newer one. A page that is no longer written anew says so itself,
and once its verdict has grown old, the page that was written for that case is served (law 5).
"""

import gzip
import hashlib
import math
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import brotli

from warroom.live import snapshots

PATH = re.compile(r"^/status/(?P<slug>[-a-zA-Z0-9_]{1,80})(?P<suffix>/|\.json|\.atom|\.svg)$")
LOOK_EVERY_S = 1.0
STALE_AFTER_S = 60  # four times the age at which due work writes the page anew
# A verdict is judged anew more often than the page is written (OLD_AFTER_S): twice that, and the
# page of a plan whose checks are well never passes its time.
LATE_GRACE_S = 2 * snapshots.OLD_AFTER_S
MOST_PAGES = 500

_TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".json": b"application/json; charset=utf-8",
    ".atom": b"application/atom+xml; charset=utf-8",
    ".svg": b"image/svg+xml; charset=utf-8",
}
# A badge opened by itself is a document: nothing in it may run or load.
_SVG_POLICY = b"default-src 'none'; frame-ancestors 'none'"
_POLICY = re.compile(rb'http-equiv="Content-Security-Policy" content="([^"]+)"')
_LIVE, _LOST = b'<body class="public" data-link="static"', b'<body class="public" data-link="lost"'
_VALID_UNTIL = re.compile(rb'(?:data-valid-until=|"verdict_valid_until": )"([^"]+)"')
_AGE = re.compile(rb"(<span data-age>)[^<]*")


@dataclass
class Answer:
    """One encoding of a page: body and both sets of headers, ready to send."""

    etag: bytes
    body: bytes
    headers: list[tuple[bytes, bytes]]
    kept: list[tuple[bytes, bytes]]  # for 304


@dataclass
class Page:
    """A file as it was last read, and its answers by encoding."""

    looked_at: float = -math.inf
    signature: tuple[int, int] | None = None  # None: there is no file
    written_at: float = 0.0
    text: bytes = b""
    late_text: bytes = b""  # what it says once its verdict has grown old
    valid_until: float = math.inf  # seconds since 1970
    late: bool = False
    minutes: int = 0  # by how many minutes the text says that it is old
    answers: dict[bytes, Answer] = field(default_factory=dict)


_pages: dict[str, Page] = {}


async def answered(scope: dict[str, Any], send) -> bool:
    """Answer a request for a status page that there is; False leaves it to Django."""
    asked = PATH.match(scope["path"])
    if asked is None or scope["method"] not in ("GET", "HEAD"):
        return False
    suffix = ".html" if asked["suffix"] == "/" else asked["suffix"]
    page = _page(asked["slug"], suffix)
    if page.signature is None:
        return False
    accepted, known = _wishes(scope["headers"])
    answer = page.answers[_best(accepted)]
    if known and (known == b"*" or answer.etag in [tag.strip() for tag in known.split(b",")]):
        await send({"type": "http.response.start", "status": 304, "headers": answer.kept})
        await send({"type": "http.response.body"})
        return True
    await send({"type": "http.response.start", "status": 200, "headers": answer.headers})
    body = b"" if scope["method"] == "HEAD" else answer.body
    await send({"type": "http.response.body", "body": body})
    return True


def _wishes(headers) -> tuple[bytes, bytes]:
    accepted = known = b""
    for name, value in headers:
        if name == b"accept-encoding":
            accepted = value
        elif name == b"if-none-match":
            known = value
    return accepted, known


def _best(accepted: bytes) -> bytes:
    if b"br" in accepted:
        return b"br"
    return b"gzip" if b"gzip" in accepted else b""


def _page(slug: str, suffix: str) -> Page:
    """The page in memory, at most a second behind the file."""
    name = slug + suffix
    page = _pages.get(name)
    if page is None:
        if len(_pages) >= MOST_PAGES:
            _pages.clear()  # names that somebody guessed; the real ones are back at once
        page = _pages[name] = Page()
    now = time.monotonic()
    if now - page.looked_at >= LOOK_EVERY_S:
        page.looked_at = now
        _look(page, slug, suffix)
    return page


def _look(page: Page, slug: str, suffix: str) -> None:
    path = snapshots.path_of(slug, suffix)
    try:
        found = path.stat()
        if page.signature != (found.st_mtime_ns, found.st_ino):
            page.text = path.read_bytes()
            page.signature, page.written_at = (found.st_mtime_ns, found.st_ino), found.st_mtime
            page.late_text, page.valid_until = _late(path, page.text)
            page.minutes, page.answers = 0, {}
    except OSError:
        page.signature, page.answers = None, {}
        return
    age = time.time() - page.written_at
    minutes = int(age // 60) if age >= STALE_AFTER_S and b"data-ended" not in page.text else 0
    late = time.time() > page.valid_until + LATE_GRACE_S
    if not page.answers or (minutes, late) != (page.minutes, page.late):
        page.minutes, page.late = minutes, late
        # A badge has no room for its age: one that nobody writes says that it is not up to date.
        old = late or (minutes > 0 and suffix == ".svg")
        page.answers = _answers(_aged(page.late_text if old else page.text, minutes), suffix)


def _late(path: Path, text: bytes) -> tuple[bytes, float]:
    """The page for when the verdict is old, and from when on it counts; never without a verdict."""
    until = _VALID_UNTIL.search(text)
    beside = path.with_name(path.stem + snapshots.LATE + path.suffix)
    if not beside.exists():
        return text, math.inf
    if until is None:
        return beside.read_bytes(), math.inf
    return beside.read_bytes(), datetime.fromisoformat(until[1].decode()).timestamp()


def _aged(text: bytes, minutes: int) -> bytes:
    """The page as it must be read when nobody has written it anew for so many minutes."""
    if not minutes:
        return text
    unit = b"minute" if minutes == 1 else b"minutes"
    return _AGE.sub(rb"\g<1>, %d %s ago" % (minutes, unit), text.replace(_LIVE, _LOST, 1))


def _answers(text: bytes, suffix: str) -> dict[bytes, Answer]:
    bodies = {
        b"": text,
        b"gzip": gzip.compress(text, 6, mtime=0),
        b"br": brotli.compress(text, quality=5),
    }
    return {coding: _answer(body, coding, text, suffix) for coding, body in bodies.items()}


def _answer(body: bytes, coding: bytes, text: bytes, suffix: str) -> Answer:
    policy = _POLICY.search(text)
    mark = hashlib.sha256(text).hexdigest()[:20].encode()
    etag = b'"' + mark + (b"-" + coding if coding else b"") + b'"'
    kept = [
        (b"etag", etag),
        (b"cache-control", b"public, max-age=5"),
        (b"vary", b"accept-encoding"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]
    if policy:
        rules = policy[1].replace(b"&#x27;", b"'") + b"; frame-ancestors 'none'"
        kept.append((b"content-security-policy", rules))
    if suffix == ".svg":
        kept.append((b"content-security-policy", _SVG_POLICY))
        # Shown on other pages: that is what it is for.
        kept.append((b"cross-origin-resource-policy", b"cross-origin"))
    headers = [
        *kept,
        (b"content-type", _TYPES[suffix]),
        (b"content-length", str(len(body)).encode()),
    ]
    headers += [(b"content-encoding", coding)] if coding else []
    return Answer(etag, body, headers, kept)


def forget() -> None:
    """Forget every page, so that the next request reads its file."""
    _pages.clear()
