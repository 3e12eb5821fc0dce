"""PromQL blocks: the panel they stand in gives name, unit, bands and alert."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

import promql_parser
from django.db.models import F
from django.utils.text import slugify
from django.utils.translation import gettext as _

from checklists.models import Criterion
from checklists.rules.bands import Bands, Bound, findings, parse_bound
from rollouts.models import PrometheusQuery, PrometheusSource
from rollouts.rules.readings import HEALTH_CHECKS
from warroom.documents.blocks import (
    Document,
    Fence,
    ListBlock,
    ListItem,
    Paragraph,
    Section,
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
from warroom.rules.offsets import parse_length

LIMIT = 100
_INFO = frozenset({"promql", "prometheus", "prom"})
_PANEL = re.compile(r"^(?:panel|query|metric|graph)\s*\d*\s*[:.–—-]\s*", re.I)
_ASIDE = re.compile(r"\s*\((?:target|monitor|goal|threshold)[^()]*\)\s*$", re.I)
_BAND = re.compile(
    r"^(?P<band>green|yellow|amber|red)\b\s*(?:\((?P<in>[^()]+)\))?\s*[:=]\s*(?P<rest>.*)$", re.I
)
_MAPPING = re.compile(
    r"^(?P<value>-?\d+(?:\.\d+)?)\s*(?:=|:|\()\s*[^()]*\(?(?P<band>green|yellow|red)\b", re.I
)
_WORD = re.compile(
    r"^(?P<value>-?\d+(?:\.\d+)?)\s*[=:]\s*[\"“']?(?P<word>\w[\w ]{0,20}?)[\"”']?\s*\("
)
_FIELD = re.compile(
    r"^(?P<key>unit|alert rule|alert|name|(?:current )?expected values?|note)\s*:\s*(?P<value>.+)$",
    re.I,
)
_ALERT = re.compile(r"^(?P<name>\w+)(?:\s*\((?P<rule>[^()]*)\))?")
_FOR = re.compile(r"\bfor\s+(?P<length>\d+\s*[a-z]+)", re.I)
_UNITS = (
    ("percent", "%"),
    ("%", "%"),
    ("milliseconds", "ms"),
    ("ms", "ms"),
    ("seconds", "s"),
    ("bytes", "B"),
)


@dataclass(frozen=True, slots=True)
class QueryFound:
    """Bands as understood; ``green`` None: shown, but it neither holds nor rolls back."""

    key: str
    name: str
    line: int
    promql: str
    unit: str = ""
    green: Bound | None = None
    red: Bound | None = None
    sustained_s: int | None = None
    meaning: str = ""
    alert_name: str = ""
    words: dict[str, str] = field(default_factory=dict)


class Queries(Reader):
    name = "queries"
    order = 60

    def read(self, document: Document, understanding: Understanding) -> None:
        found: list[QueryFound] = []
        keys: set[str] = set()
        for section in document.sections:
            fences = [fence for fence in _fences(section) if not understanding.is_claimed(fence)]
            panel = _panel(section) if len(fences) == 1 else {}
            above = _above(section, fences) if len(fences) > 1 else {}
            metric = ""
            for fence in fences:
                name = _name(section, fence, above.get(fence.line, ""))
                rows = _split(fence)
                for line, promql in rows:
                    query = QueryFound(_key(name, keys), name, line, promql, **panel)
                    keys.add(query.key)
                    found.append(query)
                    _say(query, understanding)
                if rows:
                    understanding.claim_rest(fence, "query", _("Query: {name}").format(name=name))
                    metric = metric or name
            if metric:
                _claim_section(section, metric, understanding)
        self._keep_to_limit(found, understanding)
        understanding.parts["queries"] = tuple(found)
        understanding.counts["queries"] = len(found)

    def _keep_to_limit(self, found: list[QueryFound], understanding: Understanding) -> None:
        """Each query is asked every few seconds, so their number has an end."""
        if len(found) > LIMIT:
            text = _(
                "{count} queries; the first {limit} become metrics, the rest stays text."
            ).format(count=len(found), limit=LIMIT)
            understanding.find(found[LIMIT].line, WARNING, "too_many", text)
            del found[LIMIT:]

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        found, first = understanding.parts["queries"], 1
        if creation.extending:
            known = set(PrometheusQuery.objects.filter(plan=plan).values_list("key", flat=True))
            found = [query for query in found if query.key not in known]
            first = len(known) + 1
        if found:
            self._make(plan, found, first, creation)
        _measure_criteria(creation, understanding)

    def _make(
        self, plan: DeploymentPlan, found: list[QueryFound], first: int, creation: Creation
    ) -> None:
        source = PrometheusSource.objects.filter(plan=plan).first() if creation.extending else None
        source = source or PrometheusSource.objects.create(plan=plan)
        creation.made["queries"] = PrometheusQuery.objects.bulk_create(
            PrometheusQuery(
                plan=plan,
                source=source,
                key=query.key,
                name=query.name[:200],
                position=place,
                promql=query.promql,
                unit=query.unit[:20],
                green_op=query.green.op if query.green else "",
                green_value=query.green.value if query.green else None,
                red_op=query.red.op if query.red else "",
                red_value=query.red.value if query.red else None,
                sustained_s=300 if query.sustained_s is None else query.sustained_s,
                meaning=query.meaning,
                alert_name=query.alert_name[:120],
                words=query.words,
                report_only=query.green is None,
                source_line=creation.source(query.line),
                due_at=creation.at,
            )
            for place, query in enumerate(found, start=first)
        )


def _measure_criteria(creation: Creation, understanding: Understanding) -> None:
    """Criteria with bounds and the name of a query are measured by it; the rest people judge.

    "Health checks 5/5" is measured by a health page that counts its own checks, once one does,
    or by the plan's own checks when there are just so many.
    """
    keys = [HEALTH_CHECKS, *(query.key for query in understanding.parts["queries"])]
    measured = Criterion.objects.filter(
        gate__in=creation.made.get("gates", []), key__in=keys, green_value__isnull=False
    )
    measured.update(evidence_key=F("key"))


def _fences(section: Section) -> list[Fence]:
    return [
        inner
        for block in section.blocks
        for inner in walk(block)
        if isinstance(inner, Fence) and inner.info in _INFO and inner.text.strip()
    ]


def _split(fence: Fence) -> list[tuple[int, str]]:
    """One query per block, or one per line where only the lines are queries for themselves."""
    rows = [
        (fence.line + n, row.strip())
        for n, row in enumerate(fence.text.split("\n"), start=1)
        if row.strip() and not row.strip().startswith("#")
    ]
    whole = " ".join(row for _unused, row in rows)
    if (
        1 < len(rows) <= LIMIT
        and not is_promql(whole)
        and all(is_promql(row) for _unused, row in rows)
    ):
        return rows
    return [(rows[0][0], "\n".join(row for _unused, row in rows))] if rows else []


@lru_cache(maxsize=2048)
def is_promql(text: str) -> bool:
    """Whether ``text`` parses as PromQL, offline."""
    try:
        promql_parser.parse(text)
    except ValueError:
        return False
    return True


def _name(section: Section, fence: Fence, above: str) -> str:
    """The panel's heading; with several queries below one heading, the line above each."""
    title = _ASIDE.sub("", _PANEL.sub("", without_marks(section.title))).strip(" :")
    return (above or title)[:200] or f"Query of line {fence.line}"


