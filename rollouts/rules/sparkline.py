"""Where things stand in a sparkline and in the big chart: numbers in, SVG attributes out.

Every coordinate leaves here as text with a dot, whatever the locale of the page.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from checklists.rules.bands import Bands

Point = tuple[float, float | None]  # epoch seconds, value or None where nothing was seen

# Share of the height that each zone gets, best zone first; values are linear inside a zone.
_THREE = (0.5, 0.3, 0.2)
_TWO = (0.5, 0.5)


def px(value: float) -> str:
    """A coordinate: one decimal at most, always with a dot."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


@dataclass(frozen=True)
class Zone:
    kind: str  # CSS class: "z-fail" or "z-acc"
    y: str
    height: str


@dataclass(frozen=True)
class Spark:
    """Attributes of one sparkline; `lines` are polylines, broken where there was no data."""

    zones: tuple[Zone, ...]
    edge: str
    lines: tuple[str, ...]
    width: int = 200
    height: int = 46
    mark: str = ""  # a line from top to bottom, where something began
    target: str = ""  # the end of the best zone alone, for a picture without zones


@dataclass(frozen=True)
class Scale:
    """Maps a value to 0 (worst end) … 1 (best end) through stretches that are linear inside."""

    stops: tuple[tuple[float, float], ...]  # (value, share from the worst end), shares rising
    edges: tuple[float, ...]  # shares where a zone ends
    best_at_bottom: bool

    def y(self, value: float, height: float) -> float:
        share = self._share(value)
        return height * (share if self.best_at_bottom else 1 - share)

    def _share(self, value: float) -> float:
        rising = self.stops[0][0] <= self.stops[-1][0]
        stops = self.stops if rising else tuple(reversed(self.stops))
        if value >= stops[-1][0]:
            return stops[-1][1]
        if value <= stops[0][0]:
            return stops[0][1]
        for (low, from_share), (high, to_share) in itertools.pairwise(stops):
            if value <= high and high > low:
                return from_share + (to_share - from_share) * (value - low) / (high - low)
        return stops[-1][1]


def zone_scale(bands: Bands | None, values: Sequence[float], ceiling: float | None = None) -> Scale:
    """The scale of a tile. `ceiling` is the natural best end (100 for %, 5 for "of 5")."""
    if bands is None or (bands.red is None and bands.green.op == "="):
        low, high = _spread([*values, *([bands.green.value] if bands else [])])
        return Scale(((low, 0.0), (high, 1.0)), (), best_at_bottom=False)
    green, red = bands.green.value, bands.red.value if bands.red else None
    lower = _lower_is_better(bands)
    best = _best_end(green, values, lower, ceiling)
    worst = _worst_end(green, red, values, lower)
    if red is None:
        return Scale(((worst, 0.0), (green, _TWO[1]), (best, 1.0)), (_TWO[1],), lower)
    edges = (_THREE[2], _THREE[2] + _THREE[1])
    stops = ((worst, 0.0), (red, edges[0]), (green, edges[1]), (best, 1.0))
    return Scale(stops, edges, lower)


def _lower_is_better(bands: Bands) -> bool:
    if bands.green.op == "=" and bands.red is not None:
        return bands.red.op.startswith(">")
    return bands.green.op.startswith("<")


def _spread(values: Sequence[float]) -> tuple[float, float]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    pad = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    return low - pad, high + pad


def _best_end(green: float, values: Sequence[float], lower: bool, ceiling: float | None) -> float:
    if lower:
        return min([0.0, green, *values])
    return max([green, *values, *([] if ceiling is None else [ceiling])])


def _worst_end(green: float, red: float | None, values: Sequence[float], lower: bool) -> float:
    edge = green if red is None else red
    if lower:
        return max([edge * 1.25, edge + abs(edge - green) * 0.25, *values])
    return min([0.0, edge, *values])


def spark(points: Sequence[Point], bands: Bands | None, unit: str = "", width: int = 200,
          height: int = 46, mark: float | None = None) -> Spark:  # fmt: skip
    """A tile's sparkline: time runs over the full width from the first to the last point.

    ``mark``: epoch seconds of what is drawn in, if it lies between them.
    """
    seen = [v for _, v in points if _finite(v)]
    scale = zone_scale(bands, seen, ceiling(unit))
    return Spark(
        zones=_zones(scale, height),
        edge="".join(f"M0 {px(_edge_y(scale, e, height))}H{width}" for e in sorted(scale.edges)),
        lines=_lines(points, scale, width, height),
        width=width,
        height=height,
        mark=_mark(points, mark, width, height),
        target=_target(scale, width, height),
    )


def _mark(points: Sequence[Point], at: float | None, width: float, height: float) -> str:
    if at is None or not points or not points[0][0] < at < points[-1][0]:
        return ""
    x = width * (at - points[0][0]) / (points[-1][0] - points[0][0])
    return f"M{px(x)} 0V{px(height)}"


