"""Who moves the traffic of a release, and what shows that it moved."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from rollouts.actions.desired import ADVANCE, ROLLBACK, rollout_of
from rollouts.actions.fresh_keys import call_anew
from rollouts.executors import KINDS, OptionError, read_options
from rollouts.executors.templates import check
from rollouts.models import HAND, Effect, EffectState, Executor, PrometheusQuery, Rollout
from rollouts.queries.rollouts import executor_of, source_of
from rollouts.rules.shares import share
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused
from warroom.environment import refusal
from warroom.models import DeploymentPlan, User
from warroom.outbound import Forbidden, checked
from warroom.rules.json_path import NoPath, steps

KEY = "traffic"
FIELDS = (
    "name", "kind", "url", "secret_env", "options", "command", "rollback_command", "enabled",
)  # fmt: skip
SIGHT = (
    "observed_by", "observe_url", "observe_path", "observe_env", "observe_every_s", "drift_points",
    "drift_s",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """How traffic is moved. ``secret_env`` names a variable; the secret itself is never kept."""

    kind: str = HAND
    name: str = ""
    url: str = ""
    secret_env: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    command: str = ""
    rollback_command: str = ""
    enabled: bool = True


@dataclass(frozen=True)
class Sight:
    """How traffic is seen: a metric's key, or an address and a path in its answer; or neither."""

    metric: str = ""
    url: str = ""
    path: str = ""
    token_env: str = ""
    every_s: int = 10
    drift_points: float = 2
    drift_s: int = 120


def save_executor(
    plan: DeploymentPlan,
    wanted: Wanted,
    *,
    by: User | str,
    seen: str | None = None,
    confirmed: str = "",
    request_id: str | None = None,
) -> Executor:
    """Change who moves the traffic; nothing is moved by it, and the same again changes nothing.

    ``seen`` is the ``state_of`` that the editor saw; Refused when it is another by now.
    ``confirmed``: what a person types where a rehearsal is given an address of the real release.
    Raises Invalid, naming the field; for an option ``options`` with its name in the sentence.
    """
    check_executor(wanted)
    if isinstance(by, User) and wanted.kind != HAND:
        # What the product sets up itself is judged when it is called, as every call is.
        _check_address("url", wanted.url)
    with change(plan, by=by, right="edit", request_id=request_id) as saving:
        row = Executor.objects.filter(plan=saving.plan).order_by("-enabled", "position").first()
        if seen is not None and seen != state_of(row):
            raise Refused(_("Somebody changed how it is carried out meanwhile. It is shown below."))
        before = model_to_dict(row, FIELDS) if row else None
        if isinstance(by, User):
            _demand_typed(saving.plan, wanted, before or {}, confirmed)
        row = row or Executor(plan=saving.plan, key=KEY)
        for name in FIELDS:
            setattr(row, name, getattr(wanted, name))
        row.name = wanted.name or str(KINDS[wanted.kind].label)
        after = model_to_dict(row, FIELDS)
        if after == before:
            return row
        row.save()
        # Addresses may carry names of people's own servers, never secrets; options neither.
        text = (
            _("{row} moves the traffic")
            if row.enabled
            else _("{row} is off and no longer moves the traffic")
        )
        saving.record(
            "executor.changed",
            text.format(row=row.name),
            before=before,
            after=after,
        )
    return row


def _demand_typed(
    plan: DeploymentPlan, wanted: Wanted, before: dict[str, Any], confirmed: str
) -> None:
    """Raise Invalid where a rehearsal begins to call an address that it was copied with."""
    was_called = before.get("enabled") and before.get("url") == wanted.url
    source = source_of(plan, wanted.url) if wanted.enabled and not was_called else None
    if source is not None and confirmed.strip() != source.slug:
        raise Invalid(
            "confirmed",
            _(
                "This address was copied from {source}: it may move real traffic. Type "
                "{source_slug} to switch it on."
            ).format(source=source.name, source_slug=source.slug),
        )


def check_executor(wanted: Wanted) -> None:
    """Raise Invalid for the first field that is wrong."""
    if wanted.kind not in KINDS:
        raise Invalid("kind", _("One of: {kinds}.").format(kinds=", ".join(KINDS)))
    if not isinstance(wanted.options, dict):
        raise Invalid("options", _("Options are written as names with values."))
    try:
        read_options(KINDS[wanted.kind].options, wanted.options)
        check("url", wanted.url, secret=False)
    except OptionError as error:
        raise Invalid("url" if error.name == "url" else "options", error.sentence) from error
    _check_variable("secret_env", wanted.secret_env)
    for name in ("command", "rollback_command"):
        if len(getattr(wanted, name)) > 4000:
            raise Invalid(name, _("A command has at most 4,000 characters."))


def _check_address(name: str, url: str) -> None:
    if not url:
        raise Invalid(name, _("Whom to call: an address that begins with https://."))
    try:
        checked(url)
    except (Forbidden, ValueError) as error:
        raise Invalid(
            name, _("This address is not called: {error}.").format(error=error)
        ) from error


def _check_variable(name: str, variable: str) -> None:
    if variable and (refused := refusal(variable)):
        text = _("Name a variable of the worker's environment, not the secret: {refused}.").format(
            refused=refused
        )
        raise Invalid(name, text)


