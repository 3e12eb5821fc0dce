"""Who must say go at a gate, and what stands against it. A missing vote is neither yes nor no."""

from collections.abc import Sequence
from dataclasses import dataclass

from checklists.rules.words import GO, HOLD, NO_GO, Reason, ended

ALL, COUNT = "all", "count"
ABSTAIN = "abstain"


@dataclass(frozen=True)
class Ballot:
    """What a role that votes has said: go, no-go, abstain, or '' while its vote is missing.

    With ``veto`` its no-go alone stops the gate, whatever the others say.
    """

    role: str
    word: str = ""
    reason: str = ""
    veto: bool = False


@dataclass(frozen=True)
class Quorum:
    """``ALL``: every role has voted and none against. ``COUNT``: ``count`` roles say go."""

    kind: str = ALL
    count: int = 0

    def wanted(self, roles: int) -> int:
        """How many goes are wanted of so many roles; never more than there are, never none."""
        return min(max(1, self.count), max(1, roles))

    def met(self, ballots: Sequence[Ballot]) -> str:
        """How a met quorum is said: 'all 3 votes are in, none against'."""
        if self.kind == ALL:
            votes = len(ballots)
            return (
                f"{'its one vote is' if votes == 1 else f'all {votes} votes are'} in, none against"
            )
        goes = sum(ballot.word == GO for ballot in ballots)
        said = f"{goes} of {len(ballots)} roles say go, {self.wanted(len(ballots))} are wanted"
        no = [ballot.role for ballot in ballots if ballot.word == NO_GO]
        return f"{said} (no-go: {', '.join(no)})" if no else said


def against(ballots: Sequence[Ballot], quorum: Quorum) -> list[Reason]:
    """What the votes say against going on, as reasons."""
    if quorum.kind == COUNT and ballots:
        return _of_count(ballots, quorum)
    found = [_no_go(ballot) for ballot in ballots if ballot.word == NO_GO]
    if missing := [ballot.role for ballot in ballots if not ballot.word]:
        verb = "vote is" if len(missing) == 1 else "votes are"
        found.append(Reason(HOLD, f"{len(missing)} {verb} missing: {', '.join(missing)}."))
    elif ballots and all(ballot.word == ABSTAIN for ballot in ballots):
        found.append(Reason(HOLD, "Everybody abstained: nobody says go."))
    return found


def _of_count(ballots: Sequence[Ballot], quorum: Quorum) -> list[Reason]:
    wanted = quorum.wanted(len(ballots))
    found = [_no_go(ballot) for ballot in ballots if ballot.word == NO_GO and ballot.veto]
    goes = sum(ballot.word == GO for ballot in ballots)
    missing = [ballot.role for ballot in ballots if not ballot.word]
    if goes >= wanted:
        return found
    if goes + len(missing) < wanted:
        against = ", ".join(ballot.role for ballot in ballots if ballot.word not in ("", GO))
        text = f"{goes} of {len(ballots)} roles say go and {wanted} are wanted; against: {against}."
        return [*found, Reason(NO_GO if _refused(ballots) else HOLD, text)]
    text = f"{goes} of {wanted} wanted goes are in; missing: {', '.join(missing)}."
    return [*found, Reason(HOLD, text)]


def _refused(ballots: Sequence[Ballot]) -> bool:
    return any(ballot.word == NO_GO for ballot in ballots)


def _no_go(ballot: Ballot) -> Reason:
    return Reason(NO_GO, ended(f"{ballot.role} votes no-go: {ballot.reason}"))


def vote_objection(word: str, reason: str, conditions: int) -> tuple[str, str] | None:
    """Why a vote may not be cast: (field, sentence), or None if it may."""
    if word not in (GO, NO_GO, ABSTAIN):
        return "vote", f"{word!r} is no vote. One of: go, no-go, abstain."
    if word == NO_GO and not reason.strip():
        return "reason", "A no-go wants its reason: what must change before it can go."
    if conditions and word != GO:
        return "conditions", "Conditions go with a go. A no-go says what must change in its reason."
    return None
