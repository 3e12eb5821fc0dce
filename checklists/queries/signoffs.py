from dataclasses import dataclass

from checklists.models import Phase, SignOff
from warroom.models import DeploymentPlan, Right, Role


@dataclass(frozen=True)
class Signature:
    """A role that signs, and what it has said under one scope so far."""

    role: Role
    holders: str
    signoff: SignOff | None

    @property
    def revoked(self) -> bool:
        return self.signoff is not None and hasattr(self.signoff, "revocation")

    @property
    def stands(self) -> bool:
        """Whether the role approved, and nothing took it back."""
        return self.signoff is not None and not self.revoked and self.signoff.word != "rejected"

    @property
    def modifier(self) -> str:
        if self.signoff is None:
            return "wait"
        if self.revoked:
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
    newest: dict[tuple[int | None, int], SignOff]

    def under(self, phase: Phase | None) -> list[Signature]:
        scope = phase.pk if phase else None
        return [
            Signature(role, holders(role), self.newest.get((scope, role.pk))) for role in self.roles
        ]


def holders(role: Role) -> str:
    """Who sits in a role; the name from the document while nobody does."""
    names = [seat.user.display_name for seat in role.seats.all()]
    return ", ".join(names) or role.holder


def signatures(plan: DeploymentPlan, roles: list[Role] | None = None) -> Signatures:
    """Everything signed under a plan, in three SQL statements (two more for the roles)."""
    rows = (
        SignOff.objects.filter(plan=plan, superseded_by__isnull=True)
        .select_related("revocation", "role")
        .prefetch_related("conditions")
    )
    signing = [role for role in roles or seated_roles(plan) if role.may(Right.SIGN)]
    return Signatures(tuple(signing), {(row.phase_id, row.role_id): row for row in rows})


def seated_roles(plan: DeploymentPlan) -> list[Role]:
    """All roles of a plan with their people, in two SQL statements."""
    return list(Role.objects.filter(plan=plan).prefetch_related("seats__user"))