def _target(scale: Scale, width: float, height: float) -> str:
    if not scale.edges:
        return ""
    return f"M0 {px(_edge_y(scale, max(scale.edges), height))}H{px(width)}"


def ceiling(unit: str) -> float | None:
    """The best value a unit allows: 100 for %, the total for "of 5", None when there is none."""
    if unit.startswith("%"):
        return 100.0
    total = unit.removeprefix("of ")
    return float(total) if unit.startswith("of ") and total.isdigit() else None


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _edge_y(scale: Scale, share: float, height: float) -> float:
    return height * (share if scale.best_at_bottom else 1 - share)


def _zones(scale: Scale, height: float) -> tuple[Zone, ...]:
    kinds = ("z-fail", "z-acc") if len(scale.edges) == 2 else ("z-acc",)
    zones, start = [], 0.0
    for kind, end in zip(kinds, scale.edges, strict=False):
        top = min(_edge_y(scale, start, height), _edge_y(scale, end, height))
        zones.append(Zone(kind, px(top), px(height * (end - start))))
        start = end
    return tuple(zones)


def _lines(points: Sequence[Point], scale: Scale, width: float, height: float) -> tuple[str, ...]:
    if not points:
        return ()
    start, end = points[0][0], points[-1][0]
    span = end - start
    runs = _runs(points)
    return tuple(_polyline(run, start, span, scale, width, height) for run in runs)


def _runs(points: Iterable[Point]) -> list[list[Point]]:
    runs: list[list[Point]] = [[]]
    for point in points:
        if _finite(point[1]):
            runs[-1].append(point)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _polyline(run: list[Point], start: float, span: float, scale: Scale, width: float,
              height: float) -> str:  # fmt: skip
    placed = [
        (width * (at - start) / span if span else width, scale.y(value, height))
        for at, value in run
    ]
    if len(placed) == 1:
        # One lonely point would be invisible: draw it as a short stroke.
        x, y = placed[0]
        placed = [(max(0.0, x - 3), y), (min(width, x + 3), y)]
    return " ".join(f"{px(x)},{px(y)}" for x, y in placed)


# --- the big chart -------------------------------------------------------------------------


@dataclass(frozen=True)
class Tick:
    x: str
    y: str
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Label:
    kind: str  # "lab-fail", "lab-acc" or "lab-ok"
    y: str
    text: str


@dataclass(frozen=True)
class Chart:
    """Attributes of the focus chart, in a 960 × 300 box with the plot at 48…948 × 16…270."""

    zones: tuple[Zone, ...]
    edge: str
    values: tuple[Tick, ...]
    times: tuple[float, ...]  # epoch seconds of the time marks, for the page to label
    time_xs: tuple[str, ...]
    lines: tuple[str, ...]
    now: tuple[str, str] | None


LEFT, RIGHT, TOP, BOTTOM = 48.0, 948.0, 16.0, 270.0


def chart(points: Sequence[Point], bands: Bands | None, start: float, end: float) -> Chart:
    """The focus chart of start…end (epoch seconds) on a plain linear scale."""
    seen = [value for _, value in points if _finite(value)]
    low, high, step = _axis(seen, bands)

    def y(value: float) -> float:
        share = (value - low) / (high - low)
        return BOTTOM - (BOTTOM - TOP) * min(1.0, max(0.0, share))

    def x(at: float) -> float:
        return time_x(at, start, end)

    inside = [p for p in points if start <= p[0] <= end]
    times = _time_marks(start, end)
    lines = tuple(
        " ".join(f"{px(x(at))},{px(y(value))}" for at, value in _stroke(run))
        for run in _runs(inside)
    )
    last = inside[-1] if inside and _finite(inside[-1][1]) else None
    return Chart(
        zones=_chart_zones(bands, y, low, high),
        edge="".join(f"M48 {px(y(e))}H948" for e in _bounds(bands) if low <= e <= high),
        values=_value_marks(low, high, step, y),
        times=times,
        time_xs=tuple(px(x(at)) for at in times),
        lines=lines,
        now=(px(x(last[0])), px(y(last[1]))) if last else None,
    )


def time_x(at: float, start: float, end: float) -> float:
    """Where an instant stands on the chart of start…end, all in epoch seconds."""
    return LEFT + (RIGHT - LEFT) * (at - start) / max(1.0, end - start)


def _stroke(run: list[Point]) -> list[Point]:
    return run if len(run) > 1 else [(run[0][0] - 1, run[0][1]), run[0]]


def _bounds(bands: Bands | None) -> list[float]:
    if bands is None:
        return []
    return [bound.value for bound in (bands.green, bands.red) if bound is not None]


