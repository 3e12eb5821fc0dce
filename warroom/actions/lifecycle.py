"""The steps of a release's life. Each is one change with its right, its checks and its event."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from warroom.actions.change import Change, change, demand
from warroom.actions.refusals import Invalid, Refused, Unconfirmed, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.rules import lifecycle as rules
from warroom.rules.lifecycle import Objection
from warroom.rules.windows import leaves
from warroom.rules.wording import duration_text, instant_text

Check = Callable[[DeploymentPlan, str, datetime], Iterable[Objection]]
Effect = Callable[[Change, str], None]
# Steps that are no step by themselves: the last signature, and resuming the rollout.
OWN = (rules.STABLE, rules.RESUMED)
_checks: list[Check] = []
_effects: list[Effect] = []


def register_check(check: Check) -> None:
    """``check(plan, step, now)`` gives what speaks against a step; ``step`` is a word of STEPS."""
    if check not in _checks:
        _checks.append(check)


def register_effect(effect: Effect) -> None:
    """``effect(change, step)`` writes what a step means on an upper floor, in the same change."""
    if effect not in _effects:
        _effects.append(effect)


def objections(plan: DeploymentPlan, step: str, now: datetime) -> list[Objection]:
    """Everything that speaks against a step at ``now`` (UTC), what refuses first."""
    found = [one for check in _checks for one in check(plan, step, now)]
    return sorted(found, key=lambda one: not one.refuses)


def take_step(
    plan: DeploymentPlan,
    word: str,
    *,
    by: User | str,
    reason: str = "",
    seen: str = "",
    request_id: str | None = None,
) -> DeploymentPlan:
    """Take a step of ``rules.STEPS``; return the plan as it then is. Taken twice is one step.

    ``seen`` is the lifecycle that the reader saw. Raises NotAllowed without the step's right,
    Refused when it comes too late or something stands against it, Unconfirmed when a warning
    wants a reason, Invalid for an unknown step or a missing reason.
    """
    if word not in rules.STEPS or word in OWN:
        raise Invalid("step", _unknown(word))
    step = rules.STEPS[word]
    with change(plan, by=by, request_id=request_id, when_closed=True) as moving:
        if isinstance(by, User):
            demand(moving.plan, by, step.right)
        if moving.repeated or rules.already(step, moving.plan.lifecycle):
            return moving.plan
        if seen and seen != moving.plan.lifecycle:
            raise Refused(
                _("{since} The page showed an older state.").format(
                    since=_since(moving.plan, moving.at)
                )
            )
        before = moving.plan.lifecycle
        data = set_lifecycle(moving, word, reason)
        moving.record(
            step.event,
            " ".join(
                str(part) for part in (step.done, *data.get("overridden", ()), reason) if part
            ),
            **{"from": before, "to": moving.plan.lifecycle, "reason": reason.strip()},
            **data,
        )
    return moving.plan


def set_lifecycle(
    moving: Change, word: str, reason: str = "", *, checked: bool = True
) -> dict[str, Any]:
    """Take a step inside an open change, without an event of its own; return data for the event.

    The data names the warnings that ``reason`` overrode. Raises as ``take_step``. With
    ``checked=False`` only the order of the steps counts.
    """
    plan, step, reason = moving.plan, rules.STEPS[word], checked_reason(reason)
    if wrong := rules.late(step, plan.lifecycle, _at(plan, moving.at)):
        raise Refused(wrong)
    if step.wants_reason and not reason:
        raise Invalid(
            "reason", _("{doing} wants a reason, shown to everybody.").format(doing=step.doing)
        )
    data = weigh(objections(plan, word, moving.at), reason) if checked else {}
    plan.lifecycle, plan.lifecycle_at = step.start[plan.lifecycle], moving.at
    plan.lifecycle_reason = reason
    plan.save(update_fields=["lifecycle", "lifecycle_at", "lifecycle_reason"])
    for effect in _effects:
        effect(moving, word)
    return data


def weigh(against: Iterable[Objection], reason: str, field: str = "reason") -> dict[str, Any]:
    """Data for the event when ``reason`` overrides what warns; empty when nothing does.

    Raises Refused for what refuses, Unconfirmed for a warning without a reason.
    """
    against = list(against)
    if refusing := [one.sentence for one in against if one.refuses]:
        raise Refused(" ".join(refusing))
    if not against:
        return {}
    if not reason.strip():
        raise Unconfirmed([one.sentence for one in against], field)
    data: dict[str, Any] = {"overridden": [one.sentence for one in against]}
    if any(one.code == "window" for one in against):
        data["outside_window"] = True
    return data


def outlook_of(plan: DeploymentPlan, now: datetime) -> dict[str, Any]:
    """The marks of the line and the usual next step with what speaks against it, for a page."""
    step = next((one for one in rules.possible(plan.lifecycle) if not one.wants_reason), None)
    against = objections(plan, step.word, now) if step else []
    return {
        "marks": rules.marks(plan.lifecycle),
        "shown": rules.SHOWN[plan.lifecycle],
        "step": step,
        "against": against,
        "refused": any(one.refuses for one in against),
        "by_form": step is not None and step.word != rules.STABLE,
    }


def outside_window(plan: DeploymentPlan, now: datetime) -> list[Objection]:
    """The warning that ``now`` lies outside the plan's window, if it does."""
    sentence = leaves(now, plan.window_start, plan.window_end)
    return [Objection(sentence, refuses=False, code="window")] if sentence else []


def _own_checks(plan: DeploymentPlan, step: str, now: datetime) -> Iterable[Objection]:
    """What the room itself knows: T0 and window at go-live, hours of watching at the end."""
    if step == rules.DEPLOYING:
        if plan.t0 is not None and now < plan.t0:
            left, at = duration_text(plan.t0 - now), instant_text(plan.t0, now)
            yield Objection(
                _("T0 is {at} UTC, in {left}.").format(at=at, left=left),
                refuses=False,
                code="before-t0",
            )
        yield from outside_window(plan, now)
    if step == rules.STABLE and plan.lifecycle_at is not None:
        watched, wanted = now - plan.lifecycle_at, plan.watch_s
        if watched.total_seconds() < wanted:
            yield Objection(
                _("Watched for {watched} of {wanted}: {duration} are left.").format(
                    watched=duration_text(watched),
                    wanted=duration_text(wanted),
                    duration=duration_text(wanted - watched.total_seconds()),
                ),
                code="watch",
            )


register_check(_own_checks)


def _unknown(word: str) -> str:
    if word == rules.STABLE:
        return _("Stable is declared by signing the whole release as stable.")
    if word == rules.RESUMED:
        return _("A rollback is taken back on the page of the rollout.")
    words = ", ".join(one for one in rules.STEPS if one not in OWN)
    return _("{word!r} is no step. The steps are {words}.").format(word=word[:40], words=words)


def _at(plan: DeploymentPlan, now: datetime) -> str:
    return (
        _("since {lifecycle_at} UTC").format(lifecycle_at=instant_text(plan.lifecycle_at, now))
        if plan.lifecycle_at
        else ""
    )


def _since(plan: DeploymentPlan, now: datetime) -> str:
    since = _at(plan, now)
    return rules.stands(plan.lifecycle, since)
