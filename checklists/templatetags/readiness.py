"""Presentation only: the figures of a readiness score, rounded half up where they are shown."""

from decimal import Decimal
from fractions import Fraction

from django import template

from checklists.models import CategoryScore, ReadinessCategory
from checklists.queries import readiness as queries
from checklists.rules import readiness

register = template.Library()
Figure = Fraction | Decimal


@register.filter
def score(value: Figure) -> str:
    """``8``, ``17.4``: without zeros that say nothing."""
    return readiness.short(value)


@register.filter
def total_text(value: readiness.Readiness) -> str:
    return readiness.total_text(value)


@register.filter
def two(value: Figure) -> str:
    """``9.00``: always two places."""
    return readiness.shown(value)


@register.filter
def signed(value: Figure) -> str:
    return readiness.signed(value)


@register.filter
def gain(value: Figure) -> str:
    """``+0.14``: always two places."""
    return f"+{readiness.shown(value)}"


@register.filter
def plain(value: Figure) -> str:
    """For an attribute: a dot as decimal sign whatever the language."""
    return f"{float(value):.4f}".rstrip("0").rstrip(".")


@register.filter
def said_by(given: CategoryScore, category: ReadinessCategory) -> str:
    return queries.said_by(given, category)