def _above(section: Section, fences: list[Fence]) -> dict[int, str]:
    """By the line of each fence, the last line of text above it; one walk for all fences."""
    paragraphs = [block for block in section.blocks if isinstance(block, Paragraph)]
    said: dict[int, str] = {}
    n, text = 0, ""
    for fence in fences:
        start = n
        while n < len(paragraphs) and paragraphs[n].line < fence.line:
            n += 1
        if n > start:
            text = plain(paragraphs[n - 1].rows[-1][1]).strip(" :")[:120]
        said[fence.line] = text
    return said


def _key(name: str, taken: set[str]) -> str:
    base = slugify(name.replace("/", " "))[:70].strip("-") or f"query-{len(taken) + 1}"
    return free_key(base, taken, 2 if len(taken) < 50 else len(taken) + 1)


def _panel(section: Section) -> dict:
    """What the bullets around a query say: unit, bands, alert rule, meaning."""
    said: dict = {}
    meanings: list[str] = []
    bounds: dict[str, tuple[Bound, str]] = {}
    for text in _texts(section):
        band = _BAND.match(text)
        mapping = _MAPPING.match(text)
        entry = _FIELD.match(text)
        if word := _WORD.match(text):
            said.setdefault("words", {})[word["value"]] = word["word"]
        if band:
            _take_band(band, bounds, meanings)
        elif mapping:
            bounds.setdefault(mapping["band"].lower(), (Bound("=", float(mapping["value"])), ""))
        elif entry:
            _take_field(entry["key"].lower(), entry["value"], said)
    if "green" in bounds:
        said["green"], unit = bounds["green"]
        said["unit"] = said.get("unit") or unit
    if "green" in said and "red" in bounds:
        said["red"] = bounds["red"][0]
    said["meaning"] = "\n".join(meanings)[:2000]
    return _binary(said)


