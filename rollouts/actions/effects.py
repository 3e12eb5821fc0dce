"""The outbox of calls that move traffic: claimed, made outside any transaction, noted (law 8).

At least once with the same key: a worker that dies between calling and noting calls again.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.actions.fresh_keys import FIELDS as FRESH
from rollouts.actions.fresh_keys import call_anew
from rollouts.actions.observing import FAILING, PANELS
from rollouts.executors import Answer
from rollouts.models import Effect, EffectState, Rollout
from rollouts.queries.effects import ROLLBACK, due_effects, due_ids
from rollouts.rules.shares import share
from rollouts.rules.tries import CALL_AFTER, next_wait
from warroom.actions.change import Change, change
from warroom.actions.escalations import open_escalation, settle
from warroom.actions.restores import Outbox, register_outbox
from warroom.live import doorbell

# Longer than all calls of one order may take (6 s), and so short that what a killed worker held
# is done by another within twelve seconds.
LEASE = timedelta(seconds=9)
LATE = "late-"
HELD = _l("held since a restore")


def claim_effects(now: datetime | None = None, limit: int = 100) -> list[Effect]:
    """Take due calls for this worker. The write repeats the condition: nobody gets one twice."""
    now, token = now or timezone.now(), str(uuid.uuid4())
    with transaction.atomic():
        ids = due_ids(now, limit)
        if not ids:
            return []
        due_effects(now).filter(pk__in=ids).order_by().update(
            lease_token=token, lease_until=now + LEASE
        )
    rows = Effect.objects.filter(lease_token=token).select_related("plan", "executor", "stage")
    return sorted(rows, key=lambda row: ids.index(row.pk))


def note_unwanted(effect: Effect) -> None:
    """Another share is wanted by now: this call is not made."""
    mine = Effect.objects.filter(
        pk=effect.pk,
        lease_token=effect.lease_token,
        state__in=(EffectState.DUE, EffectState.SUPERSEDED),
    )
    mine.update(state=EffectState.SUPERSEDED, lease_token="", lease_until=None)


def note_answer(effect: Effect, answer: Answer) -> bool:
    """Keep what came of a call that was made; False when it counts for nothing any more.

    A failure is tried again with the same key; one event tells of the first, and the third calls
    for help. What the other side refuses for good fails, but for a rollback, which is never given
    up.
    """
    with change(effect.plan, by=effect.executor.name) as noting:
        row = Effect.objects.select_for_update().get(pk=effect.pk)
        if row.lease_token != effect.lease_token or row.state != EffectState.DUE:
            _overtaken(noting, effect)
            return False
        row.executor, row.plan = effect.executor, noting.plan
        row.attempts, row.answer = row.attempts + 1, answer.text[:500]
        row.lease_token, row.lease_until = "", None
        if answer.ok:
            _accepted(noting, row)
        else:
            _failed(noting, row, answer)
        row.save()
        transaction.on_commit(lambda: doorbell.ring(row.plan_id, PANELS))
    return True


def _overtaken(noting: Change, effect: Effect) -> None:
    """A call that was under way when another share was wanted may have come through last.

    So what is wanted now is said to the other side once more: under another key, since one that
    it took before would move nothing; and also where that call is under way itself.
    """
    mine = Effect.objects.filter(pk=effect.pk, lease_token=effect.lease_token)
    mine.update(lease_token="", lease_until=None)
    newest = Rollout.objects.filter(plan=noting.plan).values("generation")[:1]
    # What only waits for the lease of this very call to end need not wait any more.
    under_way = Q(state=EffectState.DUE) & (~Q(lease_token="") | Q(key__contains=f":{LATE}"))
    again = Effect.objects.filter(
        under_way | Q(state__in=(EffectState.SENT, EffectState.DONE)),
        plan=noting.plan,
        generation=newest,
        generation__gt=effect.generation,
    )
    for row in again:
        call_anew(row, f"over-{effect.pk}", noting.at)
        row.save(update_fields=FRESH)


def _take_late(row: Effect) -> datetime | None:
    """Until when (UTC) an overtaken call may be under way that nobody answered for; None: none.

    Its worker may have been killed, and what it sent comes in after this one: so this one is said
    once more then. Once: the leases end here.
    """
    older = Effect.objects.filter(
        plan=row.plan_id,
        generation__lt=row.generation,
        state=EffectState.SUPERSEDED,
        lease_until__gt=row.at,
    )
    last = older.aggregate(last=Max("lease_until"))["last"]
    if last is not None:
        older.update(lease_token="", lease_until=None)
    return last


def _accepted(noting: Change, row: Effect) -> None:
    rollout = Rollout.objects.get(plan=noting.plan)
    seen = rollout.verified_at is not None
    row.state = EffectState.DONE if seen else EffectState.SENT
    row.sent_at, row.failure = noting.at, ""
    row.done_at = noting.at if seen else None
    # Looked at right away, and as often as the first minute wants it.
    Rollout.objects.filter(pk=rollout.pk).update(observe_due_at=noting.at)
    closed = settle(noting, FAILING, _("{executor} accepted.").format(executor=row.executor.name))
    tries = _(" at try {attempts}").format(attempts=row.attempts) if row.attempts > 1 else ""
    text = _("{executor} accepted {share}{tries}: {answer}").format(
        executor=row.executor.name, share=share(row.percent), tries=tries, answer=row.answer
    )
    noting.record(
        "effect.sent",
        ". ".join([text, *(_("{one} closed").format(one=one) for one in closed)]),
        key=row.key,
        percent=row.percent,
        generation=row.generation,
        attempts=row.attempts,
    )
    if (last := _take_late(row)) is not None:
        call_anew(row, f"{LATE}{noting.plan.timeline_seq}", max(noting.at, last))


def _failed(noting: Change, row: Effect, answer: Answer) -> None:
    back = row.action == ROLLBACK
    row.failure = answer.text[:500]
    for_good = not answer.retry and not back
    row.state = EffectState.FAILED if for_good else EffectState.DUE
    row.due_at = noting.at + next_wait(row.attempts, back=back)
    opened = None
    if for_good or not answer.retry or row.attempts == CALL_AFTER:
        opened = open_escalation(
            noting, FAILING, _reason(row, for_good), url=f"/plans/{noting.plan.slug}/rollout/"
        )
    if opened or for_good or row.attempts == 1:
        text = _reason(row, for_good)
        noting.record(
            "effect.failed",
            _("{text}. {opened} opened").format(text=text, opened=opened) if opened else text,
            key=row.key,
            percent=row.percent,
            generation=row.generation,
            attempts=row.attempts,
            escalation=opened.number if opened else None,
        )


def _reason(row: Effect, for_good: bool) -> str:
    text = (
        _("{executor} refuses {share}: {failure}")
        if for_good
        else _("{executor} did not carry out {share}: {failure}, it is tried again")
    )
    return text.format(executor=row.executor.name, share=share(row.percent), failure=row.failure)


# --- after a restore (R24) -----------------------------------------------------------------


def hold_all(at: datetime) -> int:
    """Hold every call that waits and void what was under way; returns how many are held.

    After a restore they may have been made long ago. Each generation grows by one, so that a
    receiver which compares generations takes nothing from the time before for something new.
    """
    with transaction.atomic():
        waiting = (EffectState.DUE, EffectState.FAILED)
        held = Effect.objects.filter(state__in=waiting).update(
            state=EffectState.HELD, failure=HELD, lease_token="", lease_until=None
        )
        Rollout.objects.update(generation=F("generation") + 1, verified_at=None)
    return held


def release_all(at: datetime) -> int:
    """Let the newest held call of each plan be made after all; a person has looked at them."""
    released = 0
    with transaction.atomic():
        for rollout in Rollout.objects.filter(plan__effects__state=EffectState.HELD).distinct():
            held = Effect.objects.filter(plan=rollout.plan_id, state=EffectState.HELD)
            newest = held.order_by("-generation").first()
            held.exclude(pk=newest.pk).update(state=EffectState.SUPERSEDED)
            if newest.percent != rollout.desired_percent:
                held.update(state=EffectState.SUPERSEDED)
                continue
            newest.generation, newest.state = rollout.generation, EffectState.DUE
            newest.key = f"{newest.key}:{rollout.generation}"[:160]
            newest.due_at, newest.failure = at, ""
            newest.save()
            released += 1
    return released


register_outbox(Outbox("call", hold_all, release_all))
