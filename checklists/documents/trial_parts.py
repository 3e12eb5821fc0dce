"""Findings by hand and dry runs in a plan file. What scanners found stands in the record only."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from django.utils.translation import gettext as _

from checklists.models import DryRun, DryRunResult, Finding, FindingState
from checklists.rules.dryruns import OUTPUT_LIMIT, clean_output
from checklists.rules.findings import wants_retest
from warroom.documents import fields as f
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

Severe = Literal["critical", "high", "medium", "low", "info"]


class FindingFields(f.Strict):
    """A finding that a person wrote down. It begins open: states are signed here, not in files."""

    title: f.words(300)
    severity: Severe
    place: f.text(500) = ""
    rule: f.text(200) = ""
    description: f.text(20_000) = ""
    owner: f.text(120) = ""
    due: f.Instant = None


class FindingsPart(Part):
    key, order, schema = "findings", 72, f.many(FindingFields, 2000)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        """Findings are of one release: a draft made of it begins without them."""
        if not states:
            return []
        return [
            f.given(
                title=one.title,
                severity=one.severity,
                place=one.place,
                rule=one.rule,
                description=one.description,
                owner=one.owner,
                due=f.instant(one.due_at),
            )
            for one in Finding.objects.filter(plan=plan, tool="")
        ]

    def record(self, plan: DeploymentPlan) -> dict[str, Any]:
        rows = Finding.objects.filter(plan=plan).defer("description")
        return f.given(findings=[_kept(one) for one in rows])

    def create(
        self, plan: DeploymentPlan, value: list[FindingFields] | None, creation: Creation
    ) -> None:
        Finding.objects.bulk_create(
            Finding(
                plan=plan,
                number=number,
                state=FindingState.OPEN,
                state_at=creation.at,
                state_by_name=creation.by_name,
                seen_at=creation.at,
                retest=wants_retest(one.severity),
                due_at=one.due,
                **one.model_dump(exclude={"due"}),
            )
            for number, one in enumerate(value or [], start=1)
        )


def _kept(one: Finding) -> dict[str, Any]:
    return f.given(
        number=one.number,
        title=one.title,
        severity=one.severity,
        state=one.state,
        by=one.state_by_name,
        role=one.state_role,
        at=f.instant(one.state_at),
        reason=one.reason,
        until=f.instant(one.accepted_until),
        tool=one.tool,
        rule=one.rule,
        place=one.place,
        before=one.before_text,
        after=one.after_text,
        fix=one.fix,
        confirmed=one.confirmed_by,
    )


# --- dry runs ------------------------------------------------------------------------------


class DryRunFields(f.Strict):
    """What is tried. ``result`` and what goes with it is the newest one, as the file says it."""

    title: f.words(200)
    command: f.text(20_000) = ""
    expected: f.text(20_000) = ""
    result: Literal["", "pass", "warn", "fail"] = ""
    output: f.text(OUTPUT_LIMIT) = ""
    analysis: f.text(10_000) = ""
    at: f.Instant = None


class DryRunsPart(Part):
    key, order, schema = "dry_runs", 74, f.many(DryRunFields, 500)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        runs = DryRun.objects.filter(plan=plan, removed_at=None).prefetch_related("results")
        return [_run(run, states) for run in runs]

    def record(self, plan: DeploymentPlan) -> dict[str, Any]:
        rows = DryRunResult.objects.filter(dry_run__plan=plan).select_related("dry_run")
        return f.given(dry_runs=[_result(one) for one in rows.defer("output")])

    def check(self, value: list[DryRunFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        for n, one in enumerate(value):
            if (one.output or one.analysis or one.at) and not one.result:
                path = ("dry_runs", n, "result")
                yield path, _("It has an output and no result."), _("Write pass, warn or fail.")

    def create(
        self, plan: DeploymentPlan, value: list[DryRunFields] | None, creation: Creation
    ) -> None:
        value = value or []
        runs = DryRun.objects.bulk_create(
            DryRun(
                plan=plan,
                number=number,
                title=one.title,
                command=one.command,
                expected=one.expected,
            )
            for number, one in enumerate(value, start=1)
        )
        DryRunResult.objects.bulk_create(
            _row(run, one, creation) for run, one in zip(runs, value, strict=True) if one.result
        )


def _row(run: DryRun, one: DryRunFields, creation: Creation) -> DryRunResult:
    at: datetime = min(one.at, creation.at) if one.at else creation.at
    return DryRunResult(
        dry_run=run,
        word=one.result,
        output=clean_output(one.output),
        analysis=one.analysis,
        by_name="the plan file",
        at=at.astimezone(UTC),
    )


def _run(run: DryRun, states: bool) -> dict[str, Any]:
    says = f.given(title=run.title, command=run.command, expected=run.expected)
    results = list(run.results.all())
    if not states or not results:
        return says
    newest = results[-1]
    done = f.given(output=newest.output, analysis=newest.analysis, at=f.instant(newest.at))
    return says | {"result": newest.word} | done


def _result(one: DryRunResult) -> dict[str, Any]:
    return f.given(
        number=one.dry_run.number,
        result=one.word,
        by=one.by_name,
        at=f.instant(one.at),
        accepted=one.accepted,
        accepted_by=one.accepted_by_name,
        reason=one.accepted_reason,
    )


for part in (FindingsPart(), DryRunsPart()):
    register_part(part)
