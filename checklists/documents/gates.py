"""Gates and their criteria: tables of metric, target and fail, and headings of a go/no-go."""

import re
from dataclasses import dataclass, replace
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from checklists.documents.areas import area_lists, criteria_of, items_asked
from checklists.documents.criteria import CriterionFound, in_bullets, is_open, read_row
from checklists.documents.places import Span, announces, heading_title, span_of
from checklists.models import Criterion, Gate, Source
from checklists.rules.bands import Bands, findings
from warroom.documents.blocks import (
    Document,
    ListBlock,
    ListItem,
    Paragraph,
    Section,
    Table,
    walk,
)
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
from warroom.rules.keys import free_key

LIMIT = 50
_LABEL = re.compile(
    r"^(?:metric|criteri|indicator|kpi|check|measure|category|item|metrik|kriterium|métri|métrique"
    r"|indicateur|指標|指标|項目)",
    re.I,
)
_GREEN = re.compile(
    r"green|seuil ok|\btarget\b|\bgoal\b|success|zielwert|^ziel$|cible|objectif|objetivo"
    r"|成功標準|目標",
    re.I,
)
_YELLOW = re.compile(r"yellow|amber|acceptable|warning|^warn", re.I)
_RED = re.compile(
    r"\bred\b|\bfail|alert if|critical|rollback|abort|alerte|unacceptable"
    r"|^thresholds?$|閾值|阈值|^schwell|^umbral|^seuil$",
    re.I,
)
_DECISION = re.compile(r"go\s?/\s?no[- ]?go|go[- ]no[- ]go|decision (?:point|gate)", re.I)
_SAME_AS = re.compile(r"\bsame (?:criteria )?as\b", re.I)
_TIME_MARK = re.compile(r"\s*\(T\s?[-+−][^()]*\)\s*$")
_LEADING_TIME = re.compile(
    r"^(?:T[-+−]\S+|\d{1,2}:\d{2}(?:\s+UTC)?(?:\s+[A-Z][a-z]{2,8} \d{1,2})?)\s*[-–—:]\s*"
)


@dataclass(frozen=True, slots=True)
class GateFound:
    key: str
    title: str
    line: int
    span: Span
    rule_text: str = ""
    criteria: tuple[CriterionFound, ...] = ()
    meeting: int = 0  # the line of the go/no-go heading that it is or stands below


class Gates(Reader):
    """One gate per criteria table; one more per go/no-go that refers to the criteria above."""

    name = "gates"
    order = 40

    def read(self, document: Document, understanding: Understanding) -> None:
        gates: list[GateFound] = []
        keys: set[str] = set()
        count = 0
        for section in document.sections:
            gate = self._gate(section, gates, understanding)
            if gate is not None and len(gates) == LIMIT:
                text = _("More than {limit} gates; the rest stays text.").format(limit=LIMIT)
                understanding.find(section.line, WARNING, "too_many", text)
                break
            if gate is not None:
                count += len([c for c in gate.criteria if section.line <= c.line])
                gates.append(replace(gate, key=_unique(gate.title, keys)))
                keys.add(gates[-1].key)
        count += _take_areas(document, gates, keys, understanding)
        if not gates and any(role.signs and role.line for role in understanding.parts["roles"]):
            gates.append(self._final(understanding))
        understanding.parts["gates"] = tuple(gates)
        understanding.counts["criteria"] = count

    def _gate(
        self, section: Section, gates: list[GateFound], understanding: Understanding
    ) -> GateFound | None:
        criteria: list[CriterionFound] = []
        label = name = ""
        for block in section.blocks:
            if isinstance(block, Paragraph):
                label = announces(block)
            elif isinstance(block, Table) and not understanding.is_claimed(block):
                rows = _read_table(block, understanding)
                name = name or (label if rows else "")
                criteria += rows
        if not criteria:
            criteria, name = _from_bullets(section, understanding)
        decision = _decision_of(section, understanding)
        asked = decision is section and _asks_by_boxes(section)
        if not criteria and decision is section:
            criteria = _same_criteria(section, gates, understanding)
        if not criteria and not asked:
            return None
        title = heading_title(decision or section)
        title = _TIME_MARK.sub("", _LEADING_TIME.sub("", title))
        if decision is None and name:
            title = name
        understanding.claim(
            section.heading or section.line, "gate", _("Gate: {title}").format(title=title)
        )
        span = span_of(section, "", understanding)
        rule, line = _matrix(section, understanding), decision.line if decision else 0
        return GateFound("", title[:200], section.line, span, rule, _keyed(criteria), meeting=line)

    def _final(self, understanding: Understanding) -> GateFound:
        """Who signs must be asked: a plan with signers gets a last go/no-go."""
        line = next(role.line for role in understanding.parts["roles"] if role.signs)
        text = _(
            "No criteria table: the signing roles get one final go/no-go on the checklist itself."
        )
        understanding.find(line, NOTE, "gate_added", text)
        return GateFound("final-go-no-go", "Final go/no-go", line, Span())

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        roles = creation.made["roles"].values()
        decider = next((role for role in roles if "decide" in role.rights), None)
        found = understanding.parts["gates"]
        first = 1
        if creation.extending:
            known = dict(plan.gates.values_list("key", "number"))
            # Without criteria of its own a gate asks for what the plan's gates ask already.
            found = [one for one in found if one.key not in known and one.line and one.criteria]
            first = max(known.values(), default=0) + 1
        gates = [
            Gate(
                plan=plan,
                key=one.key,
                number=number,
                title=one.title,
                rule_text=one.rule_text,
                offset_s=one.span.start_s,
                decider=decider,
                source_line=creation.source(one.line),
            )
            for number, one in enumerate(found, start=first)
        ]
        creation.made["gates"] = Gate.objects.bulk_create(gates)
        Criterion.objects.bulk_create(
            _criterion(gate, place, criterion, creation, understanding)
            for gate, one in zip(gates, found, strict=True)
            for place, criterion in enumerate(one.criteria, start=1)
        )


