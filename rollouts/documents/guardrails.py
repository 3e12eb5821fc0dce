"""What rolls back by itself and what people declare, out of a document (S22, S56, S140)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from checklists.documents.found import ROLLBACK
from checklists.rules.bands import Bound
from rollouts.documents.queries import QueryFound
from rollouts.models import Guardrail, GuardrailKind, RollbackMode, RollbackTrigger
from warroom.documents.blocks import Document, ListBlock, ListItem, Paragraph
from warroom.documents.plain import plain
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
from warroom.rules.offsets import parse_length
from warroom.rules.wording import duration_text, number_text

_BY_ITSELF = re.compile(
    r"\bauto(?:matic(?:ally)?)?[\s-]*roll[\s-]?back\b.*\b(?:trigger|if|when|rule)", re.I
)
_TRIGGERS = re.compile(r"\b(?:trigger(?:s| conditions?| criteria)?|conditions?|criteria)\b", re.I)
_RULE = re.compile(
    r"^(?P<what>[^<>≤≥=]{2,80}?)\s*(?P<op>[<>≤≥]=?)\s*(?P<value>\d[\d.,]*)\s*(?P<unit>%|[a-zA-Z]+)?"
    r"\s+(?:for|over|during)\s+(?P<length>\d+\s*-?\s*[a-z]+)",
    re.I,
)
_LEADS_IN = re.compile(
    r"\b(?:any|one|either|each|all) of\b|\b(?:if|when|whenever|following)\b|\broll\w*\s?-?back",
    re.I,
)
_WORD = re.compile(r"[a-z0-9]+")
_SAID = {"≤": "<=", "≥": ">="}
TRIGGER = "trigger"


@dataclass(frozen=True, slots=True)
class RuleFound:
    """A metric that rolls back by itself; ``query`` is the key of the plan's metric."""

    line: int
    name: str
    query: str
    window_s: int


class Guardrails(Reader):
    name = "guardrails"
    # Before the reader of leftovers, which would keep the same bullets as text.
    order = 890

    def read(self, document: Document, understanding: Understanding) -> None:
        queries: tuple[QueryFound, ...] = understanding.parts.get("queries", ())
        found: list[RuleFound] = []
        for lead, item in _bullets(document, understanding):
            if understanding.is_claimed(item):
                continue
            if _BY_ITSELF.search(lead):
                self._rule(item, queries, found, understanding)
            elif ROLLBACK.search(lead) and _TRIGGERS.search(lead):
                understanding.claim(item, TRIGGER, _("Rollback trigger, for people to declare"))
        understanding.parts["guardrails"] = tuple(found)

    def _rule(
        self,
        item: ListItem,
        queries: tuple[QueryFound, ...],
        found: list[RuleFound],
        understanding: Understanding,
    ) -> None:
        text = plain(item.text.split("\n")[0])
        rule = _RULE.match(text)
        length = parse_length(rule["length"]) if rule else None
        if rule is None or not length:
            return
        understanding.rollback.setdefault("triggers", []).append(text)
        query = _of_name(rule["what"], queries)
        if query is None:
            said = _("“{text}” rolls back by itself, but no metric is called so.").format(
                text=text[:80]
            )
            out = _("Add the metric and a guardrail for it; until then people declare it.")
            understanding.find(item.line, WARNING, "guardrail_without_metric", said, out)
            understanding.claim(item, TRIGGER, _("Rollback trigger, for people to declare"))
            return
        if any(one.query == query.key for one in found):
            return
        found.append(RuleFound(item.line, query.alert_name or query.name, query.key, length))
        label = _("Guardrail: {query} red for {length} rolls back by itself").format(
            query=query.name, length=duration_text(length)
        )
        understanding.claim(item, TRIGGER, label)
        _compare(item.line, rule, query, understanding)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        known = set(Guardrail.objects.filter(plan=plan).values_list("key", flat=True))
        rows = {row.key: row for row in plan.prometheusquery_set.defer("history")}
        rules: tuple[RuleFound, ...] = understanding.parts["guardrails"]
        made = []
        for place, rule in enumerate(rules, start=len(known) + 1):
            row = rows.get(rule.query)
            if row is None or rule.query in known:
                continue
            key = free_key(rule.query, known)
            known.add(key)
            made.append(
                Guardrail(
                    plan=plan,
                    key=key,
                    name=rule.name[:120],
                    kind=GuardrailKind.METRIC,
                    query=row,
                    window_s=rule.window_s,
                    mode=RollbackMode.AUTOMATIC,
                    position=place,
                    source_line=creation.source(rule.line),
                )
            )
        Guardrail.objects.bulk_create(made)
        self._triggers(plan, understanding, creation)

    def _triggers(
        self,
        plan: DeploymentPlan,
        understanding: Understanding,
        creation: Creation,
    ) -> None:
        known = set(RollbackTrigger.objects.filter(plan=plan).values_list("text", flat=True))
        new = [one for one in triggers_of(understanding).items() if one[0] not in known]
        RollbackTrigger.objects.bulk_create(
            RollbackTrigger(plan=plan, text=text, position=place, source_line=creation.source(line))
            for place, (text, line) in enumerate(new, start=len(known) + 1)
        )


