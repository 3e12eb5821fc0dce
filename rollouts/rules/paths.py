"""A number out of a JSON answer, by a path such as ``flags.web.percentage``.

``strategies[0].parameters.rollout`` counts from 0; ``strategies[name=flexibleRollout]`` takes the
first element whose field says so. A name in quotes keeps its dots: ``flags."web.new".share``.
"""

from __future__ import annotations

import math
import re
from typing import Any

_STEP = re.compile(
    r"\.?(?:\"(?P<quoted>[^\"]+)\"|(?P<name>[^.\[\]\"]+)|\[(?P<at>\d+)\]"
    r"|\[(?P<field>[\w-]+)=(?P<value>[^\]]*)\])"
)


class PathError(ValueError):
    """The path is not one, or leads to nothing; the message says where it ended."""


def steps(path: str) -> list[re.Match]:
    """The steps of a path. Raises PathError where it cannot be read."""
    found, at = [], 0
    path = path.strip().removeprefix("$")
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            raise PathError(f"the path cannot be read from “{path[at:][:40]}” on")
        found.append(match)
        at = match.end()
    return found


def number_at(body: Any, path: str) -> float:
    """The number that ``path`` leads to; "5", "5 %" and 5 are 5. Raises PathError."""
    here, gone = body, ""
    for step in steps(path):
        here = _next(here, step, gone)
        gone += step[0]
    if isinstance(here, str):
        here = here.strip().removesuffix("%").strip()
    try:
        number = float(here) if not isinstance(here, bool) else math.nan
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise PathError(f"{gone or 'the answer'} is no number")
    return number


def _next(here: Any, step: re.Match, gone: str) -> Any:
    if step["at"] is not None:
        if isinstance(here, list) and int(step["at"]) < len(here):
            return here[int(step["at"])]
    elif step["field"] is not None:
        rows = [one for one in here if isinstance(one, dict)] if isinstance(here, list) else []
        for one in rows:
            if str(one.get(step["field"])) == step["value"]:
                return one
    elif isinstance(here, dict) and (name := step["quoted"] or step["name"]) in here:
        return here[name]
    raise PathError(f"the answer has no {(gone + step[0]).lstrip('.')}")