def _axis(seen: Sequence[float], bands: Bands | None) -> tuple[float, float, float]:
    """Low end, high end and step of the value axis, on round numbers."""
    wanted = [*seen, *_bounds(bands)] or [0.0, 1.0]
    low, high = min(wanted), max(wanted)
    if low > 0 and low < 0.5 * high:
        low = 0.0
    high += (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    step = _round_step((high - low) / 6)
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    return next((power * f for f in (1, 2, 2.5, 5) if power * f >= rough), power * 10)


def _value_marks(low: float, high: float, step: float, y) -> tuple[Tick, ...]:
    places = max(0, -math.floor(math.log10(step))) if step < 1 else 0
    places += 1 if f"{step / 10.0 ** math.floor(math.log10(step)):.1f}" == "2.5" else 0
    count = round((high - low) / step)
    marks = (low + step * n for n in range(count + 1))
    return tuple(Tick("40", px(y(mark)), f"{mark:.{places}f}", "end") for mark in marks)


def _chart_zones(bands: Bands | None, y, low: float, high: float) -> tuple[Zone, ...]:
    if bands is None:
        return ()
    stretches = _stretches(bands, low, high)
    return tuple(
        Zone(kind, px(y(to)), px(y(from_) - y(to))) for kind, from_, to in stretches if to > from_
    )


def _stretches(bands: Bands, low: float, high: float) -> list[tuple[str, float, float]]:
    green, red = bands.green, bands.red
    if red is None and green.op == "=":
        return []
    if _lower_is_better(bands):
        fail = red.value if red else high
        return [("z-fail", fail, high), ("z-acc", green.value, min(fail, high))]
    fail = red.value if red else low
    return [("z-fail", low, fail), ("z-acc", max(fail, low), green.value)]


def zone_labels(bands: Bands | None, drawn: Chart, text: dict[str, str]) -> tuple[Label, ...]:
    """Words inside the zones; `text` has keys "z-fail", "z-acc" and "z-best"."""
    labels = {"z-fail": "lab-fail", "z-acc": "lab-acc"}
    named = tuple(
        Label(labels[zone.kind], px(float(zone.y) + float(zone.height) - 6), text[zone.kind])
        for zone in drawn.zones
        if float(zone.height) >= 20 and text.get(zone.kind)
    )
    return named + _best_label(bands, drawn, text.get("z-best", ""))


def _best_label(bands: Bands | None, drawn: Chart, text: str) -> tuple[Label, ...]:
    """The word of the best zone, at the end of the plot where nothing is worse."""
    if bands is None or not text or not drawn.zones:
        return ()
    tops = [float(zone.y) for zone in drawn.zones]
    ends = [float(zone.y) + float(zone.height) for zone in drawn.zones]
    lower = _lower_is_better(bands)
    room = BOTTOM - max(ends) if lower else min(tops) - TOP
    y = BOTTOM - 6 if lower else TOP + 14
    return (Label("lab-ok", px(y), text),) if room >= 20 else ()


def _time_marks(start: float, end: float) -> tuple[float, ...]:
    span = max(1.0, end - start)
    steps = (60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
    step = next((s for s in steps if span / s <= 6), 86400)
    first = math.ceil(start / step) * step
    # The right end carries the current time: marks too close to it would overlap.
    return tuple(at for at in range(int(first), int(end), step) if end - at > span * 0.1)


# --- the history strip ---------------------------------------------------------------------

# Band -> CSS class, top and height in an 18 high strip: shape tells the bands apart, not colour.
_BARS = {"green": ("ok", 8, 10), "yellow": ("warn", 4, 14), "red": ("bad", 0, 18)}
_UNSEEN = ("none", 12, 5)


def strip(blocks: Sequence[str], pitch: float = 5.0) -> tuple[tuple[str, str], ...]:
    """One path per class for a row of blocks, each (class, d); "" and no data are "none"."""
    paths: dict[str, list[str]] = {}
    for index, band in enumerate(blocks):
        kind, top, height = _BARS.get(band, _UNSEEN)
        inset, width = (1.2, 2.6) if kind == "none" else (0.7, 3.6)
        x = px(index * pitch + inset)
        bar = f"M{x} {top}h{px(width)}v{height}h-{px(width)}z"
        paths.setdefault(kind, []).append(bar)
    return tuple((kind, "".join(bars)) for kind, bars in paths.items())


def thin(points: Sequence[Point], start: float, end: float, lower_is_better: bool,
         count: int = 180) -> list[Point]:  # fmt: skip
    """At most `count` points of start…end: the worst value of each equal stretch of time."""
    width = max(1.0, (end - start) / count)
    worst: dict[int, Point] = {}
    for point in points:
        index = int((point[0] - start) // width)
        if index not in worst or _is_worse(point[1], worst[index][1], lower_is_better):
            worst[index] = point
    return [worst[index] for index in sorted(worst)]


def _is_worse(value: float | None, than: float | None, lower_is_better: bool) -> bool:
    if value is None or than is None:
        return than is None and value is not None
    return value > than if lower_is_better else value < than


def lower_is_better(bands: Bands | None) -> bool:
    """Which way is good; without bands, less is."""
    return bands is None or _lower_is_better(bands)
