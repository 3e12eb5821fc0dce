"""The due work of this app: ask what is due, keep the answers, judge anew.

Rows are claimed, then asked all together outside any transaction, then recorded as the answers
come in: one that hangs holds up nobody else.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from django.utils import timezone

from rollouts.actions.claims import claim_all_due
from rollouts.actions.guardrails import judge_guardrails
from rollouts.actions.results import Outcome, forget_samples, record_results
from rollouts.actions.verdicts import apply_verdict
from rollouts.models import Probing, PrometheusQuery
from rollouts.probes import ASK, BadOption, ProbeResult, no_data
from rollouts.probes.prometheus import PrometheusTarget
from rollouts.queries.targets import check_target, target_of
from warroom.models import DeploymentPlan
from warroom.outbound import transport
from warroom.rules.blanks import blanks, named
from warroom.tasks import register_due

PROMQL_THREADS = 8
# Answers that come within this time of each other are written together.
GATHER_S = 0.15
# While slow answers are waited for, rows that come due are taken along; not for ever, so that
# the tick ends.
CLAIM_FOR_S = 6.0
log = structlog.get_logger()


class Round:
    """One tick's worth of asking."""

    def __init__(self, promql: ThreadPoolExecutor) -> None:
        self.promql = promql
        self.answers: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.waiting = 0
        # A source that did not answer is not asked the next question in the same round: two
        # hundred queries would otherwise each wait out the deadline on a few threads.
        self.silent: dict[str, str] = {}

    def ask(self, row: Probing) -> None:
        """Start asking; the outcome arrives in `answers`."""
        self.waiting += 1
        token = row.lease_token
        try:
            future = self._start(row)
        except BadOption as error:
            self.answers.put(Outcome(row, token, no_data(f"not asked: {error}")))
            return
        except Exception as error:
            # One row that cannot even be asked must not keep all others from being asked.
            log.exception("check cannot be asked", check=row.key)
            reason = f"it cannot be asked ({type(error).__name__}); see the worker's log"
            self.answers.put(Outcome(row, token, no_data(reason)))
            return
        future.add_done_callback(lambda done: self.answers.put(Outcome(row, token, _result(done))))

    def _start(self, row: Probing) -> Future:
        left = blanks(row.promql if isinstance(row, PrometheusQuery) else row.url)
        if left:
            # To ask would give an error of the other side's parser, which says less.
            return _unasked(f"not asked: {named(left)} is still to be filled in")
        if isinstance(row, PrometheusQuery):
            return self.promql.submit(self._ask_prometheus, target_of(row))
        if row.kind == "heartbeat":
            return _unasked("")
        shared = transport()
        return shared.submit(ASK[row.kind](shared, check_target(row)))

    def _ask_prometheus(self, target: PrometheusTarget) -> ProbeResult:
        if target.url in self.silent:
            return no_data(self.silent[target.url])
        result = ASK["prometheus"](target)
        if result.timed_out:
            self.silent[target.url] = result.reason
        return result

    def gather(self) -> list[Outcome]:
        """The answers that have come, after waiting a moment for the first ones."""
        got, until = [], time.monotonic() + GATHER_S
        while self.waiting and (left := until - time.monotonic()) > 0:
            try:
                got.append(self.answers.get(timeout=left))
            except queue.Empty:
                break
            self.waiting -= 1
        return got


def _unasked(reason: str) -> Future:
    """The answer for what is not asked: no data, or (a heartbeat) what its row says."""
    done: Future = Future()
    done.set_result(no_data(reason))
    return done


def _result(future: Future) -> ProbeResult:
    error = future.exception()
    if error is None:
        return future.result()
    log.error("probe failed", error=repr(error))
    return no_data("the probe itself failed; see the worker's log")


def probe_due() -> int:
    """Ask everything that is due and keep the answers. Returns how many counted."""
    done, until = 0, time.monotonic() + CLAIM_FOR_S
    with ThreadPoolExecutor(PROMQL_THREADS, thread_name_prefix="promql") as promql:
        asking = Round(promql)
        _ask_all(asking, claim_all_due())
        while asking.waiting:
            done += keep(asking.gather())
            if time.monotonic() < until:
                _ask_all(asking, claim_all_due())
    return done


def _ask_all(asking: Round, rows: Iterable[Probing]) -> None:
    for row in rows:
        asking.ask(row)


def keep(outcomes: list[Outcome]) -> int:
    """Record outcomes plan by plan, and judge each plan anew."""
    done = 0
    for outcomes_of_plan in _grouped(outcomes, lambda o: o.row.plan_id):
        try:
            done += _keep_of_plan(outcomes_of_plan)
        except Exception:
            # The leases run out and the rows are asked again; other plans go on meanwhile.
            log.exception("results not kept", plan=outcomes_of_plan[0].row.plan_id)
    return done


def _keep_of_plan(outcomes: list[Outcome]) -> int:
    plan = DeploymentPlan.objects.only("slug").get(pk=outcomes[0].row.plan_id)
    done = sum(record_results(plan, same) for same in _grouped(outcomes, lambda o: type(o.row)))
    apply_verdict(plan)
    judge_guardrails(plan)
    return done


def _grouped(outcomes: Iterable[Outcome], key: Callable) -> list[list[Outcome]]:
    groups: dict = {}
    for outcome in outcomes:
        groups.setdefault(key(outcome), []).append(outcome)
    return list(groups.values())


KEEP_SAMPLES = timedelta(days=8)
PRUNE_EVERY = timedelta(hours=1)
_pruned_at: datetime | None = None


def prune() -> int:
    """Once an hour in each worker: forget readings that no chart reaches any more."""
    global _pruned_at
    now = timezone.now()
    if _pruned_at is not None and now - _pruned_at < PRUNE_EVERY:
        return 0
    _pruned_at = now
    return forget_samples(now - KEEP_SAMPLES)


register_due("probes", probe_due)
register_due("old readings", prune)
