"""Stages of a progressive rollout, from arrows: "0% → 5% (09:00 - 21:00 UTC, 12-hour soak)"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from django.utils.translation import gettext as _

from checklists.documents.places import clock_span
from checklists.models import Gate
from rollouts.models import Stage
from warroom.documents.blocks import Document, ListItem, Paragraph, Row
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import (
    NOTE,
    WARNING,
    Creation,
    Reader,
    Understanding,
    register,
)
from warroom.models import DeploymentPlan
from warroom.rules.moments import find_day
from warroom.rules.offsets import format_span, parse_length

_NUMBER = r"\d{1,3}(?:\.\d+)?"
_CHAIN = re.compile(rf"{_NUMBER}\s?%(?:\s?(?:→|->|=>|–>|➡️?|⟶|to)\s?{_NUMBER}\s?%)+")
_PERCENT = re.compile(rf"({_NUMBER})\s?%")
_ABOUT = re.compile(
    r"stage|phase|roll-?\s?out|deploy|canary|traffic|ramp|day\s*\d|soak|users|launch|step", re.I
)
_SOAK = re.compile(
    r"(?P<n>\d+(?:\.\d+)?)[\s-]?(?P<unit>h|hours?|hrs?|min(?:ute)?s?|d|days?)[\s-]+"
    r"(?:soak|hold|bake|monitoring|observation|watch)",
    re.I,
)
_NAME = re.compile(r"^(?:#+\s*)?(?P<name>(?:stage|day|step|phase)\s*\d+)\b", re.I)
_BRACKET = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class StageFound:
    """Shares of traffic in per cent; ``soak_s`` seconds, ``offset_s`` seconds after T0."""

    name: str
    line: int
    start: float
    end: float
    soak_s: int = 0
    offset_s: int | None = None


class Stages(Reader):
    name = "stages"
    order = 70

    def read(self, document: Document, understanding: Understanding) -> None:
        steps: dict[tuple[float, float], StageFound] = {}
        for number, text in _texts(document):
            for step in _steps(number, text, understanding):
                known = steps.get((step.start, step.end))
                steps[(step.start, step.end)] = _merged(known, step) if known else step
        stages = _longest_chain(list(steps.values()) or _from_headings(document))
        self._say(stages, list(steps.values()), understanding)
        understanding.parts["stages"] = tuple(stages)
        understanding.counts["stages"] = len(stages)

    def _say(
        self, stages: list[StageFound], steps: list[StageFound], understanding: Understanding
    ) -> None:
        for number, stage in enumerate(stages, start=1):
            soak = (
                _(", soak {format_span}").format(format_span=format_span(stage.soak_s))
                if stage.soak_s
                else ""
            )
            label = _("Stage {number}: {start:g} % to {end:g} %{soak}").format(
                number=number, start=stage.start, end=stage.end, soak=soak
            )
            understanding.claim(stage.line, "stage", label)
            if stage.end != round(stage.end) or stage.start != round(stage.start):
                text = _("{label}: shares are kept in whole per cent.").format(label=label)
                understanding.find(stage.line, NOTE, "stage_rounded", text)
        kept = {(stage.start, stage.end) for stage in stages}
        loose = [step for step in steps if (step.start, step.end) not in kept]
        if loose and stages:
            text = ", ".join(f"{s.start:g} → {s.end:g} %" for s in loose[:4])
            understanding.find(
                loose[0].line,
                NOTE,
                "stage_left_out",
                _("{text}: not part of the chain of stages.").format(text=text),
            )
        soakless = [stage for stage in stages if not stage.soak_s]
        if soakless:
            text = _("{count} of {stages_count} stages name no soak time.").format(
                count=len(soakless), stages_count=len(stages)
            )
            understanding.find(soakless[0].line, WARNING, "stage_without_soak", text)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        if creation.extending and Stage.objects.filter(plan=plan).exists():
            return  # the stages of a plan are one chain, which a second document cannot continue
        gates: list[Gate] = [g for g in creation.made.get("gates", []) if g.offset_s is not None]
        creation.made["stages"] = Stage.objects.bulk_create(
            Stage(
                plan=plan,
                number=number,
                name=stage.name[:200],
                from_percent=round(stage.start),
                to_percent=max(round(stage.end), 1),
                offset_s=stage.offset_s,
                soak_s=stage.soak_s,
                gate=_gate_at_end(stage, gates),
                source_line=creation.source(stage.line),
            )
            for number, stage in enumerate(understanding.parts["stages"], start=1)
        )


def _texts(document: Document) -> Iterator[tuple[int, str]]:
    """Lines outside code: headings, paragraphs, list items and table rows."""
    for section in document.sections:
        if section.heading is not None:
            yield section.line, section.heading.text
    for _unused, block in document.blocks():
        if isinstance(block, Paragraph):
            yield from ((n, f"{plain(row)}") for n, row in block.rows if "%" in row)
        elif isinstance(block, ListItem) and "%" in block.text:
            yield block.line, plain(block.text)
        elif isinstance(block, Row):
            row = " | ".join(map(plain, block.cells))
            if "%" in row:
                yield block.line, row


_SHARE = re.compile(
    rf"^(?P<name>(?:stage|phase|step|wave)\s*\d+)\b.*\(.*?(?P<share>{_NUMBER})\s?%", re.I
)


def _from_headings(document: Document) -> list[StageFound]:
    """Headings such as "Stage 2: Friends (5% traffic)", each from the share before it."""
    found: list[StageFound] = []
    before = 0.0
    for section in document.sections:
        match = _SHARE.match(without_marks(section.title))
        if match and before < float(match["share"]) <= 100:
            share = float(match["share"])
            found.append(
                StageFound(match["name"], section.line, before, share, _soak(section.title))
            )
            before = share
    return found if len(found) > 1 else []


def _steps(number: int, text: str, understanding: Understanding) -> Iterator[StageFound]:
    chain = _CHAIN.search(text)
    if chain is None or not _ABOUT.search(text):
        return
    shares = [float(share) for share in _PERCENT.findall(chain[0])]
    if any(a >= b for a, b in pairwise(shares)) or shares[-1] > 100:
        return
    single = len(shares) == 2
    for start, end in pairwise(shares):
        yield StageFound(
            _name(text) if single else "",
            number,
            start,
            end,
            _soak(text) if single else 0,
            _offset(text, understanding) if single else None,
        )


def _name(text: str) -> str:
    match = _NAME.match(without_marks(text).strip(" -|*"))
    return match["name"] if match else ""


def _soak(text: str) -> int:
    match = _SOAK.search(text)
    return (parse_length(f"{match['n']} {match['unit']}") or 0) if match else 0


def _offset(text: str, understanding: Understanding) -> int | None:
    """When the stage begins: a clock in brackets, or a day, at T0's time of day."""
    t0 = understanding.t0
    if t0 is None or not t0.exact:
        return None
    clock = clock_span(text, t0)
    if clock is not None:
        return clock.start_s
    for bracket in _BRACKET.findall(text):
        day, _unused = find_day(bracket, t0.at.year)
        if day is not None:
            return (day - t0.at.date()).days * 86_400
    return None


