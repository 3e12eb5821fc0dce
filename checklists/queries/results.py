"""Results as they stand at an instant: which one counts of each name, what it feeds, how old it is.

Each function costs a fixed number of SQL statements, however many results a release has.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from checklists.models import (
    Criterion,
    Decision,
    Evidence,
    Gate,
    LoadRun,
    ReadinessCategory,
    Result,
    ResultKind,
    ScoreSource,
    Source,
)
from checklists.queries.criteria import criterion_rows
from checklists.queries.evidence import other_version
from checklists.queries.frozen import register_frozen
from checklists.queries.gates import GateSheet, final_of, gates_now
from checklists.rules.bands import Band
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.rules.wording import duration_text

SCANS = (ResultKind.SARIF, ResultKind.SCAN)
WORST = (Band.RED, Band.NO_DATA, Band.YELLOW, Band.GREEN)


@dataclass(frozen=True)
class Feed:
    """What a reading feeds: a criterion of a gate (with its band), or a category.

    ``decided``: the gate was decided on it, and ``band`` is the verdict of that moment.
    """

    label: str
    where: str
    key: str = ""
    gate: str = ""
    gate_title: str = ""
    criterion: str = ""
    band: str = ""
    text: str = ""
    sentence: str = ""
    decided: bool = False


@dataclass(frozen=True)
class ResultRow:
    """A result at an instant. ``age_s`` in seconds; ``signal`` is a band, "stale", or ""."""

    result: Result
    age_s: float
    feeds: tuple[Feed, ...]
    other: str = ""  # that it is of another version than the release is now

    @property
    def is_old(self) -> bool:
        return self.age_s > self.result.valid_for_s

    @property
    def signal(self) -> str:
        if not self.result.counts or self.other:
            return "no_data"
        if self.is_old:
            return "stale"
        bands = {feed.band for feed in self.judging}
        return next((band.value for band in WORST if band in bands), "no_data")

    @property
    def judging(self) -> list[Feed]:
        """What gives its verdict: what still judges it, else the gates that were decided on it."""
        found = [feed for feed in self.feeds if feed.band]
        return [feed for feed in found if not feed.decided] or found

    @property
    def word(self) -> str:
        """Instead of the signal's usual word, where that would say too much; else ""."""
        if not self.result.counts:
            return _("Does not count")
        if self.other:
            return _("Other version")
        if self.is_old:
            return _("No data")
        return "" if self.judging else _("Not judged")

    @property
    def age(self) -> str:
        """'2 min old, counts for 30 min'."""
        lasts = duration_text(self.result.valid_for_s)
        return _("{max} old, counts for {lasts}").format(
            max=duration_text(max(self.age_s, 0)), lasts=lasts
        )

    @property
    def counts_until(self) -> datetime:
        return self.result.observed_at + timedelta(seconds=self.result.valid_for_s)


def results_now(plan: DeploymentPlan, now: datetime) -> list[ResultRow]:
    """The newest result of each name: the one that counts, else the newest that was kept."""
    read = Evidence.objects.filter(plan=plan, result__isnull=False).select_related("result")
    found: dict[str, Result] = {}
    for row in read:
        _newer(found, row.result)
    newest = plan.results.order_by().values("prefix").annotate(last=Max("pk")).values("last")
    for result in Result.objects.filter(pk__in=newest).exclude(prefix__in=list(found)):
        _newer(found, result)
    rows = [row_of(result, plan, now) for result in found.values()]
    return sorted(rows, key=lambda row: (not row.is_old, row.result.name.lower(), row.result.pk))


def _newer(found: dict[str, Result], result: Result) -> None:
    there = found.get(result.prefix)
    mark = (result.observed_at, result.pk)
    if there is None or mark > (there.observed_at, there.pk):
        found[result.prefix] = result


def row_of(result: Result, plan: DeploymentPlan, now: datetime) -> ResultRow:
    """A result with what it feeds now."""
    feeds = feeds_of(result, plan, now) if result.counts else ()
    age_s = (now - result.observed_at).total_seconds()
    return ResultRow(result, age_s, feeds, other_version(plan, result.commit))


def feeds_of(result: Result, plan: DeploymentPlan, now: datetime) -> tuple[Feed, ...]:
    """What the keys of a result feed at ``now`` (UTC), read once for all results."""
    known = once(plan, now, "feeds", lambda: _feeds(plan, now))
    keys = [figure["key"] for figure in result.figures]
    found = [feed for key in keys for feed in known.get(key, ())]
    if result.kind in SCANS:
        found += known.get(_FINDINGS, ())
    decided = known.get((_DECIDED, result.number), ())
    return (*found, *known.get((_RUNS, result.pk), ()), *decided)


_FINDINGS, _RUNS, _DECIDED = ("findings",), "runs", "decided"


