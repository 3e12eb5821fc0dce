"""What a signature stands under: a phase, a gate, the whole release, or a declaration about it."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.models import Gate, Phase, SignOff
from checklists.rules.numbers import whole_number
from warroom.models import DeploymentPlan

PLAN, STABLE, AT_GATE = "plan", "stable", "at-"


@dataclass(frozen=True)
class Scope:
    """At most one of the three is set; none of them means the whole release."""

    phase: Phase | None = None
    gate: Gate | None = None
    declaration: str = ""

    @property
    def key(self) -> str:
        """How addresses and fragments name it: ``4``, ``at-gate-1``, ``stable``, ``plan``."""
        if self.gate:
            return f"{AT_GATE}{self.gate.key}"
        return str(self.phase.number) if self.phase else self.declaration or PLAN

    @property
    def name(self) -> str:
        """How sentences name it."""
        if self.gate:
            return _("gate {gate}").format(gate=self.gate.title)
        if self.declaration:
            return _("the release as stable")
        return (
            _("phase {phase}, {phase_title}").format(
                phase=self.phase.number, phase_title=self.phase.title
            )
            if self.phase
            else WHOLE
        )

    @property
    def title(self) -> str:
        """How headings name it."""
        if self.declaration:
            return _("Stable in production")
        part = self.gate or self.phase
        return part.title if part else WHOLE

    @property
    def kind(self) -> str:
        """The word under which the rules know what an approval of it states."""
        return "gate" if self.gate else self.declaration

    @property
    def ids(self) -> tuple[int | None, int | None, str]:
        return self.phase and self.phase.pk, self.gate and self.gate.pk, self.declaration

    @property
    def is_last(self) -> bool:
        """Whether it says something of the whole release: the final signatures."""
        return not (self.phase or self.gate)

    def where(self) -> Q:
        return Q(phase=self.phase, gate=self.gate, declaration=self.declaration)


WHOLE = _l("the whole release")


def scope_of(signoff: SignOff) -> Scope:
    return Scope(signoff.phase, signoff.gate, signoff.declaration)


def find_scope(plan: DeploymentPlan, key: str) -> Scope | None:
    """The scope that a key names in a plan; None when the plan has no such thing."""
    if key == PLAN:
        return Scope()
    if key == STABLE:
        return Scope(declaration=STABLE)
    if key.startswith(AT_GATE):
        gate = plan.gates.filter(key=key.removeprefix(AT_GATE)).first()
        return Scope(gate=gate) if gate else None
    number = whole_number(key)
    phase = plan.phases.filter(number=number).first() if number is not None else None
    return Scope(phase=phase) if phase else None


def scope_keys(plan: DeploymentPlan, *, phases: bool = True) -> list[str]:
    """The keys of everything in a plan that can be signed, in at most two SQL statements."""
    numbers = plan.phases.values_list("number", flat=True) if phases else ()
    gates = [f"{AT_GATE}{key}" for key in plan.gates.values_list("key", flat=True)]
    return [*map(str, numbers), *gates, PLAN, STABLE]


# What makes another list of it; progress does not.
EDITS = (
    "item.edited",
    "item.added",
    "item.removed",
    "item.restored",
    "item.moved",
    "item.reopened",
)
EDITS += ("phase.", "group.", "section.", "plan.extended", "plan.updated_from_document")
EDITS += ("scenario.started",)


def edited_since(plan: DeploymentPlan, scope: Scope, seen: int) -> str:
    """The newest edit of what a scope holds after event ``seen``, in its words; "" for none."""
    kinds = Q()
    for kind in EDITS:
        kinds |= Q(kind__startswith=kind)
    for event in plan.events.filter(kinds, seq__gt=seen).order_by("-seq"):
        phase = event.data.get("phase")
        if scope.phase is None or phase in (None, scope.phase.number):
            return event.text
    return ""
