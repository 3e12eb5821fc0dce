from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext as _

from checklists.models import Condition, Decision, Phase, SignOff
from checklists.queries.scopes import Scope
from checklists.rules.signoffs import score_text
from warroom.models import DeploymentPlan, Right, Role
from warroom.queries.once import once
from warroom.queries.people import seated
from warroom.queries.there import there


@dataclass(frozen=True)
class Signature:
    """A role that signs, and what it has said under one scope so far."""

    role: Role
    holders: str
    signoff: SignOff | None
    alone: bool = False  # the plan's author approved the whole release, and nobody else did

    @property
    def revoked(self) -> bool:
        return self.signoff is not None and hasattr(self.signoff, "revocation")

    @property
    def stands(self) -> bool:
        """Whether the role approved, nothing took it back, and it counts (law 10)."""
        return self.signoff is not None and _approves(self.signoff) and not self.alone

    @property
    def rejects(self) -> bool:
        return self.signoff is not None and self.signoff.word == "rejected" and not self.revoked

    @property
    def seated(self) -> str:
        """Who sits in the role now and may sign; empty while nobody does."""
        return ", ".join(names_of(self.role))

    @property
    def score(self) -> str:
        """The score that was given, '8.5'; empty without one."""
        return score_text(self.signoff.score, None) if self.signoff else ""

    @property
    def modifier(self) -> str:
        if self.signoff is None:
            return "wait"
        if self.revoked or self.alone:
            return "warn"
        return "bad" if self.signoff.word == "rejected" else "ok"

    @property
    def icon(self) -> str:
        if self.stands and self.signoff.word == "conditional":
            return "cond"
        return {"wait": "open", "warn": "warn", "bad": "bad", "ok": "ok"}[self.modifier]


@dataclass(frozen=True)
class Signatures:
    """The roles that sign, and the newest sign-off of each under each scope."""

    roles: tuple[Role, ...]
    newest: dict[tuple, SignOff]
    author_id: int | None = None

    def under(self, phase: Phase | None) -> list[Signature]:
        """What each role said of a phase, or of the whole release when ``phase`` is None."""
        return self.given(Scope(phase))

    def given(self, scope: Scope) -> list[Signature]:
        """What each role that signs said under a scope so far."""
        given = [self.newest.get((*scope.ids, role.pk)) for role in self.roles]
        others = any(one and _approves(one) and one.person_id != self.author_id for one in given)
        return [
            Signature(
                role,
                holders(role),
                one,
                alone=not (scope.phase or others) and self._by_author(one),
            )
            for role, one in zip(self.roles, given, strict=True)
        ]

    def _by_author(self, signoff: SignOff | None) -> bool:
        # Judged when read: the others may have taken back theirs since the author approved.
        return bool(signoff and _approves(signoff) and signoff.person_id == self.author_id)


def rejections(signed: Signatures, phases: Iterable[Phase]) -> list[tuple[str, list[str]]]:
    """The phases that stand rejected, each with the roles that reject it."""
    found = []
    for phase in phases:
        roles = [one.role.name for one in signed.under(phase) if one.rejects]
        if roles:
            found.append((Scope(phase).name, roles))
    return found


def _approves(signoff: SignOff) -> bool:
    return signoff.word != "rejected" and not hasattr(signoff, "revocation")


def holders(role: Role) -> str:
    """Who sits in a role now; the name from the document while nobody does.

    The role comes with its seats as ``queries.people.seated`` fetches them.
    """
    return ", ".join(names_of(role)) or role.holder


def names_of(role: Role) -> list[str]:
    """The people who sit in a role now, each once; the role as for ``holders``."""
    return list(dict.fromkeys(seat.user.display_name for seat in role.seats.all()))


def signatures(plan: DeploymentPlan, roles: list[Role] | None = None) -> Signatures:
    """Everything signed under a plan, in three SQL statements (two more for the roles)."""
    rows = (
        SignOff.objects.filter(plan=plan, superseded_by__isnull=True)
        .select_related("revocation", "role")
        .prefetch_related(Prefetch("conditions", there(plan, Condition.objects.all())))
    )
    signing = [role for role in roles or seated_roles(plan) if role.may(Right.SIGN)]
    rows = there(plan, rows)
    newest = {(row.phase_id, row.gate_id, row.declaration, row.role_id): row for row in rows}
    return Signatures(tuple(signing), newest, plan.author_id)


def seated_roles(plan: DeploymentPlan) -> list[Role]:
    """All roles of a plan with their people, in two SQL statements."""
    return list(Role.objects.filter(plan=plan).prefetch_related(seated()))


@dataclass(frozen=True)
class ConditionRow:
    """A condition with what became of it: open, met, or void with what it hung on."""

    condition: Condition
    void: str = ""
    # A GO at its gate that went against it while it was open.
    overridden: bool = False

    @property
    def holds(self) -> bool:
        """Whether it still blocks what comes after it."""
        return not self.void and self.condition.closed_at is None and self.condition.blocking

    @property
    def is_open(self) -> bool:
        return not self.void and self.condition.closed_at is None


def condition_rows(plan: DeploymentPlan) -> list[ConditionRow]:
    """Every condition that a signature or a vote was tied to, in one SQL statement."""
    found = Condition.objects.filter(plan=plan).select_related(
        "gate",
        "closed_by",
        "vote__role",
        "vote__superseded_by",
        "signoff__role",
        "signoff__phase",
        "signoff__gate",
        "signoff__superseded_by",
        "signoff__revocation",
    )
    gone = Decision.objects.filter(gate=OuterRef("gate"), word="go")
    rows = there(plan, found.annotate(gone=Exists(gone)))
    return [ConditionRow(one, _void(one), _overridden(one)) for one in rows]


def _overridden(condition: Condition) -> bool:
    return condition.gone and condition.blocking and condition.closed_at is None


def conditions_now(plan: DeploymentPlan, now: datetime) -> list[ConditionRow]:
    """``condition_rows``, read once for everything that is shown of one instant (UTC)."""
    return once(plan, now, "conditions", lambda: condition_rows(plan))


def _void(condition: Condition) -> str:
    """Why a condition no longer counts, in words; empty while it does."""
    given = condition.signoff or condition.vote
    if hasattr(given, "superseded_by"):
        return _("a newer word of the same role replaces it")
    if condition.signoff and hasattr(condition.signoff, "revocation"):
        return _("the signature was taken back")
    return ""
