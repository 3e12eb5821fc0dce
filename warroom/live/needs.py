"""What the room needs from whom, now: asked of every floor, shown to those who can give it.

Each app registers a function of (plan, now). A need names the right or the role that it is for;
the frame shows it only to those who hold it, and to the others whom the room waits for.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from warroom.live import kept
from warroom.models import DeploymentPlan, Right

SHOWN, MOST_OF_KEY = 16, 3
ANYBODY, ANYBODYS = Right.TICK.value, 1


@dataclass(frozen=True)
class Need:
    """``key`` is a word of <body data-roles>: a right, or ``role-`` and a role's key.

    ``due`` is UTC. ``who`` and ``short`` make the line for everyone: 'On-Call (4.12)'.
    """

    title: str
    key: str
    url: str
    button: str
    note: str = ""
    due: datetime | None = None
    icon: str = "list"
    main: bool = False  # the one thing to do first: a filled button
    who: str = ""
    short: str = ""
    first: bool = False  # before everything that has a time
    optional: bool = False  # comes after everything that is required
    more: int = 0  # so many others of its key that are not listed


Source = Callable[[DeploymentPlan, datetime], Iterable[Need]]
_sources: list[Source] = []
_ahead: list[Source] = []
NAME, KEPT_FOR = ("what is needed", ""), timedelta(seconds=20)


def register_needs(source: Source) -> None:
    if source not in _sources:
        _sources.append(source)


def needs(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """Everything that the room needs, soonest first; what has no time and what is optional last.

    A closed release needs nothing from anybody.
    """
    if plan.is_closed:
        return []
    found = [need for source in _sources for need in source(plan, now)]
    return sorted(found, key=lambda need: (*urgency(need, now), need.title))


def register_ahead(source: Source) -> None:
    """What will be needed later than the room shows, for the page of one person."""
    if source not in _ahead:
        _ahead.append(source)


def ahead(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """What comes up in the next days, beyond what ``needs`` gives; in no order."""
    return [] if plan.is_closed else [need for source in _ahead for need in source(plan, now)]


def everything(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """``needs`` and ``ahead`` of a release, in no order; kept for those who ask soon after."""
    return kept.made(NAME, plan, now, KEPT_FOR, lambda: needs(plan, now) + ahead(plan, now))


def urgency(need: Need, now: datetime) -> tuple[bool, bool, bool, datetime]:
    return not need.first, need.optional, need.due is None, need.due or now


def shortened(found: Sequence[Need]) -> list[Need]:
    """What a room lists: the first few of each key, the last of which says how many are left out.

    What anybody may do is nobody's yet, and least of it is listed.
    """
    shown, counts, left = [], Counter(need.key for need in found), Counter[str]()
    for need in found:
        most = ANYBODYS if need.key == ANYBODY else MOST_OF_KEY
        left[need.key] += 1
        if left[need.key] <= most:
            last = left[need.key] == most
            shown.append(replace(need, more=counts[need.key] - most if last else 0))
    return shown[:SHOWN]


def waits_for(found: Iterable[Need]) -> list[tuple[str, str]]:
    """``[('On-Call', '4.12, gate 1')]``: each holder once, with what is waited for."""
    by_holder: dict[str, list[str]] = {}
    for need in found:
        if need.who:
            by_holder.setdefault(need.who, []).append(need.short or need.title)
    return [(who, ", ".join(list(dict.fromkeys(shorts))[:4])) for who, shorts in by_holder.items()]
