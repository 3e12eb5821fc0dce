"""What does not add up in a plan: asked of every floor, shown when it is saved and on its page.

Each app registers a function of (plan, now). A finding blocks nothing by itself.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from warroom.models import DeploymentPlan


@dataclass(frozen=True)
class LintFinding:
    """``code`` for machines ("weights-sum"), ``place`` where it stands, ``way_out`` the button.

    ``title`` is short and says the figure: "Weights add up to 105 %". ``url`` leads to the form
    that mends it. ``line`` is that of the plan's document, 0 without one.
    """

    code: str
    title: str
    text: str
    place: str
    url: str
    way_out: str
    line: int = 0


Source = Callable[[DeploymentPlan, datetime], Iterable[LintFinding]]
_sources: list[Source] = []


def register_lint(source: Source) -> None:
    if source not in _sources:
        _sources.append(source)


def lint(plan: DeploymentPlan, now: datetime) -> list[LintFinding]:
    """Every finding of every floor, in the order in which the floors and their rules stand."""
    return [finding for source in _sources for finding in source(plan, now)]
