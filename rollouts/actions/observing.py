"""What is seen of the traffic, beside what is wanted of it (law 7): seen, drifted, or unmoved."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from rollouts.actions.fresh_keys import FIELDS as FRESH
from rollouts.actions.fresh_keys import call_anew
from rollouts.actions.seen import note_seen, register_verified
from rollouts.models import HAND, Effect, EffectState, Rollout
from rollouts.queries.observing import due_ids, due_rollouts
from rollouts.queries.rollouts import is_observed, open_effects
from rollouts.rules.shares import agrees, is_settled, share
from warroom.actions.change import RULE, Change, change
from warroom.actions.escalations import open_escalation, settle
from warroom.actions.refusals import Refused
from warroom.live import doorbell
from warroom.models import DeploymentPlan, User
from warroom.rules.wording import duration_text

__all__ = ["confirm_by_hand", "record_actual", "register_verified"]
DRIFT, UNVERIFIED, FAILING = "drift", "unverified", "executor"
PANELS = ("effects", "track")
# What a look writes; its lease is written by who claims, not under the plan's lock.
SEEN_FIELDS = (
    "actual_percent", "actual_at", "actual_reason", "verified_at", "unverified_at", "drift_since",
)  # fmt: skip
# A look may take so long (its deadline is 5 s) before another may be made.
LOOK_LEASE = timedelta(seconds=9)
# What was wanted just now is looked at more often, until it is seen, for so long.
EAGER_S, EAGER_FOR = 2, timedelta(minutes=2)
# The executor said yes: so long may it take until the share is seen. A look takes up to seven
# seconds more, so that it is said within the minute.
SEEN_WITHIN = timedelta(seconds=50)


def record_actual(
    plan: DeploymentPlan, percent: float | None, *, reason: str = "", at: datetime | None = None
) -> Rollout | None:
    """Keep what was seen of the traffic, in percent, or why nothing was; return the rollout.

    ``at`` (UTC; default now) is when it was seen. The first sight of the wanted share in its
    generation verifies it, once. Drift and a share that does not move are said and escalated,
    each once; an escalation ends by itself when both agree. No data agrees with nothing. None
    where the plan has no rollout.
    """
    with change(plan, by=RULE) as seeing:
        rollout = Rollout.objects.select_related("observed_by").filter(plan=seeing.plan).first()
        if rollout is None:
            return None
        before, rollout.actual_reason = rollout.actual_percent, reason[:500]
        at = at or seeing.at
        if percent is not None:
            if _was_silent(rollout, at):
                rollout.drift_since = None
            rollout.actual_percent, rollout.actual_at = percent, at
            rollout.actual_reason = ""
            _compare(seeing, rollout, before, at)
        if seeing.event is None:
            _unmoved(seeing, rollout, percent)
        rollout.save(update_fields=SEEN_FIELDS)
        transaction.on_commit(lambda: doorbell.ring(plan.pk, PANELS))
    return rollout


def _was_silent(rollout: Rollout, at: datetime) -> bool:
    """Whether nobody saw the share for long before ``at``: drift is what was seen to last."""
    seen, most = rollout.actual_at, timedelta(seconds=2.5 * rollout.observe_every_s) + LOOK_LEASE
    return seen is not None and at - seen > most


def confirm_by_hand(
    plan: DeploymentPlan, *, by: User, generation: int | None = None, request_id: str | None = None
) -> Rollout:
    """Say that the traffic was moved to the wanted share; a second time changes nothing.

    Where something observes the traffic this says only that the command was run: what counts is
    seen then. ``generation`` is what the person saw. Raises Refused when another share is wanted
    by now or none is, NotAllowed without the right to run the rollout.
    """
    with change(plan, by=by, right="run", request_id=request_id) as confirming:
        rollout = Rollout.objects.filter(plan=confirming.plan).first()
        if rollout is None or rollout.desired_at is None:
            raise Refused(_("No share of the traffic is wanted yet."))
        if generation is not None and generation != rollout.generation:
            raise Refused(
                _("By now {share} is wanted. Nothing confirmed.").format(
                    share=share(rollout.desired_percent)
                )
            )
        if confirming.repeated or rollout.verified_at is not None:
            return rollout
        open_ones = open_effects(confirming.plan, rollout.generation)
        if is_observed(rollout) and not open_ones.exists():
            return rollout
        _take_word(confirming, rollout, open_ones)
    return rollout


def _take_word(confirming: Change, rollout: Rollout, open_ones: QuerySet) -> None:
    who = confirming.author_name
    open_ones.update(
        state=EffectState.SENT,
        sent_at=confirming.at,
        confirmed_by=who,
        answer=_("{who} moved it by hand").format(who=who),
        failure="",
        lease_token="",
        lease_until=None,
    )
    if is_observed(rollout):
        rollout.observe_due_at = confirming.at
        rollout.save(update_fields=["observe_due_at"])
        text = _("{who} moved the traffic to {wanted} by hand; it is to be seen yet")
    else:
        rollout.actual_percent, rollout.actual_at = rollout.desired_percent, confirming.at
        rollout.actual_reason = _("confirmed by {who}").format(who=who)[:500]
        note_seen(confirming, rollout, confirming.at)
        text = _("{who} moved the traffic to {wanted} by hand; nothing observes it")
    settle(confirming, FAILING, _("{who} moved the traffic by hand.").format(who=who))
    confirming.record(
        "rollout.confirmed",
        text.format(who=who, wanted=share(rollout.desired_percent)),
        percent=rollout.desired_percent,
        generation=rollout.generation,
    )


def _compare(seeing: Change, rollout: Rollout, before: float | None, at: datetime) -> None:
    if rollout.desired_at is None or at < rollout.desired_at:
        return
    if not agrees(rollout.actual_percent, rollout.desired_percent):
        _differ(seeing, rollout, at)
        return
    rollout.drift_since = None
    if rollout.verified_at is None and _may_count(rollout, before, at):
        _verify(seeing, rollout, at)
    elif rollout.verified_at is not None:
        _agree_again(seeing, rollout)


def _may_count(rollout: Rollout, before: float | None, at: datetime) -> bool:
    """Whether this sight is of the new share, and not an old one that happens to be the same.

    Who goes to 5 % and back to 0 % within one scrape would otherwise read the 0 % from before.
    """
    interval = rollout.observe_every_s
    if rollout.observed_by is not None:
        interval = max(interval, rollout.observed_by.interval_s)
    return is_settled(before, rollout.desired_percent, rollout.desired_at, at, interval)


def _verify(seeing: Change, rollout: Rollout, at: datetime) -> None:
    closed = note_seen(seeing, rollout, at)
    took = duration_text(at - rollout.desired_at)
    text = (
        _("{share} seen on {metric} after {took}")
        if rollout.observed_by
        else _("{share} seen after {took}")
    ).format(
        share=share(rollout.desired_percent),
        metric=rollout.observed_by.name if rollout.observed_by else "",
        took=took,
    )
    seeing.record(
        "rollout.observed",
        ". ".join([text, *(_("{one} closed").format(one=one) for one in closed)]),
        percent=rollout.desired_percent,
        actual=rollout.actual_percent,
        generation=rollout.generation,
    )


def _agree_again(seeing: Change, rollout: Rollout) -> None:
    closed = settle(seeing, DRIFT, _("The share agrees again."))
    if closed:
        names = ", ".join(map(str, closed))
        text = _("{share} seen again. {names} closed").format(
            share=share(rollout.desired_percent), names=names
        )
        seeing.record("rollout.observed", text, percent=rollout.desired_percent)


def _differ(seeing: Change, rollout: Rollout, at: datetime) -> None:
    """Say drift once per episode: when it has lasted, and only after the share was there once."""
    if abs(rollout.actual_percent - rollout.desired_percent) < rollout.drift_points:
        rollout.drift_since = None
        return
    begins, rollout.drift_since = rollout.drift_since is None, rollout.drift_since or at
    back = rollout.rolled_back_at is not None and rollout.verified_at is not None
    if begins and back and rollout.actual_percent > rollout.desired_percent:
        _risen_again(seeing, rollout)
        return
    lasts = at - rollout.drift_since
    if rollout.verified_at is None or lasts < timedelta(seconds=rollout.drift_s):
        return
    told = seeing.plan.escalations.filter(cause=DRIFT, opened_at__gte=rollout.drift_since)
    if told.exists():
        return
    text = _(
        "{share} of the traffic is seen, {share_desired_percent} is wanted, for {lasts}"
    ).format(
        share=share(rollout.actual_percent),
        share_desired_percent=share(rollout.desired_percent),
        lasts=duration_text(lasts),
    )
    _call(seeing, DRIFT, text, "rollout.drifted", rollout)


def _risen_again(seeing: Change, rollout: Rollout) -> None:
    """Traffic came back onto what was rolled back: an older call may have landed late.

    Nobody waits whether it lasts. The way back is called once more, once per episode, unless its
    call is still due anyway.
    """
    text = _(
        "{share} of the traffic is seen again after the rollback to {share_desired_percent}"
    ).format(
        share=share(rollout.actual_percent), share_desired_percent=share(rollout.desired_percent)
    )
    answered = Effect.objects.filter(
        plan=seeing.plan,
        generation=rollout.generation,
        executor__enabled=True,
        state__in=(EffectState.SENT, EffectState.DONE),
    ).exclude(executor__kind=HAND)
    row = answered.select_related("executor").order_by("-pk").first()
    if row is not None:
        call_anew(row, f"risen-{seeing.plan.timeline_seq + 1}", seeing.at)
        row.save(update_fields=FRESH)
        text += _(". {executor} is asked for {share} again").format(
            executor=row.executor.name, share=share(row.percent)
        )
    _call(seeing, DRIFT, text, "rollout.drifted", rollout)


def _unmoved(seeing: Change, rollout: Rollout, percent: float | None) -> None:
    """The executor said yes and the share was not seen since: said once per generation."""
    if rollout.verified_at or rollout.unverified_at or not is_observed(rollout):
        return
    sent = Effect.objects.filter(
        plan=seeing.plan, generation=rollout.generation, state=EffectState.SENT
    ).first()
    if sent is None or seeing.at - sent.sent_at < SEEN_WITHIN:
        return
    rollout.unverified_at = seeing.at
    seen = (
        _("{share} is seen").format(share=share(percent))
        if percent is not None
        else _no_sight(rollout)
    )
    text = _("{executor} accepted {share} {at} ago, {seen}").format(
        executor=sent.executor.name,
        share=share(rollout.desired_percent),
        at=duration_text(seeing.at - sent.sent_at),
        seen=seen,
    )
    _call(seeing, UNVERIFIED, text, "rollout.unverified", rollout)


def _no_sight(rollout: Rollout) -> str:
    return _("nothing is seen of it: {actual_reason}").format(
        actual_reason=rollout.actual_reason or _("no data")
    )


def _call(seeing: Change, cause: str, text: str, kind: str, rollout: Rollout) -> None:
    opened = open_escalation(seeing, cause, text, url=f"/plans/{seeing.plan.slug}/rollout/")
    seeing.record(
        kind,
        _("{text}. {opened} opened").format(text=text, opened=opened) if opened else text,
        percent=rollout.desired_percent,
        actual=rollout.actual_percent,
        generation=rollout.generation,
        escalation=opened.number if opened else None,
    )


# --- whose turn it is ----------------------------------------------------------------------


def claim_rollouts(now: datetime | None = None, limit: int = 100) -> list[Rollout]:
    """Take the rollouts that are to be looked at; nobody gets one twice."""
    now, token = now or timezone.now(), str(uuid.uuid4())
    with transaction.atomic():
        ids = due_ids(now, limit)
        if not ids:
            return []
        due_rollouts(now).filter(pk__in=ids).order_by().update(
            observe_token=token, observe_until=now + LOOK_LEASE
        )
    rows = Rollout.objects.filter(observe_token=token)
    return list(rows.select_related("plan", "observed_by__source"))


def next_look(row: Rollout) -> bool:
    """Give a claimed rollout back, due again in a while; False when another holds it by now."""
    now = timezone.now()
    fresh = row.desired_at is not None and now - row.desired_at < EAGER_FOR
    eager = fresh and row.verified_at is None
    wait = min(EAGER_S, row.observe_every_s) if eager else row.observe_every_s
    mine = Rollout.objects.filter(pk=row.pk, observe_token=row.observe_token)
    return (
        mine.update(
            observe_token="", observe_until=None, observe_due_at=now + timedelta(seconds=wait)
        )
        > 0
    )
