"""How often somebody looks: "Hour 1 … (every 5 minutes)" with its duties, "Monitoring Stage 1
(Every 15 Minutes)" (S24, S54, S55)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from checklists.documents.places import clock_span
from rollouts.models import Rollout, Stage
from rollouts.rules import rounds
from rollouts.rules.rounds import Band
from warroom.documents.blocks import Document, ListItem, Paragraph, Row, Section, walk
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, WARNING, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan
from warroom.rules.offsets import parse_length
from warroom.rules.wording import duration_text

_EVERY = r"every\s+(?P<every>\d{1,4}\s*-?\s*(?:s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hrs?|hours?))\b"
_HOURS = re.compile(
    rf"^\W*hours?\s*(?P<first>\d{{1,3}})(?:\s*(?:-|–|—|to)\s*(?P<last>\d{{1,3}}))?\b.*?{_EVERY}",
    re.I,
)
_STAGE = re.compile(rf"monitor(?:ing)?\s+stage\s*(?P<stage>\d{{1,2}})\b.*?{_EVERY}", re.I)
# A heading with a time, which says the stage: "09:20 - 21:00 - Watch every 15 minutes".
_WATCH = re.compile(rf"^\W*\d{{1,2}}:\d{{2}}\b.*\b(?:watch|monitor\w*)\b.*?{_EVERY}", re.I)
_CLAIM = re.compile(r"(?P<total>\d{1,4})\s+(?:health checks|rounds|checks)\s+performed", re.I)
MOST_DUTIES = 20


@dataclass(frozen=True, slots=True)
class CadenceFound:
    """Bands of the watching after the rollout, and of stages by number."""

    watching: tuple[Band, ...] = ()
    stages: tuple[tuple[int, Band], ...] = ()


class Cadences(Reader):
    name = "cadences"
    order = 72  # after the stages that it belongs to

    def read(self, document: Document, understanding: Understanding) -> None:
        bands: dict[int, tuple[int, Band]] = {}
        stages: dict[int, tuple[int, Band, str]] = {}
        for section in document.sections:
            for line, text, duties in _lines(section):
                if found := _hours(text):
                    first = bands.setdefault(found.until_s or 0, (line, _with(found, duties)))
                    understanding.claim(line, "cadence", _label(first[1]))
                elif stage := _stage(text, line == section.line, understanding):
                    number, band = stage
                    stages.setdefault(number, (line, band, text))
                    understanding.claim(
                        line,
                        "cadence",
                        _("Stage {number}: {label}").format(number=number, label=_label(band)),
                    )
        self._say(bands, stages, document, understanding)
        understanding.parts["cadences"] = CadenceFound(
            tuple(band for _unused, (_unused, band) in sorted(bands.items())),
            tuple((number, band) for number, (_unused, band, _unused) in sorted(stages.items())),
        )

    def _say(
        self,
        bands: dict[int, tuple[int, Band]],
        stages: dict[int, tuple[int, Band, str]],
        document: Document,
        understanding: Understanding,
    ) -> None:
        if bands:
            line, _unused = min(bands.values(), key=lambda one: one[0])
            read = [band for _unused, (_unused, band) in sorted(bands.items())]
            total = rounds.count(tuple(read), read[-1].until_s or 0)
            text = _("The watching has {total} rounds: {label}.").format(
                total=total, label=", ".join(map(_label, read))
            )
            understanding.find(line, NOTE, "cadence", text)
        for number, (line, band, text) in sorted(stages.items()):
            _say_stage(number, line, band, text, document, understanding)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        found: CadenceFound = understanding.parts["cadences"]
        if found.watching and not (creation.extending and _has_cadence(plan)):
            Rollout.objects.update_or_create(
                plan=plan, defaults={"cadence": rounds.stored(found.watching)}
            )
        for number, band in found.stages:
            stages = Stage.objects.filter(plan=plan, number=number, cadence=[])
            stages.update(cadence=rounds.stored([band]))


def _has_cadence(plan: DeploymentPlan) -> bool:
    return Rollout.objects.filter(plan=plan).exclude(cadence=[]).exists()


def _lines(section: Section) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Lines outside code with the list that follows each: headings, paragraphs, items, rows."""
    yield section.line, without_marks(plain(section.title)), ()
    blocks = section.blocks
    for place, block in enumerate(blocks):
        after = blocks[place + 1] if place + 1 < len(blocks) else None
        for inner in walk(block):
            if isinstance(inner, Paragraph):
                last = inner.rows[-1][0]
                for line, row in inner.rows:
                    duties = _items(after) if line == last and inner is block else ()
                    yield line, without_marks(plain(row)), duties
            elif isinstance(inner, ListItem):
                yield inner.line, without_marks(plain(inner.text.split("\n")[0])), ()
            elif isinstance(inner, Row):
                yield inner.line, " ".join(map(plain, inner.cells)), ()


def _items(block) -> tuple[str, ...]:
    items = getattr(block, "items", ())
    return tuple(plain(item.text)[:200] for item in items[:MOST_DUTIES])


def _hours(text: str) -> Band | None:
    match = _HOURS.match(text)
    band = _band(match["every"]) if match else None
    if match is None or band is None:
        return None
    return Band(band.every_s, int(match["last"] or match["first"]) * 3600)


def _stage(text: str, is_heading: bool, understanding: Understanding) -> tuple[int, Band] | None:
    """The stage that a line tells the cadence of, by its number or by the time of a heading."""
    if (match := _STAGE.search(text)) and (band := _band(match["every"])):
        return int(match["stage"]), band
    match = _WATCH.search(text) if is_heading else None
    band = _band(match["every"]) if match else None
    span = clock_span(text, understanding.t0) if band else None
    if band is None or span is None:
        return None
    for number, stage in enumerate(understanding.parts.get("stages", ()), start=1):
        begins = stage.offset_s
        if begins is not None and begins <= span.start_s < begins + max(stage.soak_s, 1):
            return number, band
    return None


def _band(every: str) -> Band | None:
    seconds = parse_length(re.sub(r"(\d)\s*-?\s*(\D)", r"\1 \2", every, count=1))
    return Band(seconds) if seconds else None


def _with(band: Band, duties: tuple[str, ...]) -> Band:
    return Band(band.every_s, band.until_s, duties)


def _label(band: Band) -> str:
    until = _(" to hour {until_s}").format(until_s=band.until_s // 3600) if band.until_s else ""
    return _("a round every {every_s}{until}").format(
        every_s=duration_text(band.every_s), until=until
    )


def _say_stage(
    number: int, line: int, band: Band, text: str, document: Document, understanding: Understanding
) -> None:
    """How many rounds that makes, and whether the document says the same (S55)."""
    span = clock_span(text, understanding.t0)
    if span is None or span.end_s is None:
        return
    total = rounds.count((band,), span.end_s - span.start_s - 1)
    said = _("Stage {number}: every {every_s} makes {total} rounds").format(
        number=number, every_s=duration_text(band.every_s), total=total
    )
    claimed = {int(found["total"]) for found in _CLAIM.finditer(document.text)}
    if total in claimed:
        understanding.find(
            line, NOTE, "rounds", _("{said}, as the document says.").format(said=said)
        )
    elif claimed:
        text = _("{said}; the document says {min}.").format(said=said, min=min(claimed))
        understanding.find(line, WARNING, "rounds", text)


register(Cadences())
