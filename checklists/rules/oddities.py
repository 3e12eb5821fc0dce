"""What does not add up in a checklist and at its gates. Pure; instants are UTC."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.rules.bands import Bands, show
from checklists.rules.readiness import adds_up
from warroom.rules.oddities import Odd
from warroom.rules.offsets import format_span, parse_length
from warroom.rules.wording import full_instant


def of_weights(weights: Sequence[Decimal]) -> Odd | None:
    """The weights of a score make 100 %, or the score is normalised and that is said (S81)."""
    total = sum(weights, Decimal())
    if not weights or adds_up(weights):
        return None
    title = _("Weights add up to {normalize:f} %").format(normalize=total.normalize())
    if total <= 0:
        return Odd("weights-sum", title, _("There is nothing to weigh by until one is above 0."))
    text = _("{count} categories. The score is divided by {total:.4g} until then.").format(
        count=len(weights), total=total / 100
    )
    return Odd("weights-sum", title, text)


@dataclass(frozen=True)
class Part:
    """A phase or an item: what it is called and when it is to be worked on."""

    name: str
    starts: datetime | None = None
    ends: datetime | None = None


def of_phases(phases: Sequence[Part]) -> list[Odd]:
    """Phases that end before they begin, or begin before the one in front of them."""
    found = []
    for phase in phases:
        if phase.starts and phase.ends and phase.ends < phase.starts:
            text = _("{starts} to {ends}.").format(
                starts=full_instant(phase.starts), ends=full_instant(phase.ends)
            )
            found.append(
                Odd(
                    "phase-backwards",
                    _("{phase} ends before it begins").format(phase=phase.name),
                    text,
                )
            )
    timed = [phase for phase in phases if phase.starts]
    for before, after in pairwise(timed):
        if after.starts < before.starts:
            text = (
                f"{after.name}: {full_instant(after.starts)}, "
                f"{before.name}: {full_instant(before.starts)}."
            )
            title = _("{after} begins before {before}").format(after=after.name, before=before.name)
            found.append(Odd("phase-order", title, text))
    return found


def before_their_phase(phase: Part, items: Iterable[tuple[str, datetime]]) -> Odd | None:
    """Items that are due before their phase begins. ``items``: ref and due time."""
    if phase.starts is None:
        return None
    early = [(ref, due) for ref, due in items if due < phase.starts]
    if not early:
        return None
    named = ", ".join(f"{ref} ({full_instant(due)})" for ref, due in early[:5])
    more = _(" and {count} more").format(count=len(early) - 5) if len(early) > 5 else ""
    title = ngettext(
        "{count} item is due before {phase} begins",
        "{count} items are due before {phase} begins",
        len(early),
    )
    text = _("{named}{more}; the phase begins {starts}.").format(
        named=named, more=more, starts=full_instant(phase.starts)
    )
    return Odd(
        "item-before-phase",
        title.format(count=len(early), phase=phase.name),
        text,
    )


def past_before_begin(items: Sequence[tuple[str, datetime]], now: datetime) -> Odd | None:
    """Open items whose fixed time was over before the release was even opened."""
    gone = [(ref, due) for ref, due in items if due < now]
    if not gone:
        return None
    named = ", ".join(f"{ref} ({full_instant(due)})" for ref, due in gone[:5])
    more = _(" and {count} more").format(count=len(gone) - 5) if len(gone) > 5 else ""
    title = ngettext(
        "{count} fixed time is past already", "{count} fixed times are past already", len(gone)
    )
    return Odd("item-past", title.format(count=len(gone)), f"{named}{more}.")


_NOTICE = re.compile(
    r"\b(\d{1,3})[- ]?(hours?|h|days?)\b.{0,40}\b(?:notice|notification|mail|email|e-mail"
    r"|announcement|communication)",
    re.I,
)


def late_notice(ref: str, text: str, due: datetime | None, t0: datetime | None) -> Odd | None:
    """A notice of so many hours that is due later than so many hours before T0 (S47)."""
    match = _NOTICE.search(text)
    if match is None or due is None or t0 is None:
        return None
    length = timedelta(seconds=parse_length(f"{match[1]} {match[2]}") or 0)
    left = t0 - due
    if left >= length:
        return None
    said = format_span(length.total_seconds())
    when = format_span(left.total_seconds())
    place = f"{when} {'before' if left >= timedelta() else 'after'} T0"
    return Odd(
        "notice-late",
        _("{ref}: a notice of {said} is due {place}").format(ref=ref, said=said, place=place),
        text[:120],
    )


@dataclass(frozen=True)
class Hold:
    """A length of a hold and where it is said. ``line`` is 0 for a setting."""

    seconds: int
    where: str
    line: int = 0


_HOLD = re.compile(
    r"\bhold\b.{0,30}?\b(\d{1,3})(?:\s?(?:-|–|to)\s?(\d{1,3}))?[- ]?"
    r"(more )?(hours?|h|min(?:ute)?s?)\b",
    re.I,
)


def holds_in(lines: Iterable[str]) -> list[Hold]:
    """The lengths of holds that a document names, with their lines: "hold 6 hours"."""
    found = []
    for number, line in enumerate(lines, 1):
        match = _HOLD.search(line[:400])
        if match is not None:
            ends = {match[1], match[2] or match[1]}
            found += [
                Hold(parse_length(f"{end} {match[4]}") or 0, match[0].strip(), number)
                for end in sorted(ends, key=int)
            ]
    return [hold for hold in found if hold.seconds]


def of_holds(holds: Sequence[Hold]) -> Odd | None:
    """A yellow holds for one length (S58); several that are said disagree."""
    lengths = sorted({hold.seconds for hold in holds})
    if len(lengths) < 2:
        return None
    words = [format_span(seconds) for seconds in lengths]
    title = _("Yellow holds {words} here, {words_2} there").format(
        words=words[0], words_2=", ".join(words[1:])
    )
    first = {hold.seconds: hold for hold in reversed(holds)}
    said = [
        f"{f'line {hold.line}: ' if hold.line else ''}{hold.where}"
        for hold in (first[seconds] for seconds in lengths)
    ]
    return Odd("holds-disagree", title, "; ".join(said) + ".")


def _counts_join(inner: list[float], edges: list[float]) -> bool:
    """Whether whole numbers join: 0, then 1 to 2, then 3 and more leave nothing out."""
    if not all(float(number).is_integer() for number in (*inner, *edges)):
        return False
    return inner[0] - edges[0] in (0, 1) and edges[1] - inner[1] in (0, 1)


_RANGE = re.compile(r"(\d+(?:\.\d+)?)\s?(?:%|ms|s|min)?\s?(?:-|–|—|to|…)\s?(\d+(?:\.\d+)?)", re.I)


def of_acceptable(name: str, text: str, limits: Bands) -> Odd | None:
    """Whether the range called acceptable joins green and red, without a gap or an overlap.

    ``text`` is the document's own: "0.1 - 1 %"; what is no range says nothing.
    """
    match = _RANGE.search(text)
    if match is None or limits.red is None:
        return None
    low, high = sorted((float(match[1]), float(match[2])))
    edges = sorted((limits.green.value, limits.red.value))
    if [low, high] == edges or _counts_join([low, high], edges):
        return None
    title = (
        _("{name}: the bands overlap")
        if low < edges[0] or high > edges[1]
        else _("{name}: the bands leave a gap")
    ).format(name=name)
    return Odd(
        "bands-acceptable",
        title,
        _("Acceptable is {text}; green is {show}, red is {show_red}.").format(
            text=text.strip(), show=show(limits.green), show_red=show(limits.red)
        ),
    )
