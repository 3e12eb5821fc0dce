"""Load profiles with their runs, for pages, files and the API: two SQL statements."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from checklists.models import LoadProfile, LoadRun
from checklists.queries.evidence import register_measured
from checklists.queries.frozen import register_frozen
from checklists.queries.gates import GateSheet
from checklists.rules import load as rules
from checklists.rules.bands import Band, Bound, show
from warroom.models import DeploymentPlan

LATEST = datetime.max.replace(tzinfo=UTC)


def limits_of(profile: LoadProfile) -> dict[str, Bound]:
    """What a profile asks, by the key of the figure."""
    values = {kind.key: getattr(profile, kind.field) for kind in rules.LIMITED}
    return rules.bounds(values, profile.strict)


def under_way(profile: LoadProfile) -> LoadRun | None:
    """The run that has not ended."""
    return profile.runs.filter(ended_at=None).last()


@dataclass(frozen=True)
class Shown:
    """A figure of a run beside its limit and the baseline's."""

    key: str
    label: str
    text: str
    limit: str
    band: str = ""
    beside: rules.Difference | None = None


@dataclass(frozen=True)
class RunRow:
    """A run as it is shown; ``again`` is the number of the run that followed a failed one."""

    run: LoadRun
    figures: tuple[Shown, ...]
    again: int | None = None

    @property
    def failed(self) -> bool:
        return self.run.ended_at is not None and self.run.band != Band.GREEN

    @property
    def unsettled(self) -> bool:
        """Whether it failed, is the newest, and nobody excepted it."""
        return self.failed and self.again is None and not self.run.excepted


@dataclass(frozen=True)
class ProfileRow:
    """A profile with its runs, the newest first."""

    profile: LoadProfile
    limits: tuple[tuple[str, str], ...]
    runs: tuple[RunRow, ...] = field(default=())

    @property
    def running(self) -> LoadRun | None:
        return next((row.run for row in self.runs if row.run.ended_at is None), None)

    @property
    def newest(self) -> RunRow | None:
        """The newest run that ended."""
        return next((row for row in self.runs if row.run.ended_at is not None), None)

    @property
    def cells(self) -> list[Shown]:
        """A figure for each limit there can be: the newest run's, beside the limit of its time."""
        told = {one.key: one for one in self.newest.figures} if self.newest else {}
        limits = dict(self.limits)
        return [
            told.get(kind.key)
            or Shown(kind.key, kind.label, "–", "" if self.newest else limits.get(kind.label, ""))
            for kind in rules.LIMITED
        ]

    @property
    def baseline(self) -> LoadRun | None:
        return next((row.run for row in self.runs if row.run.baseline), None)

    @property
    def state(self) -> str:
        """In a word: running, open, met, failed, excepted, or no data."""
        if self.running:
            return "running"
        if self.newest is None:
            return "open"
        if self.newest.run.excepted:
            return "excepted"
        return {"green": "met", "red": "failed"}.get(self.newest.run.band, "no data")

    def overdue(self, now: datetime) -> bool:
        run = self.running
        return run is not None and run.eta_at is not None and run.eta_at < now


def load_rows(plan: DeploymentPlan, key: str = "") -> list[ProfileRow]:
    """The profiles of a plan that are on its list, or the one with ``key``, in their order."""
    profiles = plan.load_profiles.filter(removed_at=None)
    profiles = profiles.filter(key=key) if key else profiles
    return [_row(profile) for profile in profiles.prefetch_related("runs__result")]


def _row(profile: LoadProfile) -> ProfileRow:
    """In the order of their ends: a file of an older run may come in late."""
    kinds = rules.KINDS
    limits = tuple(
        (str(kinds[key].label), show(bound, kinds[key].unit))
        for key, bound in limits_of(profile).items()
    )
    runs = sorted(profile.runs.all(), key=lambda run: (run.ended_at or LATEST, run.number))
    base = next((run for run in runs if run.baseline), None)
    rows = [
        RunRow(run, _figures(run, base), after.number if after else None)
        for run, after in zip_longest(runs, runs[1:])
    ]
    return ProfileRow(profile, limits, tuple(reversed(rows)))


def _figures(run: LoadRun, base: LoadRun | None) -> tuple[Shown, ...]:
    beside = base.measured if base is not None and base.pk != run.pk else {}
    return tuple(
        Shown(
            one["key"],
            one["label"],
            one["text"],
            one["limit"],
            one["band"],
            rules.difference(one["key"], one["value"], beside.get(one["key"])),
        )
        for one in run.judged
    )


def frozen_runs(sheet: GateSheet) -> list[dict[str, Any]] | None:
    """The newest run of each profile as the gate was judged; two SQL statements."""
    return [_frozen(row) for row in load_rows(sheet.gate.plan)] or None


def _frozen(row: ProfileRow) -> dict[str, Any]:
    run = row.newest.run if row.newest else None
    kept: dict[str, Any] = {
        "profile": row.profile.key,
        "name": row.profile.name,
        "limits": [list(one) for one in row.limits],
        "state": row.state,
    }
    if run is None:
        return kept
    return kept | {
        "number": run.number,
        "band": run.band,
        "sentence": run.sentence,
        "figures": run.judged,
        "ended_at": run.ended_at.isoformat(),
        "excepted": run.excepted,
        "excepted_by": run.excepted_by_name,
        "by": run.by_name,
        "result": run.result.number if run.result else None,
    }


register_frozen("load_runs", frozen_runs)


def judged_keys(plan: DeploymentPlan, now: datetime) -> set[str]:
    """Keys that the runs of profiles write, so that nobody posts a verdict; one statement."""
    names = [*(kind.evidence for kind in rules.KINDS.values()), "limits"]
    keys = LoadProfile.objects.filter(plan=plan).values_list("key", flat=True)
    return {f"load.{key}.{name}" for key in keys for name in names}


register_measured(judged_keys)
