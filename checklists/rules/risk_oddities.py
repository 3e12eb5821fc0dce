"""What does not add up in risks and scenarios: sentences for the settings page. Pure."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.rules.ratings import chance_of
from checklists.rules.risks import Rated, Said, Word
from warroom.rules.oddities import Odd
from warroom.rules.wording import listed


def of_owners(names: Sequence[str]) -> Odd | None:
    """One finding for all open risks that nobody looks after."""
    if not names:
        return None
    title = ngettext("{count} risk has no owner", "{count} risks have no owner", len(names))
    return Odd(
        "risk-owner",
        title.format(count=len(names)),
        _("{names}: nobody looks after them.").format(names=listed(names[:6])),
    )


def of_risk(said: Said, rated: Rated, criteria: int, gates: bool) -> Iterator[Odd]:
    """Mitigation that makes it likelier, ratings that cannot be read, a high risk without rules."""
    before, after = chance_of(said.probability), chance_of(said.probability_after)
    if before and after and _above(after, before):
        text = _("{after} after mitigation, {before} before: one of the two is wrong.").format(
            after=after.shown, before=before.shown
        )
        yield Odd("risk-after", _("{said} grows by its mitigation").format(said=said.name), text)
    if rated.counts and rated.unread:
        text = _("Its {unread} cannot be read, so the overall level cannot be told.").format(
            unread=listed(rated.unread)
        )
        yield Odd("risk-unrated", _("{said} is not rated").format(said=said.name), text)
    if gates and rated.counts and rated.word is Word.STOP and not criteria:
        text = _("It is high after mitigation and open at a gate: say what is decided when.")
        yield Odd(
            "risk-criteria", _("{said} has no decision criteria").format(said=said.name), text
        )


def _above(after, before) -> bool:
    if after.percent is not None and before.percent is not None:
        return after.percent > before.percent
    return after.level > before.level


def of_scenario(number: int, action: str, items: int) -> Odd | None:
    if action.strip() or items:
        return None
    text = _("To start it would put nothing into the room and tell nobody what to do.")
    return Odd("scenario-action", _("Scenario {number} says no action").format(number=number), text)
