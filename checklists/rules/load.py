"""Judges a load run against the limits of its profile, and beside its baseline. Pure.

Latencies are in ms, errors in percent of the requests, throughput in requests a second.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from checklists.rules.bands import Band, Bands, Bound, exact, judge, parse_bound, show
from warroom.rules.wording import listed, number_text

Figures = Mapping[str, float | None]
Limits = Mapping[str, Bound | float | None]  # a bare number: at most, or at least


@dataclass(frozen=True)
class Kind:
    """A figure of a run: its names, its unit, and whether a limit is a most or a least."""

    key: str
    label: str
    unit: str
    op: str  # of the limit; "" for a figure without one
    field: str = ""  # of the profile
    evidence: str = ""


LIMITED = (
    Kind("p50", "P50", "ms", "<=", "p50_ms", "p50"),
    Kind("p95", "P95", "ms", "<=", "p95_ms", "p95"),
    Kind("p99", "P99", "ms", "<=", "p99_ms", "p99"),
    Kind("errors", _l("Errors"), "%", "<=", "error_percent", "error-rate"),
    Kind("rps", _l("Throughput"), "/s", ">=", "throughput", "rps"),
)
BESIDE = (
    Kind("cpu", "CPU", "%", "", "", "cpu"),
    Kind("memory", _l("Memory"), "%", "", "", "memory"),
    Kind("requests", _l("Requests"), "", "", "", "requests"),
    Kind("users", _l("Users"), "", "", "", "users"),
)
KINDS = {kind.key: kind for kind in (*LIMITED, *BESIDE)}
PERCENT = ("errors", "cpu", "memory")
LARGEST = 1e12
GROUPS = ("green", "no_data", "red")
IN_MS = {"": 1, "ms": 1, "s": 1_000}
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True)
class Judged:
    """One figure as it was judged; ``band`` is "" where the profile sets no limit."""

    key: str
    label: str
    value: float | None
    unit: str
    text: str
    limit: str
    band: str

    def as_data(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Outcome:
    """What a run comes to: the worst band of its limits, and why, in one sentence."""

    band: Band
    sentence: str
    figures: tuple[Judged, ...]

    @property
    def met(self) -> tuple[int, int]:
        """How many limits were met, of how many."""
        limited = [one for one in self.figures if one.band]
        return sum(one.band == Band.GREEN for one in limited), len(limited)


# --- limits --------------------------------------------------------------------------------


def read_limit(kind: Kind, text: str) -> Bound:
    """The limit that is meant by "500", "≤ 500", "< 500 ms" or "< 0.5 s", in the kind's unit.

    Raises ValueError with the sentence for the reader.
    """
    read = parse_bound(text)
    if read is None:
        raise ValueError(_("Write it as {examples}.").format(examples=_examples(kind)))
    bound, unit = read
    if kind.unit == "ms" and unit in IN_MS:
        return as_limit(kind, Bound(bound.op, bound.value * IN_MS[unit]))
    if unit and unit.removeprefix("/") not in (kind.unit.removeprefix("/"), "rps", "req/s"):
        raise ValueError(
            _("{kind} is in {unit}, and not in {other}.").format(
                kind=kind.label, unit=kind.unit, other=unit
            )
        )
    return as_limit(kind, bound)


def as_limit(kind: Kind, bound: Bound | float) -> Bound:
    """A limit of a kind: a bare number is at most, or at least. Raises ValueError."""
    if not isinstance(bound, Bound):
        return Bound(kind.op, float(bound))
    if bound.op == "=":
        return Bound(kind.op, bound.value)
    if bound.op[0] != kind.op[0]:
        said = (
            _("A limit of {kind} is a most: {examples}.")
            if kind.op[0] == "<"
            else _("A limit of {kind} is a least: {examples}.")
        )
        raise ValueError(said.format(kind=kind.label, examples=_examples(kind)))
    return bound


def _examples(kind: Kind) -> str:
    number = {"ms": 500, "%": 1, "/s": 50}[kind.unit]
    strict, other = f"{kind.op[0]} {number}", f"{'≤' if kind.op == '<=' else '≥'} {number}"
    return _("{one} or {other}").format(one=strict, other=other)


def written(kind: Kind, bound: Bound) -> str | float | int:
    """A limit as files and the API say it: 500 is at most 500; "< 500" is below it."""
    if bound.op != kind.op:
        return f"{bound.op} {exact(bound.value)}"
    return int(bound.value) if bound.value.is_integer() else bound.value


def columns(limits: Mapping[str, Bound | None]) -> dict[str, Any]:
    """All limits of a profile, by the key of the figure, as its row keeps them."""
    told = {kind.key: limits.get(kind.key) for kind in LIMITED}
    values = {KINDS[key].field: bound.value if bound else None for key, bound in told.items()}
    strict = [key for key, bound in told.items() if bound and not bound.op.endswith("=")]
    return values | {"strict": strict}


def bounds(values: Figures, strict: Collection[str]) -> dict[str, Bound]:
    """The limits that are set, by the key of the figure, out of what a row keeps."""
    return {
        kind.key: Bound(kind.op[0] if kind.key in strict else kind.op, value)
        for kind in LIMITED
        if (value := values.get(kind.key)) is not None
    }


# --- a run ---------------------------------------------------------------------------------


def judge_run(limits: Limits, measured: Figures) -> Outcome:
    """Worst wins (law 6), and a limit whose figure is missing is no data (law 5)."""
    figures = tuple(
        judged
        for key, kind in KINDS.items()
        if (judged := _judged(kind, limits.get(key), measured.get(key))) is not None
    )
    red = [one for one in figures if one.band == Band.RED]
    missing = [one for one in figures if one.band == Band.NO_DATA]
    limited = [one for one in figures if one.band]
    if red:
        return Outcome(Band.RED, _red_sentence(red, missing), figures)
    if missing or not limited:
        return Outcome(Band.NO_DATA, _missing_sentence(missing, figures), figures)
    told = listed([f"{one.label} {one.text}" for one in limited])
    said = ngettext(
        "The limit is met: {told}.", "All {count} limits are met: {told}.", len(limited)
    )
    return Outcome(Band.GREEN, said.format(count=len(limited), told=told), figures)


def _judged(kind: Kind, limit: Bound | float | None, value: float | None) -> Judged | None:
    if limit is None and value is None:
        return None
    text = number_text(value, kind.unit)
    if limit is None:
        return Judged(kind.key, str(kind.label), value, kind.unit, text, "", "")
    bound = as_limit(kind, limit)
    bands = Bands(bound, Bound(OPPOSITE[bound.op], bound.value))
    shown = show(bands.green, kind.unit)
    return Judged(
        kind.key, str(kind.label), value, kind.unit, text, shown, judge(bands, value).value
    )


def _red_sentence(red: list[Judged], missing: list[Judged]) -> str:
    told = listed(
        [
            _("{one} {one_text} (limit {limit})").format(
                one=one.label, one_text=one.text, limit=one.limit
            )
            for one in red
        ]
    )
    return f"{told}. {_not_measured(missing)}" if missing else f"{told}."


def _missing_sentence(missing: list[Judged], figures: tuple[Judged, ...]) -> str:
    if missing:
        return _not_measured(missing)
    if any(one.value is not None for one in figures):
        return _("The profile sets no limit, so nothing is judged.")
    return _("Nothing was measured.")


def _not_measured(figures: list[Judged]) -> str:
    said = ngettext("{names} was not measured.", "{names} were not measured.", len(figures))
    return said.format(names=listed([one.label for one in figures]))


def objection(measured: Figures) -> tuple[str, str] | None:
    """The figure that cannot be meant, and why; None when all can."""
    for key, value in measured.items():
        if key not in KINDS:
            return key, _("No figure of a run is called {key}: {kinds}.").format(
                key=key, kinds=", ".join(KINDS)
            )
        if value is None:
            continue
        if not 0 <= value <= LARGEST:  # NaN is not either
            return key, _("{key} is a number from 0 on.").format(key=KINDS[key].label)
        if key in PERCENT and value > 100:
            return key, _("{key} is a share: at most 100 %.").format(key=KINDS[key].label)
    told = [(key, measured[key]) for key in ("p50", "p95", "p99") if measured.get(key) is not None]
    for (low, less), (high, more) in pairwise(told):
        if less > more:
            return high, _("{high} is not below {low}: {more:g} and {less:g} ms.").format(
                high=high.upper(), low=low.upper(), more=more, less=less
            )
    return None


def limit_objection(limits: Mapping[str, Bound | None]) -> tuple[str, str] | None:
    """The field of the limit that cannot be meant, and why; None when all can."""
    found = objection({key: bound.value if bound else None for key, bound in limits.items()})
    return (KINDS[found[0]].field, found[1]) if found else None


@dataclass(frozen=True)
class Difference:
    """A figure beside that of the baseline: ``+41 ms, 32 % more``. ``worse`` None: neither."""

    text: str
    worse: bool | None


def difference(key: str, value: float | None, base: float | None) -> Difference | None:
    """How a figure stands to the baseline's; None where either is missing."""
    if value is None or base is None:
        return None
    kind, gap = KINDS[key], value - base
    if abs(gap) < 1e-9 * max(abs(value), abs(base), 1e-9):
        return Difference(_("as the baseline"), None)
    sign, word = ("+", "more") if gap > 0 else ("−", "less")
    text = f"{sign}{number_text(abs(gap), 'points' if key in PERCENT else kind.unit)}"
    if base and key not in PERCENT:  # a share of shares would read as points
        text += f", {100 * abs(gap) / base:,.0f} % {word}"
    worse = None if key in ("requests", "users") else (gap < 0) == (kind.op == ">=")
    return Difference(text, worse)
