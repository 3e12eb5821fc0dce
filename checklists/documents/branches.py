"""What is done on GO, HOLD and NO-GO, as the document lists it: steps of its gate (S116).

Only plain bullets below "If GO", "If NO-GO decision" and the like; boxes stay items.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from checklists.documents.gates import GateFound
from checklists.documents.places import announces
from checklists.models import BranchStep, Gate
from checklists.rules import followups as rules
from checklists.rules.words import GO, HOLD, NO_GO, SHOWN
from warroom.documents.blocks import Document, ListBlock, ListItem, Paragraph, Section
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan

_WORD = r"(?:(?P<no>no[- ]?go)|(?P<hold>hold)|(?P<go>go))"
_IF = re.compile(
    rf"^(?:if|on|when|after)\s+(?:a\s+|the\s+)?{_WORD}(?:\s+(?:decision|is decided))?$", re.I
)
_BARE = re.compile(rf"^{_WORD}(?:\s+(?:decision|actions?|steps?|checklist))?$", re.I)
_OUTCOME = re.compile(r"\b(?:outcomes?|next steps|after the decision)\b", re.I)
_KINDS = (
    (GO, rules.ANNOUNCEMENT, re.compile(r"^send .*\bannouncement\b", re.I)),
    (GO, rules.SCHEDULE, re.compile(r"^(?:confirm|finali[sz]e) .*\bschedule\b", re.I)),
    (NO_GO, rules.BLOCKERS, re.compile(r"^(?:document|list|record|clear) .*\bblock", re.I)),
    (NO_GO, rules.PLAN, re.compile(r"^(?:create|write|draft) .*\bremediation plan\b", re.I)),
    (NO_GO, rules.NEW_DATE, re.compile(r"^set (?:a |the )?new .*\bdate\b", re.I)),
    (NO_GO, rules.NOTICE, re.compile(r"^(?:communicate|announce|notify|tell) .*stakeholder", re.I)),
)
_OFFERED = ("branch", "text", "item")


@dataclass(frozen=True, slots=True)
class StepFound:
    """One line of a branch; ``gate`` is the key of the gate that starts it."""

    gate: str
    branch: str
    kind: str
    text: str
    line: int


class Branches(Reader):
    name = "branches"
    order = 45  # after the gates, before everything that offers bullets as work

    def read(self, document: Document, understanding: Understanding) -> None:
        found: list[StepFound] = []
        for section in document.sections:
            for word, block in _lists(section, understanding):
                gate = _gate_of(section, understanding)
                if gate is not None:
                    found += _take(gate, word, block, found, understanding)
        understanding.parts["branches"] = tuple(found)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        gates = {gate.key: gate for gate in creation.made["gates"]}
        found = [step for step in understanding.parts["branches"] if step.gate in gates]
        for key in dict.fromkeys(step.gate for step in found):
            own = [step for step in found if step.gate == key]
            BranchStep.objects.bulk_create(_rows(gates[key], own, creation))


def _rows(gate: Gate, found: list[StepFound], creation: Creation) -> Iterator[BranchStep]:
    """The document's steps; a branch of which it says nothing starts what is usual."""
    for word in SHOWN:
        own = [step for step in found if step.branch == word]
        for place, step in enumerate(own or rules.DEFAULTS[word], start=1):
            line = creation.source(step.line) if isinstance(step, StepFound) else None
            yield BranchStep(
                gate=gate,
                branch=word,
                position=place,
                kind=step.kind,
                text=step.text,
                after_minutes=_after(word, step.kind),
                source_line=line,
            )


def _after(word: str, kind: str) -> int | None:
    """Due as the usual step of that kind is."""
    usual = (step.after_minutes for step in rules.DEFAULTS[word] if step.kind == kind)
    return next(usual, None)


def _lists(section: Section, understanding: Understanding) -> Iterator[tuple[str, ListBlock]]:
    """Lists with the branch that announces them. "GO:" alone says it where outcomes are listed."""
    label = section.title
    outcomes = any(_OUTCOME.search(plain(step.title)) for step in understanding.path(section))
    for block in section.blocks:
        if isinstance(block, Paragraph):
            label = announces(block) or section.title
        elif isinstance(block, ListBlock):
            listed = outcomes or bool(_OUTCOME.search(label))
            if word := _word(label, bare=listed or label != section.title):
                yield word, block
            for item in block.items:
                inner = [one for one in item.blocks if isinstance(one, ListBlock)]
                head = item.text.split("\n")[0].rstrip().removesuffix("**")
                ends = listed or head.endswith(":")
                word = _word(item.text.split("\n")[0], bare=ends) if item.box is None else ""
                yield from ((word, one) for one in inner if word)


def _word(label: str, *, bare: bool) -> str:
    text = without_marks(plain(label[:120])).strip(" :.")
    match = _IF.match(text) or (_BARE.match(text) if bare else None)
    if match is None:
        return ""
    return NO_GO if match["no"] else HOLD if match["hold"] else GO


def _gate_of(section: Section, understanding: Understanding) -> GateFound | None:
    """The gate whose heading is above; else the only go/no-go of the document that stands before.

    With several and none above nothing says which one is meant.
    """
    gates: tuple[GateFound, ...] = understanding.parts["gates"]
    above = {step.line for step in section.path()}
    near = [gate for gate in gates if gate.line in above or gate.meeting in above]
    if near:
        return near[-1]
    before = [gate for gate in gates if gate.meeting and gate.line < section.line]
    return before[0] if len(before) == 1 else None


def _take(
    gate: GateFound,
    word: str,
    block: ListBlock,
    known: list[StepFound],
    understanding: Understanding,
) -> list[StepFound]:
    """The bullets of one list, as somebody chose them; what a list above said counts once."""
    steps: list[StepFound] = []
    for item in block.items:
        if item.box is not None or understanding.is_claimed(item):
            continue
        now = understanding.chosen(item, *_OFFERED) or "branch"
        if now != "item":
            understanding.offer(item, now, _OFFERED, block.line, _("steps of a decision"))
        if now == "branch":
            step = _step(gate, word, item, [*known, *steps])
            understanding.claim(
                item,
                "branch",
                _("Starts on {word} of “{gate}”").format(word=SHOWN[word], gate=gate.title[:60]),
            )
            if step is not None:
                steps.append(step)
    if steps:
        text = _("{count} steps start by themselves when “{gate}” is {word}.").format(
            count=len(steps), gate=gate.title, word=SHOWN[word]
        )
        understanding.find(block.line, NOTE, "branch_steps", text)
    return steps


def _step(gate: GateFound, word: str, item: ListItem, known: list[StepFound]) -> StepFound | None:
    text = without_marks(plain(item.text.split("\n")[0])).strip()[:2000]
    said = [one for one in known if (one.gate, one.branch) == (gate.key, word)]
    if not text or len(said) >= rules.MOST_STEPS:
        return None
    if any(_plain(one.text) == _plain(text) for one in said):
        return None
    kind = next((kind for on, kind, said_so in _KINDS if on == word and said_so.match(text)), "")
    if not kind or any(one.kind == kind for one in said):
        kind = rules.TASK
    return StepFound(gate.key, word, kind, text, item.line)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


register(Branches())
