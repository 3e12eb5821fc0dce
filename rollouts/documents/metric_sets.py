"""A set of metrics as a file: read from our own YAML or from Prometheus alert rules, and written.

Our own form has the fields that ``metrics`` and ``sources`` have in a plan file, under
``warroom_metrics: 1``; a whole plan file is read too, for these two parts. Of alert rules each
alert whose expression compares with a number becomes a metric, two of one query become its bands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from pydantic import ValidationError

from checklists.rules.bands import Bound, show
from rollouts.documents.alert_rules import Ruled, read_rules
from rollouts.documents.parts import (
    MetricFields,
    MetricsPart,
    SourceFields,
    SourcesPart,
    cadence_of,
)
from warroom.documents import fields as f
from warroom.documents.complaints import refuse, refuse_invalid
from warroom.documents.source import DocumentError, clean_text
from warroom.documents.tree import Node, read_tree
from warroom.documents.yaml_text import dump
from warroom.models import DeploymentPlan
from warroom.rules.keys import free_key

FORMAT = 1
WARROOM, PROMETHEUS = "warroom", "prometheus"
FORMS = (WARROOM, PROMETHEUS)
MOST = 500


@dataclass(frozen=True)
class Line:
    """What became of something in the file: ``guessed`` or ``left``, at a line (from 1)."""

    line: int
    kind: str
    text: str


@dataclass(frozen=True)
class Wanted:
    """A metric of the file: ``fields`` as ``actions.metric_fields`` takes them, but the source,

    which is named. ``enabled`` None: the file does not say.
    """

    key: str
    line: int
    fields: dict[str, Any]
    source: str = ""
    report_only: bool | None = None
    enabled: bool | None = None


@dataclass(frozen=True)
class MetricSet:
    form: str
    metrics: tuple[Wanted, ...]
    sources: tuple[SourceFields, ...] = ()
    lines: tuple[Line, ...] = field(default=())


class SetFields(f.Strict):
    """The whole of our own form."""

    warroom_metrics: int = FORMAT
    sources: f.many(SourceFields, 100) = []
    metrics: f.many(MetricFields, MOST)


def read_set(data: bytes | str, form: str = "") -> MetricSet:
    """Read a file; ``form`` one of ``FORMS``, or "" to find out. Raises DocumentError."""
    text, notes = clean_text(data, "YAML")
    tree = read_tree(text, "json" if text.lstrip().startswith("{") else "yaml")
    plain = tree.plain()
    if not isinstance(plain, dict):
        raise DocumentError(
            1, _("This is no set of metrics."), _("Begin with metrics: or groups:.")
        )
    form = form or (PROMETHEUS if "groups" in plain else WARROOM)
    found = _of_rules(plain, tree) if form == PROMETHEUS else _own(plain, tree)
    lines = (*(Line(0, "guessed", note) for note in notes), *found.lines)
    return replace(found, lines=lines)


def write_set(plan: DeploymentPlan) -> str:
    """The plan's metrics in our own form, with the servers that they name."""
    data: dict[str, Any] = {"warroom_metrics": FORMAT}
    data |= f.given(sources=SourcesPart().write(plan, states=False))
    rows = MetricsPart().write(plan, states=False)
    data["metrics"] = [{key: row[key] for key in row if key != "line"} for row in rows]
    return dump(data)


# --- our own form --------------------------------------------------------------------------


def _own(plain: Mapping[str, Any], tree: Node) -> MetricSet:
    lines: list[Line] = []
    if "warroom" in plain and "plan" in plain:
        left = sorted(set(plain) - {"metrics", "sources"})
        text = _("A whole plan: only its metrics are taken, not {left}.").format(
            left=", ".join(left)[:200]
        )
        lines.append(Line(1, "left", text))
        plain = {key: plain[key] for key in ("metrics", "sources") if key in plain}
    try:
        whole = SetFields.model_validate(plain)
    except ValidationError as error:
        refuse_invalid(error, SetFields, tree)
        raise  # never reached: what is invalid has at least one fault
    known = {"sources": whole.sources}
    refuse([*f.doubled(whole.sources, "name", ("sources",))], tree)
    # A metric may name a server that the release has already: the action knows them.
    part = MetricsPart()
    values = [one.model_copy(update={"source": ""}) for one in whole.metrics]
    refuse([*part.check(values, known)], tree)
    metrics = [_wanted(one, tree.line_of(("metrics", n))) for n, one in enumerate(whole.metrics)]
    return MetricSet(WARROOM, tuple(metrics), tuple(whole.sources), tuple(lines))