def _merged(known: StageFound, other: StageFound) -> StageFound:
    return replace(
        known,
        name=known.name or other.name,
        soak_s=known.soak_s or other.soak_s,
        offset_s=known.offset_s if known.offset_s is not None else other.offset_s,
    )


def _longest_chain(steps: list[StageFound]) -> list[StageFound]:
    """The longest run of steps in which each begins where the one before ended."""
    ending: dict[float, tuple[int, StageFound]] = {}  # share -> length of the chain, last step
    for step in sorted(steps, key=lambda s: (s.start, s.end)):
        length = ending[step.start][0] + 1 if step.start in ending else 1
        if step.end not in ending or length > ending[step.end][0]:
            ending[step.end] = (length, step)
    if not ending:
        return []
    best = [max(ending.values(), key=lambda one: one[0])[1]]
    while best[-1].start in ending:
        best.append(ending[best[-1].start][1])
    best.reverse()
    return best if len(best) > 1 or best[0].start == 0 else []


def _gate_at_end(stage: StageFound, gates: list[Gate]) -> Gate | None:
    """The gate that opens when the stage's soak is over, if there is one within the hour."""
    if stage.offset_s is None or not stage.soak_s:
        return None
    end = stage.offset_s + stage.soak_s
    return next((gate for gate in gates if abs(gate.offset_s - end) <= 3600), None)


register(Stages())
