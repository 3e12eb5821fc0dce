from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, TypeVar

from warroom.models import DeploymentPlan

T = TypeVar("T")


def once(plan: DeploymentPlan, now: datetime, what: Hashable, read: Callable[[], T]) -> T:
    """Read something once for all the panels that are rendered for one instant.

    It is kept on the plan's instance, under its newest event and the instant, so that nothing older
    is ever shown for it and nothing outlives the pass.
    """
    mark = (now, plan.timeline_seq)
    kept: tuple[Any, dict[Hashable, Any]] | None = getattr(plan, "_read_once", None)
    if kept is None or kept[0] != mark:
        kept = plan._read_once = (mark, {})
    if what not in kept[1]:
        kept[1][what] = read()
    return kept[1][what]


def already(plan: DeploymentPlan, now: datetime, what: Hashable) -> Any:
    """What ``once`` has read for this instant; None while nobody has asked for it."""
    kept: tuple[Any, dict[Hashable, Any]] | None = getattr(plan, "_read_once", None)
    return kept[1].get(what) if kept and kept[0] == (now, plan.timeline_seq) else None
