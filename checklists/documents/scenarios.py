"""Contingency: "Scenario 1: …" with action and decision, "If X" with a list, and tables of both."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from checklists.documents.risk_parts import MOST_ROWS, rows_of, value
from checklists.models import Scenario
from checklists.rules.bands import Band
from checklists.rules.scenarios import ANY
from warroom.documents.blocks import Document, ListBlock, Paragraph, Section, Table, walk
from warroom.documents.blocks import ListItem as Item
from warroom.documents.header import fact_of
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan

_PLACE = re.compile(r"contingenc|what-?\s?if|notfallplan|plan de contingencia|emergency plan", re.I)
_NAMED = re.compile(r"^scenario\s*#?\d{1,3}\s*[:.–—-]\s*(?P<title>.+)$", re.I)
_IF = re.compile(r"^(?:if|when|in case(?: of)?|falls|wenn)\s+(?P<title>.+?):?$", re.I)
_DECIDED = re.compile(r"^(?:if|when)\s+(?:a\s+)?(?:no-?go|go|hold)\b", re.I)
_TRIGGER = re.compile(r"^(?:scenario|if|trigger|condition|situation|event|problem)\b", re.I)
_ACTION = re.compile(r"action|^then$|response|procedure|maßnahme", re.I)
_DECISION = re.compile(r"decision|decide|outcome|escalat|entscheidung", re.I)
_DURATION = re.compile(r"duration|dauer|^how long", re.I)
_TIMELINE = re.compile(r"timeline|deadline|within", re.I)
_NEXT = re.compile(r"next steps?|follow-?up|afterwards", re.I)
_YELLOW = re.compile(r"\byellow\b.*\b(?:gate|go\s?/\s?no-?go|decision)|gate.*\byellow\b", re.I)
LIMIT = 4000


@dataclass(frozen=True, slots=True)
class ScenarioFound:
    """A scenario as it was read; ``items`` are what a start puts into the room."""

    title: str
    line: int
    action: str = ""
    decide: str = ""
    duration: str = ""
    items: tuple[str, ...] = ()

    @property
    def watches(self) -> tuple[str, str]:
        """Key and band where the title says that it is about a yellow gate."""
        return (ANY, Band.YELLOW.value) if _YELLOW.search(self.title) else ("", "")


class Scenarios(Reader):
    name = "scenarios"
    order = 31  # after the risks, before everything that offers bullets as work

    def read(self, document: Document, understanding: Understanding) -> None:
        found: list[ScenarioFound] = []
        for section in document.sections:
            if not _concerns(section, understanding):
                continue
            if scenario := _of_heading(section, understanding):
                found.append(scenario)
            else:
                found += _below(section, understanding)
        understanding.parts["scenarios"] = tuple(found)
        understanding.counts["scenarios"] = len(found)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        found, first = understanding.parts["scenarios"], 1
        if creation.extending:
            known = dict(plan.scenarios.values_list("title", "number"))
            found = [one for one in found if one.title[:300] not in known]
            first = max(known.values(), default=0) + 1
        creation.made["scenarios"] = Scenario.objects.bulk_create(
            Scenario(
                plan=plan,
                number=number,
                title=one.title[:300],
                action=one.action[:LIMIT],
                decide=one.decide[:LIMIT],
                duration=one.duration[:200],
                items=[{"text": text} for text in one.items],
                watch_key=one.watches[0],
                watch_band=one.watches[1],
                source_line=creation.source(one.line),
            )
            for number, one in enumerate(found, start=first)
        )


def _concerns(section: Section, understanding: Understanding) -> bool:
    """Whether a section or one above it, but for the document's title, is about contingency."""
    return any(_PLACE.search(plain(step.title)) for step in understanding.path(section))


