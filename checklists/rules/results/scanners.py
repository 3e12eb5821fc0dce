"""The own JSON of scanners: bandit, semgrep, trivy. Of the code they quote nothing is kept."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from checklists.rules.results.objects import part, rows, wanted_list
from checklists.rules.results.scanned import NOT_RATED, found, numbered, scan, severity_named
from checklists.rules.results.shape import Found, Reading, count, instant, number, said


def is_bandit(document: Any) -> bool:
    return isinstance(part(document, "metrics", "_totals"), dict) and _has_list(document, "results")


def is_semgrep(document: Any) -> bool:
    first = part(document, "results", 0)
    told = isinstance(part(document, "paths"), dict) and _has_list(document, "errors")
    return _has_list(document, "results") and (
        "check_id" in first if isinstance(first, dict) else told
    )


def is_trivy(document: Any) -> bool:
    version = number(part(document, "SchemaVersion"))
    return version is not None and ("ArtifactName" in document or "Results" in document)


def read_bandit(document: Any) -> Reading:
    """Raises WrongResult naming the place. Without a line of code looked at there is no data."""
    results = wanted_list(document, "results")
    notes = _unread(document)
    if not number(part(document, "metrics", "_totals", "loc")):
        notes.append(_("No line of code was looked at."))
    findings = numbered(_bandit(row) for row in results)
    return scan(
        "scan",
        _("bandit JSON"),
        findings,
        whole=not notes,
        tools=() if notes else ("bandit",),
        detail="bandit",
        observed_at=instant(document.get("generated_at")),
        notes=notes + _unrated(results, "issue_severity"),
    )


def _bandit(row: dict) -> Found:
    file = said(row.get("filename")).removeprefix("./")
    return found(
        rule=said(row.get("test_id")),
        title=said(row.get("test_name")).replace("_", " "),
        severity=severity_named(row.get("issue_severity")) or NOT_RATED,
        place=_line(file, row.get("line_number")),
        file=file,
        message=said(row.get("issue_text")),
        tool="bandit",
    )


def read_semgrep(document: Any) -> Reading:
    """Raises WrongResult naming the place. Without a file looked at there is no data."""
    results = wanted_list(document, "results")
    notes = _unread(document)
    if not part(document, "paths", "scanned") and not results:
        notes.append(_("No file was looked at."))
    findings = numbered(_semgrep(row) for row in results)
    version = said(document.get("version"), 20)
    rated = [row.get("extra") or {} for row in results]
    return scan(
        "scan",
        _("semgrep JSON"),
        findings,
        whole=not notes,
        tools=() if notes else ("semgrep",),
        detail=_("semgrep {version}").format(version=version).strip(),
        notes=notes + _unrated(rated, "severity"),
    )


_SEMGREP = {"ERROR": "high", "WARNING": "medium", "INFO": "low"}


def _semgrep(row: dict) -> Found:
    file, told = said(row.get("path")), part(row, "extra", "severity")
    known = _SEMGREP.get(told) if isinstance(told, str) else None
    mark = said(part(row, "extra", "fingerprint"))
    return found(
        rule=said(row.get("check_id")),
        title=said(row.get("check_id")).rpartition(".")[2].replace("-", " "),
        severity=known or severity_named(told) or NOT_RATED,
        place=_line(file, part(row, "start", "line")),
        file=file,
        message=said(part(row, "extra", "message")),
        tool="semgrep",
        suppressed=part(row, "extra", "is_ignored") is True,
        given="" if mark == "requires login" else mark,
    )


def read_trivy(document: Any) -> Reading:
    """Raises WrongResult naming the place. Without a target looked at there is no data."""
    targets = wanted_list(document, "Results") if document.get("Results") is not None else []
    notes = [] if targets else [_("It names no target: nothing was looked at.")]
    listed = [(target, row, kind) for target in targets for row, kind in _trivy_rows(target)]
    findings = numbered(_trivy(target, row, kind) for target, row, kind in listed)
    return scan(
        "scan",
        _("trivy JSON, {count}").format(count=count(len(targets), "target")),
        findings,
        whole=not notes,
        tools=() if notes else ("trivy",),
        detail=said(_("trivy, {said}").format(said=said(document.get("ArtifactName"), 100))),
        observed_at=instant(document.get("CreatedAt")),
        notes=notes + _unrated([row for _unused, row, _unused in listed], "Severity"),
    )


def _trivy_rows(target: dict) -> Iterator[tuple[dict, str]]:
    yield from ((row, "VulnerabilityID") for row in rows(target, "Vulnerabilities"))
    yield from ((row, "RuleID") for row in rows(target, "Secrets"))
    for row in rows(target, "Misconfigurations"):
        if row.get("Status", "FAIL") == "FAIL":
            yield row, "ID"


def _trivy(target: dict, row: dict, kind: str) -> Found:
    file = said(target.get("Target"))
    package = " ".join(filter(None, (said(row.get("PkgName")), said(row.get("InstalledVersion")))))
    message = f"{package}: {said(row.get('Title'))}" if package else said(row.get("Message"))
    return found(
        rule=said(row.get(kind)),
        title=said(row.get("Title")) or said(row.get(kind)),
        severity=severity_named(row.get("Severity")) or NOT_RATED,
        place=f"{file}, {package}" if package else _line(file, row.get("StartLine")),
        # A secret's own message quotes the line it stands in.
        message="" if kind == "RuleID" else message,
        tool="trivy",
    )


def _has_list(document: Any, key: str) -> bool:
    return isinstance(part(document, key), list)


def _line(file: str, line: Any) -> str:
    return f"{file}:{line}" if isinstance(line, int) else file


def _unread(document: Any) -> list[str]:
    amount = len(rows(document, "errors"))
    return (
        [
            _("{count} while scanning: not everything was looked at.").format(
                count=count(amount, "error")
            )
        ]
        if amount
        else []
    )


def _unrated(listed: list[dict], key: str) -> list[str]:
    amount = sum(not severity_named(row.get(key)) for row in listed if isinstance(row, dict))
    return (
        [
            _("{count} without a severity: taken as {not_rated}.").format(
                count=count(amount, "finding"), not_rated=NOT_RATED
            )
        ]
        if amount
        else []
    )
