"""The page of all rounds: stage by stage, with filters; and times around one round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.utils.translation import gettext_lazy as _l

from rollouts.models import WatchRound
from rollouts.queries import rounds as queries
from rollouts.queries.rounds import LATE_S, RoundRow, Shown, Watch
from rollouts.rules import rounds
from warroom.models import DeploymentPlan

FILTERS = {"": _l("All"), "missed": _l("Missed"), "noted": _l("With a note")}
# A rollout of a week at a round every quarter of an hour has 672; older ones are in the export.
MOST = 1000


@dataclass(frozen=True)
class Part:
    """The rounds of one stage in one of its runs; ``rows`` are those that were chosen."""

    shown: Shown
    rows: tuple[RoundRow, ...]
    again: int  # which run of the stage it is, 1 for the first


def parts(plan: DeploymentPlan, now: datetime, wanted: str = "") -> list[Part]:
    """The rounds of a plan by stage and run, newest first; a fixed number of SQL statements."""
    watch = queries.watch_now(plan, now)
    rows = queries.counted(WatchRound.objects.filter(plan=plan)).defer("readings")
    newest = list(rows.order_by("-generation", "-due_at", "-number")[:MOST])
    newest.sort(key=_order)
    found = [
        (key, list(same))
        for key, same in groupby(newest, lambda one: (one.generation, one.stage_id))
    ]
    if watch and all(key != _key(watch) for key, _ in found):
        found.insert(0, (_key(watch), []))
    return [_part(key, same, watch, found, now, wanted) for key, same in found]


def _order(one: WatchRound) -> tuple[int, int, float]:
    """The watching after the stages stands above them; the newest first."""
    stage = one.stage.number if one.stage else 1_000_000
    return -one.generation, -stage, -one.due_at.timestamp()


def _key(watch: Watch) -> tuple[int, int | None]:
    return watch.generation, watch.stage.pk if watch.stage else None


def _part(
    key: tuple[int, int | None],
    same: list[WatchRound],
    watch: Watch | None,
    found: Sequence[tuple[tuple[int, int | None], list[WatchRound]]],
    now: datetime,
    wanted: str,
) -> Part:
    runs = watch is not None and _key(watch) == key
    shown = queries.shown(watch, same, now) if runs else queries.ended(same[0].stage, same, now)
    runs_before = sum(other[1] == key[1] and other[0] < key[0] for other, _ in found)
    return Part(shown, tuple(_chosen(shown.rows, wanted)), runs_before + 1)


def _chosen(rows: Iterable[RoundRow], wanted: str) -> Iterable[RoundRow]:
    if wanted == "missed":
        return (row for row in rows if row.state == rounds.MISSED)
    if wanted == "noted":
        return (row for row in rows if row.round.note)
    return rows


def late_at(one: WatchRound, watch: Watch | None) -> datetime:
    """Until when it counts as on time (UTC)."""
    return one.due_at + timedelta(seconds=watch.late_s if watch else LATE_S)


def opens_at(one: WatchRound, watch: Watch | None) -> datetime:
    """From when it can be recorded (UTC)."""
    age = (one.due_at - one.began_at).total_seconds()
    return rounds.opens(one.due_at, rounds.every_at(watch.bands, age) if watch else 0)


def is_last(one: WatchRound, watch: Watch | None) -> bool:
    """Whether no other round of its soak comes after it."""
    return watch is not None and watch.total == one.number
