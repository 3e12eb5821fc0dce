"""What stands below the heading of one risk: facts, root cause, mitigation by phase, criteria."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from checklists.rules.risks import guess_word
from warroom.documents.blocks import Block, ListBlock, Paragraph, Section, Table, walk
from warroom.documents.blocks import ListItem as Item
from warroom.documents.header import fact_of, fact_rows
from warroom.documents.plain import is_blank, plain, without_marks

SEVERITY = re.compile(r"severity|risk level|risikostufe|^level$|^score$|risk score|^rating$", re.I)
PROBABILITY = re.compile(r"probab|likelihood|wahrschein|chance|^p$", re.I)
IMPACT = re.compile(r"impact|auswirkung|effect(?!iv)|consequence|^i$", re.I)
MITIGATION = re.compile(
    r"mitigat(?!ion effect)|response|treatment|behandlung|contingency|gegenma|action", re.I
)
OWNER = re.compile(r"owner|eigent|responsible|verantwort", re.I)
CAUSE = re.compile(r"\bcauses?\b|ursache|\bcausa\b", re.I)
TRIGGER = re.compile(r"trigger|auslöser|early warning|indicator", re.I)
CRITERIA = re.compile(r"decision (?:criteria|rules?|matrix)|entscheidungskriterien", re.I)
AFTER = re.compile(r"after|post-?\s?mitigation|residual|remaining|\bnach\b", re.I)
_INLINE_AFTER = re.compile(r"^(?P<before>[^,;]+)[,;]\s*(?P<after>.+?)\s+after mitigation\.?$", re.I)
_PHASES = (
    ("before", re.compile(r"^(?:pre-|before|prior|prevent|ahead)|\bpre-?deploy", re.I)),
    ("during", re.compile(r"^(?:during|while|in the deployment)", re.I)),
    ("after", re.compile(r"^(?:after|post-|fall-?back|recover|if it (?:happens|occurs))", re.I)),
)
LIMIT, ROW, MOST_ROWS = 4000, 1000, 30
Facts = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RiskFound:
    """A risk as it was read, in the words of the document."""

    title: str
    line: int
    severity: str = ""
    probability: str = ""
    probability_after: str = ""
    impact: str = ""
    cause: str = ""
    trigger: str = ""
    mitigation: str = ""
    mitigations: tuple[tuple[str, str], ...] = ()  # phase and text
    criteria: tuple[tuple[str, str, str], ...] = ()  # if, then, word
    owner: str = ""


def value(facts: Facts, pattern: re.Pattern, without: re.Pattern | None = None) -> str:
    """The first fact that says something under such a key."""
    return next(
        (
            v
            for k, v in facts
            if pattern.search(k) and not is_blank(v) and not (without and without.search(k))
        ),
        "",
    )


def of_facts(title: str, line: int, facts: Facts) -> RiskFound:
    """A risk out of keys and values, whether they stood in a row, a table or below a heading."""
    before, after = _chances(facts)
    return RiskFound(
        title[:300],
        line,
        severity=value(facts, SEVERITY, PROBABILITY),
        probability=before,
        probability_after=after,
        impact=value(facts, IMPACT),
        cause=value(facts, CAUSE),
        trigger=value(facts, TRIGGER),
        mitigation=value(facts, MITIGATION, PROBABILITY),
        owner=value(facts, OWNER),
    )


def _chances(facts: Facts) -> tuple[str, str]:
    """The probability before and after; both may stand in one line: "20 %, 5 % after …"."""
    before = value(facts, PROBABILITY, AFTER)
    likely = [(key, said) for key, said in facts if PROBABILITY.search(key)]
    after = value(likely, AFTER)
    inline = _INLINE_AFTER.match(before)
    if inline and not after:
        before, after = inline["before"].strip(), inline["after"].strip()
    return before, after


def of_section(title: str, section: Section) -> RiskFound:
    """A risk that has a heading of its own."""
    facts = [fact for _, row in fact_rows(section) if (fact := fact_of(row))]
    found = of_facts(title, section.line, [(k, without_marks(v)) for k, v in facts])
    for label, block in labelled(section):
        found = _with(found, label, block)
    return found


def labelled(section: Section) -> Iterator[tuple[str, Block]]:
    """Lists and texts below a label such as "Root Cause:", or below a heading inside the risk."""
    yield from _labelled(section, "")
    for child in section.children:
        yield from _labelled(child, without_marks(child.title))
        for below in child.children:
            yield from _labelled(below, without_marks(below.title))


def _labelled(section: Section, label: str) -> Iterator[tuple[str, Block]]:
    for block in section.blocks:
        if isinstance(block, Paragraph):
            last = plain(block.rows[-1][1])
            if last.endswith(":") and len(last) < 80:
                label = last.rstrip(": ")
            elif label:
                yield label, block
                label = ""
        elif isinstance(block, ListBlock) and label:
            yield label, block


def _with(found: RiskFound, label: str, block: Block) -> RiskFound:
    phase = _phase_of(label)
    if isinstance(block, Paragraph):
        text = plain(" ".join(row for _, row in block.rows))[:LIMIT]
        return replace(found, cause=found.cause or text) if CAUSE.search(label) else found
    if CAUSE.search(label):
        return replace(found, cause=found.cause or _lines(block))
    if TRIGGER.search(label):
        return replace(found, trigger=found.trigger or _lines(block))
    if CRITERIA.search(label):
        rows = (*found.criteria, *_criteria(block))
        return replace(found, criteria=rows[:MOST_ROWS])
    if phase and not MITIGATION.search(label):
        steps = (*found.mitigations, *((phase, text) for text in _texts(block.items)))
        return replace(found, mitigations=steps[:MOST_ROWS])
    return _mitigated(found, block) if MITIGATION.search(label) else found


def _phase_of(label: str) -> str:
    return next((phase for phase, pattern in _PHASES if pattern.search(label.strip())), "")


def _mitigated(found: RiskFound, block: ListBlock) -> RiskFound:
    """Steps below "Pre-Deployment", "During …" and "Fallback …" by phase; the others as a list."""
    steps, rest = list(found.mitigations), []
    for item in block.items:
        if item.box:
            continue  # work of the checklist, whatever it stands under
        label = plain(item.text.split("\n")[0])
        phase, below = _phase_of(label), _texts(_items_below(item))
        if not phase:
            rest += [f"- {text}" for text in (label, *below) if text]
        else:
            fact = fact_of(item.text.split("\n")[0])
            alone = [fact[1] if fact and fact[1] else label]
            steps += [(phase, text) for text in below or alone]
    text = "\n".join(filter(None, [found.mitigation, *rest]))[:LIMIT]
    return replace(found, mitigation=text, mitigations=tuple(steps[:MOST_ROWS]))


def _items_below(item: Item) -> list[Item]:
    return [inner for block in item.blocks for inner in walk(block) if isinstance(inner, Item)]


def _texts(items: list[Item]) -> list[str]:
    return [text for item in items if (text := plain(item.text)[:ROW])]


def _lines(block: ListBlock) -> str:
    texts = [plain(inner.text) for inner in walk(block) if isinstance(inner, Item)]
    return "\n".join(texts)[:LIMIT]


def _criteria(block: ListBlock) -> Iterator[tuple[str, str, str]]:
    """``- **Targets up:** Continue …``, or with an arrow: if, then, and the word that is said."""
    for item in block.items:
        row = item.text.split("\n")[0]
        case, then = fact_of(row) or _parted(plain(row))
        then = without_marks(then)[:ROW]
        if case := without_marks(case)[:ROW]:
            yield case, then, guess_word(then)


def _parted(text: str) -> tuple[str, str]:
    parts = re.split(r"\s*(?:→|->|=>|: )\s*", text, maxsplit=1)
    return (parts[0], parts[1]) if len(parts) == 2 else (text, "")


def filled(known: RiskFound, other: RiskFound) -> RiskFound:
    """What one place leaves out is taken from the other."""
    names = ("severity", "probability", "probability_after", "impact", "cause", "trigger")
    gaps = {name: getattr(known, name) or getattr(other, name) for name in names}
    steps = known.mitigation or ("" if known.mitigations else other.mitigation)
    return replace(known, **gaps, mitigation=steps, owner=known.owner or other.owner)


def rows_of(table: Table) -> list[Facts]:
    """Each row of a table as keys and values."""
    heads = [without_marks(plain(cell)) for cell in table.header]
    return [list(zip(heads, map(plain, row.cells), strict=False)) for row in table.rows]
