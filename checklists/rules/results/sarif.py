"""SARIF 2.1.0: a result's level may stand in its rule only, and no run is no pass."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from checklists.rules.results.objects import part, rows, wanted_list
from checklists.rules.results.scanned import found, numbered, scan, severity_named, severity_of
from checklists.rules.results.shape import (
    Found,
    Reading,
    WrongResult,
    count,
    first_sentence,
    instant,
    said,
)

LEVELS = ("error", "warning", "note", "none")
_STANDING = ("rejected", "underReview")
_LOGIN = "requires login"


def is_sarif(document: Any) -> bool:
    version, schema = part(document, "version"), part(document, "$schema")
    named = isinstance(schema, str) and "sarif" in schema.lower()
    runs = isinstance(part(document, "runs"), list)
    return named or (runs and isinstance(version, str) and version.startswith("2."))


def read_sarif(document: Any) -> Reading:
    """Raises WrongResult with the path of what is wrong; and where there is no run at all."""
    runs = wanted_list(document, "runs")
    if not runs:
        raise WrongResult(
            _("It holds no run: nothing was scanned, and that is no pass."), place="runs"
        )
    findings = numbered(one for at, run in enumerate(runs) for one in _findings(run, at))
    notes = [note for run in runs for note in _run_notes(run)]
    return scan(
        "sarif",
        _form(runs),
        findings,
        whole=not notes,
        detail=", ".join(dict.fromkeys(_tool(run) for run in runs)),
        observed_at=_observed(runs),
        commit=said(part(runs, 0, "versionControlProvenance", 0, "revisionId"), 64),
        notes=notes,
        tools=_ended(runs),
    )


def level_of(result: dict, rule: dict) -> str:
    """error, warning, note or none: of the result, else of its rule, else warning."""
    if result.get("kind", "fail") != "fail":
        return "none"
    for given in (result.get("level"), part(rule, "defaultConfiguration", "level")):
        if given in LEVELS:
            return given
    return "warning"


def _form(runs: list[dict]) -> str:
    rules = sum(len(rows(run, "tool", "driver", "rules")) for run in runs)
    rules += sum(
        len(rows(more, "rules")) for run in runs for more in rows(run, "tool", "extensions")
    )
    tools = len({_tool(run) for run in runs})
    return _("SARIF, {count}").format(count=count(tools, "tool")) + (
        f", {count(rules, 'rule')}" if rules else ""
    )


def _tool(run: dict) -> str:
    return said(part(run, "tool", "driver", "name"), 60) or _("unnamed tool")


def _ended(runs: list[dict]) -> list[str]:
    """The tools none of whose runs was cut short."""
    short = {_tool(run) for run in runs if _run_notes(run)}
    return [name for name in dict.fromkeys(_tool(run) for run in runs) if name not in short]


def _run_notes(run: dict) -> list[str]:
    """Why a run cannot say that there is nothing."""
    notes = []
    if not isinstance(run.get("results"), list):
        notes.append(_("{tool} gives no results: its scan was not done.").format(tool=_tool(run)))
    if any(one.get("executionSuccessful") is False for one in rows(run, "invocations")):
        notes.append(
            _("{tool} did not end well: what it did not find says nothing.").format(tool=_tool(run))
        )
    return notes


def _observed(runs: list[dict]) -> datetime | None:
    ends = [
        instant(one.get("endTimeUtc") or one.get("startTimeUtc"))
        for run in runs
        for one in rows(run, "invocations")
    ]
    return max(filter(None, ends), default=None)


def _findings(run: dict, at: int) -> Iterator[Found]:
    if run.get("results") is None:
        return iter(())
    try:
        results = wanted_list(run, "results")
    except WrongResult as wrong:
        raise WrongResult(wrong.sentence, place=f"runs[{at}].{wrong.place}") from None
    rules = _Rules(run)
    return (
        _finding(run, result, rules.of(result))
        for result in results
        if result.get("baselineState") != "absent" and _tells(result)
    )


def _tells(result: dict) -> bool:
    """Whether a result speaks of a fault at all: tools also list what passed."""
    return result.get("kind", "fail") in ("fail", "open", "review")


class _Rules:
    """The rules of a run by position and by id, those of its extensions too."""

    def __init__(self, run: dict) -> None:
        self.driver = _list(run, "tool", "driver", "rules")
        self.more = [_list(one, "rules") for one in _list(run, "tool", "extensions")]
        every = [*self.driver, *(rule for rules in self.more for rule in rules)]
        self.by_id = {
            rule["id"]: rule
            for rule in every
            if isinstance(rule, dict) and isinstance(rule.get("id"), str)
        }

    def of(self, result: dict) -> dict:
        named = result.get("ruleId") or part(result, "rule", "id")
        named = named if isinstance(named, str) else ""
        by_name = self.by_id.get(named) or self.by_id.get(named.rpartition("/")[0])
        return by_name or self._placed(result) or {"id": named}

    def _placed(self, result: dict) -> dict | None:
        index = part(result, "rule", "index")
        index = result.get("ruleIndex") if index is None else index
        component = part(result, "rule", "toolComponent", "index")
        held = self.driver if component is None else part(self.more, component)
        rule = part(held, index) if isinstance(index, int) else None
        return rule if isinstance(rule, dict) else None


def _list(holder: Any, *path: str) -> list:
    held = part(holder, *path)
    return held if isinstance(held, list) else []


def _finding(run: dict, result: dict, rule: dict) -> Found:
    name = said(result.get("ruleId")) or said(rule.get("id")) or _("no rule")
    file, place = _place(result)
    message = _message(result, rule)
    named = said(part(rule, "shortDescription", "text")) or said(rule.get("name"))
    return found(
        rule=name,
        title=named or first_sentence(message) or name,
        severity=_severity(result, rule),
        place=place,
        file=file,
        message=message,
        tool=_tool(run),
        suppressed=_suppressed(result),
        given=_given(result),
    )


def _severity(result: dict, rule: dict) -> str:
    for holder in (result, rule):
        scored = severity_of(part(holder, "properties", "security-severity"))
        if scored:
            return scored
    return severity_named(level_of(result, rule))


def _place(result: dict) -> tuple[str, str]:
    """The file, and the file with its line; without a file the name of what is wrong."""
    where = part(result, "locations", 0, "physicalLocation")
    file = said(part(where, "artifactLocation", "uri")).removeprefix("file://")
    line = part(where, "region", "startLine")
    if file:
        return file, f"{file}:{line}" if isinstance(line, int) else file
    logical = part(result, "locations", 0, "logicalLocations", 0)
    name = said(part(logical, "fullyQualifiedName")) or said(part(logical, "name"))
    return name, name


def _message(result: dict, rule: dict) -> str:
    text = part(result, "message", "text")
    key = part(result, "message", "id")
    if not isinstance(text, str) and isinstance(key, str):
        text = part(rule, "messageStrings", key, "text")
    if not isinstance(text, str):
        return said(part(rule, "fullDescription", "text"))
    text = text[:4000]
    for at, given in enumerate(_list(result, "message", "arguments")[:10]):
        text = text.replace(f"{{{at}}}", said(given, 200))
    return text


def _suppressed(result: dict) -> bool:
    given = rows(result, "suppressions")
    return bool(given) and all(one.get("status") not in _STANDING for one in given)


def _given(result: dict) -> str:
    """The tool's own mark of the finding, where it gives one."""
    for name in ("fingerprints", "partialFingerprints"):
        marks = part(result, name)
        if isinstance(marks, dict):
            told = [
                f"{k}={v}" for k, v in sorted(marks.items()) if isinstance(v, str) and v != _LOGIN
            ]
            if told:
                return said(" ".join(told), 500)
    return ""
