"""Presentation only: icons, signals, times and numbers as the pages show them."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.rules import wording, zones

register = template.Library()

# Shape, word, colour, in that order: band or state -> (modifier, icon, word).
SIGNALS = {
    "green": ("ok", "i-ok", _l("Green")),
    "yellow": ("warn", "i-warn", _l("Yellow")),
    "red": ("bad", "i-bad", _l("Red")),
    "no_data": ("none", "i-none", _l("No data")),
    "stale": ("stale", "i-stale", _l("Stale")),
    "run": ("run", "i-run", _l("Running")),
    "skip": ("skip", "i-skip", _l("Off")),
}
VERDICTS = {
    "proceed": ("proceed", "v-proceed", "PROCEED"),
    "hold": ("hold", "v-hold", "HOLD"),
    "rollback": ("rollback", "v-rollback", "ROLLBACK"),
}


# First word of a timeline kind -> icon. What no line knows gets the note's icon.
EVENT_ICONS = {
    "item": "list",
    "items": "list",
    "phase": "list",
    "group": "list",
    "section": "list",
    "daily": "note",
    "signoff": "pen",
    "vote": "gate",
    "condition": "cond",
    "gate": "gateok",
    "criterion": "gate",
    "verdict": "v-wait",
    "stage": "deploy",
    "rollout": "steps",
    "effect": "deploy",
    "executor": "deploy",
    "guardrail": "v-rollback",
    "trigger": "v-rollback",
    "run": "v-rollback",
    "round": "eye",
    "success": "eye",
    "backup": "deploy",
    "drill": "note",
    "procedure": "note",
    "rollback": "v-rollback",
    "check": "eye",
    "metric": "steps",
    "seat": "user",
    "role": "user",
    "invitation": "mail",
    "message": "mail",
    "contact": "user",
    "plan": "flag",
    "note": "note",
    "finding": "flag",
    "dryrun": "run",
    "status": "chat",
    "evidence": "clip",
    "risk": "warn",
    "scenario": "flag",
}
LABELS = {
    "group": _l("Heading"),
    "section": _l("List"),
    "daily": _l("Daily form"),
    "dryrun": _l("Dry run"),
    "signoff": _l("Sign-off"),
    "message": _l("Letter"),
    "plan": _l("Release"),
    "status": _l("Public update"),
    "scenario": _l("Contingency"),
}
# What happened, or what it turned to -> colour of the icon.
COLOURS = {
    "proceed": "i--ok",
    "go": "i--ok",
    "green": "i--ok",
    "hold": "i--warn",
    "held": "i--warn",
    "drifted": "i--warn",
    "unverified": "i--warn",
    "yellow": "i--warn",
    "no_data": "i--warn",
    "no-go": "i--bad",
    "no_go": "i--bad",
    "red": "i--bad",
    "failed": "i--bad",
    "refused": "i--bad",
    "blocked": "i--bad",
    "rollback": "i--bad",
    "rejected": "i--bad",
}


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """``{% icon "ok" "i--20 i--warn" %}``: a symbol of the sprite; the word stands beside it."""
    symbol = name if name.startswith(("i-", "v-")) else f"i-{name}"
    return format_html(
        '<svg class="i{}" aria-hidden="true"><use href="#{}"/></svg>',
        f" {classes}" if classes else "",
        symbol,
    )


@register.simple_tag
def signal(band: str, word: str = "", plain: bool = False) -> SafeString:
    """``{% signal reading.band %}``: shape and word of a band; an unknown band is no data."""
    modifier, symbol, usual = SIGNALS.get(str(band), SIGNALS["no_data"])
    return format_html(
        '<span class="sig sig--{}{}">{}{}</span>',
        modifier,
        " sig--plain" if plain else "",
        icon(symbol),
        word or usual,
    )


@register.filter
def band_modifier(band: str) -> str:
    """``ok``, ``warn``, ``bad`` or ``none``, as in ``tile--warn`` and ``i--warn``."""
    return SIGNALS.get(str(band), SIGNALS["no_data"])[0]


@register.simple_tag
def verdict_chip(word: str, text: str = "", small: bool = False) -> SafeString:
    """``{% verdict_chip plan.verdict "HOLD at 5 %" %}``; no verdict gives a neutral chip."""
    modifier, symbol, usual = VERDICTS.get(str(word or ""), ("", "v-wait", _("Nothing measured")))
    return format_html(
        '<strong class="vchip{}{}">{}{}</strong>',
        " vchip--s" if small else "",
        f" vchip--{modifier}" if modifier else "",
        icon(symbol),
        text or usual,
    )


@register.filter
def verdict_icon(word: str) -> str:
    return VERDICTS.get(str(word or ""), ("", "v-wait", ""))[1]


@register.simple_tag(takes_context=True)
def when(context, at: datetime | None, plan=None) -> SafeString:
    """``{% when event.at plan %}``: UTC, and beside it the offset from the plan's T0, if any.

    With a plan whose time zone is another one, its clock stands between both: ``23:00 CEST``.
    """
    if at is None:
        return mark_safe("")
    text = wording.instant_text(at, _now(context))
    if there := zones.zone_text(at, getattr(plan, "time_zone", "UTC")):
        shown = '<time datetime="{}" data-plan="{}">{}</time> <span class="z">{}</span>'
        clock = format_html(shown, iso(at), there, text, there)
    else:
        clock = format_html('<time datetime="{}">{}</time>', iso(at), text)
    t0 = getattr(plan, "t0", None)
    if t0 is None:
        return clock
    return format_html('{} <span class="t">{}</span>', clock, wording.offset_text(at - t0))


@register.simple_tag(takes_context=True)
def shifted(context, at: datetime, t0: datetime | None, plan) -> SafeString:
    """Like ``when``, with a T0 that is only thought of."""
    return when(context, at, SimpleNamespace(t0=t0, time_zone=plan.time_zone))


@register.simple_tag
def plan_zone(at: datetime | None, plan) -> str:
    """The clock of the plan's own zone, ``23:00 CEST``; empty where that is UTC."""
    return zones.zone_text(at, plan.time_zone) if at else ""


