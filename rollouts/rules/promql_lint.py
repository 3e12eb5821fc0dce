"""What can be said of a PromQL query without asking anybody. Pure, offline."""

import re
from functools import lru_cache

import promql_parser

_WANTS_RANGE = re.compile(r"expected type matrix in call to function '(\w+)'")
_RATE = re.compile(r"\b(rate|irate|increase)\s*\(\s*([a-zA-Z_:][\w:]*)\s*(?:\{[^{}]*\})?\s*\[")
_COUNTERS = ("_total", "_count", "_sum", "_bucket")
_BY = re.compile(r"\bby\s*\(([^()]*)\)", re.I)
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}
COMPARES = frozenset({"<", "<=", ">", ">=", "=="})


@lru_cache(maxsize=2048)
def fault(text: str) -> str:
    """Why a query cannot be asked, as a sentence; "" when it can."""
    try:
        parsed = promql_parser.parse(text)
    except ValueError as error:
        return _in_words(str(error))
    except RecursionError:
        return "This is nested too deeply."
    if isinstance(parsed, promql_parser.MatrixSelector | promql_parser.SubqueryExpr):
        return "This gives a range; one number is wanted. Put rate(…) or another function round it."
    if isinstance(parsed, promql_parser.StringLiteral):
        return "This is a text; one number is wanted."
    return ""


def _in_words(said: str) -> str:
    wants = _WANTS_RANGE.search(said)
    if wants:
        name = wants[1]
        return f"This is no PromQL: {name} wants a range. Write {name}(…[5m])."
    return f"This is no PromQL: {' '.join(said.split())[:200]}."


@lru_cache(maxsize=2048)
def oddities(text: str) -> tuple[str, ...]:
    """Sentences about what parses and is hardly meant."""
    if fault(text):
        return ()
    found = []
    for function, name in _RATE.findall(text):
        # What a recording rule made has colons and says itself what it is.
        if ":" not in name and not name.endswith(_COUNTERS):
            found.append(f"{function}({name}) is of no counter, as far as its name says.")
    return tuple(dict.fromkeys(found))


def without_labels(text: str, labels: frozenset[str]) -> str:
    """The query with these labels taken out of its ``by (…)``; "" where there is none of them."""

    def shorter(match: re.Match) -> str:
        kept = [one for one in (part.strip() for part in match[1].split(",")) if one not in labels]
        return f"by ({', '.join(kept)})"

    changed = _BY.sub(shorter, text)
    # "by ()" is one series, and clearer without it.
    changed = re.sub(r"\s*\bby \(\)", "", changed)
    return changed if changed != text and not fault(changed) else ""


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
