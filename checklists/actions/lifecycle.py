"""What the checklist has against a step of the release's life."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.actions.revoking import take_back
from checklists.models import ChecklistItem, DecisionWord, Gate, Phase, SignOff
from checklists.queries.gates import final_of, gates_now
from checklists.queries.phases import items_now, phases_now
from checklists.rules.due import due_at
from checklists.rules.items import CLOSED
from warroom.actions.change import Change
from warroom.actions.lifecycle import register_check, register_effect
from warroom.models import DeploymentPlan, Right
from warroom.queries.people import roles_now
from warroom.rules.lifecycle import DEPLOYING, REOPEN, Objection

NAMED = 5  # items that a sentence names


def against_going_live(plan: DeploymentPlan, step: str, now: datetime) -> Iterable[Objection]:
    """Before go-live: NO-GO, open blocking items, phases that are rejected or not signed.

    Only what lies before T0 counts. What has no time at all might be meant for afterwards: it
    warns and does not refuse.
    """
    if step != DEPLOYING:
        return
    yield from _of_gates(plan, now)
    yield from _of_items(plan, now)
    yield from _of_phases(plan, now)


def _of_gates(plan: DeploymentPlan, now: datetime) -> Iterable[Objection]:
    # After a NO-GO the gate that is held again speaks for it.
    again = {gate.follows_id for gate in gates_now(plan, now)}
    for gate in gates_now(plan, now):
        decided = final_of(gate)
        if gate.pk in again:
            continue
        if decided is not None and decided.word == DecisionWord.NO_GO:
            yield Objection(_("{gate} said NO-GO.").format(gate=gate.title), code="no-go")
        elif decided is None and _is_before(gate):
            yield Objection(
                _("{gate} is not decided.").format(gate=gate.title), refuses=False, code="gate"
            )


def _is_before(gate: Gate) -> bool:
    return gate.offset_s is not None and gate.offset_s <= 0


def _of_items(plan: DeploymentPlan, now: datetime) -> Iterable[Objection]:
    before, timeless = [], []
    for item in items_now(plan, now):
        if not item.blocking or item.state in CLOSED:
            continue
        when = _when(plan, item)
        if when is None:
            timeless.append(item.ref)
        elif when:
            before.append(item.ref)
    for refs, refuses in ((before, True), (timeless, False)):
        if refs:
            yield Objection(_open(refs), refuses=refuses, code="blocking")


def _when(plan: DeploymentPlan, item: ChecklistItem) -> bool | None:
    """Whether an item is for before T0; None when neither it nor its phase has a time."""
    due = due_at(plan.t0, item.due_at, item.due_offset_s)
    if due is not None and plan.t0 is not None:
        return due <= plan.t0
    return _phase_before(plan, item.phase)


def _phase_before(plan: DeploymentPlan, phase: Phase) -> bool | None:
    if phase.offset_s is not None:
        return phase.offset_s < 0
    if phase.starts_at is not None and plan.t0 is not None:
        return phase.starts_at < plan.t0
    return None


def _open(refs: list[str]) -> str:
    said = ngettext(
        "{count} blocking item is open: {refs}{more}.",
        "{count} blocking items are open: {refs}{more}.",
        len(refs),
    )
    more = _(" and {count} more").format(count=len(refs) - NAMED) if len(refs) > NAMED else ""
    return said.format(count=len(refs), refs=", ".join(refs[:NAMED]), more=more)


def _of_phases(plan: DeploymentPlan, now: datetime) -> Iterable[Objection]:
    """A rejection refuses; a required phase that nobody signed warns, if anybody signs at all."""
    phases = [phase for phase in phases_now(plan, now) if phase.required and phase.off_at is None]
    early = [phase for phase in phases if _phase_before(plan, phase)]
    words = _words(plan) if early else {}
    signing = early and any(role.may(Right.SIGN) for role in roles_now(plan, now))
    for phase in early:
        said = words.get(phase.pk, [])
        if "rejected" in said:
            yield Objection(
                _("Phase {phase} was rejected.").format(phase=phase.number), code="rejected"
            )
        elif not said and signing:
            yield Objection(
                _("Phase {phase} is not signed.").format(phase=phase.number),
                refuses=False,
                code="unsigned",
            )


def _words(plan: DeploymentPlan) -> dict[int, list[str]]:
    """What stands under each phase: the newest word of each role that was not taken back."""
    found: dict[int, list[str]] = {}
    rows = SignOff.objects.filter(plan=plan, superseded_by=None, revocation=None)
    for phase_id, word in rows.exclude(phase=None).values_list("phase_id", "word"):
        found.setdefault(phase_id, []).append(word)
    return found


def forget_declarations(moving: Change, step: str) -> None:
    """A release that is reopened is not stable: what was declared of it has to be said anew."""
    if step == REOPEN:
        said = SignOff.objects.filter(plan=moving.plan, superseded_by=None, revocation=None)
        take_back(moving, list(said.exclude(declaration="").select_related("role")), "reopening")


register_check(against_going_live)
register_effect(forget_declarations)
