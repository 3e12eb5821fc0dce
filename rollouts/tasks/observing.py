"""Look at the traffic of all releases that is to be looked at, all together."""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import datetime

import structlog
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from rollouts.actions.executors import Sight
from rollouts.actions.observing import claim_rollouts, next_look, record_actual
from rollouts.models import PrometheusQuery, Rollout
from rollouts.probes import ASK, ProbeResult, no_data
from rollouts.probes.prometheus import PrometheusTarget
from rollouts.queries.targets import target_of
from rollouts.rules.shares import number_at
from warroom.environment import NotGiven, secret
from warroom.models import DeploymentPlan
from warroom.outbound import DEADLINE_S, OutboundError, Transport, transport
from warroom.rules.json_path import NoPath

THREADS = 4
log = structlog.get_logger()


def observe_due() -> int:
    """Ask for the share of every due rollout and keep what was seen; returns how many counted."""
    rows = claim_rollouts()
    if not rows:
        return 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="share") as promql:
        began = timezone.now()
        asked = {_start(row, promql): row for row in rows}
        return sum(_keep(asked[done], done, began) for done in as_completed(asked))


def _start(row: Rollout, promql: ThreadPoolExecutor) -> Future:
    if row.observed_by is not None:
        return promql.submit(_ask, row.plan.language, target_of(row.observed_by))
    shared = transport()
    with translation.override(row.plan.language):
        return shared.submit(look(shared, row))


def _ask(language: str, target: PrometheusTarget) -> ProbeResult:
    with translation.override(language):
        return ASK["prometheus"](target)


async def look(shared: Transport, row: Rollout) -> ProbeResult:
    """The share that an address tells, or why it tells none."""
    headers = {"Accept": "application/json"}
    try:
        if row.observe_env:
            headers["Authorization"] = f"Bearer {secret(row.observe_env)}"
        answer = await shared.fetch("GET", row.observe_url, headers=headers)
    except NotGiven as error:
        return no_data(str(error))
    except OutboundError as error:
        return no_data(error.reason)
    if answer.status != 200:
        return no_data(_("it answered {status}").format(status=answer.status))
    try:
        return ProbeResult(value=number_at(json.loads(answer.body), row.observe_path))
    except NoPath as error:
        return no_data(str(error))
    except (ValueError, RecursionError):
        return no_data(_("it answered with broken JSON"))


def _keep(row: Rollout, done: Future, began: datetime) -> int:
    with translation.override(row.plan.language):
        percent, reason = _said(row, done)
    if not next_look(row):
        return 0
    try:
        record_actual(row.plan, percent, reason=reason, at=began)
    except Exception:
        log.exception("what was seen could not be kept", plan=row.plan_id)
        return 0
    return 1


def _said(row: Rollout, done: Future) -> tuple[float | None, str]:
    try:
        said = done.result()
    except Exception as error:
        log.error("the traffic could not be looked at", plan=row.plan_id, error=repr(error))
        said = no_data(_("the look itself failed; see the worker's log"))
    return share_of(said)


def share_of(said: ProbeResult) -> tuple[float | None, str]:
    """A share in percent and no reason, or None and why."""
    if said.value is None:
        return None, said.reason
    if not 0 <= said.value <= 100.5:
        return None, _("{said:g} is no share in percent").format(said=said.value)
    return said.value, ""


def try_sight(plan: DeploymentPlan, wanted: Sight) -> tuple[float | None, str]:
    """Look once as ``wanted`` says, keeping nothing; a share, or None and why. At most 6 s."""
    query = PrometheusQuery.objects.select_related("source")
    metric = query.filter(plan=plan, key=wanted.metric).first() if wanted.metric else None
    if metric is None and not wanted.url:
        return None, _("neither a metric nor an address is named")
    if metric is not None:
        return share_of(ASK["prometheus"](target_of(metric)))
    row = Rollout(
        plan=plan,
        observe_url=wanted.url,
        observe_path=wanted.path,
        observe_env=wanted.token_env,
    )
    shared = transport()
    try:
        return share_of(shared.submit(look(shared, row)).result(timeout=DEADLINE_S + 1))
    except TimeoutError:
        return None, _("no answer in time")