@register.simple_tag(takes_context=True)
def ago(context, at: datetime | None) -> SafeString:
    """``6 s ago``; goes on counting in the browser, so an age stays true when updates stop."""
    if at is None:
        return mark_safe(_("never"))
    text = wording.age_text(at, _now(context))
    return format_html('<span data-ago="{}">{}</span>', iso(at), text)


@register.simple_tag(takes_context=True)
def countdown(context, to: datetime) -> SafeString:
    """``13:42`` that goes on counting, ``late by 0:05`` when it is past."""
    return format_html('<b data-countdown="{}">{}</b>', iso(to), countdown_text(context, to))


@register.simple_tag(takes_context=True)
def countdown_text(context, to: datetime) -> str:
    left = to - _now(context)
    return wording.late_text(-left) if left < timedelta(0) else wording.span_text(left)


@register.simple_tag(takes_context=True)
def until(context, to: datetime) -> SafeString:
    """`` in 13:42`` after the name of what is to come, ``, late by 0:05`` when it is past."""
    text = countdown_text(context, to)
    joint = ", " if to < _now(context) else " in "
    return format_html('<b data-until="{}">{}{}</b>', iso(to), joint, text)


@register.simple_tag(takes_context=True)
def elapsed(context, since: datetime) -> SafeString:
    text = wording.span_text(_now(context) - since)
    return format_html('<b data-elapsed="{}">{}</b>', iso(since), text)


@register.simple_tag(takes_context=True)
def plan_clock(context, plan) -> str:
    """``T+11:46:18``, or nothing while the plan has no T0."""
    return wording.clock_text(_now(context) - plan.t0) if plan.t0 else ""


