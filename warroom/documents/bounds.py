"""Bounds in a plan file: ``< 0.1``, ``>= 98``; read, written and kept in columns."""

import re
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import BeforeValidator, WithJsonSchema

from warroom.documents.fields import quoted, wrong

_SIGNS = {"≤": "<=", "≥": ">="}
_BOUND = r"(<=|>=|<|>|=|≤|≥) ?([-+]?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][-+]?[0-9]{1,2})?)"


def _bound(value: Any) -> tuple[str, float]:
    match = re.fullmatch(_BOUND, value) if isinstance(value, str) else None
    if match is None:
        shown = value if isinstance(value, int | float) else 0.1
        wrong(
            _("{value} is no bound.").format(value=quoted(value)),
            _('Write a sign and a number, such as "< {shown}".').format(shown=shown),
        )
    return _SIGNS.get(match[1], match[1]), float(match[2])


def bound(op: str, value: float | None) -> str | None:
    """``< 0.1``; None where there is no bound."""
    if not op or value is None:
        return None
    return f"{op} {int(value) if value == int(value) and abs(value) < 1e15 else value!r}"


def bound_fields(green: tuple | None, red: tuple | None) -> dict[str, Any]:
    """The four columns in which bounds are kept."""
    green, red = green or ("", None), red or ("", None)
    return {
        "green_op": green[0],
        "green_value": green[1],
        "red_op": red[0],
        "red_value": red[1],
    }


Bound = Annotated[
    tuple[str, float],
    BeforeValidator(_bound),
    WithJsonSchema({"type": "string", "pattern": f"^{_BOUND}$", "examples": ["< 0.1", ">= 98"]}),
]
