"""Reads CSV row by row: header, width of every row, number of rows."""

import csv
import io
from collections.abc import Iterator

from django.utils.translation import gettext as _

from checklists.rules.results.shape import WrongResult

LIMIT_ROWS = 300_000


def header_of(text: str) -> list[str]:
    """The first row, as far as it can be read as CSV; [] otherwise."""
    try:
        first = next(csv.reader(io.StringIO(text[:20_000], newline="")), [])
    except csv.Error:
        return []
    return [cell.strip() for cell in first]


def table(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row below the header with the line that it ends on (from 1), cells by column.

    Raises WrongResult with the line of a row with more or fewer cells than the header.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        for number, row in enumerate(reader, start=1):
            if not row:
                continue
            if len(row) != len(header):
                raise WrongResult(
                    _("{count} columns, {header_count} expected.").format(
                        count=len(row), header_count=len(header)
                    ),
                    reader.line_num,
                )
            if number > LIMIT_ROWS:
                raise WrongResult(
                    _("It has more than {limit_rows:,} rows.").format(limit_rows=LIMIT_ROWS),
                    reader.line_num,
                )
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise WrongResult(
            _("It is no whole CSV: {error}.").format(error=error), reader.line_num
        ) from None
