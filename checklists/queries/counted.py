"""Criteria whose value is counted in the plan itself: closed items, given sign-offs, an age.

A count says "12 of 14", and its unit is "of 14".
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.models import Criterion, Gate, Phase, Source
from checklists.queries.criteria import evidence_now
from checklists.queries.measures import Measured, register_measure, stand_in_of
from checklists.queries.phases import items_now, phases_now
from checklists.queries.scopes import AT_GATE, PLAN, STABLE, Scope
from checklists.queries.signoffs import signatures
from checklists.rules.bands import Band
from checklists.rules.due import due_at
from checklists.rules.numbers import whole_number
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.queries.people import roles_now
from warroom.rules.wording import duration_text

# Hours are meant where a criterion of an age names no unit.
SPANS_S = {"": 3600, "h": 3600, "min": 60, "s": 1, "d": 86_400}
OTHERS = 4


def counted(met: int, total: int, origin: str, why: str) -> Measured:
    """``met`` of ``total``; nothing to count is no data, for ``why``."""
    if not total:
        return Measured(why=why, origin=origin)
    text = _("{met} of {total}").format(met=met, total=total)
    return Measured(value=float(met), text=text, unit=f"of {total}", origin=origin)


def left(names: Iterable[str]) -> str:
    """What is still missing, for the small line below a count: ``; open: 1.2, 1.4 and 3 more``."""
    named = [*names]
    if not named:
        return ""
    more = _(" and {count} more").format(count=len(named) - OTHERS) if len(named) > OTHERS else ""
    return _("; open: {named}{more}").format(named=", ".join(named[:OTHERS]), more=more)


def phases_before(gate: Gate, phases: Iterable[Phase], t0: datetime | None) -> list[Phase]:
    """The phases that begin before a gate opens; all of them where either has no time."""
    opens = due_at(t0, None, gate.offset_s)

    def is_before(phase: Phase) -> bool:
        starts = due_at(t0, phase.starts_at, phase.offset_s)
        return opens is None or starts is None or starts < opens

    return [phase for phase in phases if is_before(phase)]


def _asked(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> list[Phase]:
    phases, wanted = phases_now(plan, now), criterion.params.get("phases") or ()
    if wanted:
        return [phase for phase in phases if phase.number in wanted]
    if criterion.params.get("groups"):
        return phases  # a group is named for itself, wherever it stands
    return phases_before(criterion.gate, phases, plan.t0)


def _items(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured:
    asked = _asked(plan, criterion, now)
    if gone := missing_phases(criterion.params, asked):
        return Measured(why=gone, origin=_("required items"))
    phases = {phase.pk: phase.number for phase in asked}
    items = [item for item in items_now(plan, now) if item.required and item.phase_id in phases]
    groups = criterion.params.get("groups") or ()
    if groups:
        items = [item for item in items if item.group and item.group.title in groups]
        if lost := [one for one in groups if one not in {item.group.title for item in items}]:
            return Measured(
                why=_("“{lost}” has no required items").format(lost=lost[0]),
                origin=_("required items"),
            )
    still = [item.ref for item in items if not item.closed]
    numbers = f"“{', '.join(groups)}”" if groups else phases_text(phases.values())
    origin = _("required items of {numbers}{left}").format(numbers=numbers, left=left(still))
    several = len(groups or phases) > 1
    said = ngettext("{asked} has no required items", "{asked} have no required items", 1 + several)
    why = said.format(asked=numbers)
    return counted(len(items) - len(still), len(items), origin, why)


def missing_phases(params: Mapping[str, Any], found: Iterable[Phase]) -> str:
    """Which phase is asked by its number and is not there, as a reason; "" when none is."""
    gone = sorted({*(params.get("phases") or ())} - {phase.number for phase in found})
    return _("there is no {gone}").format(gone=phases_text(gone)) if gone else ""


def phases_text(numbers: Iterable[int]) -> str:
    """``phase 3``, ``phases 1 to 4``, ``phases 1, 3``; ``no phase`` for none."""
    known = sorted(numbers)
    if len(known) < 2:
        return _("phase {known}").format(known=known[0]) if known else _("no phase")
    if len(known) > 2 and known == [*range(known[0], known[-1] + 1)]:
        return _("phases {known} to {known_item}").format(known=known[0], known_item=known[-1])
    return _("phases {str}").format(str=", ".join(map(str, known)))


def _signoffs(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured:
    signed = once(plan, now, "signatures", lambda: signatures(plan, roles_now(plan, now)))
    scopes = _scopes(plan, criterion, now)
    if gone := [key for key, scope in scopes if scope is None]:
        why = (
            _("there is no phase “{scope}” to sign")
            if whole_number(gone[0])
            else _("there is no “{scope}” to sign")
        ).format(scope=gone[0])
        return Measured(why=why, origin=_("signatures of the roles that sign"))
    given = [(scope, one) for _unused, scope in scopes if scope for one in signed.given(scope)]
    still = [f"{one.role.name}, {scope.title}" for scope, one in given if not one.stands]
    origin = _("signatures of the roles that sign{left}").format(left=left(still))
    return counted(len(given) - len(still), len(given), origin, _("no role signs there"))


def _scopes(
    plan: DeploymentPlan, criterion: Criterion, now: datetime
) -> list[tuple[str, Scope | None]]:
    """What is to be signed, by its key; None for what is not there."""
    wanted = [str(key) for key in criterion.params.get("scopes") or ()]
    if not wanted:
        phases = phases_before(criterion.gate, phases_now(plan, now), plan.t0)
        return [(str(phase.number), Scope(phase)) for phase in phases]
    return [(key, _scope(plan, criterion, key, now)) for key in wanted]


def _scope(plan: DeploymentPlan, criterion: Criterion, key: str, now: datetime) -> Scope | None:
    """As ``queries.scopes.find_scope``, of what was read for this instant already."""
    if key in (PLAN, STABLE):
        return Scope(declaration=STABLE if key == STABLE else "")
    if key == f"{AT_GATE}{criterion.gate.key}":
        return Scope(gate=criterion.gate)
    if key.startswith(AT_GATE):
        gates = once(plan, now, "gates-by-key", lambda: {one.key: one for one in plan.gates.all()})
        other = gates.get(key.removeprefix(AT_GATE))
        return Scope(gate=other) if other else None
    number = whole_number(key)
    phase = next((one for one in phases_now(plan, now) if one.number == number), None)
    return Scope(phase) if phase else None


def _age(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured:
    key = str(criterion.params.get("key") or criterion.evidence_key)
    # What the room itself keeps a register of goes before what was posted once.
    stand_in = stand_in_of(key)
    kept = stand_in(plan, criterion, now) if stand_in else None
    if kept is not None:
        return _aged(kept, criterion, now)
    found = evidence_now(plan, now).get(key)
    if found is None or found.observed_at is None:
        return Measured(why=_("nothing says when “{key}” was made").format(key=key))
    if found.value is None or found.band in (Band.NO_DATA, Band.RED):
        # Something was tried then, and nothing was made by it.
        why = found.reason or _("it failed")
        at, origin = found.observed_at, found.source or key
        return Measured(
            why=_("“{key}” is not there: {why}").format(key=key, why=why),
            origin=origin,
            observed_at=at,
        )
    made = Measured(origin=found.source or key, observed_at=found.observed_at)
    return _aged(made, criterion, now)


def _aged(made: Measured, criterion: Criterion, now: datetime) -> Measured:
    """How long ago something was made; unchanged where nothing says when."""
    if made.observed_at is None:
        return made
    age = max(now - made.observed_at, timedelta(0))
    unit = criterion.unit if criterion.unit in SPANS_S else "h"
    return Measured(
        value=age.total_seconds() / SPANS_S[unit],
        text=duration_text(age),
        unit=unit if criterion.unit else "",
        origin=made.origin,
        observed_at=made.observed_at,
        url=made.url,
    )


register_measure(Source.ITEMS, _items)
register_measure(Source.SIGNOFFS, _signoffs)
register_measure(Source.AGE, _age)
