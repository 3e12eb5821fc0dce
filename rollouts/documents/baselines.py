"""Tables of "Metric | Target | Alert If": what is aimed at and what alarms, per metric (S28)."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from checklists.rules.bands import Bound, parse_bound
from rollouts.models import Baseline, PrometheusQuery
from rollouts.queries.baselines import metric_named
from warroom.documents.blocks import Document, Row, Table, walk
from warroom.documents.plain import plain
from warroom.documents.readers import NOTE, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan

MOST = 200
_HEADS = {
    "name": re.compile(r"metric|indicator|measure|what", re.I),
    "alert": re.compile(r"alert|alarm", re.I),
    "target": re.compile(r"target|goal|expected|objective", re.I),
    "value": re.compile(r"baseline|current|normal|measured", re.I),
}


@dataclass(frozen=True, slots=True)
class BaselineFound:
    name: str
    line: int
    unit: str
    target: Bound | None
    alert: Bound | None
    value: float | None


class Baselines(Reader):
    name = "baselines"
    order = 23  # before gates: their readers take tables with a target for criteria

    def read(self, document: Document, understanding: Understanding) -> None:
        found: list[BaselineFound] = []
        for section in document.sections:
            for table in _tables(section.blocks):
                heads = _columns(table)
                if heads is None or understanding.is_claimed(table):
                    continue
                for row in table.rows:
                    one = _row(row, heads)
                    if one is not None and len(found) < MOST:
                        found.append(one)
                        understanding.claim(
                            row, "baseline", _("Baseline: {one}").format(one=one.name)
                        )
                understanding.claim_rest(table, "baseline", _("Baselines"))
        understanding.parts["baselines"] = tuple(found)
        if found:
            some = (
                _("1 baseline was")
                if len(found) == 1
                else _("{count} baselines were").format(count=len(found))
            )
            text = _("{some} found; they stand under Checks, Baseline.").format(some=some)
            understanding.find(found[0].line, NOTE, "baselines", text)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        known = set(Baseline.objects.filter(plan=plan).values_list("name", flat=True))
        new = [one for one in understanding.parts["baselines"] if one.name not in known]
        creation.made["baselines"] = Baseline.objects.bulk_create(
            Baseline(
                plan=plan,
                name=one.name[:200],
                unit=one.unit[:20],
                target_op=one.target.op if one.target else "",
                target_value=one.target.value if one.target else None,
                alert_op=one.alert.op if one.alert else "",
                alert_value=one.alert.value if one.alert else None,
                value=one.value,
                position=place,
                source_line=creation.source(one.line),
            )
            for place, one in enumerate(new, start=len(known) + 1)
        )


class Linked(Reader):
    """Once the queries are there: each baseline finds the metric of its name."""

    name = "baselines-linked"
    order = 65

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        made = creation.made.get("baselines") or []
        rows = list(PrometheusQuery.objects.filter(plan=plan)) if made else []
        for one in made:
            one.query = metric_named(one.name, rows)
        Baseline.objects.bulk_update([one for one in made if one.query], ["query"])


def _tables(blocks) -> list[Table]:
    return [one for block in blocks for one in walk(block) if isinstance(one, Table)]


def _columns(table: Table) -> dict[str, int] | None:
    """Which column says what; None for a table without metric, target and alert-if."""
    found: dict[str, int] = {}
    for number, head in enumerate(map(plain, table.header)):
        kind = next((kind for kind, said in _HEADS.items() if said.search(head)), None)
        if kind:
            found.setdefault(kind, number)
    return found if {"name", "target", "alert"} <= found.keys() else None


def _row(row: Row, heads: dict[str, int]) -> BaselineFound | None:
    cells = {
        kind: plain(row.cells[number]).strip() if number < len(row.cells) else ""
        for kind, number in heads.items()
    }
    bounds = {kind: parse_bound(cells.get(kind, "")) for kind in ("target", "alert", "value")}
    if not cells["name"] or not (bounds["target"] or bounds["alert"]):
        return None
    units = [found[1] for found in bounds.values() if found and found[1]]
    value = bounds["value"]
    return BaselineFound(
        cells["name"],
        row.line,
        next(iter(units), ""),
        bounds["target"][0] if bounds["target"] else None,
        bounds["alert"][0] if bounds["alert"] else None,
        value[0].value if value else None,
    )


register(Baselines())
register(Linked())
