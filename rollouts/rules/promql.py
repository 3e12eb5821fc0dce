"""PromQL read without a server: what cannot be asked, and what is asked by mistake. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser
from django.utils.translation import gettext as _

MOST = 10_000
_COUNTERS = ("_total", "_count", "_sum", "_bucket")
_OF_COUNTERS = ("rate", "irate", "increase")
_COMPARING = ("==", "!=", ">", "<", ">=", "<=")
_WANTS_RANGE = re.compile(r"expected type matrix in call to function '(\w+)', got (\w+)")
# The parser takes time by the cube of the operators in a row, and falls over deep nesting.
MOST_OPERATORS, DEEPEST = 80, 60
_TEXTS = re.compile(r""" "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | `[^`]*` """, re.VERBOSE)
_OPERATOR = re.compile(r"[-+*/%^]|[<>]=?|[=!]=|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_NAMED = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


@dataclass(frozen=True)
class Remark:
    """One sentence about a query. ``error``: Prometheus would refuse it, or give no number."""

    text: str
    error: bool = False


def quoted(value: str) -> str:
    """A value as a PromQL string, quotes included: whatever it holds, it stays inside them.

    Raises ValueError for a NUL or half a surrogate pair, which no label value can hold.
    """
    if "\0" in value or any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise ValueError("a label value cannot hold this character")
    named = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    shown = "".join(
        named.get(c) or (f"\\x{ord(c):02x}" if ord(c) < 32 or ord(c) == 127 else c) for c in value
    )
    return f'"{shown}"'


def lint(promql: str, reducer: str = "") -> tuple[Remark, ...]:
    """What is wrong with a query or odd about it, errors first; () when nothing is.

    With a `reducer` several series are meant, and nothing is said of them.
    """
    if unreadable := _unreadable(promql):
        return (Remark(unreadable, error=True),)
    try:
        tree = promql_parser.parse(promql)
    except ValueError as error:
        return (Remark(_refused(str(error), promql), error=True),)
    return tuple(dict.fromkeys((*_result(tree, bool(reducer)), *_inside(tree))))


def _unreadable(promql: str) -> str:
    """Why a query is not given to the parser at all; "" when it is."""
    if not promql.strip():
        return _("There is no query.")
    plain = _TEXTS.sub("", promql)
    if len(promql) > MOST or len(_OPERATOR.findall(plain)) > MOST_OPERATORS:
        return _(
            "The query is too long to be checked: {most_operators} operators are the most."
        ).format(most_operators=MOST_OPERATORS)
    if plain.count("(") > DEEPEST * 4 or _depth(plain) > DEEPEST:
        return _("The query is nested deeper than {deepest} levels.").format(deepest=DEEPEST)
    return ""


def _depth(plain: str) -> int:
    deepest = depth = 0
    for character in plain:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _refused(said: str, promql: str) -> str:
    """The parser's words; of the most common mistake ours, with what would be right."""
    wanted = _WANTS_RANGE.search(said)
    if wanted is None:
        return _("This is not PromQL: {split}.").format(split=" ".join(said.split()))
    inside = re.search(rf"\b{wanted[1]}\s*\(\s*({_NAMED.pattern}(?:{{[^}}]*}})?)\s*\)", promql)
    example = f"{wanted[1]}({inside[1] if inside else 'metric'}[5m])"
    return _("{wanted}() wants values over a span of time: {example}.").format(
        wanted=wanted[1], example=example
    )


def _result(tree: Any, reduced: bool) -> Iterator[Remark]:
    """What the whole of it gives."""
    tree = _bare(tree)
    if isinstance(tree, (promql_parser.MatrixSelector, promql_parser.SubqueryExpr)):
        yield Remark(_("It gives a range of values, one number is wanted."), error=True)
    elif isinstance(tree, promql_parser.StringLiteral):
        yield Remark(_("It gives text, one number is wanted."), error=True)
    elif isinstance(tree, promql_parser.VectorSelector) and not reduced:
        yield Remark(_("It gives every series of the metric: say how they become one number."))
    elif isinstance(tree, promql_parser.BinaryExpr) and str(tree.op) in _COMPARING:
        if not (tree.modifier and tree.modifier.return_bool):
            yield Remark(
                _(
                    "A comparison gives nothing while it is false, which is no data: "
                    "leave the bound to the bands, or write bool after the operator."
                )
            )
    elif isinstance(tree, promql_parser.AggregateExpr) and _keeps_labels(tree) and not reduced:
        yield Remark(_("It gives a series for each value of its labels: say how they become one."))


def _keeps_labels(tree: Any) -> bool:
    return bool(tree.modifier and (tree.modifier.labels or "Without" in str(tree.modifier.type)))


def _inside(tree: Any) -> Iterator[Remark]:
    """What is odd in any part of it."""
    for node in _nodes(tree):
        if isinstance(node, promql_parser.Call):
            yield from _call(node)


def _call(node: Any) -> Iterator[Remark]:
    name = node.func.name
    if name in _OF_COUNTERS:
        yield from _rate(name, _bare(node.args[0]))
    if name == "histogram_quantile" and len(node.args) == 2:
        summed = _bare(node.args[1])
        if isinstance(summed, promql_parser.AggregateExpr) and _drops_le(summed):
            yield Remark(_("histogram_quantile() needs the label le: write sum by (le) (…)."))


def _rate(name: str, over: Any) -> Iterator[Remark]:
    if isinstance(over, promql_parser.SubqueryExpr):
        if isinstance(_bare(over.expr), promql_parser.AggregateExpr):
            yield Remark(
                _(
                    "{name}() of a sum takes a restart for a jump: write "
                    "sum({name}(…[5m])) instead."
                ).format(name=name)
            )
    elif isinstance(over, promql_parser.MatrixSelector):
        metric = over.vector_selector.name or ""
        if metric and not metric.endswith(_COUNTERS):
            yield Remark(
                _("{name}() is meant for counters; {metric} does not look like one.").format(
                    name=name, metric=metric
                )
            )


def _drops_le(summed: Any) -> bool:
    if summed.modifier is None:
        return True
    by = "By" in str(summed.modifier.type)
    return ("le" in summed.modifier.labels) != by


def _bare(node: Any) -> Any:
    while isinstance(node, promql_parser.ParenExpr):
        node = node.expr
    return node


def _nodes(tree: Any) -> list[Any]:
    found: list[Any] = []
    promql_parser.walk(tree, lambda node: found.append(node))
    return found
