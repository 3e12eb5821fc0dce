"""Watch rounds: what is watched by rounds now, how many there were, and the rows as they are shown.

Whether a round is due, late or missed is computed at the instant that asks, so that it is true
also while no worker looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Window
from django.db.models import F as Field
from django.utils.translation import gettext as _

from rollouts.models import Rollout, Stage, StageState, WatchRound
from rollouts.queries.rollouts import rollout_now
from rollouts.queries.stages import stages_now
from rollouts.rules import round_strip, rounds
from rollouts.rules.rounds import Band, Tally
from warroom.models import DeploymentPlan, Lifecycle
from warroom.queries.once import once
from warroom.queries.there import there
from warroom.rules.lifecycle import ENDED
from warroom.rules.wording import duration_text

# The share should be seen by then; rounds that wait for it begin all the same.
SEEN_WITHIN = timedelta(seconds=60)
LEAST_SHOWN = 24
SHOWN = 96  # of one strip; older ones stand on the page of all rounds
LATE_S, MISSED_HOLDS = 120, 2
# So long the room speaks of a round that was missed, once rounds go on.
SPOKEN_OF = timedelta(hours=1)


@dataclass(frozen=True)
class Watch:
    """What is watched by rounds at an instant: a stage, or what comes after the stages.

    ``began`` is UTC; None while its share is not seen yet. ``late_s`` as Rollout.round_late_s.
    """

    plan: DeploymentPlan
    stage: Stage | None
    generation: int
    began: datetime | None
    bands: tuple[Band, ...]
    late_s: int = LATE_S
    missed_holds: int = MISSED_HOLDS

    @property
    def title(self) -> str:
        return title_of(self.stage)

    @property
    def total(self) -> int | None:
        """How many rounds its soak has, or its cadence where that ends; None: it has no end."""
        soak = self.stage.soak_s if self.stage else 0
        if soak:
            return rounds.count(self.bands, soak - 1)
        last = self.bands[-1].until_s if self.bands else None
        return None if last is None else rounds.count(self.bands, last)

    def following(self, due: datetime, began: datetime) -> datetime | None:
        return rounds.next_due(self.bands, began, due)

    def band_at(self, due: datetime, began: datetime) -> Band | None:
        return rounds.band_at(self.bands, (due - began).total_seconds())


def title_of(stage: Stage | None) -> str:
    """ "stage 1", or "the watching"."""
    return _("stage {stage}").format(stage=stage.number) if stage else _("the watching")


def watch_now(plan: DeploymentPlan, now: datetime) -> Watch | None:
    """What is watched by rounds; None for nothing. Reads stages and rollout once per instant."""
    return watch_of(plan, rollout_now(plan, now), stages_now(plan, now), now)


def watch_of(
    plan: DeploymentPlan, rollout: Rollout | None, stages: Sequence[Stage], now: datetime
) -> Watch | None:
    """As ``watch_now``, of rows that were read. No SQL statement."""
    if plan.lifecycle in {*ENDED, Lifecycle.DRAFT} or (rollout and rollout.rolled_back_at):
        return None
    if plan.lifecycle == Lifecycle.WATCHING and rollout and rounds.read(rollout.cadence):
        return _watch(plan, None, rollout, rollout.cadence, plan.lifecycle_at)
    stage = _watched(plan, stages)
    if stage is None:
        return None
    return _watch(plan, stage, rollout, stage.cadence, _began(stage, rollout, now))


def _watched(plan: DeploymentPlan, stages: Sequence[Stage]) -> Stage | None:
    """The stage that runs; while the release is watched also the last one, if it is done."""
    running = next((one for one in reversed(stages) if one.state == StageState.RUNNING), None)
    if running is None and stages and plan.lifecycle == Lifecycle.WATCHING:
        running = stages[-1] if stages[-1].state == StageState.DONE else None
    return running if running is not None and rounds.read(running.cadence) else None


def _began(stage: Stage, rollout: Rollout | None, now: datetime) -> datetime | None:
    """When the share was seen, else when it was asked for; a little later while it is awaited.

    Never before somebody asked for it here: a start that is written down afterwards asks nobody
    for rounds of the hours before.
    """
    if stage.started_at is None or rollout is None or rollout.desired_at is None:
        return stage.started_at
    asked = max(stage.started_at, rollout.desired_at)
    if rollout.verified_at is not None:
        return max(rollout.verified_at, asked)
    late = asked + SEEN_WITHIN
    return late if now >= late else None


def _watch(
    plan: DeploymentPlan,
    stage: Stage | None,
    rollout: Rollout | None,
    cadence: list[dict[str, Any]],
    began: datetime | None,
) -> Watch:
    own = {"generation": 0} if rollout is None else {
        "generation": rollout.generation,
        "late_s": rollout.round_late_s,
        "missed_holds": rollout.missed_holds,
    }  # fmt: skip
    return Watch(plan=plan, stage=stage, began=began, bands=rounds.read(cadence), **own)


# --- rows ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class RoundRow:
    """A round as it counts at the instant that was asked; ``state`` as in rules/rounds.py."""

    round: WatchRound
    state: str
    word: str  # All green · 1 yellow, 4 min late · Missed · Due · Next

    @property
    def signal(self) -> str:
        if self.state in (rounds.DUE, rounds.NEXT):
            return "run"
        return self.round.band if self.round.done_at else "no_data"

    @property
    def mark(self) -> round_strip.Mark:
        return round_strip.Mark(self.round.number, self.state, self.round.band)

    @property
    def is_open(self) -> bool:
        """Whether it can be recorded."""
        return self.state in (rounds.DUE, rounds.NEXT)


def row_of(one: WatchRound, watch: Watch | None, now: datetime) -> RoundRow:
    """A round as it counts at ``now`` (UTC). Without ``watch`` nothing runs: what was not done
    was missed."""
    lives = watch is not None and _is_of(one, watch)
    following = watch.following(one.due_at, one.began_at) if lives and watch else one.due_at
    state = rounds.state(
        one.due_at,
        following,
        now,
        done=one.done_at is not None,
        late=one.late,
        missed=one.missed_at is not None,
    )
    return RoundRow(one, state, _word(one, state, watch, now))


def _is_of(one: WatchRound, watch: Watch) -> bool:
    stage = watch.stage.pk if watch.stage else None
    return one.stage_id == stage and one.generation == watch.generation


def _word(one: WatchRound, state: str, watch: Watch | None, now: datetime) -> str:
    if state == rounds.LATE:
        return _("{result}, {done_at} late").format(
            result=one.result, done_at=duration_text(one.done_at - one.due_at)
        )
    if state == rounds.DUE and watch and rounds.is_late(one.due_at, now, watch.late_s):
        return _("Due, {now} late").format(now=duration_text(now - one.due_at))
    usual = {rounds.DUE: _("Due"), rounds.NEXT: _("Next"), rounds.MISSED: _("Missed")}
    return usual.get(state, one.result)


@dataclass(frozen=True)
class Shown:
    """The rounds of one stage as a page shows them; ``rows`` newest first, at most ``SHOWN``."""

    title: str
    every: str
    tally: Tally
    total: int | None
    rows: tuple[RoundRow, ...]
    watch: Watch | None = None

    @property
    def current(self) -> RoundRow | None:
        """The round that can be recorded: the earliest that is open."""
        return next((row for row in reversed(self.rows) if row.is_open), None)

    @property
    def latest(self) -> list[RoundRow]:
        """The newest rounds, and the newest one that was late or missed before them."""
        first, older = list(self.rows[:5]), self.rows[5:]
        odd = next((row for row in older if row.state in (rounds.LATE, rounds.MISSED)), None)
        return first if odd is None else [*first, odd]

    @property
    def marks(self) -> list[round_strip.Mark]:
        """Oldest first, with the one that comes next."""
        marks = [row.mark for row in reversed(self.rows)]
        open_ones = any(mark.state in (rounds.NEXT, rounds.DUE) for mark in marks)
        if not open_ones and self.tally.next_due is not None:
            number = marks[-1].number + 1 if marks else 1
            marks.append(round_strip.Mark(number, rounds.NEXT))
        return marks

    @property
    def paths(self) -> tuple[tuple[str, str], ...]:
        return round_strip.paths(self.marks)

    @property
    def width(self) -> int:
        """Of the whole soak, so that few rounds are not drawn out over it."""
        ahead = min(self.total or LEAST_SHOWN, SHOWN)
        return max(len(self.marks), ahead, LEAST_SHOWN) * round_strip.PITCH

    @property
    def label(self) -> str:
        return round_strip.in_words(self.marks, self.total)


def missed_lately(shown: Shown, now: datetime) -> int:
    """How many of the rounds were missed within the last hour."""
    return sum(
        row.state == rounds.MISSED and now - row.round.due_at < SPOKEN_OF for row in shown.rows
    )


def newest(plan: DeploymentPlan, now: datetime) -> list[WatchRound]:
    """The newest rounds of a plan with what they come to, read once for an instant (UTC).

    ``performed``, ``lates`` and ``misses`` count all rounds of the same stage and generation. One
    SQL statement.
    """
    rows = there(plan, counted(WatchRound.objects.filter(plan=plan)).defer("readings"))
    return once(plan, now, "rounds", lambda: list(rows.order_by("-due_at", "-number")[:SHOWN]))


def counted(rows: QuerySet[WatchRound]) -> QuerySet[WatchRound]:
    """Rounds with the counts of those that belong together."""
    same = [Field("stage"), Field("generation")]
    return rows.annotate(
        performed=Window(Count("done_at"), partition_by=same),
        lates=Window(Count("pk", filter=Q(late=True)), partition_by=same),
        misses=Window(Count("missed_at"), partition_by=same),
    ).select_related("stage")


def shown_now(plan: DeploymentPlan, now: datetime) -> Shown | None:
    """The rounds of what is watched now, else of what was watched last; None without any."""
    if rollout_now(plan, now) is None and not stages_now(plan, now):
        return None  # nothing was ever served, so there is nothing to have looked at
    watch, rows = watch_now(plan, now), newest(plan, now)
    if watch is not None:
        return shown(watch, [one for one in rows if _is_of(one, watch)], now)
    if not rows:
        return None
    last = rows[0]
    same = [
        one for one in rows if (one.stage_id, one.generation) == (last.stage_id, last.generation)
    ]
    return ended(last.stage, same, now)


def shown(watch: Watch, rows: Sequence[WatchRound], now: datetime) -> Shown:
    """``rows``: those of the watch, newest first, with their counts."""
    found = tuple(row_of(one, watch, now) for one in rows)
    began = rows[0].began_at if rows else watch.began
    age = (now - began).total_seconds() if began else 0
    band = rounds.band_at(watch.bands, age)
    return Shown(
        watch.title,
        duration_text(band.every_s) if band else "",
        _tally(watch, found, began, now),
        watch.total,
        found,
        watch,
    )


def ended(stage: Stage | None, rows: Sequence[WatchRound], now: datetime) -> Shown:
    """The rounds of what is not watched any more; ``rows`` newest first, with their counts."""
    found = tuple(row_of(one, None, now) for one in rows)
    return Shown(title_of(stage), "", _settled(found), None, found)


def _settled(rows: Sequence[RoundRow]) -> Tally:
    if not rows:
        return Tally()
    open_ones = sum(row.round.done_at is None and row.round.missed_at is None for row in rows)
    first = rows[0].round
    missed = first.misses + open_ones
    return Tally(first.performed + missed, first.performed, first.lates, missed)


def _tally(watch: Watch, rows: Sequence[RoundRow], began: datetime | None, now: datetime) -> Tally:
    """What is stored, and what has come due since and nobody has written down yet."""
    if began is None:
        return Tally()
    counts = rows[0].round if rows else None
    last = rows[0].round.due_at if rows else None
    gone = -1 if last is None else (last - began).total_seconds()
    unwritten = rounds.count(watch.bands, (now - began).total_seconds()) - rounds.count(
        watch.bands, gone
    )
    unmarked = sum(row.state == rounds.MISSED and row.round.missed_at is None for row in rows)
    due = sum(row.state == rounds.DUE for row in rows)
    missed = (counts.misses if counts else 0) + unmarked + max(unwritten - 1, 0)
    performed = counts.performed if counts else 0
    late = counts.lates if counts else 0
    expected = performed + missed + due + min(max(unwritten, 0), 1)
    return Tally(expected, performed, late, missed, _next_due(watch, rows, began, now))


def _next_due(
    watch: Watch, rows: Sequence[RoundRow], began: datetime, now: datetime
) -> datetime | None:
    """Of the round that is open, else of the first that comes after now and after the newest."""
    open_ones = [row.round.due_at for row in rows if row.is_open]
    if open_ones:
        return min(open_ones)
    after = max(now, rows[0].round.due_at) if rows else now
    first = rounds.next_due(watch.bands, began, after if rows or now >= began else None)
    return first


def tally(plan: DeploymentPlan, stage: Stage | None, generation: int, now: datetime) -> Tally:
    """How many rounds a stage should have had by ``now`` (UTC), had, had late, and missed.

    ``stage`` None: the watching after the stages. A few SQL statements, whatever their number.
    """
    rows = counted(WatchRound.objects.filter(plan=plan, stage=stage, generation=generation))
    found = list(rows.defer("readings").order_by("-number")[:SHOWN])
    watch = watch_now(plan, now)
    same = watch is not None and (
        (watch.stage.pk if watch.stage else None) == (stage.pk if stage else None)
        and watch.generation == generation
    )
    return shown(watch, found, now).tally if same else ended(stage, found, now).tally
