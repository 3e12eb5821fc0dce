"""Who votes at a gate, what they said, in every version, and who was asked to vote for whom."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.models import Condition, Delegation, Gate, Vote
from checklists.queries.signoffs import holders
from checklists.rules.votes import Ballot, Quorum, Word, quorum_words, waited_for
from warroom.models import DeploymentPlan, Right, Role, User
from warroom.queries.people import Standing, roles_now
from warroom.queries.there import there


@dataclass(frozen=True)
class VoteRow:
    """A role that votes, and its newest vote with its conditions."""

    role: Role
    holders: str
    vote: Vote | None
    conditions: tuple[Condition, ...]
    # The newest vote where it does not count any more: the gate was changed after it.
    outdated: Vote | None = None
    veto: bool = False
    # Every older vote of the role, newest first; those before ``outdated`` too.
    history: tuple[Vote, ...] = ()
    # Who was asked to cast this vote, while that stands.
    delegation: Delegation | None = None

    @property
    def modifier(self) -> str:
        words = {"go": "ok", "no-go": "bad", "abstain": "warn"}
        return words[self.vote.word] if self.vote else "wait"

    @property
    def icon(self) -> str:
        if self.vote and self.vote.word == "go" and self.conditions:
            return "cond"
        return {"ok": "ok", "bad": "bad", "warn": "skip", "wait": "open"}[self.modifier]

    @property
    def said(self) -> str:
        """'go with 1 condition', 'no-go', 'no vote yet'."""
        if self.vote is None:
            return _("vote again") if self.outdated else _("no vote yet")
        if not self.conditions:
            return self.vote.word
        return ngettext(
            "{word} with {count} condition", "{word} with {count} conditions", len(self.conditions)
        ).format(word=self.vote.word, count=len(self.conditions))

    @property
    def for_whom(self) -> str:
        """Whose vote somebody else cast; "" where the role's holder voted."""
        handed = self.vote.delegation if self.vote else None
        return (handed.for_name or self.role.name) if handed else ""


def voting_roles(gate: Gate, roles: Iterable[Role]) -> list[Role]:
    """Who votes at a gate: those it names, else every role with the right to vote."""
    voting = [role for role in roles if role.may(Right.VOTE)]
    return [role for role in voting if not gate.voters or role.key in gate.voters]


def vote_rows(gate: Gate, roles: Iterable[Role]) -> tuple[VoteRow, ...]:
    """A row for each role that votes here, in three SQL statements."""
    given: dict[int, list[Vote]] = defaultdict(list)
    # Of one instant the superseding vote has the higher key.
    conditions = there(gate.plan, Condition.objects.all())
    votes = there(gate.plan, gate.votes.select_related("delegation").order_by("-at", "-pk"))
    for vote in votes.prefetch_related(Prefetch("conditions", conditions)):
        given[vote.role_id].append(vote)
    asked = {one.role_id: one for one in there(gate.plan, gate.delegations.filter(ended_at=None))}
    return tuple(
        _row(gate, role, given[role.pk], asked.get(role.pk)) for role in voting_roles(gate, roles)
    )


def _row(gate: Gate, role: Role, given: list[Vote], asked: Delegation | None) -> VoteRow:
    newest, history = (given[0] if given else None), tuple(given[1:])
    stands = newest is not None and newest.gate_version == gate.version
    vote, outdated = (newest, None) if stands else (None, newest)
    conditions = tuple(vote.conditions.all()) if vote else ()
    veto = role.key in gate.veto_roles
    return VoteRow(role, holders(role), vote, conditions, outdated, veto, history, asked)


def ballot_of(row: VoteRow) -> Ballot:
    """A row as the rule reads it."""
    word = row.vote.word if row.vote else ""
    return Ballot(row.role.name, word, row.vote.reason if row.vote else "", row.veto)


def quorum_of(gate: Gate) -> Quorum:
    return Quorum(gate.quorum, gate.quorum_count or 0, len(set(gate.voters)))


def waited_rows(gate: Gate, rows: Iterable[VoteRow]) -> list[VoteRow]:
    """The rows whose missing votes the quorum still waits for."""
    rows = list(rows)
    names = set(waited_for([ballot_of(row) for row in rows], quorum_of(gate)))
    return [row for row in rows if row.vote is None and row.role.name in names]


def rule_words(gate: Gate, rows: Iterable[VoteRow]) -> tuple[Word, ...]:
    """The quorum rule of a gate in words; its times come with the page."""
    rows = list(rows)
    return quorum_words(
        quorum_of(gate),
        [row.role.name for row in rows],
        [row.role.name for row in rows if row.veto],
        decider=gate.decider.name if gate.decider else "",
        silence_minutes=gate.silence_minutes if gate.offset_s is not None else None,
    )


def votes_as(rows: Iterable[VoteRow], person: User, standing: Standing) -> list[Role]:
    """The roles as which a person votes here: those they hold, and those they were asked for."""
    return [
        row.role
        for row in rows
        if row.role.pk in standing.role_ids
        or (row.delegation is not None and row.delegation.to_id == person.pk)
    ]


def may_decide(gate: Gate, standing: Standing) -> bool:
    """Whether somebody decides this gate: as its decider, or by the right where it has none."""
    if gate.decider_id is not None:
        return gate.decider_id in standing.role_ids
    return standing.may(Right.DECIDE)


def seated_names(plan: DeploymentPlan, now: datetime) -> list[str]:
    """Everybody who sits in a release at an instant (UTC), by the name the room calls them."""
    seats = [seat for role in roles_now(plan, now) for seat in role.seats.all()]
    return sorted({seat.user.display_name for seat in seats})
