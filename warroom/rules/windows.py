"""The window of a release: whether an instant lies in it. Pure; instants are aware UTC."""

from datetime import datetime

from warroom.rules.wording import duration_text, instant_text


def outside(at: datetime, opens: datetime | None, closes: datetime | None) -> str:
    """``6 h after the window``, ``2 h before the window``; '' inside it. Both ends are inside."""
    if opens is not None and at < opens:
        return f"{duration_text(opens - at)} before the window"
    if closes is not None and at > closes:
        return f"{duration_text(at - closes)} after the window"
    return ""


def leaves(at: datetime, opens: datetime | None, closes: datetime | None) -> str:
    """The sentence for an action at ``at`` that would leave the window; '' inside it."""
    where = outside(at, opens, closes)
    if not where:
        return ""
    if opens is not None and at < opens:
        return f"It is {where}, which opens {instant_text(opens, at)} UTC."
    return f"It is {where}, which closed {instant_text(closes, at)} UTC."
