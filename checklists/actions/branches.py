"""What starts by itself when a gate is decided: set as a whole, for all three branches."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from checklists.actions.decisions import fresh_gate, refuse_decided
from checklists.models import BranchStep, Gate
from checklists.rules.followups import KINDS, MOST_STEPS, Step
from checklists.rules.words import SHOWN
from warroom.actions.change import change
from warroom.actions.refusals import Invalid
from warroom.models import Right, Role, User


def set_branches(
    gate: Gate, steps: Mapping[str, Sequence[Step]], *, by: User, request_id: str | None = None
) -> list[BranchStep]:
    """Let these steps start on GO, HOLD and NO-GO. The same again changes nothing.

    Raises Invalid for a kind, role or branch that is none, NotAllowed without the right to edit,
    Refused when the gate is decided.
    """
    _check(steps)
    with change(gate.plan, by=by, right=Right.EDIT, request_id=request_id) as setting:
        gate = fresh_gate(gate, setting)
        refuse_decided(gate, _("What starts was not changed."))
        roles = {role.key: role for role in Role.objects.filter(plan=setting.plan)}
        before = list(BranchStep.objects.filter(gate=gate).select_related("role"))
        if setting.repeated or _said(before) == _wanted(steps):
            return before
        BranchStep.objects.filter(gate=gate).delete()
        rows = BranchStep.objects.bulk_create(
            BranchStep(
                gate=gate,
                branch=word,
                position=place,
                kind=step.kind,
                text=step.text,
                role=_role(step, roles),
                after_minutes=step.after_minutes,
            )
            for word, some in steps.items()
            for place, step in enumerate(some, start=1)
        )
        counts = ", ".join(
            _("{count} on {word}").format(count=len(some), word=SHOWN[word])
            for word, some in steps.items()
        )
        setting.record(
            "gate.changed",
            _("{gate}: what starts by itself is now {counts}.").format(
                gate=gate.title, counts=counts
            ),
            gate=gate.key,
            branches={word: [step.text for step in some] for word, some in steps.items()},
        )
    return rows


def _check(steps: Mapping[str, Sequence[Step]]) -> None:
    for word, some in steps.items():
        if word not in SHOWN:
            raise Invalid(
                "branch",
                _("{word!r} is no branch. One of: {shown}.").format(
                    word=word, shown=", ".join(SHOWN)
                ),
            )
        if len(some) > MOST_STEPS:
            raise Invalid(
                word, _("At most {most_steps} steps start at once.").format(most_steps=MOST_STEPS)
            )
        for step in some:
            if step.kind not in KINDS:
                raise Invalid(
                    word,
                    _("{kind!r} is no kind. One of: {kinds}.").format(
                        kind=step.kind, kinds=", ".join(KINDS)
                    ),
                )
            if not step.text.strip():
                raise Invalid(word, _("A step says what is to be done."))


def _role(step: Step, roles: Mapping[str, Role]) -> Role | None:
    if step.role and step.role not in roles:
        raise Invalid("role", _("This release has no role {role!r}.").format(role=step.role))
    return roles.get(step.role)


def _said(rows: Sequence[BranchStep]) -> list[tuple]:
    return [
        (row.branch, row.kind, row.text, row.role.key if row.role else "", row.after_minutes)
        for row in sorted(rows, key=lambda row: (row.branch, row.position))
    ]


def _wanted(steps: Mapping[str, Sequence[Step]]) -> list[tuple]:
    return [
        (word, step.kind, step.text, step.role, step.after_minutes)
        for word in sorted(steps)
        for step in steps[word]
    ]
