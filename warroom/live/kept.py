"""Fragments kept as bytes: a page costs its frame, and what changed since somebody last looked.

A kept fragment counts while the plan has no newer event, and no longer than the panel's own period
(``refresh_s``): what ages or changes without an event is rendered anew by then. Each process keeps
its own; nothing has to be told to anybody, because the sequence number stands on the plan's row.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from warroom.live import panels
from warroom.models import DeploymentPlan

LONGEST = timedelta(seconds=60)  # for panels without a period: names may be changed under /admin/
MOST = 5000  # fragments; beyond, all are forgotten and come back as they are asked for


@dataclass(frozen=True)
class _Kept:
    seq: int
    at: datetime
    html: str


_kept: dict[tuple[int, str, str], _Kept] = {}


def render(panel: panels.Panel, plan: DeploymentPlan, now: datetime, key: str = "") -> str:
    """As ``panels.render``, from what is kept where that still counts at ``now`` (UTC)."""
    name = (plan.pk, panel.name, key)
    kept = _kept.get(name)
    longest = timedelta(seconds=panel.refresh_s) if panel.refresh_s else LONGEST
    if kept and kept.seq == plan.timeline_seq and timedelta(0) <= now - kept.at < longest:
        return kept.html
    return render_anew(panel, plan, now, key)


def render_anew(panel: panels.Panel, plan: DeploymentPlan, now: datetime, key: str = "") -> str:
    """Render whatever is kept, and keep that instead."""
    html = panels.render(panel, plan, now, key)
    if settings.KEEP_FRAGMENTS:
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[plan.pk, panel.name, key] = _Kept(plan.timeline_seq, now, html)
    return html


def forget() -> None:
    """Forget all that is kept."""
    _kept.clear()
