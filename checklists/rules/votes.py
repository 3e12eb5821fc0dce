"""Who must say go at a gate, and what stands against it. A missing vote is neither yes nor no."""

from collections.abc import Sequence
from dataclasses import dataclass

from checklists.rules.words import GO, HOLD, NO_GO, Reason, ended

ALL, COUNT = "all", "count"
ABSTAIN = "abstain"


@dataclass(frozen=True)
class Ballot:
    """What a role that votes has said: go, no-go, abstain, or '' while its vote is missing.

    With ``veto`` its no-go alone stops the gate, whatever the others say, and nothing goes on
    before it has voted.
    """

    role: str
    word: str = ""
    reason: str = ""
    veto: bool = False


@dataclass(frozen=True)
class Quorum:
    """``ALL``: every role has voted and none against. ``COUNT``: ``count`` roles say go.

    ``named``: how many roles the gate names as its voters; 0: it names none, and all may.
    """

    kind: str = ALL
    count: int = 0
    named: int = 0

    @property
    def wanted(self) -> int:
        """How many goes are wanted; never none. It may be more than there are roles."""
        return max(1, self.count)

    def met(self, ballots: Sequence[Ballot]) -> str:
        """How a met quorum is said: 'all 3 votes are in, none against'."""
        if self.kind == ALL:
            votes = len(ballots)
            return (
                f"{'its one vote is' if votes == 1 else f'all {votes} votes are'} in, none against"
            )
        goes = sum(ballot.word == GO for ballot in ballots)
        said = f"{goes} of {len(ballots)} roles say go, {self.wanted} are wanted"
        no = [ballot.role for ballot in ballots if ballot.word == NO_GO]
        return f"{said} (no-go: {', '.join(no)})" if no else said


def against(ballots: Sequence[Ballot], quorum: Quorum) -> list[Reason]:
    """What the votes say against going on, as reasons."""
    if quorum.kind == COUNT:
        return _of_count(ballots, quorum)
    found = [_no_go(ballot) for ballot in ballots if ballot.word == NO_GO]
    if len(ballots) < quorum.named:
        text = f"{quorum.named} roles are named to vote here, and {len(ballots)} may vote."
        found.append(Reason(HOLD, text))
    if missing := [ballot.role for ballot in ballots if not ballot.word]:
        verb = "vote is" if len(missing) == 1 else "votes are"
        found.append(Reason(HOLD, f"{len(missing)} {verb} missing: {', '.join(missing)}."))
    elif ballots and all(ballot.word == ABSTAIN for ballot in ballots):
        found.append(Reason(HOLD, "Everybody abstained: nobody says go."))
    return found


def _of_count(ballots: Sequence[Ballot], quorum: Quorum) -> list[Reason]:
    wanted = quorum.wanted
    found = [_no_go(ballot) for ballot in ballots if ballot.word == NO_GO and ballot.veto]
    found += _unheard([ballot.role for ballot in ballots if ballot.veto and not ballot.word])
    goes = sum(ballot.word == GO for ballot in ballots)
    missing = [ballot.role for ballot in ballots if not ballot.word]
    if goes >= wanted:
        return found
    if len(ballots) < wanted:
        text = f"{too_few(wanted, len(ballots))}."
        return [*found, Reason(NO_GO if _refused(ballots) else HOLD, text)]
    if goes + len(missing) < wanted:
        against = ", ".join(ballot.role for ballot in ballots if ballot.word not in ("", GO))
        text = f"{goes} of {len(ballots)} roles say go and {wanted} are wanted; against: {against}."
        return [*found, Reason(NO_GO if _refused(ballots) else HOLD, text)]
    text = f"{goes} of {wanted} wanted goes are in; missing: {', '.join(missing)}."
    return [*found, Reason(HOLD, text)]


def too_few(wanted: int, roles: int) -> str:
    """'2 goes are wanted, but 1 role votes here'."""
    goes = "1 go is" if wanted == 1 else f"{wanted} goes are"
    many = {0: "no role votes", 1: "1 role votes"}.get(roles, f"{roles} roles vote")
    return f"{goes} wanted, but {many} here"


def _unheard(veto: Sequence[str]) -> list[Reason]:
    """Roles that may stop the gate alone: their silence is no consent."""
    if not veto:
        return []
    vote = "a vote that is" if len(veto) == 1 else "votes that are"
    return [Reason(HOLD, f"A veto goes with {vote} missing: {', '.join(veto)}.")]


def _refused(ballots: Sequence[Ballot]) -> bool:
    return any(ballot.word == NO_GO for ballot in ballots)


def _no_go(ballot: Ballot) -> Reason:
    return Reason(NO_GO, ended(f"{ballot.role} votes no-go: {ballot.reason}"))