def _texts(section: Section) -> list[str]:
    texts = []
    for block in section.blocks:
        for inner in walk(block):
            if isinstance(inner, ListItem):
                texts.append(plain(inner.text))
            elif isinstance(inner, Paragraph):
                texts += [plain(row) for _unused, row in inner.rows]
    return texts


def _take_band(match: re.Match, bounds: dict[str, tuple[Bound, str]], meanings: list[str]) -> None:
    """A threshold ("Red: > 1.0%"), or a meaning ("Red (> 1.0%): CRITICAL")."""
    band = match["band"].lower().replace("amber", "yellow")
    bound = parse_bound(match["in"] or match["rest"])
    if bound is not None:
        bounds.setdefault(band, bound)
    if match["in"] is not None:
        meanings.append(f"{band.title()}: {match['rest']}")


def _take_field(key: str, value: str, said: dict) -> None:
    if key == "unit":
        low = value.lower()
        said["unit"] = next((unit for word, unit in _UNITS if word in low), value[:20])
    elif key.startswith("alert"):
        match = _ALERT.match(value)
        if match:
            said["alert_name"] = match["name"]
            length = _FOR.search(match["rule"] or "")
            seconds = parse_length(length["length"]) if length else None
            if seconds is not None:
                said["sustained_s"] = seconds


def _binary(said: dict) -> dict:
    """0 red and 1 green, as in "up": green from 1, red below it."""
    green, red = said.get("green"), said.get("red")
    if green and red and green.op == red.op == "=" and green.value != red.value:
        up = green.value > red.value
        said["green"] = Bound(">=" if up else "<=", green.value)
        said["red"] = Bound("<=" if up else ">=", red.value)
    return said


def _claim_section(section: Section, name: str, understanding: Understanding) -> None:
    if section.heading is not None:
        understanding.claim(section.heading, "query", _("Metric: {name}").format(name=name))
    for block in section.blocks:
        if isinstance(block, ListBlock):
            for inner in walk(block):
                if isinstance(inner, ListItem) and inner.box is None:
                    understanding.claim(inner, "query", _("Belongs to the metric"))


def _say(query: QueryFound, understanding: Understanding) -> None:
    """Findings about one query."""
    if not is_promql(query.promql):
        text = _("{query}: this does not parse as PromQL.").format(query=query.name)
        understanding.find(query.line, WARNING, "promql", text, _("Correct the query in the plan."))
    if query.green is None:
        text = _("{query}: no bands found, so it is shown but judges nothing.").format(
            query=query.name
        )
        understanding.find(query.line, NOTE, "query_without_bands", text, _("Give green and red."))
        return
    for sentence in findings(Bands(query.green, query.red)):
        understanding.find(query.line, WARNING, "bands", f"{query.name}: {sentence}")


register(Queries())