def triggers_of(understanding: Understanding) -> dict[str, int]:
    """Text and line of whatever any reader has called a trigger, but for what became guardrails.

    In the order of the document; a text that stands twice counts once.
    """
    rules = {rule.line for rule in understanding.parts["guardrails"]}
    lines = [line for line in understanding.claims.values() if line.became == TRIGGER]
    found: dict[str, int] = {}
    for line in sorted(lines, key=lambda line: line.number):
        text = _said(line.source)[:500]
        if text and line.number not in rules:
            found.setdefault(text, line.number)
    return found


def _bullets(document: Document, understanding: Understanding) -> Iterator[tuple[str, ListItem]]:
    """Bullets without a box, each with what stands right above its list, or over the section."""
    for section in document.sections:
        above = ""
        for block in section.blocks:
            if isinstance(block, Paragraph):
                above = plain(block.rows[-1][1]) if block.rows else ""
            elif isinstance(block, ListBlock):
                lead = _lead(above, [one.title for one in understanding.path(section)[-2:]])
                for item in block.items:
                    if item.box is None and not block.ordered:
                        yield lead, item
                above = ""
            else:
                above = ""


def _lead(above: str, titles: list[str]) -> str:
    """What a list is about: the line above it, or its heading where that line only leads in.

    Another subject below the heading, such as “Contacts:”, is not one of triggers.
    """
    heading = " / ".join(titles)
    leads_in = bool(titles and _TRIGGERS.search(titles[-1]) and _LEADS_IN.search(above))
    own = ROLLBACK.search(above) and _TRIGGERS.search(above)
    return above if above and (own or not leads_in) else heading


def _of_name(what: str, queries: tuple[QueryFound, ...]) -> QueryFound | None:
    """The metric that a rule speaks of: one whose name has all its words, else the other way."""
    said = set(_WORD.findall(what.lower()))
    for query in queries:
        words = set(_WORD.findall(query.name.lower()))
        if said and words and (said <= words or words <= said):
            return query
    return None


def _compare(line: int, rule: re.Match, query: QueryFound, understanding: Understanding) -> None:
    """The guardrail goes by the metric's red band: say so where the line says another figure."""
    op = _SAID.get(rule["op"], rule["op"])
    value = float(rule["value"].replace(",", ""))
    if query.red is None:
        text = _("{query} has no red band, so its guardrail never trips.").format(query=query.name)
        understanding.find(line, WARNING, "guardrail_without_red", text, _("Set where red begins."))
    elif query.red != Bound(op, value):
        said = f"{rule['op']} {number_text(value, rule['unit'] or query.unit)}"
        text = _(
            "{query}: this line rolls back at {said}, its panel is red at {op} "
            "{red}. The panel's band holds."
        ).format(
            query=query.name,
            said=said,
            op=query.red.op,
            red=number_text(query.red.value, query.unit),
        )
        understanding.find(line, NOTE, "guardrail_other_limit", text)


def _said(source: str) -> str:
    """A line without its bullet or box."""
    return plain(re.sub(r"^\s*(?:[-*+]|\d+[.)])?\s*(?:\[[ xX]?\]|☐)?\s*", "", source)).strip()


register(Guardrails())
