"""The status page as a feed (Atom, RFC 4287) and as a badge (SVG), made like the page itself."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from warroom.live import public
from warroom.models import DeploymentPlan, StatusUpdate
from warroom.rules.lifecycle import ENDED

# Fill and ink of the badge by the tone of the state; both reach 4.5 to 1.
_BADGE = {
    "ok": ("#0b6b3a", "#ffffff"),
    "hold": ("#f5b32a", "#1a1300"),
    "bad": ("#b3261e", "#ffffff"),
    "wait": ("#4b5563", "#ffffff"),
}
_OLD = ("#4b5563", "#ffffff")
_WIDTH = 7.1  # of a letter, in px, with the fonts that the badge names; a little wide rather
_MOST = 60


def address_of(plan: DeploymentPlan, name: str = "status") -> str:
    """The whole address of the page (``status``), the feed (``status-atom``) and so on."""
    return f"{settings.PUBLIC_URL}{reverse(name, args=[plan.slug])}"


def as_atom(plan: DeploymentPlan, now: datetime) -> str:
    """What the public was told, newest first. Ids never change, so no reader shows one twice."""
    found = public.updates_of(plan)
    updated = found[0].at if found else plan.lifecycle_at or plan.created_at
    title = _("{name}: status").format(name=plan.name)
    page, own = address_of(plan), address_of(plan, "status-atom")
    head = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{plan.language}">',
        f"<id>{_id(plan)}</id>",
        f"<title>{_text(title)}</title>",
        f"<updated>{_rfc(updated)}</updated>",
        f'<link rel="self" type="application/atom+xml" href="{escape(own)}"/>',
        f'<link rel="alternate" type="text/html" href="{escape(page)}"/>',
        # Of a house, not of a person: nobody is named to the public.
        f"<author><name>{_text(plan.name)}</name></author>",
    ]
    return "\n".join([*head, *(_entry(plan, one, page) for one in found), "</feed>", ""])


def _entry(plan: DeploymentPlan, update: StatusUpdate, page: str) -> str:
    title = update.headline or update.text.split("\n", 1)[0][:100]
    return (
        f"<entry><id>{_id(plan)}:{update.pk}</id><title>{_text(title)}</title>"
        f"<updated>{_rfc(update.at)}</updated><published>{_rfc(update.at)}</published>"
        f'<link rel="alternate" type="text/html" href="{escape(page)}"/>'
        f'<content type="text">{_text(update.text)}</content></entry>'
    )


def as_badge(plan: DeploymentPlan, now: datetime, *, old: bool = False) -> str:
    """Name and state on a line, to be shown elsewhere; ``old``: nobody has written it for long."""
    state: Any = public.state_of(plan, now)
    word = _("not up to date") if old and plan.lifecycle not in ENDED else str(state.headline)
    fill, ink = _OLD if old and plan.lifecycle not in ENDED else _BADGE[state.tone]
    name = plan.name if len(plan.name) <= _MOST else f"{plan.name[: _MOST - 1]}…"
    left, right = (round(len(text) * _WIDTH + 14) for text in (name, word))
    whole, label = left + right, _text(f"{name}: {word}")
    until = plan.verdict_valid_until
    valid = f' data-valid-until="{until.isoformat(timespec="seconds")}"' if until else ""
    ended = " data-ended" + '=""' if plan.lifecycle in ENDED else ""
    font = 'font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" '
        f'aria-label="{label}"{valid}{ended}><title>{label}</title>'
        f'<rect width="{left}" height="20" fill="#1f2937"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{fill}"/>'
        f'<g {font} text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14" fill="#ffffff">{_text(name)}</text>'
        f'<text x="{left + right / 2:g}" y="14" fill="{ink}">{_text(word)}</text></g></svg>\n'
    )


def _id(plan: DeploymentPlan) -> str:
    """Never the address, which may move: RFC 4151, from when and which row it is."""
    host = settings.PUBLIC_URL.split("//")[1].split("/")[0].split(":")[0]
    return f"tag:{host},{plan.created_at:%Y-%m-%d}:status:{plan.pk}"


def _text(text: str) -> str:
    """As XML takes it: escaped, and without the control characters that it knows no way to say."""
    return escape(
        "".join(c for c in text if c in "\t\n\r" or (ord(c) >= 32 and c not in "\ufffe\uffff"))
    )


def _rfc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
