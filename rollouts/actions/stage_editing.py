"""People change the stages: one verb, one event each; the older text stands in the event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from checklists.models import Gate
from rollouts.actions.soaks import restart_soak
from rollouts.models import Stage, StageState
from rollouts.queries.stages import of_plan
from rollouts.rules.stage_chain import (
    LABELS,
    RUNNING_FIELDS,
    Link,
    place_of,
    told,
    wrong_share,
)
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.rules.wording import duration_text

FIELDS = tuple(LABELS)
LONGEST_S = 30 * 86_400


def edit_stage(
    plan: DeploymentPlan,
    number: int,
    wanted: Mapping[str, Any],
    *,
    by: User | str,
    reason: str = "",
    seen: Mapping[str, Any] | None = None,
    request_id: str | None = None,
) -> Stage:
    """Change fields of a stage; return it. The same again changes nothing.

    ``wanted`` holds fields of FIELDS (seconds, percent; ``gate_id``), ``seen`` what the reader saw
    of them. Of a stage that runs only what lies ahead can change, with a reason; another soak
    length begins its soak anew. Raises Stage.DoesNotExist, Invalid for a field, Refused for a
    stage that is over or was changed meanwhile, NotAllowed without the right to edit.
    """
    with change(plan, by=by, right="edit", request_id=request_id) as editing:
        stages = of_plan(editing.plan)
        stage = _of(stages, number)
        if editing.repeated:
            return stage
        before = {name: getattr(stage, name) for name in wanted}
        if seen is not None and any(before[name] != seen[name] for name in seen if name in before):
            raise Refused(
                _("Stage {number} was changed meanwhile. Look at it as it is now.").format(
                    number=number
                )
            )
        changed = {name: value for name, value in wanted.items() if before[name] != value}
        if not changed:
            return stage
        why = checked_reason(reason)
        _demand(stage, changed, why)
        _check(editing.plan, stages, stage, changed)
        _save(editing, stages, stage, changed, before, why)
    return stage


def _of(stages: list[Stage], number: int) -> Stage:
    found = next((stage for stage in stages if stage.number == number), None)
    if found is None:
        raise Stage.DoesNotExist
    return found


def _demand(stage: Stage, changed: Mapping[str, Any], why: str) -> None:
    if stage.state == StageState.DONE:
        raise Refused(_("Stage {stage} is done: it stays as it was.").format(stage=stage.number))
    if stage.state != StageState.RUNNING:
        return
    if fixed := [str(LABELS[name]) for name in changed if name not in RUNNING_FIELDS]:
        raise Refused(
            _("Stage {stage} is under way: its {fixed} cannot change.").format(
                stage=stage.number, fixed=", ".join(fixed)
            )
        )
    if not why:
        raise Invalid("reason", _("Changing a stage that is under way wants a reason."))


def _check(
    plan: DeploymentPlan, stages: list[Stage], stage: Stage, changed: Mapping[str, Any]
) -> None:
    for name in ("soak_s", "hold_s"):
        if not 0 <= changed.get(name, 0) <= LONGEST_S:
            raise Invalid(name, _("At most 30 days."))
    if {"from_percent", "to_percent"} & changed.keys():
        start = changed.get("from_percent", stage.from_percent)
        end = changed.get("to_percent", stage.to_percent)
        if wrong := wrong_share(_links(stages), stage.number, start, end):
            raise Invalid("to_percent" if "to_percent" in changed else "from_percent", wrong)
    gate = changed.get("gate_id")
    if gate is not None and not Gate.objects.filter(plan=plan, pk=gate).exists():
        raise Invalid("gate_id", _("This release has no such gate."))


def _links(stages: list[Stage]) -> list[Link]:
    return [Link(one.number, one.from_percent, one.to_percent, one.state) for one in stages]


def _save(
    editing: Change,
    stages: list[Stage],
    stage: Stage,
    changed: Mapping[str, Any],
    before: Mapping[str, Any],
    why: str,
) -> None:
    for name, value in changed.items():
        setattr(stage, name, value)
    stage.save(update_fields=[name.removesuffix("_id") for name in changed])
    if "to_percent" in changed:
        _join(stages, stage)
    text = _("Stage {stage}: {told}.").format(stage=stage.number, told=told(before, dict(changed)))
    data: dict[str, Any] = {}
    if stage.state == StageState.RUNNING and "soak_s" in changed:
        seen_s = restart_soak(editing, stage, _("its length was changed"))
        text += _(" Its soak restarts after {seen_s} of green.").format(
            seen_s=duration_text(seen_s)
        )
        data = {"soak_restarted": stage.number, "soak_observed_s": seen_s}
    editing.record(
        "stage.changed",
        f"{text} {why}" if why else text,
        stage=stage.number,
        before={name: before[name] for name in changed},
        after=dict(changed),
        reason=why,
        **data,
    )


def _join(stages: list[Stage], stage: Stage) -> None:
    """The next stage begins where this one ends."""
    following = next((one for one in stages if one.number > stage.number), None)
    if following is not None:
        following.from_percent = stage.to_percent
        following.save(update_fields=["from_percent"])


def add_stage(
    plan: DeploymentPlan,
    wanted: Mapping[str, Any],
    *,
    by: User | str,
    request_id: str | None = None,
) -> Stage:
    """Add a stage to ``wanted["to_percent"]``, where its share belongs; return it.

    Raises Invalid for a share that lies behind or is there, NotAllowed without the right to edit.
    """
    with change(plan, by=by, right="edit", request_id=request_id) as adding:
        stages, end = of_plan(adding.plan), wanted["to_percent"]
        if adding.repeated:
            return next(one for one in stages if one.to_percent == end)
        number, start, wrong = place_of(_links(stages), end)
        if wrong:
            raise Invalid("to_percent", wrong)
        fields = {name: value for name, value in wanted.items() if name in FIELDS}
        _renumber(stages, number, 1)
        stage = Stage(plan=adding.plan, number=number, **{**fields, "from_percent": start})
        _check(
            adding.plan, [], stage, {name: fields[name] for name in fields if "percent" not in name}
        )
        stage.save()
        following = Stage.objects.filter(plan=adding.plan, number=number + 1)
        following.update(from_percent=end)
        text = _("Stage {number} added: {start} % to {end} %").format(
            number=number, start=start, end=end
        )
        adding.record("stage.added", text, stage=number, before=start, after=end)
    return stage


def remove_stage(
    plan: DeploymentPlan, number: int, *, by: User | str, request_id: str | None = None
) -> None:
    """Take a stage off that has never run; the next one takes its part.

    Raises Stage.DoesNotExist, Refused for one that has run, NotAllowed without the right to edit.
    """
    with change(plan, by=by, right="edit", request_id=request_id) as removing:
        if removing.repeated:
            return
        stages = of_plan(removing.plan)
        stage = _of(stages, number)
        if stage.state != StageState.PENDING or stage.started_at is not None:
            raise Refused(
                _("Stage {number} has run: it is part of the record.").format(number=number)
            )
        gate, share = (
            stage.gate,
            _("{from_percent} % to {to_percent} %").format(
                from_percent=stage.from_percent, to_percent=stage.to_percent
            ),
        )
        Stage.objects.filter(plan=removing.plan, number=number + 1).update(
            from_percent=stage.from_percent
        )
        stage.delete()
        _renumber(stages, number + 1, -1)
        text = _("Stage {number} taken off: {share}").format(number=number, share=share)
        text += _(". {gate} ends no stage any more").format(gate=gate.title) if gate else ""
        removing.record("stage.removed", text, stage=number, share=share)


def _renumber(stages: list[Stage], number: int, by: int) -> None:
    """Move the numbers from ``number`` on, one at a time: no two are ever alike."""
    moved = [one for one in stages if one.number >= number]
    for one in sorted(moved, key=lambda one: one.number, reverse=by > 0):
        Stage.objects.filter(pk=one.pk).update(number=F("number") + by)
