"""What every probe gives back, and how its options are read. Probes know nothing of the tables."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

LONGEST_S = 5.0  # a lease lasts eight seconds


@dataclass(frozen=True)
class ProbeResult:
    """One reading.

    Exactly one of three: a `value` to be judged by its bands; `failed`, when the thing itself
    answered wrongly or not at all; neither, which is no data. `reason` says why in words for the
    latter two, and may say more about a value that is not green. `observed_at` is aware (UTC),
    `latency_ms` is the time of the whole call. `total`: the value counts some of so many.
    """

    value: float | None = None
    text: str = ""
    failed: bool = False
    reason: str = ""
    observed_at: datetime | None = None
    latency_ms: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    timed_out: bool = False
    total: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.value is not None


def no_data(reason: str, latency_ms: float | None = None) -> ProbeResult:
    """A reading that says nothing about the thing itself, and why."""
    return ProbeResult(reason=reason, latency_ms=latency_ms, observed_at=datetime.now(UTC))


def failure(reason: str, latency_ms: float | None = None) -> ProbeResult:
    """The thing itself is not well."""
    return ProbeResult(
        failed=True, reason=reason, latency_ms=latency_ms, observed_at=datetime.now(UTC)
    )


def found(value: float, text: str, latency_ms: float, **more: Any) -> ProbeResult:
    """A value that was read just now."""
    return ProbeResult(
        value=value, text=text, latency_ms=latency_ms, observed_at=datetime.now(UTC), **more
    )


# --- options -------------------------------------------------------------------------------


class BadOption(ValueError):
    """An option of a check that cannot be: `field` names it, `message` is one sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message = field, message


T = typing.TypeVar("T")
_WANTED = {
    str: _l("text"),
    int: _l("a whole number"),
    float: _l("a number"),
    bool: _l("true or false"),
}


def read_options(kind: type[T], raw: Mapping[str, Any]) -> T:
    """Options as they are stored, checked: a frozen dataclass. Raises BadOption, naming the field.

    None and "" mean that an option is not given. The dataclass checks its values by itself.
    """
    if not isinstance(raw, Mapping):
        raise BadOption("options", _("Options are names with values."))
    if not raw:
        return _usual(kind)
    hints = _hints(kind)
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    for name in raw:
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise BadOption(
                str(name), _("There is no such option; there are: {listed}.").format(listed=listed)
            )
    given = {name: value for name, value in raw.items() if value is not None and value != ""}
    return kind(**{name: _typed(name, value, hints[name]) for name, value in given.items()})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


@cache
def _usual(kind: type[T]) -> T:
    """The options of a check that names none; frozen, so that all may share them."""
    return kind()


def _typed(name: str, value: Any, hint: Any) -> Any:
    wanted = next((h for h in _of(hint) if h is not type(None)), str)
    if wanted is float and type(value) is int:
        return float(value)
    origin = typing.get_origin(wanted) or wanted
    if origin is Mapping or (isinstance(origin, type) and issubclass(origin, Mapping)):
        if not isinstance(value, Mapping):
            raise BadOption(name, _("Names with values are wanted."))
        return {str(key): str(one) for key, one in value.items()}
    if type(value) is not wanted:
        raise BadOption(name, _("{wanted} is wanted.").format(wanted=_WANTED[wanted].capitalize()))
    return value


def _of(hint: Any) -> tuple[Any, ...]:
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return typing.get_args(hint) if is_union else (hint,)


def within(name: str, value: float | None, low: float, high: float, unit: str = "") -> None:
    """Raises BadOption unless a value, where there is one, lies between two others."""
    if value is not None and not low <= value <= high:
        raise BadOption(
            name,
            _("Between {low} and {high} is wanted.").format(
                low=f"{low:g}", high=f"{high:g} {unit}".rstrip()
            ),
        )
