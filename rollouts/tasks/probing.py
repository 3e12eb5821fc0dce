"""The due work of this app: ask what is due, keep the answers, judge anew.

Rows are claimed, then asked all together outside any transaction, then recorded as the answers
come in. A look lasts as long as its answers, but a second at most: what hangs is waited for beside
it, and holds up nobody else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connections
from django.utils import timezone

from rollouts.actions.claims import claim_all_due
from rollouts.actions.engine import forget_spans, note_late, note_look
from rollouts.actions.guardrails import judge_guardrails
from rollouts.actions.results import Outcome, forget_samples, record_results
from rollouts.actions.verdicts import apply_verdict
from rollouts.queries.due import next_due_at
from rollouts.tasks.asking import Asking
from warroom.models import DeploymentPlan
from warroom.tasks import register_due

# How long a look takes along what comes due meanwhile: until about the next one.
LOOK_S = 0.8
# Where nothing may go on beside the look (tests), it waits for all answers and claims for so long.
CLAIM_FOR_S = 6.0
# Numbers move with every answer; what they mean together is judged this often at most.
JUDGE_S = 1.0
SHORT = timedelta(milliseconds=20)
log = structlog.get_logger()


class Look:
    """One look at what is due: what was asked, what was kept, which plans to judge anew."""

    def __init__(self) -> None:
        self.at, self.began = timezone.now(), time.monotonic()
        self.asking, self.kept = Asking(), 0
        self.unjudged: dict[int, DeploymentPlan] = {}
        self.judged = self.began

    @property
    def took_s(self) -> float:
        return time.monotonic() - self.began

    def claim(self) -> None:
        for batch in claim_all_due():
            self.asking.ask(batch)

    def keep(self) -> None:
        """Take the answers that have come; judge when all are in, or the last time is over."""
        outcomes = self.asking.gather()
        for same in _grouped(outcomes, lambda o: o.row.plan_id):
            self._record(same)
        if not self.asking.waiting or time.monotonic() - self.judged > JUDGE_S:
            self.judge()

    def _record(self, outcomes: list[Outcome]) -> None:
        key = outcomes[0].row.plan_id
        try:
            plan = DeploymentPlan.objects.only("slug").get(pk=key)
            for same in _grouped(outcomes, lambda o: type(o.row)):
                self.kept += record_results(plan, same)
            self.unjudged[key] = plan
        except Exception:
            # The leases run out and the rows are asked again; other plans go on meanwhile.
            log.exception("results not kept", plan=key)

    def judge(self) -> None:
        plans, self.unjudged = self.unjudged, {}
        self.judged = time.monotonic()
        for key, plan in plans.items():
            try:
                apply_verdict(plan)
                judge_guardrails(plan)
            except Exception:
                log.exception("a plan is not judged", plan=key)


def probe_due() -> int:
    """Ask everything that is due and keep the answers. Returns how many counted."""
    look, beside = Look(), settings.PROBES_BESIDE
    look.claim()
    while look.asking.waiting:
        look.keep()
        if look.took_s < (LOOK_S if beside else CLAIM_FOR_S):
            look.claim()
        elif beside:
            break
    if beside:
        _watch_on(look)
    look.judge()
    span = note_look(look.asking.asked, look.kept, look.at, look.took_s)
    if look.asking.waiting:
        threading.Thread(target=_finish, args=(look, span), name="late", daemon=True).start()
    return look.kept


def _watch_on(look: Look) -> None:
    """Until the look is over: ask at its very time what comes due within it."""
    while (left := LOOK_S - look.took_s) > 0:
        soonest = next_due_at(timezone.now() + timedelta(seconds=left))
        if soonest is None:
            return
        time.sleep(max(0.0, (soonest - timezone.now() + SHORT).total_seconds()))
        look.claim()
        look.keep()


def _finish(look: Look, span) -> None:
    """Wait for the answers that took longer than the look; one thread for all of them."""
    before = look.kept
    try:
        while look.asking.waiting:
            look.keep()
        look.judge()
        note_late(span, look.kept - before)
    except Exception:
        log.exception("late answers not kept")
    finally:
        connections.close_all()


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
    return forget_samples(now - KEEP_SAMPLES) + forget_spans(now)


register_due("probes", probe_due)
register_due("old readings", prune)