def waited_for(ballots: Sequence[Ballot], quorum: Quorum) -> list[str]:
    """The roles whose missing votes the quorum still waits for; none once it cannot matter.

    A role with a veto is always waited for.
    """
    missing = [ballot.role for ballot in ballots if not ballot.word]
    if quorum.kind == ALL or not missing:
        return missing
    goes = sum(ballot.word == GO for ballot in ballots)
    if goes < quorum.wanted <= goes + len(missing):
        return missing
    return [ballot.role for ballot in ballots if ballot.veto and not ballot.word]


def is_in(ballots: Sequence[Ballot], quorum: Quorum) -> bool:
    """Whether the votes are in: all of them, or as many goes as are wanted with no veto unheard."""
    if not ballots or all(ballot.word for ballot in ballots):
        return bool(ballots)
    goes = sum(ballot.word == GO for ballot in ballots)
    return quorum.kind == COUNT and goes >= quorum.wanted and not waited_for(ballots, quorum)


def is_met(ballots: Sequence[Ballot], quorum: Quorum) -> bool:
    """Whether nothing of the votes stands against going on."""
    return bool(ballots) and not any(reason.word != GO for reason in against(ballots, quorum))


def needed_words(ballots: Sequence[Ballot], quorum: Quorum) -> str:
    """'3 votes', '2 of 3 votes, with that of Security Lead'; "" where nobody votes."""
    many = len(ballots)
    if quorum.kind == ALL or not many:
        return f"{many} vote{'' if many == 1 else 's'}" if many else ""
    veto = [ballot.role for ballot in ballots if ballot.veto]
    return f"{quorum.wanted} of {many} votes" + (f", with that of {_and(veto)}," if veto else "")


def standing_words(ballots: Sequence[Ballot], quorum: Quorum) -> str:
    """'2 of 3 votes: the gate can hold or roll back, it cannot proceed.'"""
    cast, many = sum(bool(ballot.word) for ballot in ballots), len(ballots)
    so_far = f"{cast} of {many} vote{'' if many == 1 else 's'}"
    if not ballots:
        return "Nobody votes here: the gate can hold or roll back"
    if not is_met(ballots, quorum):
        return f"{so_far}: the gate can hold or roll back, it cannot proceed"
    return f"{so_far}: the quorum is met"


@dataclass(frozen=True)
class Word:
    """One row of the quorum rule: what it is about, what it wants, and the rest of the sentence."""

    label: str
    strong: str
    rest: str = ""

    @property
    def text(self) -> str:
        return f"{self.strong}{self.rest}"


def quorum_words(
    quorum: Quorum,
    voters: Sequence[str],
    veto: Sequence[str] = (),
    *,
    decider: str = "",
    silence_minutes: int | None = None,
) -> tuple[Word, ...]:
    """The rule in words: Proceed, Hold, Roll back, Veto, Silence. Roles by their names."""
    return (
        Word("Proceed", *_proceed(quorum, voters, veto)),
        Word("Hold", decider or "Anyone who decides", ", with any number of votes"),
        Word("Roll back", "Every role that runs the rollout", ", with no vote at all"),
        Word("Veto", *_veto(quorum, voters, veto)),
        Word("Silence", "is not a yes", _silence(voters, silence_minutes)),
    )


def _proceed(quorum: Quorum, voters: Sequence[str], veto: Sequence[str]) -> tuple[str, str]:
    many = len(voters)
    if not many:
        return "No role votes here", ", no blocking item open"
    if quorum.kind == ALL:
        return f"{many} of {many} roles", ", no no-go, no blocking item open"
    if quorum.wanted > many:
        return "Never", f": {too_few(quorum.wanted, many)}"
    stopped = f", no no-go of {_or(veto)}" if veto else ""
    return f"{quorum.wanted} of {many} roles", f" say go{stopped}, no blocking item open"


def _veto(quorum: Quorum, voters: Sequence[str], veto: Sequence[str]) -> tuple[str, str]:
    if quorum.kind == ALL and voters:
        return "Every no-go", " stops Proceed, also by a delegate"
    if not veto:
        return "Nobody", ": a no-go counts as a go that is missing"
    return f"A no-go of {_or(veto)}", " stops Proceed, also by a delegate; so does a missing vote"


def _silence(voters: Sequence[str], minutes: int | None) -> str:
    if minutes is None or not voters:
        return ": the gate waits, and never goes on by itself"
    return f": after {minutes} min the gate holds by itself"


def _or(names: Sequence[str], last: str = "or") -> str:
    return f" {last} ".join([*filter(None, [", ".join(names[:-1])]), *names[-1:]])


def _and(names: Sequence[str]) -> str:
    return _or(names, "and")


def vote_objection(word: str, reason: str, conditions: int) -> tuple[str, str] | None:
    """Why a vote may not be cast: (field, sentence), or None if it may."""
    if word not in (GO, NO_GO, ABSTAIN):
        return "vote", f"{word!r} is no vote. One of: go, no-go, abstain."
    if word == NO_GO and not reason.strip():
        return "reason", "A no-go wants its reason: what must change before it can go."
    if conditions and word != GO:
        return "conditions", "Conditions go with a go. A no-go says what must change in its reason."
    return None
