"""Rollback procedures: ordered steps, time targets and commands (S6, S8, S23, S141, S142)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from checklists.documents.found import ROLLBACK
from rollouts.models import ProcedureStep, RollbackProcedure, StepKind
from rollouts.rules.procedures import span_of
from rollouts.rules.runs import DECIDE, EXECUTE, VERIFY
from warroom.documents.blocks import Document, Fence, ListBlock, Paragraph, Section, Table
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan
from warroom.rules.wording import span_text

MOST_STEPS, MOST_VARIANTS = 40, 6
_TIMES = re.compile(r"time|target|duration|zeit|temps", re.I)
_LIMIT = re.compile(r"[<≤]\s*(\d{1,4})\s*-?\s*(s|sec(?:onds?)?|min(?:utes?)?|h|hours?)\b", re.I)
_NUMBERED = re.compile(r"^\s*\*\*\s*\d{1,2}[.)]\s*(?P<title>[^*]{3,200}?)\s*\*\*\s*:?\s*$")
_INTAKE = re.compile(r"\b(?:stop|reject|block)\b.*\b(?:request|intake|traffic)", re.I)
_KINDS = (
    (StepKind.STOP_INTAKE, _INTAKE),
    (StepKind.BACKUP, re.compile(r"\bback\s?up\b", re.I)),
)
_FROM_BACKUP = re.compile(r"restor|from (?:the )?back\s?up", re.I)
_DECIDES = re.compile(r"\bdeci[ds]|\bdetect|confirm|approv|\bgo/no", re.I)
_VERIFIES = re.compile(r"verif|health|monitor|validat|smoke|check", re.I)
_TOTAL, _DOWN = re.compile(r"\btotal\b|overall|gesamt", re.I), re.compile(r"down\s?time", re.I)
_SHELL = ("bash", "sh", "shell", "console", "zsh")
_EXPECTED = re.compile(r"expected\s*:?\s*(?P<what>.{1,200})", re.I)
_VARIANT = re.compile(
    r"manual|force|to (?:a )?(?:specific|commit|sha|version)|partial|complete", re.I
)
_SETS = re.compile(r"\s*[A-Za-z_]\w*=|\s*(?:cp|gzip|mkdir|grep)\b")
_WORD = re.compile(r"[a-z]{4,}", re.I)


@dataclass(frozen=True, slots=True)
class StepFound:
    title: str
    line: int
    segment: str
    kind: str = StepKind.PERSON
    target_s: int | None = None
    command: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class ProcedureFound:
    """``target_s`` and ``downtime_s`` in seconds."""

    name: str
    line: int
    steps: tuple[StepFound, ...] = ()
    target_s: int | None = None
    downtime_s: int | None = None
    command: str = ""
    to_text: str = ""


Command = tuple[str, str, str, int]  # what it is, the lines, what is expected, its line


@dataclass(slots=True)
class _Said:
    """What the sections about a rollback say, before it is put together."""

    steps: list[StepFound] = field(default_factory=list)
    targets: list[tuple[str, int, int]] = field(default_factory=list)  # name, seconds, line
    lines: list[str] = field(default_factory=list)  # the targets as they are written
    commands: list[Command] = field(default_factory=list)


class Procedures(Reader):
    name = "procedures"
    order = 890  # after items and criteria: what they took is theirs

    def read(self, document: Document, understanding: Understanding) -> None:
        said = _Said()
        for section in document.sections:
            path = " / ".join(step.title for step in understanding.path(section))
            if ROLLBACK.search(path):
                _steps(section, said, understanding)
                _targets(section, said, understanding)
                said.commands += _commands(section)
            else:
                said.commands += [
                    one
                    for one in _commands(section)
                    if ROLLBACK.search(one[0]) and _VARIANT.search(one[0])
                ]
        found = tuple(_procedures(said))
        understanding.parts["procedures"] = found
        if found:
            self._say(found[0], said, understanding)

    def _say(self, first: ProcedureFound, said: _Said, understanding: Understanding) -> None:
        for number, step in enumerate(said.steps, start=1):
            understanding.claim(
                step.line, "step", _("Rollback step {number}").format(number=number)
            )
        for name, seconds, line in said.targets:
            understanding.claim(
                line,
                "target",
                _("Rollback target: {name} {seconds}").format(
                    name=name[:60], seconds=span_text(seconds)
                ),
            )
        understanding.rollback.setdefault("steps", []).extend(one.title for one in said.steps)
        understanding.rollback.setdefault("targets", []).extend(said.lines)
        if len(first.steps) > 1:
            text = _("{count} steps of a rollback became the procedure “{first}”.").format(
                count=len(first.steps), first=first.name
            )
            understanding.find(first.line, NOTE, "rollback_steps", text)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        if creation.extending and RollbackProcedure.objects.filter(plan=plan).exists():
            return  # a second document tells of the same way back; which holds is for people
        for place, one in enumerate(understanding.parts.get("procedures", ()), start=1):
            row = RollbackProcedure.objects.create(
                plan=plan,
                key="rollback" if place == 1 else f"rollback-{place}",
                name=one.name[:200],
                target_s=one.target_s,
                downtime_target_s=one.downtime_s,
                command=one.command,
                to_text=one.to_text[:200],
                is_default=place == 1,
                position=place,
                source_line=creation.source(one.line),
            )
            ProcedureStep.objects.bulk_create(_rows(row, one.steps))


def _rows(row: RollbackProcedure, steps: tuple[StepFound, ...]) -> Iterator[ProcedureStep]:
    for position, step in enumerate(steps, start=1):
        yield ProcedureStep(
            procedure=row,
            position=position,
            segment=step.segment[:60],
            title=step.title[:300],
            kind=step.kind,
            target_s=step.target_s,
            command=step.command,
            expected=step.expected[:300],
            blocking=step.kind in (StepKind.STOP_INTAKE, StepKind.BACKUP),
        )


# --- reading -------------------------------------------------------------------------------------


def _steps(section: Section, said: _Said, understanding: Understanding) -> None:
    """Ordered lists, and bold lines with a number: the first kind that the document uses."""
    if len(said.steps) >= MOST_STEPS:
        return
    found = [
        (item.line, plain(item.text.split("\n")[0]))
        for block in section.blocks
        if isinstance(block, ListBlock) and block.ordered
        for item in block.items
        if item.box is None and not understanding.is_claimed(item)
    ]
    if len(found) < 2:
        found = [
            (line, match["title"])
            for block in section.blocks
            if isinstance(block, Paragraph)
            for line, row in block.rows
            if (match := _NUMBERED.match(row)) and not understanding.is_claimed(line)
        ]
    if len(found) > 1 and not said.steps:
        said.steps = [_step(line, without_marks(text)) for line, text in found[:MOST_STEPS]]


def _step(line: int, text: str) -> StepFound:
    kind = next((kind for kind, about in _KINDS if about.search(text)), StepKind.PERSON)
    if kind == StepKind.BACKUP and _FROM_BACKUP.search(text):
        kind = StepKind.PERSON
    return StepFound(text.rstrip(": "), line, _segment(text, kind), kind)


def _segment(text: str, kind: str = StepKind.PERSON) -> str:
    if kind != StepKind.PERSON:
        return EXECUTE
    if _DECIDES.search(text):
        return DECIDE
    return VERIFY if _VERIFIES.search(text) else EXECUTE


def _targets(section: Section, said: _Said, understanding: Understanding) -> None:
    """``- **Verification:** < 5 minutes`` below a heading about times, and tables of targets."""
    about = bool(_TIMES.search(section.title))
    for block in section.blocks:
        if isinstance(block, ListBlock) and about:
            for item in block.items:
                if item.box is None and not understanding.is_claimed(item):
                    _target(plain(item.text), item.line, said)
        elif isinstance(block, Table) and (about or _TIMES.search(" ".join(block.header))):
            for row in block.rows:
                if len(row.cells) > 1:  # it may be a criterion as well
                    _target(": ".join(map(plain, row.cells[:2])), row.line, said)


def _target(text: str, line: int, said: _Said) -> None:
    limit = _LIMIT.search(text)
    name = without_marks(text.partition(":")[0]).strip(" *")
    seconds = span_of(f"{limit[1]} {limit[2][:1].lower()}") if limit else None
    if limit and limit[2].lower().startswith("m"):
        seconds = int(limit[1]) * 60
    if seconds and name and len(said.targets) < MOST_STEPS:
        said.targets.append((name[:100], seconds, line))
        said.lines.append(text)


def _commands(section: Section) -> Iterator[Command]:
    """Lines of a shell below their comments, in blocks in which something is rolled back."""
    for block in section.blocks:
        if isinstance(block, Fence) and block.info.lower() in _SHELL:
            found = list(_commented(block))
            if any(_goes_back(*one) for one in found):
                yield from found


def _commented(block: Fence) -> Iterator[Command]:
    about, lines = "", []
    for number, row in enumerate([*block.text.split("\n"), "#"], start=block.line + 1):
        text = row.strip()
        expected = _EXPECTED.search(text) if text.startswith("#") else None
        if text.startswith("#"):
            if lines:
                what = expected["what"].strip() if expected else ""
                yield about, "\n".join(lines), what, number - 1
            about, lines = "" if expected else text.lstrip("# 0123456789."), []
        elif text and not text.startswith("cd "):
            lines.append(text)


# --- putting it together -------------------------------------------------------------------------


def _procedures(said: _Said) -> Iterator[ProcedureFound]:
    """The procedure with its targets, then the variants that the commands name."""
    named = [one for one in said.commands if _goes_back(*one)]
    if not said.steps and not named:
        return
    told = [one for one in named if _VARIANT.search(one[0])]
    manual = next(iter(told or named), None)
    steps = said.steps or list(_from_commands(said))
    steps, total, downtime = _timed(steps, said.targets)
    line = steps[0].line if steps else manual[3] if manual else 0
    yield ProcedureFound(
        "Rollback", line, tuple(steps), total, downtime, manual[1] if manual else ""
    )
    variants = [one for one in told if one is not manual]
    for about, command, _unused, at in variants[:MOST_VARIANTS]:
        step = StepFound(about[:300], at, EXECUTE, command=command)
        yield ProcedureFound(about[:200], at, (step,), total, None, command)


def _goes_back(about: str, command: str, expected: str, line: int) -> bool:
    """Whether a command rolls back: it is called so, and only that; no variable of a script."""
    if _VERIFIES.search(about) or _SETS.match(command):
        return False
    return bool(ROLLBACK.search(about) or ROLLBACK.search(command))


def _from_commands(said: _Said) -> Iterator[StepFound]:
    """Where no steps are listed: the first command goes back, the others look."""
    for about, command, expected, line in said.commands[:MOST_STEPS]:
        goes = _goes_back(about, command, expected, line)
        segment = EXECUTE if goes else VERIFY
        yield StepFound(
            about or command.split("\n")[0], line, segment, command=command, expected=expected
        )


def _timed(
    steps: list[StepFound], targets: list[tuple[str, int, int]]
) -> tuple[list[StepFound], int | None, int | None]:
    """Give each target to the step or segment that it speaks of; total and downtime apart."""
    total = downtime = None
    steps = list(steps)
    for name, seconds, line in targets:
        if _TOTAL.search(name):
            total = total or seconds
        elif _DOWN.search(name):
            downtime = downtime or seconds
        else:
            _give(steps, name, seconds, line)
    return steps, total, downtime


def _give(steps: list[StepFound], name: str, seconds: int, line: int) -> None:
    place = _named(steps, name)
    segment = _segment(name)
    if place is None:
        free = [n for n, one in enumerate(steps) if one.segment == segment and not one.target_s]
        spoken = segment != EXECUTE or re.search(r"execut", name, re.I)
        place = free[0] if free and spoken else None
    if place is not None:
        steps[place] = replace(steps[place], target_s=seconds)
        return
    made = StepFound(name, line, segment, target_s=seconds)
    at = 0 if segment == DECIDE else _end_of(steps, segment)
    steps.insert(at, made)


def _named(steps: list[StepFound], name: str) -> int | None:
    """The step without a target that shares the most telling word with the target's name."""
    words = {word.lower()[:7] for word in _WORD.findall(name)} - {"rollbac", "time", "target"}
    for place, step in enumerate(steps):
        own = {word.lower()[:7] for word in _WORD.findall(step.title)}
        if step.target_s is None and words & own and _segment(name) == step.segment:
            return place
    return None


def _end_of(steps: list[StepFound], segment: str) -> int:
    same = [n for n, one in enumerate(steps) if one.segment == segment]
    if same:
        return same[-1] + 1
    verify = [n for n, one in enumerate(steps) if one.segment == VERIFY]
    return verify[0] if verify and segment == EXECUTE else len(steps)


register(Procedures())
