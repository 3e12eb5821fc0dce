"""What does not add up in risks and scenarios: sentences for the settings page. Pure."""

from collections.abc import Iterator, Sequence

from checklists.rules.ratings import chance_of
from checklists.rules.risks import Rated, Said, Word
from warroom.rules.oddities import Odd
from warroom.rules.wording import listed


def of_owners(names: Sequence[str]) -> Odd | None:
    """One finding for all open risks that nobody looks after."""
    if not names:
        return None
    what = "1 risk has" if len(names) == 1 else f"{len(names)} risks have"
    return Odd("risk-owner", f"{what} no owner", f"{listed(names[:6])}: nobody looks after them.")


def of_risk(said: Said, rated: Rated, criteria: int, gates: bool) -> Iterator[Odd]:
    """Mitigation that makes it likelier, ratings that cannot be read, a high risk without rules."""
    before, after = chance_of(said.probability), chance_of(said.probability_after)
    if before and after and _above(after, before):
        text = f"{after.shown} after mitigation, {before.shown} before: one of the two is wrong."
        yield Odd("risk-after", f"{said.name} grows by its mitigation", text)
    if rated.counts and rated.unread:
        text = f"Its {listed(rated.unread)} cannot be read, so the overall level cannot be told."
        yield Odd("risk-unrated", f"{said.name} is not rated", text)
    if gates and rated.counts and rated.word is Word.STOP and not criteria:
        text = "It is high after mitigation and open at a gate: say what is decided when."
        yield Odd("risk-criteria", f"{said.name} has no decision criteria", text)


def _above(after, before) -> bool:
    if after.percent is not None and before.percent is not None:
        return after.percent > before.percent
    return after.level > before.level


def of_scenario(number: int, action: str, items: int) -> Odd | None:
    if action.strip() or items:
        return None
    text = "To start it would put nothing into the room and tell nobody what to do."
    return Odd("scenario-action", f"Scenario {number} says no action", text)