def state_of(row: Executor | None) -> str:
    """What an editor saw, as a short word to compare with."""
    said = json.dumps(model_to_dict(row, FIELDS) if row else None, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def save_sight(
    plan: DeploymentPlan, wanted: Sight, *, by: User | str, request_id: str | None = None
) -> Rollout:
    """Change what shows the share of the traffic; the same again changes nothing.

    Raises Invalid: ``metric``, ``url``, ``path``, ``token_env``, ``every_s``, ``drift_points``,
    ``drift_s``.
    """
    check_sight(wanted)
    if isinstance(by, User) and wanted.url:
        _check_address("url", wanted.url)
    with change(plan, by=by, right="edit", request_id=request_id) as saving:
        rollout = rollout_of(saving)
        before = model_to_dict(rollout, SIGHT)
        query = PrometheusQuery.objects.filter(plan=saving.plan, key=wanted.metric).first()
        if wanted.metric and query is None:
            raise Invalid("metric", _("There is no such metric in this release."))
        rollout.observed_by = query
        rollout.observe_url, rollout.observe_path = wanted.url, wanted.path
        rollout.observe_env, rollout.observe_every_s = wanted.token_env, wanted.every_s
        rollout.drift_points, rollout.drift_s = wanted.drift_points, wanted.drift_s
        if (after := model_to_dict(rollout, SIGHT)) == before:
            return rollout
        # What was seen was seen by other eyes: it counts for the share, not for the next look.
        rollout.observe_due_at, rollout.drift_since = saving.at, None
        rollout.save(update_fields=[*SIGHT, "observe_due_at", "drift_since"])
        text = _("The share of the traffic is seen {rollout}").format(rollout=sight_text(rollout))
        saving.record("observation.changed", text, before=before, after=after)
    return rollout


def check_sight(wanted: Sight) -> None:
    """Raise Invalid for the first field that is wrong."""
    if wanted.metric and wanted.url:
        raise Invalid("url", _("Either a metric or an address shows the share, not both."))
    try:
        steps(wanted.path)
    except NoPath as error:
        raise Invalid(
            "path", _("{error}. A path is written as flags.web.percentage.").format(error=error)
        ) from error
    _check_variable("token_env", wanted.token_env)
    for name, low, high in (("every_s", 2, 3600), ("drift_s", 10, 86_400)):
        if not low <= getattr(wanted, name) <= high:
            raise Invalid(name, _("{low} to {high} seconds.").format(low=low, high=high))
    if not 0.5 <= wanted.drift_points <= 100:
        raise Invalid("drift_points", _("0.5 to 100 points."))


def sight_text(rollout: Rollout | None) -> str:
    """ "by flag share", "at http://…", or that people confirm it."""
    if rollout is not None and rollout.observed_by_id:
        return _("by {observed_by}").format(observed_by=rollout.observed_by.name)
    if rollout is not None and rollout.observe_url:
        return _("at {observe_url}").format(observe_url=rollout.observe_url)
    return _("by nobody: a person confirms it")


def carry_out_again(
    plan: DeploymentPlan, *, by: User | str, generation: int, request_id: str | None = None
) -> Effect:
    """Call for the wanted share now, whatever became of it before.

    What was answered before goes out under a fresh key, since traffic that moved back is moved
    by nobody who takes the key for carried out; what is still tried keeps its own. Also where
    nobody was called, because the executor is newer than the wish. Raises Refused
    when another share is wanted by now, or nobody is there to be called.
    """
    with change(plan, by=by, right="run", request_id=request_id) as asking:
        rollout = Rollout.objects.filter(plan=asking.plan, generation=generation).first()
        executor = executor_of(asking.plan)
        if rollout is None or rollout.desired_at is None:
            raise Refused(_("Another share is wanted by now. Nothing was called."))
        if executor is None or executor.kind == HAND:
            raise Refused(_("Nobody is there to be called: people move the traffic."))
        if asking.repeated:
            return _newest(asking, rollout, executor)
        effect = _due_again(asking, rollout, executor)
        text = _("{executor} is asked for {share} again").format(
            executor=executor.name, share=share(effect.percent)
        )
        asking.record("effect.repeated", text, key=effect.key, generation=generation)
    return effect


def _newest(asking: Change, rollout: Rollout, executor: Executor) -> Effect | None:
    rows = Effect.objects.filter(plan=asking.plan, generation=rollout.generation, executor=executor)
    return rows.exclude(state=EffectState.SUPERSEDED).order_by("-pk").first()


def _due_again(asking: Change, rollout: Rollout, executor: Executor) -> Effect:
    # Who calls now has looked at what a restore held.
    held = Effect.objects.filter(plan=asking.plan, state=EffectState.HELD)
    held.update(state=EffectState.SUPERSEDED)
    effect = _newest(asking, rollout, executor) or Effect(
        plan=asking.plan,
        executor=executor,
        key=f"{asking.plan.slug}:{rollout.generation}:{executor.key}",
        generation=rollout.generation,
        action=ROLLBACK if rollout.rolled_back_at else rollout.desired_cause or ADVANCE,
        percent=rollout.desired_percent,
        before_percent=rollout.desired_percent,
        at=asking.at,
    )
    if effect.pk and effect.state != EffectState.DUE:
        call_anew(effect, f"again-{asking.plan.timeline_seq + 1}", asking.at)
    effect.state, effect.due_at = EffectState.DUE, asking.at
    effect.attempts, effect.failure = 0, ""
    effect.save()
    return effect
