"""The public status page as one self-contained file, written on change and again while it ages.

``<slug>.html`` carries its own styles, icons and script, so that it can be served without the
application, by whatever stands in front; ``<slug>.json`` says the same to programs, ``<slug>.atom``
to feed readers, ``<slug>.svg`` as a badge. All come with gzip and brotli copies and are replaced
atomically.

Beside each lies what it says once its verdict has grown old (``<slug>.late.html``): whoever serves
it must be able to say so when nobody is left who writes (law 5).
"""

import base64
import contextlib
import fcntl
import gzip
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from copy import copy
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import brotli
import structlog
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from warroom.live import feeds, fragments, panels, public
from warroom.models import DeploymentPlan, TimelineEvent
from warroom.rules.lifecycle import ENDED

log = structlog.get_logger()

LOCK_S = 1.0
OLD_AFTER_S = 15  # then due work writes the page of a running release anew
STYLES = (
    "tokens",
    "base",
    "layout",
    "signal",
    "panel",
    "track",
    "pairs",
    "button",
    "status",
    "link",
)
SUFFIXES = (".html", ".json", ".atom", ".svg")
LATE = ".late"
_SYMBOL = re.compile(r'<symbol id="([^"]+)".*?</symbol>\s*', re.S)
_PATTERN = re.compile(r"<defs>.*?</defs>\s*", re.S)


def path_of(slug: str, suffix: str = ".html") -> Path:
    return Path(settings.STATUS_DIR) / f"{slug}{suffix}"


def after(plan: DeploymentPlan, event: TimelineEvent) -> None:
    """Write the page of ``plan`` anew if ``event`` changes what it shows. Call after the commit.

    Never raises: a full disk must not undo or hide what a person just did.
    """
    try:
        if panels.stale("status", plan, [event]):
            write(plan.pk)
    except Exception:
        log.exception("the status page was not written", plan=plan.slug)


def write(plan_id: int) -> Path | None:
    """Write the page as the database has it now; take it away if it is not public."""
    plan = DeploymentPlan.objects.defer("source_text").get(pk=plan_id)
    with _alone(plan.slug):
        # Read under the lock: of two writers the later one has read the later state.
        plan.refresh_from_db(fields=_FRESH)
        if not plan.is_public:
            remove(plan.slug)
            return None
        now = timezone.now()
        late = _when_old(plan, now)
        for suffix, told in _WRITERS.items():
            # The late one first: who sees the page anew finds the one that belongs to it.
            if suffix != ".atom":  # what was told is no less true when it is old
                _replace(path_of(plan.slug, LATE + suffix), told(late, now, True).encode())
            _replace(path_of(plan.slug, suffix), told(plan, now, False).encode())
    return path_of(plan.slug)


def write_old() -> int:
    """Write anew what is older than OLD_AFTER_S, so that the page's own time stays true."""
    rows = DeploymentPlan.objects.public().values_list("pk", "slug", "lifecycle")
    count = 0
    for plan_id, slug, lifecycle in rows:
        age = age_of(path_of(slug))
        if age is None or (age > OLD_AFTER_S and lifecycle not in ENDED):
            write(plan_id)
            count += 1
    return count


def age_of(path: Path) -> float | None:
    """Seconds since the file was written; None when there is none."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return None


def remove(slug: str) -> None:
    for suffix in (*SUFFIXES, *(LATE + suffix for suffix in SUFFIXES)):
        for packed in ("", ".gz", ".br"):
            path_of(slug, suffix + packed).unlink(missing_ok=True)


def _when_old(plan: DeploymentPlan, now: datetime) -> DeploymentPlan:
    """The plan as it must be told once nothing has been measured past its verdict's time."""
    late = copy(plan)
    if late.verdict_valid_until is not None:
        late.verdict_valid_until = min(late.verdict_valid_until, now - timedelta(microseconds=1))
    return late