def _of_heading(section: Section, understanding: Understanding) -> ScenarioFound | None:
    """A heading "Scenario 1: …" or "If X", with what stands below it."""
    title = without_marks(plain(section.title))
    match = _NAMED.match(title) or _IF.match(title)
    blocks = [block for block in section.blocks if isinstance(block, ListBlock)]
    if match is None or _DECIDED.match(title) or not _free(blocks, understanding):
        return None
    found = ScenarioFound(match["title"].strip(), section.line)
    for block in blocks:
        found = _with(found, block)
    understanding.claim(section.heading, "scenario", _("Contingency scenario"))
    _claim(blocks, understanding)
    return found


def _below(section: Section, understanding: Understanding) -> Iterator[ScenarioFound]:
    """Bold labels with a list below each, and tables."""
    label: tuple[int, str] | None = None
    for block in section.blocks:
        if isinstance(block, Paragraph):
            number, row = block.rows[-1]
            match = _titled(row)
            label = (number, match["title"].strip(" :")) if match else None
        elif isinstance(block, ListBlock) and label and _free([block], understanding):
            understanding.claim(label[0], "scenario", _("Contingency scenario"))
            _claim([block], understanding)
            yield _with(ScenarioFound(label[1], label[0]), block)
            label = None
        elif isinstance(block, Table) and not understanding.is_claimed(block):
            yield from _of_table(block, understanding)


def _titled(row: str) -> re.Match | None:
    """The title of a bold line, such as ``**Scenario 1: Targets stay down**``, ``**If X:**``."""
    if not row.startswith("**"):
        return None
    text = without_marks(plain(row)).rstrip(": ")
    return None if _DECIDED.match(text) else _NAMED.match(text) or _IF.match(text)


def _free(blocks: list[ListBlock], understanding: Understanding) -> bool:
    """Whether there are lists, and none of them holds boxes or belongs to something else."""
    items = [inner for block in blocks for inner in walk(block) if isinstance(inner, Item)]
    return bool(items) and not any(i.box or understanding.is_claimed(i) for i in items)


def _claim(blocks: list[ListBlock], understanding: Understanding) -> None:
    for block in blocks:
        understanding.claim_rest(block, "scenario", _("Belongs to the scenario above"))


def _with(found: ScenarioFound, block: ListBlock) -> ScenarioFound:
    """Labelled bullets say what is done and decided; plain ones are the steps."""
    rows = [item.text.split("\n")[0] for item in block.items]
    facts = [fact for row in rows if (fact := fact_of(row)) is not None]
    if not any(_ACTION.search(key) for key, _unused in facts):
        steps = [without_marks(plain(row)) for row in rows]
        return _stepped(found, [step for step in steps if step])
    return _said(found, [(key, without_marks(said)) for key, said in facts])


def _stepped(found: ScenarioFound, steps: list[str]) -> ScenarioFound:
    items = (*found.items, *steps)[:MOST_ROWS]
    return replace(found, action="; ".join(items)[:LIMIT], items=items)


def _said(found: ScenarioFound, facts: list[tuple[str, str]]) -> ScenarioFound:
    action, after = value(facts, _ACTION), [value(facts, _TIMELINE), value(facts, _NEXT)]
    later = ". ".join(part.rstrip(".") for part in after if part)
    return replace(
        found,
        action=action,
        decide=value(facts, _DECISION) or later,
        duration=value(facts, _DURATION),
        items=(action[:1000],) if action else (),
    )


def _of_table(table: Table, understanding: Understanding) -> Iterator[ScenarioFound]:
    """A scenario per row, where one column says what happens and another what is done."""
    heads = [without_marks(plain(cell)) for cell in table.header]
    if not _TRIGGER.match(heads[0] if heads else "") or not any(map(_ACTION.search, heads[1:])):
        return
    understanding.claim(table, "scenario", _("Table of scenarios"))
    for row, facts in zip(table.rows, rows_of(table), strict=True):
        title = without_marks(facts[0][1]) if facts else ""
        if title:
            understanding.claim(row, "scenario", _("Contingency scenario"))
            yield _said(ScenarioFound(title, row.line), facts[1:])


register(Scenarios())
