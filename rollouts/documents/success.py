"""Success criteria: what must hold at T+1 h, T+24 h, or for 48 hours at 100 % (S26, S91, S143)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.text import slugify
from django.utils.translation import gettext as _

from checklists.rules.bands import Bound, parse_bound
from rollouts.models import PrometheusQuery, Since, SuccessCriterion
from rollouts.rules import success as rules
from warroom.documents.blocks import Document, ListItem, Paragraph, Section, walk
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan
from warroom.rules.keys import free_key

MOST = 60
HOUR, DAY = 3600, 86_400
_ABOUT = re.compile(r"success criteria|success metrics|deployment success|\bstability\b", re.I)
_NOT = re.compile(r"monitoring|^\W*(?:days?|weeks?)\s*[\d-]+ success", re.I)
_LABEL = re.compile(r"^\W*(?P<label>[^:]{3,80}?)\W*:\W*$")
_AT = re.compile(r"T\s?\+\s?(?P<n>\d{1,3})\s?-?\s?(?P<unit>h|hours?|d|days?)\b", re.I)
_LENGTH = re.compile(r"(?P<n>\d{1,3})\s?-?\s?(?P<unit>h|hours?)\b", re.I)
_DAY = re.compile(r"(?:end of day|for day)\s*(?P<n>\d{1,2})", re.I)
_FULL = re.compile(r"\bfor (?P<n>\d{1,3})\s?(?:h|hours)\b.*\b(?:at )?100\s?%", re.I)
_BOUND = re.compile(
    r"^(?P<name>[A-Za-z][\w ./-]{1,60}?)\s*(?P<bound>(?:<=?|>=?|≤|≥)\s*\d[\d.,]*\s*(?:%|ms\b|s\b)?)"
)
_COUNTS = (
    (rules.AUTO_ROLLBACKS, re.compile(r"\bno auto-?\s?rollback", re.I)),
    (rules.ROLLBACKS, re.compile(r"\bno rollback", re.I)),
    (rules.CRITICAL_ALERTS, re.compile(r"\b(?:no|zero) critical alerts?\b", re.I)),
    (rules.FALSE_ALERTS, re.compile(r"\bno false (?:positives|alerts|alarms)\b", re.I)),
    (
        rules.FAILING_CHECKS,
        re.compile(
            r"\b(?:all|every) (?:\w+ )?health checks?\b.*\b(?:pass|green|healthy)"
            r"|\bhealth checks? (?:all )?pass(?:ing|es)?\b[^a-z]*\(?(?P<n>\d+)\s*/\s*(?P=n)\b",
            re.I,
        ),
    ),
    (rules.MISSED_ROUNDS, re.compile(r"\bno missed (?:rounds|checks)\b", re.I)),
)


@dataclass(frozen=True, slots=True)
class Found:
    """``due_s`` counts from T0, or with ``full`` from when 100 % are served; None: no time."""

    text: str
    line: int
    group: str
    due_s: int | None
    full: bool = False
    over_s: int = 0
    counts: str = ""
    name: str = ""
    bound: tuple[Bound, str] | None = None


class SuccessCriteria(Reader):
    name = "success criteria"
    order = 74  # after criteria and items: what they took is theirs

    def read(self, document: Document, understanding: Understanding) -> None:
        found: list[Found] = []
        for section in document.sections:
            for one in _of_section(section, understanding):
                if len(found) < MOST:
                    found.append(one)
                    understanding.claim(one.line, "success", _label(one))
        understanding.parts["success"] = tuple(found)
        if found:
            some = (
                _("1 success criterion")
                if len(found) == 1
                else _("{count} success criteria").format(count=len(found))
            )
            text = _(
                "{some}: they stand under Rollout, Success, and are looked at when due."
            ).format(some=some)
            understanding.find(found[0].line, NOTE, "success_criteria", text)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        known = set(SuccessCriterion.objects.filter(plan=plan).values_list("text", flat=True))
        keys = set(SuccessCriterion.objects.filter(plan=plan).values_list("key", flat=True))
        metrics = list(PrometheusQuery.objects.filter(plan=plan)) if plan.pk else []
        rows = []
        for one in understanding.parts["success"]:
            if one.text in known:
                continue
            key = free_key(slugify(one.text)[:50] or "success", keys)
            keys.add(key)
            rows.append(_row(plan, one, key, len(known) + len(rows) + 1, metrics, creation))
        SuccessCriterion.objects.bulk_create(rows)


def _label(one: Found) -> str:
    if one.due_s is None:
        return _("Success criterion, looked at while the release is watched")
    from_ = _("of 100 %") if one.full else _("after T0")
    return _("Success criterion, looked at {due_s} h {the_from}").format(
        due_s=one.due_s // HOUR, the_from=from_
    )


def _of_section(section: Section, understanding: Understanding) -> Iterator[Found]:
    titles = [without_marks(plain(step.title)) for step in understanding.path(section)]
    about = [title for title in titles if _ABOUT.search(title) and not _NOT.search(title)]
    if titles and _NOT.search(titles[-1]):
        about = []
    on, group = bool(about), titles[-1] if about else ""
    for line, row, is_item in _rows(section):
        text = without_marks(row)
        label = None if is_item else _LABEL.match(text)
        if label:
            timed = bool(_AT.search(text)) and on
            fits = timed or (bool(_ABOUT.search(text)) and not _NOT.search(text))
            on, group = fits or bool(about), _group(label["label"]) if fits else group
        elif on and text and not understanding.is_claimed(line) and (is_item or row != text):
            yield _found(text, line, group, understanding)


def _group(label: str) -> str:
    label = label.strip(" *")
    return f"{label})" if label.count("(") > label.count(")") else label


def _rows(section: Section) -> Iterator[tuple[int, str, bool]]:
    for block in section.blocks:
        for inner in walk(block):
            if isinstance(inner, Paragraph) and inner is block:
                yield from ((line, plain(row), False) for line, row in inner.rows)
            elif isinstance(inner, ListItem) and inner.box is None:
                yield inner.line, plain(inner.text.split("\n")[0]), True


def _found(text: str, line: int, group: str, understanding: Understanding) -> Found:
    full = _FULL.search(text)
    over = int(full["n"]) * HOUR if full else 0
    counts = next((what for what, pattern in _COUNTS if pattern.search(text)), "")
    bound = _BOUND.match(text)
    return Found(
        text[:300],
        line,
        group[:120],
        over if full else _due(group, understanding),
        bool(full),
        over,
        counts,
        bound["name"].strip() if bound else "",
        parse_bound(bound["bound"]) if bound else None,
    )


def _due(group: str, understanding: Understanding) -> int | None:
    """Seconds after T0. Days count only in a rollout: elsewhere they are those of the work."""
    if at := _AT.search(group):
        return int(at["n"]) * (DAY if at["unit"][0].lower() == "d" else HOUR)
    if length := _LENGTH.search(group):
        return int(length["n"]) * HOUR
    day = _DAY.search(group) if understanding.parts.get("stages") else None
    return int(day["n"]) * DAY if day else None


def _row(
    plan: DeploymentPlan,
    one: Found,
    key: str,
    position: int,
    metrics: list[PrometheusQuery],
    creation: Creation,
) -> SuccessCriterion:
    bound, unit = one.bound or (None, "")
    query = None if one.counts or bound is None else _metric(one.name, unit, metrics)
    return SuccessCriterion(
        plan=plan,
        key=key,
        group=one.group,
        text=one.text,
        due_offset_s=one.due_s,
        since=Since.FULL if one.full else "",
        counts=one.counts,
        query=query,
        op=bound.op if bound and query else "",
        value=bound.value if bound and query else None,
        over_s=one.over_s if query or one.counts == rules.FAILING_CHECKS else 0,
        position=position,
        source_line=creation.source(one.line),
    )


def _metric(name: str, unit: str, metrics: list[PrometheusQuery]) -> PrometheusQuery | None:
    """The one metric that has all words of the name, in the same unit; else none."""
    words = set(re.findall(r"\w+", name.lower()))
    fits = [
        one
        for one in metrics
        if words <= set(re.findall(r"\w+", one.name.lower())) and (not unit or unit == one.unit)
    ]
    return fits[0] if len(fits) == 1 else None


register(SuccessCriteria())
