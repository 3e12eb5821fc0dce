"""What people read before they come to a go/no-go: the review pack, computed at one instant.

A part is a sentence, a table and lines, in plain values, so that the page, the print and the
Markdown show the same. Nothing here is typed: every figure is read from the room.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from checklists.models import Gate
from checklists.queries.gates import GateSheet, gate_sheet
from checklists.queries.phases import Checklist, checklist
from checklists.rules.bands import Band
from warroom.models import DeploymentPlan


@dataclass(frozen=True)
class Mark:
    """A judged word: its band gives shape and colour."""

    band: str
    word: str = ""

    @property
    def said(self) -> str:
        return self.word or (_("no data") if self.band == Band.NO_DATA else str(self.band))


class Code(str):
    """What a machine reads: it may be broken anywhere."""

    code = True


Cell = str | Mark


@dataclass(frozen=True)
class Part:
    """A section of the pack. ``head`` names the columns of ``rows``; ``lines`` stand below."""

    key: str
    title: str
    sentence: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """What the parts are made of: a gate and its room at one instant (UTC)."""

    gate: Gate
    now: datetime
    sheet: GateSheet
    board: Checklist

    @property
    def plan(self) -> DeploymentPlan:
        return self.gate.plan


@dataclass(frozen=True)
class Pack:
    gate: Gate
    at: datetime
    sheet: GateSheet
    parts: tuple[Part, ...]


Source = Callable[[Look], Part | None]
_sources: list[tuple[int, Source]] = []


def register_part(order: int, source: Source) -> None:
    """``source`` gives a part, or None where the plan has nothing of its kind."""
    _sources.append((order, source))
    _sources.sort(key=lambda one: one[0])


def pack_of(gate: Gate, now: datetime) -> Pack:
    """The review pack of a gate as of ``now`` (UTC)."""
    look = Look(gate, now, gate_sheet(gate, now), checklist(gate.plan, now))
    parts = (source(look) for _unused, source in _sources)
    return Pack(gate, now, look.sheet, tuple(tight(part) for part in parts if part is not None))


def tight(part: Part) -> Part:
    """Without the columns in which no row says anything."""
    kept = [n for n in range(len(part.head)) if any(row[n] for row in part.rows)]
    if len(kept) == len(part.head):
        return part
    rows = tuple(tuple(row[n] for n in kept) for row in part.rows)
    return replace(part, head=tuple(part.head[n] for n in kept), rows=rows)
