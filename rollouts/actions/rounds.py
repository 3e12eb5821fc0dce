"""Watch rounds: made when their time comes, recorded by people, missed by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.actions.desired import rollout_of
from rollouts.actions.holding import keep_hold
from rollouts.actions.verdicts import apply_verdict
from rollouts.models import WatchRound
from rollouts.queries.holds import hold_of
from rollouts.queries.rounds import LATE_S, Watch, watch_of
from rollouts.queries.stages import of_plan
from rollouts.rules import rounds
from rollouts.rules.holds import Hold
from warroom.actions.change import RULE, Change, change
from warroom.actions.escalations import open_escalation
from warroom.live import doorbell
from warroom.models import DeploymentPlan
from warroom.rules.wording import instant_text

PANELS = ("rounds", "stage", "needs")


def keep_rounds(plan: DeploymentPlan) -> int:
    """Make the rounds whose time has come, and say which were missed; return how many changed.

    Under the plan's lock, so that two workers make each once. Rounds that fell due while nobody
    looked are made as missed, at most ``rounds.BOUND`` in one go. Enough of them in a row hold the
    stage and call for help (S24).
    """
    with change(plan, by=RULE) as keeping:
        rollout = rollout_of(keeping)
        watch = watch_of(keeping.plan, rollout, of_plan(keeping.plan), keeping.at)
        waiting = _open_of(keeping.plan)
        made = _make(watch, keeping.at) if watch else []
        missed = _missed(watch, waiting, made, keeping)
        gone = _drop(watch, waiting)
        if missed:
            _tell(keeping, watch, missed)
        elif made or gone:
            transaction.on_commit(lambda: doorbell.ring(plan.pk, PANELS))
    if missed:
        apply_verdict(plan)  # a hold shows in it at once
    return len(made) + len(missed) + gone


def _open_of(plan: DeploymentPlan) -> list[WatchRound]:
    rows = WatchRound.objects.filter(plan=plan, done_at=None, missed_at=None)
    return list(rows.select_related("stage").order_by("due_at", "number"))


def newest_of(watch: Watch) -> WatchRound | None:
    """The newest round of a watch; one SQL statement."""
    rows = WatchRound.objects.filter(
        plan=watch.plan, stage=watch.stage, generation=watch.generation
    )
    return rows.order_by("-number").first()


def _make(watch: Watch, now: datetime) -> list[WatchRound]:
    """The rounds that can be recorded by now and are not there yet; the newest one stays open."""
    last = newest_of(watch)
    began = last.began_at if last else watch.began
    if began is None:
        return []
    dues = rounds.opened(watch.bands, began, last.due_at if last else None, now)
    number = last.number if last else 0
    return WatchRound.objects.bulk_create(
        WatchRound(
            plan=watch.plan,
            stage=watch.stage,
            generation=watch.generation,
            number=place,
            began_at=began,
            due_at=due,
        )
        for place, due in enumerate(dues, start=number + 1)
    )


def _missed(
    watch: Watch | None, waiting: Sequence[WatchRound], made: Sequence[WatchRound], keeping: Change
) -> list[WatchRound]:
    """Mark what can be recorded no more: the next one is due, or its stage is over."""
    late = [one for one in (*waiting, *made) if is_missed(one, watch, keeping.at)]
    for one in late:
        one.missed_at = keeping.at
    WatchRound.objects.bulk_update(late, ["missed_at"], batch_size=200)
    return late


def is_missed(one: WatchRound, watch: Watch | None, now: datetime) -> bool:
    """Whether an open round can be recorded no more at ``now`` (UTC). One whose stage ended while
    it would still have been on time was not missed: it is no round any more."""
    if watch is None or not of_watch(one, watch):
        over = (one.stage.ended_at if one.stage else None) or now
        return rounds.is_late(one.due_at, over, LATE_S)
    following = watch.following(one.due_at, one.began_at)
    return following is not None and now >= following


def of_watch(one: WatchRound, watch: Watch) -> bool:
    stage = watch.stage.pk if watch.stage else None
    return one.stage_id == stage and one.generation == watch.generation


def _drop(watch: Watch | None, waiting: Sequence[WatchRound]) -> int:
    """Take away what nobody could be asked for, because its stage ended before."""
    never = [
        one.pk
        for one in waiting
        if one.missed_at is None and (watch is None or not of_watch(one, watch))
    ]
    return WatchRound.objects.filter(pk__in=never).delete()[0] if never else 0


# --- missed rounds ---------------------------------------------------------------------------


def _tell(keeping: Change, watch: Watch | None, missed: Sequence[WatchRound]) -> None:
    """One event for what was missed, with what follows of it."""
    of = missed[-1]
    row = in_a_row(of) if watch is not None and of_watch(of, watch) else 0
    follows = _hold(keeping, watch, of, row) if watch and row >= watch.missed_holds else ""
    text = ngettext(
        "{named} of {title} was missed: due {dues}, nobody recorded it.",
        "{named} of {title} were missed: due {dues}, nobody recorded them.",
        len(missed),
    ).format(named=_named(missed), title=title(of), dues=_dues(missed, keeping.at))
    keeping.record(
        "round.missed",
        text + follows,
        stage=of.stage.number if of.stage else None,
        rounds=[one.number for one in missed],
        due=[one.due_at.isoformat() for one in missed],
        in_a_row=row,
    )


def _hold(keeping: Change, watch: Watch, of: WatchRound, row: int) -> str:
    """Hold the stage, if nobody holds it yet, and call the first level, once."""
    rollout, said = rollout_of(keeping), _("{row} rounds in a row were missed").format(row=row)
    held = ""
    if hold_of(rollout, keeping.at) is None:
        keep_hold(
            rollout,
            Hold(
                RULE,
                _("{said}: nobody watches {title}.").format(said=said, title=title(of)),
                keeping.at,
                None,
            ),
        )
        held = _(" {title} is held.").format(title=title(of).capitalize())
    key = of.stage.number if of.stage else "watching"
    url = f"/plans/{keeping.plan.slug}/rollout/rounds/"
    called = open_escalation(
        keeping,
        f"rounds:{key}",
        _("{said} in {title}.").format(said=said, title=title(of)),
        url=url,
    )
    is_open = _(" {called} is open.").format(called=called) if called else ""
    return _(" {row} in a row.{held}{is_open}").format(row=row, held=held, is_open=is_open)


def in_a_row(of: WatchRound) -> int:
    """How many rounds up to this one were missed in a row; one SQL statement."""
    same = WatchRound.objects.filter(plan=of.plan_id, stage=of.stage_id, generation=of.generation)
    settled = same.filter(number__lte=of.number).order_by("-number")
    return rounds.in_a_row(
        at is not None for at in settled.values_list("missed_at", flat=True)[: rounds.BOUND]
    )


def title(of: WatchRound) -> str:
    """ "stage 1", or "the watching"."""
    return _("stage {stage}").format(stage=of.stage.number) if of.stage else _("the watching")


def _named(missed: Sequence[WatchRound]) -> str:
    first, last = missed[0].number, missed[-1].number
    if len(missed) == 1:
        return _("Round {first}").format(first=first)
    text = _("Rounds {first} and {last}") if len(missed) == 2 else _("Rounds {first} to {last}")
    return text.format(first=first, last=last)


def _dues(missed: Sequence[WatchRound], now: datetime) -> str:
    first, last = instant_text(missed[0].due_at, now), instant_text(missed[-1].due_at, now)
    return (
        _("{first} UTC").format(first=first)
        if len(missed) == 1
        else _("{first} to {last} UTC").format(first=first, last=last)
    )