def _criterion(
    gate: Gate,
    place: int,
    found: CriterionFound,
    creation: Creation,
    understanding: Understanding,
) -> Criterion:
    # No evidence key yet: who measures something links it (a query of the same key), and until
    # then a person judges.
    return Criterion(
        gate=gate,
        key=found.key,
        position=place,
        label=found.label[:200],
        target_text=found.target[:200],
        acceptable_text=found.acceptable[:200],
        fail_text=found.fail[:200],
        green_op=found.green.op if found.green else "",
        green_value=found.green.value if found.green else None,
        red_op=found.red.op if found.red else "",
        red_value=found.red.value if found.red else None,
        unit=found.unit[:20],
        area=found.area,
        **_source(found, creation, understanding),
        source_line=creation.source(found.line),
    )


_ALERTS = re.compile(r"^(?P<severity>critical|high|medium|low)?\s*(?:firing\s+)?alerts?$", re.I)


def _source(
    found: CriterionFound, creation: Creation, understanding: Understanding
) -> dict[str, Any]:
    """Alerts are counted by themselves, also before anybody links a metric to them."""
    if found.boxes:
        # Phases that are added to a plan get their numbers only when they are made.
        phases = understanding.parts["phases"]
        asked = items_asked(found, phases, lambda one: 0 if creation.extending else one.number)
        return {"source": found.source, "params": asked}
    if found.source:
        return {"source": found.source, "params": dict(found.params)}
    if found.evidence_key:
        return {"evidence_key": found.evidence_key}
    match = _ALERTS.match(found.label.strip())
    if match is None or found.green is None:
        return {}
    severity = (match["severity"] or "critical").lower()
    return {"source": Source.ALERTS, "params": {"severity": severity}}


_OFFERED = ("criterion", "text", "item")


def _from_bullets(
    section: Section, understanding: Understanding
) -> tuple[list[CriterionFound], str]:
    """Bullets that name a number, as somebody chose them, and what stands above them."""
    criteria, name = [], ""
    for label, found in in_bullets(section):
        for item, criterion in found:
            known = understanding.claims.get(item.line)
            if known is not None and known.became != "fact":
                continue
            now = understanding.chosen(item, *_OFFERED) or "criterion"
            if now != "item":
                understanding.offer(
                    item, now, _OFFERED, found[0][0].line, _("bullets with a target")
                )
            if now == "criterion":
                criteria.append(criterion)
                _say(criterion, understanding)
        name = name or (label if label == section.title else f"{section.title}: {label}")
    return criteria, without_marks(name).strip(" :")


def _read_table(table: Table, understanding: Understanding) -> list[CriterionFound]:
    heads = [without_marks(plain(cell)) for cell in table.header]
    label = next((n for n, head in enumerate(heads) if _LABEL.match(head)), None)
    green = next((n for n, h in enumerate(heads) if _GREEN.search(h) and n != label), None)
    if label is None:
        return []
    yellow = next((n for n, h in enumerate(heads) if _YELLOW.search(h) and n != green), None)
    red = next((n for n, h in enumerate(heads) if _RED.search(h) and n not in (green, label)), None)
    if green is None and red is None:
        return []
    area = next((n for n, head in enumerate(heads) if head.lower() == "area"), None)
    found = [read_row(row, label, green, yellow, red, area) for row in table.rows]
    criteria = [criterion for criterion in found if criterion is not None]
    bounded = [criterion for criterion in criteria if criterion.green is not None]
    waiting = [c for c in criteria if c.green is None and is_open(c.target) and green is not None]
    if (len(bounded) + len(waiting)) * 2 < len(table.rows) or not bounded:
        return []
    understanding.claim(table, "criteria", _("Criteria: {count} rows").format(count=len(criteria)))
    understanding.claim(table.line + 1, "criteria", "")
    for criterion in criteria:
        _say(criterion, understanding)
    return criteria


def _decision_of(section: Section, understanding: Understanding) -> Section | None:
    """The heading of a go/no-go that this section is or stands below, the innermost first."""
    path = reversed(understanding.path(section))
    return next((step for step in path if _DECISION.search(step.title)), None)