def _feeds(plan: DeploymentPlan, now: datetime) -> dict:
    known: dict = {}
    for key, feed in (*_criteria(plan, now), *_categories(plan), *_decided(plan, now)):
        known.setdefault(key, []).append(feed)
    runs = LoadRun.objects.filter(profile__plan=plan, result__isnull=False)
    for run in runs.select_related("profile"):
        feed = Feed(
            run.profile.name, _("load profile, run {run}").format(run=run.number), band=run.band
        )
        known.setdefault((_RUNS, run.result_id), []).append(feed)
    return known


def _criteria(plan: DeploymentPlan, now: datetime) -> Iterable[tuple]:
    gates = {gate.pk: gate for gate in gates_now(plan, now) if final_of(gate) is None}
    sources = (Source.EVIDENCE, Source.AGE, Source.FINDINGS)
    asked = list(Criterion.objects.filter(gate__in=gates, source__in=sources))
    for criterion in asked:
        criterion.gate = gates[criterion.gate_id]
    for row in criterion_rows(plan, asked, now):
        key, gate = _key(row.criterion), row.criterion.gate
        feed = Feed(
            label=row.criterion.label,
            where=_("gate {gate}").format(gate=gate.number),
            key=key if isinstance(key, str) else "",
            gate=gate.key,
            gate_title=gate.title,
            criterion=row.criterion.key,
            band=row.band.value,
            text=row.text if row.band is not Band.NO_DATA else _("no data"),
            sentence=row.sentence,
        )
        yield key, feed


def _decided(plan: DeploymentPlan, now: datetime) -> Iterable[tuple]:
    """Each result that a gate was decided on, with the verdict that was frozen with it."""
    for gate in gates_now(plan, now):
        final = final_of(gate)
        kept = final.evidence if final else {}
        for result in kept.get("results") or ():
            keys = {figure["key"] for figure in result["figures"]} if result["counts"] else ()
            for row in kept.get("criteria", ()):
                if row.get("source_kind") == Source.EVIDENCE and row["evidence_key"] in keys:
                    yield (_DECIDED, result["number"]), _frozen_feed(gate, row)


def _frozen_feed(gate: Gate, row: dict) -> Feed:
    return Feed(
        label=row["label"],
        where=_("gate {gate}, decided").format(gate=gate.number),
        key=row["evidence_key"],
        gate=gate.key,
        gate_title=_("{gate}, decided").format(gate=gate.title),
        criterion=row["key"],
        band=row["verdict"],
        text=row["text"] if row["verdict"] != Band.NO_DATA else _("no data"),
        sentence=row["sentence"],
        decided=True,
    )


def _key(criterion: Criterion):
    if criterion.source == Source.FINDINGS:
        return _FINDINGS
    return (
        criterion.params.get("key", "")
        if criterion.source == Source.AGE
        else (criterion.evidence_key)
    )


def _categories(plan: DeploymentPlan) -> Iterable[tuple]:
    sources = (ScoreSource.EVIDENCE, ScoreSource.FINDINGS)
    for row in ReadinessCategory.objects.filter(plan=plan, source__in=sources):
        by_key = row.source == ScoreSource.EVIDENCE
        key = row.params.get("key", "") if by_key else _FINDINGS
        yield key, Feed(row.label, _("readiness score"), key=key if by_key else "")


def last_prefix(plan: DeploymentPlan, kind: str, file_name: str) -> str:
    """Under which prefix a file of that name and kind came in last; "" for a first one."""
    before = plan.results.filter(kind=kind, file_name=file_name).order_by("-pk").first()
    return before.prefix if before else ""


def frozen_results(sheet: GateSheet) -> list[dict] | None:
    """The results that stood when a gate was decided, with the checksums of their files."""
    rows = results_now(sheet.gate.plan, sheet.at)
    return [_frozen(row) for row in sorted(rows, key=lambda row: row.result.number)] or None


def _frozen(row: ResultRow) -> dict:
    result = row.result
    names = ("number", "kind", "name", "text", "file_name", "sha256", "source", "commit", "why")
    return {name: getattr(result, name) for name in names} | {
        "figures": result.figures,
        "observed_at": result.observed_at.isoformat(),
        "valid_for_s": result.valid_for_s,
        "too_old": row.is_old,
        "counts": result.counts,
    }


def decided_on(result: Result) -> list[tuple[str, str, str, datetime]]:
    """The decisions that froze a result: key and title of the gate, word, and when (UTC)."""
    taken = Decision.objects.filter(gate__plan=result.plan_id).order_by("at", "pk")
    rows = taken.values_list("gate__key", "gate__title", "word", "at", "evidence__results")
    return [
        (key, title, word, at)
        for key, title, word, at, kept in rows
        if any(one.get("number") == result.number for one in kept or ())
    ]


register_frozen("results", frozen_results)
