"""One value inside a JSON document, by a path such as ``flags.web.percentage`` or ``[0].value``."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

_STEP = re.compile(r'\.?([^.\[\]"]+)|\[(\d{1,6})\]|\.?\["((?:[^"\\]|\\.)*)"\]')
MOST_STEPS = 50


class NoPath(ValueError):
    """The path cannot be read, or leads nowhere; the message says where it ends."""


def steps(path: str) -> list[str | int]:
    """The path in steps; a leading ``$`` is taken as the document. Raises NoPath."""
    rest, found = path.strip().removeprefix("$"), list[str | int]()
    while rest:
        match = _STEP.match(rest)
        if match is None or len(found) >= MOST_STEPS:
            raise NoPath(_("the path cannot be read at “{rest}”").format(rest=rest[:40]))
        name, index, quoted = match.groups()
        found.append(int(index) if index else (name or re.sub(r"\\(.)", r"\1", quoted or "")))
        rest = rest[match.end() :]
    return found


def find(document: Any, path: str) -> Any:
    """The value at `path`. Raises NoPath, naming the step that is missing."""
    at = document
    for step in steps(path):
        if isinstance(at, list) and isinstance(step, str) and step.isdigit():
            step = int(step)
        try:
            if isinstance(at, (dict, list)):
                at = at[step]  # type: ignore[index]
                continue
        except (KeyError, IndexError, TypeError):
            pass
        raise NoPath(
            _("the answer has no “{step}” on the path {path}").format(step=step, path=path)
        )
    return at