def _take_areas(
    document: Document, gates: list[GateFound], keys: set[str], understanding: Understanding
) -> int:
    """Give each go/no-go the criteria of its areas; returns how many. One may get its gate here."""
    count = 0
    for found in area_lists(document.sections):
        meeting = _decision_of(found.section, understanding)
        criteria = criteria_of(found, understanding) if meeting else []
        if meeting is None or not criteria:
            continue
        place = next((n for n, gate in enumerate(gates) if gate.meeting == meeting.line), None)
        if place is None:
            if len(gates) == LIMIT:
                break
            place = _add_gate(meeting, gates, keys, understanding)
        for criterion in criteria:
            _say_area(criterion, understanding)
        criteria = _keyed([*gates[place].criteria, *criteria])
        count += len(criteria) - len(gates[place].criteria)
        gates[place] = replace(gates[place], criteria=criteria)
    return count


def _add_gate(
    meeting: Section, gates: list[GateFound], keys: set[str], understanding: Understanding
) -> int:
    """A gate of a go/no-go whose lists alone ask something, at its place in the document."""
    title = _TIME_MARK.sub("", _LEADING_TIME.sub("", heading_title(meeting)))[:200]
    key, span = _unique(title, keys), span_of(meeting, "", understanding)
    keys.add(key)
    understanding.claim(
        meeting.heading or meeting.line, "gate", _("Gate: {title}").format(title=title)
    )
    place = sum(gate.line < meeting.line for gate in gates)
    gates.insert(place, GateFound(key, title, meeting.line, span, meeting=meeting.line))
    return place


def _say_area(criterion: CriterionFound, understanding: Understanding) -> None:
    if not criterion.boxes:
        said = _("Criterion: {criterion}")
        if not criterion.green:
            said = _("Criterion, judged by a person: {criterion}")
        understanding.claim(criterion.line, "criterion", said.format(criterion=criterion.label))


def _asks_by_boxes(section: Section) -> bool:
    """Whether a go/no-go is put as boxes: they are items, and their gate asks for the votes."""
    return any(
        isinstance(inner, ListItem) and inner.box
        for block in section.blocks
        for inner in walk(block)
    )


def _say(criterion: CriterionFound, understanding: Understanding) -> None:
    became = "criterion"
    if criterion.green is None:
        understanding.claim(
            criterion.line,
            became,
            _("Criterion, judged by a person: {criterion}").format(criterion=criterion.label),
        )
        text = _("{criterion}: “{target}” is no number, so a person judges it.").format(
            criterion=criterion.label, target=criterion.target
        )
        understanding.find(criterion.line, NOTE, "criterion_judged", text)
        return
    understanding.claim(
        criterion.line, became, _("Criterion: {criterion}").format(criterion=criterion.label)
    )
    for sentence in findings(Bands(criterion.green, criterion.red)):
        text = f"{criterion.label}: {sentence}"
        understanding.find(criterion.line, WARNING, "bands", text, _("Change the bounds."))


def _same_criteria(
    section: Section, gates: list[GateFound], understanding: Understanding
) -> list[CriterionFound]:
    """The criteria that "Same as Stage 1" means: those of the last gate before."""
    for block in section.blocks:
        if isinstance(block, Paragraph) and _SAME_AS.search(plain(block.text)) and gates:
            known = gates[-1]
            text = _("Refers to “{known}”: its {count} criteria are copied.").format(
                known=known.title, count=len(known.criteria)
            )
            understanding.claim(block, "criteria", _("Criteria as above"))
            understanding.find(block.line, NOTE, "criteria_copied", text)
            return list(gates[-1].criteria)
    return []


def _keyed(criteria: list[CriterionFound]) -> tuple[CriterionFound, ...]:
    keys: set[str] = set()
    keyed = []
    for criterion in criteria:
        key = _unique(criterion.label, keys, f"criterion-{criterion.line}")
        keys.add(key)
        keyed.append(replace(criterion, key=key))
    return tuple(keyed)


def _unique(text: str, taken: set[str], fallback: str = "gate") -> str:
    """A key of at most 60 characters that is not taken yet."""
    base = slugify(text.replace("/", " "))[:55].strip("-") or fallback
    # Far down a long list the number of keys is the nearest free one.
    return free_key(base, taken, 2 if len(taken) < 50 else len(taken) + 1)


def _matrix(section: Section, understanding: Understanding) -> str:
    """The rule in the document's own words: bullets that say proceed, hold or roll back."""
    rows = []
    for block in section.blocks:
        if isinstance(block, ListBlock):
            texts = [
                (item.line, without_marks(plain(item.text.split("\n")[0]))) for item in block.items
            ]
            if (
                sum(
                    1
                    for _unused, t in texts
                    if re.search(r"\b(?:PROCEED|HOLD|ROLLBACK|ABORT)\b", t)
                )
                >= 2
            ):
                rows += [text for _unused, text in texts]
                for number, _unused in texts:
                    understanding.claim(number, "rule", _("Rule of the gate, in its own words"))
    return "\n".join(rows)[:2000]


register(Gates())
