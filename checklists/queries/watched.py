"""Which band each reading is in now, and since when: what scenarios and risks watch."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.models import Evidence
from checklists.queries.criteria import CriterionRow
from checklists.queries.gates import gate_sheet, next_open
from checklists.rules.bands import Band
from checklists.rules.scenarios import ANY
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.rules.wording import instant_text

WORDS = {
    Band.GREEN: _l("green"),
    Band.YELLOW: _l("yellow"),
    Band.RED: _l("red"),
    Band.NO_DATA: _l("without data"),
}


@dataclass(frozen=True)
class Reading:
    """A reading under its key. ``since`` (UTC): when its band began, as far as anybody knows."""

    key: str
    label: str
    band: Band
    since: datetime | None = None

    def told(self, now: datetime) -> str:
        """``P95 latency is yellow since 19:54``."""
        since = (
            _(" since {since}").format(since=instant_text(self.since, now)) if self.since else ""
        )
        return _("{label} is {band}{since}").format(
            label=self.label, band=WORDS[self.band], since=since
        )


Source = Callable[[DeploymentPlan, datetime], Iterable[Reading]]
_sources: list[Source] = []


def register_readings(source: Source) -> None:
    """What a floor above measures, in a fixed number of SQL statements."""
    if source not in _sources:
        _sources.append(source)


@dataclass(frozen=True)
class Readings:
    by_key: dict[str, Reading]
    at_gate: tuple[Reading, ...]  # the criteria of the next gate that count, in their order

    def find(self, key: str, band: str) -> Reading | None:
        """The reading that is in this band now; None when it is in another, or unknown.

        ``gate:any`` is any criterion of the next gate.
        """
        rows = self.at_gate if key == ANY else [self.by_key[key]] if key in self.by_key else []
        return next((row for row in rows if row.band == band), None)


def readings_now(plan: DeploymentPlan, now: datetime) -> Readings:
    """Read once for one instant. A criterion speaks before the metric that it is measured by."""
    return once(plan, now, "readings", lambda: _read(plan, now))


def _read(plan: DeploymentPlan, now: datetime) -> Readings:
    found = {row.key: row for source in _sources for row in source(plan, now)}
    gate = next_open(plan, now)
    criteria = gate_sheet(gate, now).criteria if gate else ()
    at_gate = []
    for row in criteria:
        reading = _of_criterion(row, found.get(row.criterion.evidence_key))
        found[row.criterion.evidence_key or row.criterion.key] = reading
        found[row.criterion.key] = reading
        if not row.criterion.report_only:
            at_gate.append(reading)
    return Readings(found, tuple(at_gate))


def _of_criterion(row: CriterionRow, measured: Reading | None) -> Reading:
    """With the metric's own beginning of the band where the two agree."""
    same = measured is not None and measured.band == row.band
    since = measured.since if same and measured else row.observed_at
    return Reading(row.criterion.key, row.criterion.label, row.band, since)


def watchable(plan: DeploymentPlan) -> list[tuple[str, str]]:
    """What a form offers to watch: keys with labels, those of criteria first; three statements."""
    found: dict[str, str] = {}
    for gate in plan.gates.prefetch_related("criteria"):
        for criterion in gate.criteria.all():
            found.setdefault(criterion.evidence_key or criterion.key, criterion.label)
    for key, label in Evidence.objects.filter(plan=plan).values_list("key", "label"):
        if not key.startswith("judged:"):
            found.setdefault(key, label or key)
    return sorted(found.items(), key=lambda pair: pair[1].lower())
