"""When silence holds a gate by itself: once for each time that it opens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Held:
    """A HOLD that was taken: when, until when (UTC), and whether the rule itself took it."""

    at: datetime
    until: datetime | None
    by_rule: bool = False


def opened_at(
    opens: datetime, changed: datetime | None = None, holds: Sequence[Held] = ()
) -> datetime:
    """Since when people could answer (UTC): the gate opens, is looked at again, or is another one.

    ``changed``: when what people vote on was changed. A HOLD that somebody decided gives its own
    length; one that the rule took gives nothing, so that it is not repeated for ever.
    """
    ends = [held.until for held in holds if held.until and not held.by_rule]
    return max([opens, *ends, *([changed] if changed else [])])


def holds_at(
    opens: datetime | None,
    minutes: int | None,
    changed: datetime | None = None,
    holds: Sequence[Held] = (),
) -> datetime | None:
    """When silence holds the gate (UTC); None: never, or it did so since the gate opened."""
    if opens is None or minutes is None:
        return None
    since = opened_at(opens, changed, holds)
    if any(held.by_rule and held.at >= since for held in holds):
        return None
    return since + timedelta(minutes=minutes)
