"""Coverage as JSON: coverage.py's report and istanbul's json-summary."""

from typing import Any

from django.utils.translation import gettext as _

from checklists.rules.results.covered import Part, coverage, percent_text
from checklists.rules.results.objects import each, part
from checklists.rules.results.shape import (
    Reading,
    WrongResult,
    count,
    figure,
    instant,
    number,
    said,
)


def is_coverage_py(document: Any) -> bool:
    return isinstance(part(document, "totals"), dict) and isinstance(part(document, "meta"), dict)


def is_istanbul(document: Any) -> bool:
    return isinstance(part(document, "total", "lines"), dict)


def read_coverage_py(document: Any) -> Reading:
    """Its own ``percent_covered`` counts branches too; the share of lines is read beside it."""
    totals, meta = document["totals"], document["meta"]
    statements = Part(number(totals.get("covered_lines")), number(totals.get("num_statements")))
    if statements.total is None:
        raise WrongResult(_("The number of statements is missing."), place="totals.num_statements")
    branches = Part(number(totals.get("covered_branches")), number(totals.get("num_branches")))
    total = number(totals.get("percent_covered")) if statements.total else None
    return coverage(
        _("coverage.py JSON"),
        statements,
        branches,
        more=[figure("total", _("Lines and branches"), total, "%", percent_text(total))],
        detail=said(
            _("coverage.py {said}, {files}").format(
                said=said(meta.get("version"), 20), files=_files(document)
            )
        ),
        observed_at=instant(meta.get("timestamp")),
        notes=_both_note(statements, total),
    )


def _files(document: dict) -> str:
    return count(sum(1 for _unused in each(document, "files")), "file")


def _both_note(statements: Part, total: float | None) -> list[str]:
    if total is None or statements.share is None or abs(total - statements.share) < 0.05:
        return []
    return [
        _(
            "coverage.py itself says {total}: that counts branches too. Of the lines "
            "{share} ran, as in the XML of the same run."
        ).format(total=percent_text(total), share=percent_text(statements.share))
    ]


def read_istanbul(document: Any) -> Reading:
    """A ``pct`` that is "Unknown" is no data, and so is 100 % of 0 branches."""
    total = document["total"]
    if number(part(total, "lines", "total")) is None:
        raise WrongResult(_("The number of lines is missing."), place="total.lines.total")
    more = [
        figure(
            key,
            said,
            one.share,
            "%",
            percent_text(one.share),
        )
        for key, said in (
            ("statements", _("Statements covered")),
            ("functions", _("Functions covered")),
        )
        for one in [_part(total, key)]
    ]
    files = sum(1 for _unused in each(document)) - 1
    return coverage(
        _("istanbul JSON summary"),
        _part(total, "lines"),
        _part(total, "branches"),
        more=more,
        detail=_("istanbul, {count}").format(count=count(files, "file")),
    )


def _part(total: dict, key: str) -> Part:
    one = total.get(key)
    return Part(*(number(part(one, name)) for name in ("covered", "total", "pct")))
