"""The parts of the review pack that tell what was measured, tried, found and feared."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.models import Severity
from checklists.queries.beside import beside
from checklists.queries.dryruns import dry_runs
from checklists.queries.findings import Wish, register_of
from checklists.queries.load import load_rows
from checklists.queries.pack import Cell, Look, Mark, Part, register_part
from checklists.queries.readiness import ScoreRow, ScoreSheet, score_now
from checklists.queries.results import results_now
from checklists.queries.risks import risk_sheet
from checklists.rules.bands import Band
from checklists.rules.readiness import BELOW, Standing, shown
from warroom.rules.wording import listed

GREEN, YELLOW, RED, NO_DATA = Band.GREEN, Band.YELLOW, Band.RED, Band.NO_DATA
STANDS = {
    Standing.ABOVE: Mark(GREEN, _l("above the bar")),
    Standing.BELOW: Mark(RED, _l("below the bar")),
    Standing.OPEN: Mark(NO_DATA, _l("no bar is set")),
    Standing.NO_DATA: Mark(NO_DATA, _l("not every category has a score")),
}
RUNS = {"met": GREEN, "excepted": YELLOW, "failed": RED}
DRY = {"pass": GREEN, "warn": YELLOW, "fail": RED}


def score(look: Look) -> Part | None:
    """The readiness score with every category, and what its document claims instead (S13, S82)."""
    sheet = score_now(look.plan, look.now)
    if sheet is None:
        return None
    total = sheet.score.total
    said = (
        _("{shown} of {shown_best}").format(
            shown=shown(total), shown_best=shown(sheet.score.best, 0)
        )
        if total is not None
        else _("no score")
    )
    weights = f"{shown(sheet.score.weights, 0)} %"
    rows = [(_("All"), said, weights, STANDS[sheet.score.standing], "")]
    rows += [_category(row) for row in sheet.rows]
    claims = tuple(
        _("{label}: the document says {value}").format(label=one["label"], value=one["value"])
        for one in sheet.wrong_claims
    )
    head = (_("Category"), _("Score"), _("Weight"), _("Against its target"), _("Why"))
    return Part("score", _("Readiness score"), "", head, tuple(rows), claims)


def _category(row: ScoreRow) -> tuple[Cell, ...]:
    judged = row.judged
    value = shown(judged.score) if judged.score is not None else _("no score")
    against = judged.verdict.lower()
    mark = Mark(RED if judged.verdict == BELOW else GREEN, against) if against else ""
    return row.category.label, value, f"{row.category.weight.normalize():f} %", mark, row.why


def key_findings(look: Look) -> Part | None:
    """Strengths, gaps and blockers, as the figures have them and not as somebody feels (S40)."""
    sheet = score_now(look.plan, look.now)
    lines = [*_strengths(sheet), *_gaps(sheet), *_blockers(look)]
    return Part("key", _("Strengths, gaps, blockers"), lines=tuple(lines)) if lines else None


def _strengths(sheet: ScoreSheet | None) -> Iterator[str]:
    met = [row.category.label for row in (sheet.rows if sheet else ()) if _is_strong(sheet, row)]
    if met:
        yield _("Strengths: {met}.").format(met=listed(met))


def _is_strong(sheet: ScoreSheet, row: ScoreRow) -> bool:
    """It reaches its target; without one, it has the best score there is."""
    if row.judged.verdict:
        return row.judged.verdict != BELOW
    return row.judged.score is not None and row.judged.score >= sheet.score.best


def _gaps(sheet: ScoreSheet | None) -> Iterator[str]:
    for row, step in (sheet.raises if sheet else [])[:3]:
        if step.verdict in ("", BELOW):
            yield _("Gap: {category} would add {shown} to the score.").format(
                category=row.category.label, shown=shown(step.gain)
            )


def _blockers(look: Look) -> Iterator[str]:
    """What alone keeps the rule from GO, and what is open beside it."""
    sheet = look.sheet
    if sheet.decided is None:
        yield from (
            _("Blocker: {item} {item_text}").format(item=item.ref, item_text=item.text)
            for item in sheet.blocking
        )
        for row in sheet.criteria:
            if row.band is not Band.GREEN and not row.accepted and not row.criterion.report_only:
                yield _("Blocker: {row}").format(row=row.sentence)
        yield from (
            _("Blocker: open condition: {one}").format(one=one.text)
            for one in sheet.open_conditions
        )
        if sheet.missing:
            yield _("Blocker: no vote yet of {role}.").format(
                role=listed([row.role.name for row in sheet.missing])
            )
    yield from (_("Beside: {one}").format(one=one.text) for one in beside(look.plan, look.now))


def results(look: Look) -> Part | None:
    """What was measured, by which file or tool, how old, and what it feeds (S117)."""
    rows = tuple(
        (
            row.result.name,
            row.result.text,
            Mark(row.signal if row.signal != "stale" else NO_DATA, row.word),
            row.age,
            ", ".join(dict.fromkeys(feed.label for feed in row.feeds)),
        )
        for row in results_now(look.plan, look.now)
    )
    head = (_("Result"), _("Value"), _("Verdict"), _("Age"), _("Feeds"))
    return Part("results", _("Evidence"), "", head, rows) if rows else None


def findings(look: Look) -> Part | None:
    """The register of findings, those that count first (S95, S103)."""
    register = register_of(look.plan, look.now, Wish())
    rows = tuple(
        (
            f"F-{row.finding.number} {row.finding.title}",
            str(Severity(row.finding.severity).label),
            Mark(_weight(row.finding.severity) if row.counts else GREEN, row.word.lower()),
            row.finding.owner,
            row.said,
        )
        for row in register.rows
    )
    head = (_("Finding"), _("Severity"), _("State"), _("Owner"), _("Said"))
    return Part("findings", _("Findings"), register.stated, head, rows) if rows else None


def _weight(severity: str) -> Band:
    return RED if severity in (Severity.CRITICAL, Severity.HIGH) else YELLOW


def load(look: Look) -> Part | None:
    """Load profiles with their thresholds and what the newest run measured (S99, S100)."""
    rows = tuple(
        (
            row.profile.name,
            ", ".join(f"{label} {limit}" for label, limit in row.limits),
            row.newest.run.sentence if row.newest else "",
            Mark(RUNS.get(row.state, NO_DATA), row.state),
        )
        for row in load_rows(look.plan)
    )
    head = (_("Load"), _("Thresholds"), _("Newest run"), _("State"))
    return Part("load", _("Load tests"), "", head, rows) if rows else None


def trials(look: Look) -> Part | None:
    """Dry runs, each with its word and whether a warning was accepted (S75, S76)."""
    runs = dry_runs(look.plan, look.now)
    rows = tuple(
        (
            row.run.title,
            Mark(DRY[row.newest.word] if row.newest else NO_DATA, row.word),
            row.newest.accepted_reason if row.newest and row.newest.accepted else "",
        )
        for row in runs.rows
    )
    head = (_("Dry run"), _("Result"), _("Accepted because"))
    return Part("dry-runs", _("Dry runs"), runs.totals, head, rows) if rows else None


def risks(look: Look) -> Part | None:
    """Risks before and after mitigation, and the overall level (S16, S41, S80)."""
    sheet = risk_sheet(look.plan, look.now)
    rows = tuple(
        (
            f"{row.name} {row.risk.title}",
            row.risk.severity,
            row.before,
            row.after,
            row.risk.owner,
            row.state_text,
        )
        for row in sheet.risks
    )
    head = (_("Risk"), _("Severity"), _("Before"), _("After mitigation"), _("Owner"), _("State"))
    return Part("risks", _("Risks"), sheet.summary, head, rows) if rows else None


def contingency(look: Look) -> Part | None:
    """If this happens, do that, then decide so (S86)."""
    rows = tuple(
        (row.scenario.title, row.scenario.action, row.scenario.decide, row.state_text)
        for row in risk_sheet(look.plan, look.now).scenarios
    )
    head = (_("If"), _("Then"), _("Decide"), _("State"))
    return Part("contingency", _("Contingency"), "", head, rows) if rows else None


for order, source in (
    (15, key_findings),
    (25, score),
    (30, results),
    (32, findings),
    (34, load),
    (36, trials),
    (62, risks),
    (64, contingency),
):
    register_part(order, source)
