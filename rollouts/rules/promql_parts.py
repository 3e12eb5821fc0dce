"""Parts of a PromQL query: the labels that it groups by, the bound that an alert compares with."""

import re

import promql_parser

from rollouts.rules.promql import lint

_BY = re.compile(r"\bby\s*\(([^()]*)\)", re.I)
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}
COMPARES = frozenset({"<", "<=", ">", ">=", "=="})


def without_labels(text: str, labels: frozenset[str]) -> str:
    """The query with these labels taken out of its ``by (…)``; "" where there is none of them."""

    def shorter(match: re.Match) -> str:
        kept = [one for one in (part.strip() for part in match[1].split(",")) if one not in labels]
        return f"by ({', '.join(kept)})"

    changed = _BY.sub(shorter, text)
    # "by ()" is one series, and clearer without it.
    changed = re.sub(r"\s*\bby \(\)", "", changed)
    sound = changed != text and not any(one.error for one in lint(changed))
    return changed if sound else ""


def grouped_by(text: str) -> str:
    """``sum by (le)``: the first aggregation that names labels; "" where there is none."""
    match = re.search(r"\b(sum|avg|min|max|count)\s+by\s*\([^()]*\)", text, re.I)
    return " ".join(match[0].split()) if match else ""


def split_comparison(text: str) -> tuple[str, str, float] | None:
    """``(query, operator, number)`` of ``query > 5`` or ``5 < query``; None where it is none.

    The operator is one of < <= > >= ==, as if the query stood on the left.
    """
    try:
        parsed = promql_parser.parse(text)
    except (ValueError, RecursionError):
        return None
    while isinstance(parsed, promql_parser.ParenExpr):
        parsed = parsed.expr
    if not isinstance(parsed, promql_parser.BinaryExpr) or str(parsed.op) not in COMPARES:
        return None
    left, right, op = _number(parsed.lhs), _number(parsed.rhs), str(parsed.op)
    if right is not None and left is None:
        return _text(parsed.lhs), op, right
    if left is not None and right is None:
        return _text(parsed.rhs), _FLIPPED[op], left
    return None


def _number(part: promql_parser.Expr) -> float | None:
    sign = 1.0
    while isinstance(part, promql_parser.ParenExpr | promql_parser.UnaryExpr):
        sign = -sign if isinstance(part, promql_parser.UnaryExpr) else sign
        part = part.expr
    return sign * part.val if isinstance(part, promql_parser.NumberLiteral) else None


def _text(part: promql_parser.Expr) -> str:
    while isinstance(part, promql_parser.ParenExpr):
        part = part.expr
    return part.prettify()
