"""What the floors above tell the frame of every page: where the release stands, what comes next.

``register_next`` and ``register_position`` take functions of a plan; the frame asks them all and
takes the soonest, or the first that answers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from warroom.models import DeploymentPlan


@dataclass(frozen=True)
class NextStep:
    """What the room waits for: 'Gate 1, to 10 %'. ``at`` is UTC, None when it has no time.

    ``since`` (UTC): it runs already, against the clock, and comes before all that is ahead.
    """

    label: str
    at: datetime | None
    url: str
    note: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class Progress:
    """How far the work is: items closed, and for each part done, now or next, in order."""

    done: int
    total: int
    blocking: int = 0  # open items that block
    parts: tuple[str, ...] = ()


_next: list[Callable[[DeploymentPlan, datetime], NextStep | None]] = []
_ended: list[Callable[[DeploymentPlan, datetime], NextStep | None]] = []
_position: list[Callable[[DeploymentPlan], str]] = []
_progress: list[Callable[[Sequence[DeploymentPlan]], dict[int, Progress]]] = []


def register_next(source: Callable[[DeploymentPlan, datetime], NextStep | None]) -> None:
    if source not in _next:
        _next.append(source)


def register_ended(source: Callable[[DeploymentPlan, datetime], NextStep | None]) -> None:
    """``source`` says what ended the way on, where nothing comes next: a NO-GO."""
    if source not in _ended:
        _ended.append(source)


def register_position(source: Callable[[DeploymentPlan], str]) -> None:
    if source not in _position:
        _position.append(source)


def register_progress(
    source: Callable[[Sequence[DeploymentPlan]], dict[int, Progress]],
) -> None:
    """``source`` answers for many plans at once, by primary key, for the list of releases."""
    if source not in _progress:
        _progress.append(source)


def next_step(plan: DeploymentPlan, now: datetime) -> NextStep | None:
    """The soonest next step of all floors, those without a time last; none once it is closed."""
    if plan.is_closed:
        return None
    steps = [step for source in _next if (step := source(plan, now)) is not None]
    return min(
        steps, key=lambda step: (step.since is None, step.at is None, step.at or now), default=None
    )


def ended(plan: DeploymentPlan, now: datetime) -> NextStep | None:
    """Why nothing comes next, and where it goes on; None where nothing of the kind happened."""
    if plan.is_closed:
        return None
    return next((step for source in _ended if (step := source(plan, now)) is not None), None)


def position(plan: DeploymentPlan) -> str:
    """Where the release stands, such as 'at 5 %'; empty when no floor knows."""
    return next((text for source in _position if (text := source(plan))), "")


def progress(plans: Sequence[DeploymentPlan]) -> dict[int, Progress]:
    """Progress by primary key of the plan; plans that no floor knows about are left out."""
    found: dict[int, Progress] = {}
    for source in _progress:
        found |= source(plans)
    return found
