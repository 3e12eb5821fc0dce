"""How a criterion gets its value: one function per source, registered by the module that has it.

A measure reads what is true at an instant, in a fixed number of SQL statements however many ask
it (``warroom.queries.once``). None says that nothing measures it, so that a person may judge.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from checklists.models import Criterion
from warroom.models import DeploymentPlan


@dataclass(frozen=True)
class Measured:
    """A reading. ``why`` says why there is no value; ``origin`` names what it comes from.

    ``observed_at`` is UTC; ``valid_for_s`` seconds until it is no data, None for what is computed
    from the room itself and so is never old. ``band`` is set where a person judged, or, if
    ``ruled``, where the room's own rule says it whatever the value (a veto under its target).
    """

    value: float | None = None
    text: str = ""
    unit: str = ""
    why: str = ""
    origin: str = ""
    observed_at: datetime | None = None
    valid_for_s: int | None = None
    band: str = ""
    reason: str = ""
    url: str = ""
    ruled: bool = False


Measure = Callable[[DeploymentPlan, Criterion, datetime], Measured | None]
_measures: dict[str, Measure] = {}


def register_measure(source: str, measure: Measure) -> None:
    """``source`` is a value of ``models.Source``."""
    _measures[source] = measure


def measure_of(source: str) -> Measure | None:
    return _measures.get(source)


# What measures a key under which nothing was posted.
_stand_ins: dict[str, Measure] = {}


def register_stand_in(key: str, measure: Measure) -> None:
    """``key`` of evidence; whatever is posted under it goes before."""
    _stand_ins[key] = measure


def stand_in_of(key: str) -> Measure | None:
    return _stand_ins.get(key)


# What a source offers to choose from, such as the health checks of a plan: (key, name).
Choices = Callable[[DeploymentPlan], list[tuple[str, str]]]
_choices: dict[str, Choices] = {}


def register_choices(source: str, choices: Choices) -> None:
    _choices[source] = choices


def choices_of(source: str, plan: DeploymentPlan) -> list[tuple[str, str]]:
    """Keys and names to choose among; [] for a source that offers none."""
    found = _choices.get(source)
    return found(plan) if found else []