@register.filter
def iso(at: datetime | None) -> str:
    """``2025-10-23T20:46:18Z``, the form of every ``datetime`` and ``data-`` attribute."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else ""


@register.filter
def utc(at: datetime | None, form: str = "H:i:s") -> str:
    """A UTC time in Django's date format, whatever zone is active."""
    return template.defaultfilters.date(at.astimezone(UTC), form) if at else ""


@register.filter
def t_offset(span: timedelta | float | None) -> str:
    return "" if span is None else wording.offset_text(span)


@register.filter
def clock(span: timedelta | float | None) -> str:
    return "" if span is None else wording.clock_text(span)


@register.filter
def duration(span: timedelta | float | None) -> str:
    return "" if span is None else wording.duration_text(span)


@register.filter
def number(value: float | None, unit: str = "") -> str:
    """``{{ reading.value|number:"ms" }}``"""
    return wording.number_text(value, unit)


@register.filter
def target(text: str) -> str:
    """``>=98%`` as ``≥ 98 %``: a bound of the document as tiles and tables show it."""
    return wording.target_text(text)


@register.simple_tag
def favicon(word: str) -> str:
    """The address of the icon that shows a verdict in the browser's tab."""
    return static(f"img/{word or 'wait'}.svg")


@register.simple_tag
def event_icon(event) -> SafeString:
    symbol, colour = _event_look(event)
    return icon(symbol, colour)


@register.filter
def event_label(event) -> str:
    """``Sign-off`` for ``signoff.given``: the first word of the kind, as people say it."""
    noun = event.kind.partition(".")[0]
    return LABELS.get(noun, noun.replace("_", " ").capitalize())


@register.filter
def is_turn(event) -> bool:
    """Whether the event changed where the release goes; such entries stand out in the timeline."""
    return event.kind.startswith(("verdict.", "gate.decided", "rollback."))


@register.filter
def turn_colour(event) -> str:
    """The modifier of an entry that stands out, with its blank: `` is-key--ok``."""
    colour = _event_look(event)[1].removeprefix("i--")
    return f" is-key--{colour}" if colour else ""


@register.filter
def first_sentence(text: str) -> str:
    """Up to the first full stop that ends a sentence: ``0.5 %. Next`` ends after the percent."""
    head, stop, _unused = text.partition(". ")
    return head + stop.strip()


@register.filter
def other_sentences(text: str) -> str:
    return text.partition(". ")[2]


@register.filter
def since(at: datetime, start: datetime) -> timedelta:
    return at - start


@register.filter
def day_of(at: datetime, t0: datetime) -> str:
    """``day 1`` is the UTC day of T0, ``day −1`` the day before; there is no day 0."""
    days = (at.astimezone(UTC).date() - t0.astimezone(UTC).date()).days
    return (
        _("day {days}").format(days=days + 1) if days >= 0 else _("day −{days}").format(days=-days)
    )


@register.simple_tag
def request_id() -> SafeString:
    """The hidden field that makes a form which is sent twice be carried out once."""
    return format_html('<input type="hidden" name="request_id" value="{}">', uuid4().hex)


@register.filter
def styled(field, classes: str = "in") -> SafeString:
    """A bound form field with the stylesheet's class; state and description come from Django."""
    return field.as_widget(attrs={"class": classes})


def _event_look(event) -> tuple[str, str]:
    noun, _unused, verb = event.kind.partition(".")
    said = [event.data.get(key) for key in ("to", "vote", "decision", "band", "verdict")]
    words = [verb, *(word for word in said if isinstance(word, str))]
    colour = next((COLOURS[word] for word in words if word in COLOURS), "")
    symbol = EVENT_ICONS.get(noun, "note")
    if noun == "verdict":
        symbol = next((VERDICTS[word][1] for word in words if word in VERDICTS), symbol)
    return symbol, colour


def _now(context) -> datetime:
    # A fragment is rendered for one instant; every age and clock in it speaks of that instant.
    return context.get("now") or timezone.now()
