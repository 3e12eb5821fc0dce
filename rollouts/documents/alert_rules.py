"""Prometheus alert rules: which alert asks what, and compares it with which number.

Lenient, as such files are written for another program: what is not understood is said and left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import promql_parser
from django.utils.translation import gettext as _

from checklists.rules.bands import Bound
from rollouts.rules.promql import lint
from rollouts.rules.promql_parts import split_comparison
from warroom.documents.source import DocumentError
from warroom.documents.tree import Node

MILD = frozenset({"warning", "warn", "info", "notice", "low", "medium", "none"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_-]+")
_WEB = re.compile(r"https?://[^\s<>\"'`]+")
_LINKS = ("dashboard_url", "dashboard", "grafana_url", "panel_url")
Left = tuple[int, str]


@dataclass(frozen=True)
class Ruled:
    """One alert. ``bound``: when it fires; ``for_s`` and ``every_s`` seconds."""

    line: int
    alert: str
    query: str
    bound: Bound
    for_s: int = 0
    every_s: int = 0
    severity: str = ""
    summary: str = ""
    runbook: str = ""
    link: str = ""

    @property
    def mild(self) -> bool:
        return self.severity.lower() in MILD

    @property
    def name(self) -> str:
        """``High error rate`` of ``HighErrorRate``; words in capitals stay."""
        words = [word for word in _CAMEL.split(self.alert) if word]
        rest = [word if word.isupper() else word.lower() for word in words[1:]]
        return " ".join([*words[:1], *rest])[:200]


def read_rules(plain: Mapping[str, Any], tree: Node) -> tuple[list[Ruled], list[Left]]:
    """The alerts that compare with a number, and what was left, each with its line."""
    groups = plain.get("groups")
    if not isinstance(groups, list):
        raise DocumentError(1, _("There are no groups of rules."), _("Begin with groups:."))
    found: list[Ruled] = []
    left: list[Left] = []
    for g, group in enumerate(groups):
        for n, rule in enumerate(_rules(group)):
            line = tree.line_of(("groups", g, "rules", n))
            one = _rule(line, rule, group)
            (found if isinstance(one, Ruled) else left).append(one)
    return found, left


def _rules(group: Any) -> Iterator[Any]:
    rules = group.get("rules") if isinstance(group, dict) else None
    yield from rules if isinstance(rules, list) else ()


def _rule(line: int, rule: Any, group: Mapping[str, Any]) -> Ruled | Left:
    if not isinstance(rule, dict) or not isinstance(rule.get("expr"), str | int | float):
        return line, _("A rule without an expression.")
    if "alert" not in rule:
        return line, _("{record} records a series; it is no alert.").format(
            record=_text(rule.get("record")) or _("A rule")
        )
    alert, expr = _text(rule["alert"])[:120] or _("Alert"), str(rule["expr"]).strip()
    wrong = [one.text for one in lint(expr) if one.error]
    if wrong:
        return line, f"{alert}: {wrong[0]}"
    split = split_comparison(expr)
    if split is None:
        return line, _("{alert}: the expression compares no query with a number.").format(
            alert=alert
        )
    query, op, number = split
    bound = Bound("=" if op == "==" else op, number)
    return Ruled(
        line,
        alert,
        query,
        bound,
        _seconds(rule.get("for")),
        _seconds(group.get("interval")),
        **_said(rule),
    )


def _said(rule: Mapping[str, Any]) -> dict[str, str]:
    labels, notes = _mapping(rule.get("labels")), _mapping(rule.get("annotations"))
    summary, more = _text(notes.get("summary")), _text(notes.get("description"))
    links = (_text(notes.get(name)) for name in _LINKS)
    return {
        "severity": _text(labels.get("severity"))[:40],
        "summary": "\n".join(dict.fromkeys(filter(None, (summary, more))))[:2000],
        "runbook": _web(_text(notes.get("runbook_url")) or _text(notes.get("runbook"))),
        "link": _web(next(filter(None, links), "")),
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return str(value).replace("\0", "").strip() if isinstance(value, str | int | float) else ""


def _web(text: str) -> str:
    return text if _WEB.fullmatch(text) and len(text) <= 500 else ""


def _seconds(value: Any) -> int:
    """Of ``5m`` as Prometheus writes lengths; 0 for none, seven days at most."""
    try:
        length = promql_parser.parse_duration(_text(value)) if _text(value) else None
    except ValueError:
        return 0
    return min(int(length.total_seconds()), 7 * 86_400) if length else 0
