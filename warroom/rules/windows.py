"""The window of a release: whether an instant lies in it. Pure; instants are aware UTC."""

from datetime import datetime

from django.utils.translation import gettext as _

from warroom.rules.wording import duration_text, instant_text


def outside(at: datetime, opens: datetime | None, closes: datetime | None) -> str:
    """``6 h after the window``, ``2 h before the window``; '' inside it. Both ends are inside."""
    if opens is not None and at < opens:
        return _("{span} before the window").format(span=duration_text(opens - at))
    if closes is not None and at > closes:
        return _("{span} after the window").format(span=duration_text(at - closes))
    return ""


def leaves(at: datetime, opens: datetime | None, closes: datetime | None) -> str:
    """The sentence for an action at ``at`` that would leave the window; '' inside it."""
    where = outside(at, opens, closes)
    if not where:
        return ""
    if opens is not None and at < opens:
        return _("It is {where}, which opens {opens} UTC.").format(
            where=where, opens=instant_text(opens, at)
        )
    return _("It is {where}, which closed {closes} UTC.").format(
        where=where, closes=instant_text(closes, at)
    )
