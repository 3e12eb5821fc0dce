"""How a round's state is shown: shape and word."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from rollouts.queries.rounds import RoundRow
from rollouts.rules import rounds
from warroom.templatetags.warroom import icon, signal

register = template.Library()


@register.simple_tag
def round_signal(row: RoundRow) -> SafeString:
    """``{% round_signal row %}``: All green, 1 yellow, Missed, Due, Next."""
    if row.state == rounds.MISSED:
        return format_html('<span class="sig sig--skip">{}{}</span>', icon("skip"), row.word)
    return signal(row.signal, row.word)
