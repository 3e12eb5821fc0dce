"""The due work that moves traffic: make the calls that are due, look at what came of them.

It runs beside the tick: a rollback must not wait until slow checks have been asked.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, as_completed

import structlog
from django.conf import settings
from django.db import connections
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from rollouts.actions.effects import claim_effects, note_answer, note_unwanted
from rollouts.actions.executors import Wanted
from rollouts.executors import KINDS, Answer, OptionError, Order, Target, read_options, within
from rollouts.executors.base import DEADLINE_S, hidden
from rollouts.models import Effect, Executor
from rollouts.queries.effects import due_effects, still_wanted
from rollouts.queries.observing import due_rollouts
from rollouts.tasks.observing import observe_due
from warroom.environment import NotGiven, secret
from warroom.models import DeploymentPlan
from warroom.outbound import Transport, transport
from warroom.tasks import register_due

# Beside the tick it is looked so often and for so long; the next tick begins the next look.
LOOK_EVERY_S, LOOK_FOR_S = 0.4, 5.0
log = structlog.get_logger()


def deliver_due() -> int:
    """Make all calls that are due, together, and note each as it is answered."""
    claimed = claim_effects()
    if not claimed:
        return 0
    shared = transport()
    started: dict[Future, Effect] = {}
    wanted = still_wanted(claimed)
    for effect in claimed:
        if effect.pk in wanted:
            with translation.override(effect.plan.language):
                started[shared.submit(_carry_out(shared, effect))] = effect
        else:
            note_unwanted(effect)
    return sum(_note(started[done], done) for done in as_completed(started))


def _note(effect: Effect, done: Future) -> bool:
    try:
        return note_answer(effect, done.result())
    except Exception:
        # The lease runs out and the call is made again, with the same key.
        log.exception("an answer could not be kept", effect=effect.key)
        return False


async def _carry_out(shared: Transport, effect: Effect) -> Answer:
    """The call itself; whatever goes wrong with it is an answer."""
    try:
        target = target_of(effect.executor)
    except OptionError as error:
        return Answer(False, error.sentence)
    kind = KINDS[effect.executor.kind]
    try:
        made = kind.carry_out(shared.fetch, order_of(effect), target)
        return await within(made, target.secret)
    except Exception as error:
        log.error("an executor failed", effect=effect.key, error=hidden(repr(error), target.secret))
        return Answer(
            False,
            _("the call itself failed ({name}); see the log").format(name=type(error).__name__),
        )


def order_of(effect: Effect) -> Order:
    return Order(
        plan=effect.plan.slug,
        version=effect.plan.version,
        percent=effect.percent,
        before=effect.before_percent,
        generation=effect.generation,
        action=effect.action,
        key=effect.key,
        at=effect.at.isoformat().replace("+00:00", "Z"),
        stage=effect.stage.number if effect.stage else 0,
    )


def target_of(executor: Executor) -> Target:
    """Whom to call, with its secret. Raises OptionError where something is missing or wrong."""
    if executor.kind not in KINDS:
        raise OptionError(
            "kind", _("There is no executor of the kind {kind!r}.").format(kind=executor.kind)
        )
    try:
        own = secret(executor.secret_env) if executor.secret_env else ""
    except NotGiven as error:
        raise OptionError("secret_env", str(error)) from error
    options = read_options(KINDS[executor.kind].options, executor.options)
    return Target(executor.url, own, options)


def try_executor(plan: DeploymentPlan, wanted: Wanted) -> Answer:
    """Whether calls would work, as the other side says; moves no traffic. At most 7 s."""
    names = ("kind", "name", "url", "secret_env", "options")
    row = Executor(plan=plan, **{name: getattr(wanted, name) for name in names})
    at = timezone.now().isoformat().replace("+00:00", "Z")
    order = Order(plan.slug, 0, 0, 0, "test", f"{plan.slug}:test:{at}", at, version=plan.version)
    shared = transport()
    try:
        target = target_of(row)
        made = KINDS[row.kind].try_out(shared.fetch, order, target)
        return shared.submit(within(made, target.secret)).result(timeout=DEADLINE_S + 1)
    except OptionError as error:
        return Answer(False, error.sentence)
    except TimeoutError:
        return Answer(False, _("no answer in time"))


# --- beside the tick -----------------------------------------------------------------------

_moving = threading.Lock()


def move_due() -> int:
    """Deliver and observe what is due; where ticks run, on a thread of its own."""
    if not settings.MAIL_BESIDE:
        return move_due_here()
    if not _moving.locked():
        threading.Thread(target=_move_beside, name="traffic", daemon=True).start()
    return 0


def move_due_here() -> int:
    """Deliver and observe what is due, in this thread."""
    return deliver_due() + observe_due()


def _move_beside() -> None:
    if not _moving.acquire(blocking=False):
        return
    until = time.monotonic() + LOOK_FOR_S
    try:
        while time.monotonic() < until:
            now = timezone.now()
            if due_effects(now).exists():
                deliver_due()
            if due_rollouts(now).exists():
                observe_due()
            time.sleep(LOOK_EVERY_S)
    except Exception:
        log.exception("traffic could not be moved or observed")
    finally:
        connections.close_all()
        _moving.release()


register_due("traffic", move_due)
