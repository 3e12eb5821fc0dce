"""Presentation only: the words of gates and votes as shapes of the frame."""

from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from checklists.actions.criteria import bar_text
from checklists.models import Gate
from checklists.queries.shown import by_area
from checklists.rules.followups import title_of
from warroom.templatetags.warroom import icon

register = template.Library()


@register.filter
def gate_verdict(word: str) -> str:
    """The verdict that looks like a gate's word: go is proceed, no-go is rollback."""
    return {"go": "proceed", "no-go": "rollback"}.get(word, "hold")


@register.filter
def gate_edge(word: str) -> str:
    return {"go": "ok", "no-go": "bad"}.get(word, "warn")


@register.filter
def sign_colour(modifier: str) -> str:
    return f"i--{modifier}"


@register.simple_tag
def vote_icon(word: str) -> SafeString:
    shapes = {
        "go": ("ok", "i--ok"),
        "conditional": ("cond", "i--ok"),
        "no-go": ("bad", "i--bad"),
    }
    return icon(*shapes.get(word, ("skip", "")))


@register.filter
def moment(text: str | None) -> datetime | None:
    """An instant from frozen evidence, which keeps it as ISO text."""
    return datetime.fromisoformat(text) if text else None


@register.filter
def first_line(text: str) -> str:
    """The title of a follow-up, under which a draft may stand."""
    return title_of(text)


register.filter("by_area", by_area)


@register.filter
def bar(gate: Gate) -> str:
    """What the weighted criteria must reach: ``90 %, no-go under 70 %``."""
    return bar_text(gate)
