"""Coverage as lines of text: lcov tracefiles and Go cover profiles."""

import re

from django.utils.translation import gettext as _

from checklists.rules.results.covered import STATEMENTS, Part, coverage
from checklists.rules.results.shape import Reading, WrongResult, count, figure, share, whole

LIMIT_LINES = 1_500_000
_LCOV = re.compile(r"([A-Z]{2,10}):(.*)")
_GO_MODE = re.compile(r"mode: (set|count|atomic)")
_GO = re.compile(r"(\S.*:\d+\.\d+,\d+\.\d+) (\d{1,9}) (\d{1,20})")
_SUMS = ("LF", "LH", "BRF", "BRH", "FNF", "FNH")


def is_lcov(text: str) -> bool:
    return text.startswith(("TN:", "SF:"))


def is_go_cover(text: str) -> bool:
    return text.startswith("mode: ")


def read_lcov(text: str) -> Reading:
    """Raises WrongResult with the line that cannot be read; a file cut off within a record."""
    sums, files, opened, last = dict.fromkeys(_SUMS, 0), 0, False, 0
    record: dict[str, int] = {}
    for last, line in _lines(text):
        if line == "end_of_record":
            _add(sums, record)
            record, opened = {}, False
            continue
        match = _LCOV.fullmatch(line)
        if match is None:
            raise WrongResult(_("A line of lcov begins with a keyword and a colon."), last)
        key, value = match.groups()
        if key == "SF":
            files, opened = files + 1, True
        elif key in ("DA", "BRDA"):
            _count(record, key, value, last)
        elif key in _SUMS:
            record[key] = _whole(value, last)
    if opened or not files:
        raise WrongResult(_("It is cut off: a record without end_of_record."), last)
    return _lcov(sums, files)


def _count(record: dict[str, int], key: str, value: str, at: int) -> None:
    """What tools without sums leave to be counted; a sum in the record comes before it."""
    cells = value.split(",", 5)
    hits = cells[-1] if key == "BRDA" else "".join(cells[1:2])
    name = {"DA": "da", "BRDA": "br"}[key]
    record[f"{name}-all"] = record.get(f"{name}-all", 0) + 1
    ran = key == "BRDA" and hits == "-"
    record[f"{name}-ran"] = record.get(f"{name}-ran", 0) + (not ran and _hits(hits, at) > 0)


def _hits(text: str, at: int) -> int:
    # gcov writes a negative count where it lost one: that line was not seen to run.
    return 0 if text.startswith("-") and text[1:].isdigit() else _whole(text, at)


def _add(sums: dict[str, int], record: dict[str, int]) -> None:
    for key, counted in (("LF", "da-all"), ("LH", "da-ran"), ("BRF", "br-all"), ("BRH", "br-ran")):
        sums[key] += record.get(key, record.get(counted, 0))
    for key in ("FNF", "FNH"):
        sums[key] += record.get(key, 0)


def _lcov(sums: dict[str, int], files: int) -> Reading:
    functions = share(sums["FNH"], sums["FNF"]) if sums["FNH"] <= sums["FNF"] else None
    return coverage(
        _("lcov tracefile"),
        Part(sums["LH"], sums["LF"]),
        Part(sums["BRH"], sums["BRF"]),
        more=[figure("functions", _("Functions covered"), functions, "%")],
        detail=_("lcov, {count}").format(count=count(files, "file")),
    )


def read_go_cover(text: str) -> Reading:
    """Statements of blocks; a block that several packages list is one, run where any ran it.

    Raises WrongResult with the line that cannot be read.
    """
    blocks: dict[str, tuple[int, bool]] = {}
    for at, line in _lines(text):
        if _GO_MODE.fullmatch(line):
            continue  # profiles that were joined repeat it
        match = _GO.fullmatch(line)
        if match is None:
            raise WrongResult(
                _("A line reads file.go:line.column,line.column statements count."), at
            )
        block, statements, ran = match[1], int(match[2]), match[3].strip("0") != ""
        blocks[block] = (statements, ran or blocks.get(block, (0, False))[1])
    if not blocks:
        raise WrongResult(_("It lists no block: no code was looked at."), 1)
    covered = sum(statements for statements, ran in blocks.values() if ran)
    total = sum(statements for statements, _unused in blocks.values())
    return coverage(
        _("Go cover profile"),
        Part(covered, total),
        Part(None, None),
        counted=STATEMENTS,
        detail=_("go cover, {count}").format(count=count(len(blocks), "block")),
        notes=[_("Go counts statements, not lines.")],
    )


def _lines(text: str):
    if text.count("\n") > LIMIT_LINES:
        raise WrongResult(
            _("It has more than {limit_lines:,} lines.").format(limit_lines=LIMIT_LINES)
        )
    for at, line in enumerate(text.split("\n"), start=1):
        line = line.strip()
        if line:
            yield at, line


def _whole(text: str, at: int) -> int:
    value = whole(text)
    if value is None:
        raise WrongResult(_("A whole number is expected here."), at)
    return value