def as_html(plan: DeploymentPlan, now: datetime) -> str:
    """The whole page. Everything it needs is inside, allowed by hashes in its own policy."""
    style, script = _style(), _script()
    with translation.override(plan.language):
        shown = [panels.render(panel, plan, now) for panel in panels.shown_at("status")]
        content = hashlib.sha256("".join(fragments.plain(one) for one in shown).encode())
        html = render_to_string(
            "warroom/public_status.html",
            {
                "content": content.hexdigest(),
                "address": feeds.address_of(plan),
                "feed": feeds.address_of(plan, "status-atom"),
                "subscribe": feeds.address_of(plan, "status-subscribe"),
                "room": feeds.address_of(plan, "room"),
                "plan": plan,
                "now": now,
                "state": public.state_of(plan, now),
                "ended": plan.lifecycle in ENDED,
                "valid_until": plan.verdict_valid_until,
                "fragments": [mark_safe(html) for html in shown],
                "style": mark_safe(style),
                "script": mark_safe(script),
                "policy": policy(style, script),
            },
        )
    return _only_used_symbols(html)


def as_json(plan: DeploymentPlan, now: datetime) -> str:
    """State, headline, next step and updates for programs; times are ISO 8601 in UTC."""
    with translation.override(plan.language):
        state, ahead = public.state_of(plan, now), public.next_of(plan, now)
        told = {
            "name": plan.name,
            "version": plan.version,
            "state": state.key,
            "headline": str(state.headline),
            "sentence": str(state.sentence),
            "as_of": _iso(now),
            "verdict_valid_until": _iso(plan.verdict_valid_until),
            "t0": _iso(plan.t0),
            "next": {"label": str(ahead.label), "at": _iso(ahead.at)} if ahead else None,
            "updates": [{"at": _iso(one.at), "text": one.text} for one in public.updates_of(plan)],
        }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _badge(plan: DeploymentPlan, now: datetime, late: bool) -> str:
    with translation.override(plan.language):
        return feeds.as_badge(plan, now, old=late)


def _atom(plan: DeploymentPlan, now: datetime, late: bool) -> str:
    with translation.override(plan.language):
        return feeds.as_atom(plan, now)


# The page last: whoever sends it on when it changes finds the others written already.
_WRITERS: dict[str, Callable[[DeploymentPlan, datetime, bool], str]] = {
    ".json": lambda plan, now, late: as_json(plan, now),
    ".atom": _atom,
    ".svg": _badge,
    ".html": lambda plan, now, late: as_html(plan, now),
}


def policy(style: str, script: str) -> str:
    """The page's content security policy: nothing but its own style and script, by their hashes."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def page_policy() -> str:
    return policy(_style(), _script())


_FRESH = [
    field.name
    for field in DeploymentPlan._meta.concrete_fields
    if field.name not in ("id", "source_text")
]


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _style() -> str:
    return "\n".join(_static(f"css/{name}.css") for name in STYLES)


@cache
def _script() -> str:
    return _static("js/public.js")


def _static(name: str) -> str:
    found = finders.find(name)
    if found is None:
        raise FileNotFoundError(f"static/{name}: the status page wants it")
    return Path(found).read_text()


def _only_used_symbols(html: str) -> str:
    """Leave out the icons that the page does not show: they are most of its bytes."""
    used = set(re.findall(r'href="#([^"]+)"', html))
    html = _SYMBOL.sub(lambda symbol: symbol[0] if symbol[1] in used else "", html)
    return _PATTERN.sub("", html)


@contextlib.contextmanager
def _alone(slug: str) -> Iterator[None]:
    """One writer of a page at a time, over all processes of this machine.

    Raises TimeoutError after LOCK_S: a process that hangs must not hold up people's requests, and
    due work comes back to the page.
    """
    folder = Path(settings.STATUS_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{slug}.lock").open("w") as lock:
        deadline = time.monotonic() + LOCK_S
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise TimeoutError(f"another process is writing the status page of {slug}")
            time.sleep(0.01)
        yield


def _locked(lock) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _replace(path: Path, body: bytes) -> None:
    """Write ``body`` and its compressed copies so that no reader ever sees half of one."""
    copies = {".br": brotli.compress(body, quality=5), ".gz": gzip.compress(body, 6, mtime=0)}
    for suffix, content in [*copies.items(), ("", body)]:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.chmod(name, 0o644)  # a web server in front reads it as another user
            os.replace(name, path.with_name(path.name + suffix))
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
