"""Who must say go at a gate, and what stands against it. A missing vote is neither yes nor no."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
            return ngettext(
                "its one vote is in, none against",
                "all {count} votes are in, none against",
                votes,
            ).format(count=votes)
        goes = sum(ballot.word == GO for ballot in ballots)
        said = _("{goes} of {count} roles say go, {wanted} are wanted").format(
            goes=goes, count=len(ballots), wanted=self.wanted
        )
        no = [ballot.role for ballot in ballots if ballot.word == NO_GO]
        return _("{said} (no-go: {no})").format(said=said, no=", ".join(no)) if no else said


def against(ballots: Sequence[Ballot], quorum: Quorum) -> list[Reason]:
    """What the votes say against going on, as reasons."""
    if quorum.kind == COUNT:
        return _of_count(ballots, quorum)
    found = [_no_go(ballot) for ballot in ballots if ballot.word == NO_GO]
    if len(ballots) < quorum.named:
        text = _("{named} roles are named to vote here, and {count} may vote.").format(
            named=quorum.named, count=len(ballots)
        )
        found.append(Reason(HOLD, text))
    if missing := [ballot.role for ballot in ballots if not ballot.word]:
        said = ngettext(
            "{count} vote is missing: {missing}.",
            "{count} votes are missing: {missing}.",
            len(missing),
        )
        found.append(Reason(HOLD, said.format(count=len(missing), missing=", ".join(missing))))
    elif ballots and all(ballot.word == ABSTAIN for ballot in ballots):
        found.append(Reason(HOLD, _("Everybody abstained: nobody says go.")))
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
        text = _(
            "{goes} of {count} roles say go and {wanted} are wanted; against: {against}."
        ).format(goes=goes, count=len(ballots), wanted=wanted, against=against)
        return [*found, Reason(NO_GO if _refused(ballots) else HOLD, text)]
    text = _("{goes} of {wanted} wanted goes are in; missing: {missing}.").format(
        goes=goes, wanted=wanted, missing=", ".join(missing)
    )
    return [*found, Reason(HOLD, text)]


def too_few(wanted: int, roles: int) -> str:
    """'2 goes are wanted, but 1 role votes here'."""
    goes = ngettext("{count} go is wanted", "{count} goes are wanted", wanted)
    many = ngettext("but {count} role votes here", "but {count} roles vote here", roles)
    here = many.format(count=roles) if roles else _("but no role votes here")
    return f"{goes.format(count=wanted)}, {here}"


def _unheard(veto: Sequence[str]) -> list[Reason]:
    """Roles that may stop the gate alone: their silence is no consent."""
    if not veto:
        return []
    said = ngettext(
        "A veto goes with a vote that is missing: {veto}.",
        "A veto goes with votes that are missing: {veto}.",
        len(veto),
    )
    return [Reason(HOLD, said.format(veto=", ".join(veto)))]


def _refused(ballots: Sequence[Ballot]) -> bool:
    return any(ballot.word == NO_GO for ballot in ballots)


def _no_go(ballot: Ballot) -> Reason:
    return Reason(
        NO_GO,
        ended(_("{role} votes no-go: {reason}").format(role=ballot.role, reason=ballot.reason)),
    )


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
        return ngettext("{count} vote", "{count} votes", many).format(count=many) if many else ""
    if veto := [ballot.role for ballot in ballots if ballot.veto]:
        return _("{wanted} of {many} votes, with that of {veto},").format(
            wanted=quorum.wanted, many=many, veto=_and(veto)
        )
    return _("{wanted} of {many} votes").format(wanted=quorum.wanted, many=many)


def standing_words(ballots: Sequence[Ballot], quorum: Quorum) -> str:
    """'2 of 3 votes: the gate can hold or roll back, it cannot proceed.'"""
    cast, many = sum(bool(ballot.word) for ballot in ballots), len(ballots)
    so_far = ngettext("{cast} of {count} vote", "{cast} of {count} votes", many).format(
        cast=cast, count=many
    )
    if not ballots:
        return _("Nobody votes here: the gate can hold or roll back")
    if not is_met(ballots, quorum):
        return _("{so_far}: the gate can hold or roll back, it cannot proceed").format(
            so_far=so_far
        )
    return _("{so_far}: the quorum is met").format(so_far=so_far)


@dataclass(frozen=True)
class Word:
    """One row of the quorum rule: what it is about, what it wants, and the rest of the sentence."""

    label: str
    strong: str
    rest: str = ""
    key: str = ""

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
        Word(_("Proceed"), *_proceed(quorum, voters, veto), key="Proceed"),
        Word(
            _("Hold"),
            decider or _("Anyone who decides"),
            _(", with any number of votes"),
            key="Hold",
        ),
        Word(
            _("Roll back"),
            _("Every role that runs the rollout"),
            _(", with no vote at all"),
            key="Roll back",
        ),
        Word(_("Veto"), *_veto(quorum, voters, veto), key="Veto"),
        Word(_("Silence"), _("is not a yes"), _silence(voters, silence_minutes), key="Silence"),
    )


def _proceed(quorum: Quorum, voters: Sequence[str], veto: Sequence[str]) -> tuple[str, str]:
    many = len(voters)
    if not many:
        return _("No role votes here"), _(", no blocking item open")
    if quorum.kind == ALL:
        return _("{many} of {many} roles").format(many=many), _(", no no-go, no blocking item open")
    if quorum.wanted > many:
        return _("Never"), f": {too_few(quorum.wanted, many)}"
    stopped = _(", no no-go of {the_or}").format(the_or=_or(veto)) if veto else ""
    return _("{wanted} of {many} roles").format(wanted=quorum.wanted, many=many), _(
        " say go{stopped}, no blocking item open"
    ).format(stopped=stopped)


def _veto(quorum: Quorum, voters: Sequence[str], veto: Sequence[str]) -> tuple[str, str]:
    if quorum.kind == ALL and voters:
        return _("Every no-go"), _(" stops Proceed, also by a delegate")
    if not veto:
        return _("Nobody"), _(": a no-go counts as a go that is missing")
    return _("A no-go of {the_or}").format(the_or=_or(veto)), _(
        " stops Proceed, also by a delegate; so does a missing vote"
    )


def _silence(voters: Sequence[str], minutes: int | None) -> str:
    if minutes is None or not voters:
        return _(": the gate waits, and never goes on by itself")
    return _(": after {minutes} min the gate holds by itself").format(minutes=minutes)


def _or(names: Sequence[str]) -> str:
    return _joined(names, _("{names} or {last}"))


def _and(names: Sequence[str]) -> str:
    return _joined(names, _("{names} and {last}"))


def _joined(names: Sequence[str], both: str) -> str:
    *first, last = names
    return both.format(names=", ".join(first), last=last) if first else last


def vote_objection(word: str, reason: str, conditions: int) -> tuple[str, str] | None:
    """Why a vote may not be cast: (field, sentence), or None if it may."""
    if word not in (GO, NO_GO, ABSTAIN):
        return "vote", _("{word!r} is no vote. One of: go, no-go, abstain.").format(word=word)
    if word == NO_GO and not reason.strip():
        return "reason", _("A no-go wants its reason: what must change before it can go.")
    if conditions and word != GO:
        return "conditions", _(
            "Conditions go with a go. A no-go says what must change in its reason."
        )
    return None
