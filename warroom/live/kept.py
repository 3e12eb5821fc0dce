"""Fragments kept as bytes: a page costs its frame, and what changed since somebody last looked.

A kept fragment counts while the plan has no newer event, and no longer than the panel's own period
(``refresh_s``): what ages or changes without an event is rendered anew by then. Each process keeps
its own; nothing has to be told to anybody, because the sequence number stands on the plan's row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.conf import settings

from warroom.live import panels
from warroom.models import DeploymentPlan
from warroom.queries.there import look_round

T = TypeVar("T")
LONGEST = timedelta(seconds=60)  # for panels without a period: names may be changed under /admin/
MOST = 5000  # fragments; beyond, all are forgotten and come back as they are asked for


Name = tuple[str, str]  # of a panel and its key, or of anything else that is made of a plan


@dataclass(frozen=True)
class _Kept:
    seq: int
    at: datetime
    value: Any


_kept: dict[tuple[int, Name], _Kept] = {}


def made(
    name: Name, plan: DeploymentPlan, now: datetime, longest: timedelta, make: Callable[[], T]
) -> T:
    """What ``make`` gives, or what it gave before where that still counts at ``now`` (UTC)."""
    kept = _kept.get((plan.pk, name))
    if kept and kept.seq == plan.timeline_seq and timedelta(0) <= now - kept.at < longest:
        return kept.value
    look_round(plan, now)
    return _keep(name, plan, now, make())


def render(panel: panels.Panel, plan: DeploymentPlan, now: datetime, key: str = "") -> str:
    """As ``panels.render``, from what is kept where that still counts at ``now`` (UTC)."""
    longest = timedelta(seconds=panel.refresh_s) if panel.refresh_s else LONGEST
    make = partial(panels.render, panel, plan, now, key)
    return made((panel.name, key), plan, now, longest, make)


def render_anew(panel: panels.Panel, plan: DeploymentPlan, now: datetime, key: str = "") -> str:
    """Render whatever is kept, and keep that instead."""
    look_round(plan, now)
    return _keep((panel.name, key), plan, now, panels.render(panel, plan, now, key))


def _keep(name: Name, plan: DeploymentPlan, now: datetime, value: T) -> T:
    if settings.KEEP_FRAGMENTS:
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[plan.pk, name] = _Kept(plan.timeline_seq, now, value)
    return value


def forget() -> None:
    """Forget all that is kept."""
    _kept.clear()