def _wanted(one: MetricFields, line: int) -> Wanted:
    fields = {
        "name": one.name,
        "promql": one.promql,
        "unit": one.unit,
        "green": Bound(*one.green) if one.green else None,
        "red": Bound(*one.red) if one.red else None,
        "interval_s": one.every,
        "cadence": cadence_of(one.cadence),
        "sustained_s": one.sustained,
        "red_after": one.red_after,
        "stale_s": one.stale,
        "reducer": one.reducer,
        "guard_promql": one.guard,
        "guard_min": one.guard_min,
        "meaning": one.meaning,
        "expected": one.expected,
        "alert_name": one.alert,
        "runbook_url": one.runbook,
        "link_url": one.link,
        "words": dict(one.words),
    }
    return Wanted(one.key, line, fields, one.source, one.report_only, one.enabled)


# --- alert rules ---------------------------------------------------------------------------


def _of_rules(plain: Mapping[str, Any], tree: Node) -> MetricSet:
    ruled, left = read_rules(plain, tree)
    lines = [Line(line, "left", text) for line, text in left]
    metrics: list[Wanted] = []
    taken: set[str] = set()
    for alerts in _by_query(ruled):
        wanted, said = _metric(alerts, taken)
        taken.add(wanted.key)
        metrics.append(wanted)
        lines += said
    if len(metrics) > MOST:
        raise DocumentError(
            metrics[MOST].line,
            _("More than {most} metrics.").format(most=MOST),
            _("Split the file."),
        )
    lines.sort(key=lambda line: line.line)
    return MetricSet(PROMETHEUS, tuple(metrics), (), tuple(lines))


def _by_query(ruled: list[Ruled]) -> Iterator[list[Ruled]]:
    """Alerts of one query and one side together: the milder says where yellow begins."""
    groups: dict[tuple, list[Ruled]] = {}
    for one in ruled:
        groups.setdefault((one.query, one.bound.op[:1]), []).append(one)
    yield from groups.values()


_OTHER_SIDE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "=": ">"}


def _metric(alerts: list[Ruled], taken: set[str]) -> tuple[Wanted, list[Line]]:
    """One metric of the alerts of one query. What the rules do not say is guessed, and said."""
    grave = [one for one in alerts if not one.mild]
    mild = [one for one in alerts if one.mild]
    head, lines = (grave or mild)[0], []
    edge = (mild or grave)[0]
    green = Bound(_OTHER_SIDE[edge.bound.op], edge.bound.value)
    red = grave[0].bound if grave else None
    guess = _("{head}: green is {show}, the other side of {alert}.").format(
        head=head.name, show=show(green), alert=edge.alert
    )
    lines.append(Line(head.line, "guessed", guess))
    if not grave:
        text = _("{head}: severity {severity} is yellow; nothing is red.").format(
            head=head.name, severity=head.severity
        )
        lines.append(Line(head.line, "guessed", text))
    used = {edge.alert, head.alert}
    lines += [
        Line(
            one.line,
            "left",
            _("{alert}: another alert of the same query is taken.").format(alert=one.alert),
        )
        for one in alerts
        if one.alert not in used
    ]
    key = free_key(slugify(head.name)[:70].strip("-") or "metric", taken)
    fields = {
        "name": head.name,
        "promql": head.query,
        "green": green,
        "red": red,
        "sustained_s": head.for_s,
        "meaning": head.summary,
        "alert_name": head.alert,
        "runbook_url": head.runbook,
        "link_url": head.link,
        **({"interval_s": head.every_s} if head.every_s else {}),
    }
    return Wanted(key, head.line, fields), lines
