"""Dry runs of a document: "Test 3: …" headings under "Dry-run results", with command, result,
output and analysis; and the summary that is compared with them, because totals are computed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from checklists.models import DryRun, DryRunResult
from checklists.rules.dryruns import OUTPUT_LIMIT, SHOWN, clean_output
from warroom.documents.blocks import (
    Block,
    Document,
    Fence,
    ListBlock,
    ListItem,
    Paragraph,
    Section,
    Table,
    walk,
)
from warroom.documents.plain import plain, without_marks
from warroom.documents.readers import NOTE, WARNING, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan
from warroom.rules.moments import parse_moment

LIMIT = 200
_ABOUT = re.compile(r"\bdry[\s-]?runs?\b", re.I)
_TEST = re.compile(r"^test\s*#?(?P<number>\d{1,3})\s*[:.)–—-]\s*(?P<title>\S.*)$", re.I)
_ROW = re.compile(r"^#?(?P<number>\d{1,3})\s*[.:)]?\s")
_LABEL = re.compile(
    r"^(?P<key>command|result|output|analysis|expected|expected output)\s*:\s*(?P<rest>.*)$", re.I
)
_WORDS = ((re.compile(r"\bfail", re.I), "fail"), (re.compile(r"\bwarn", re.I), "warn"))
_PASS = re.compile(r"\bpass(?:ed)?\b", re.I)
_CLAIM = re.compile(r"(?P<count>\d{1,3})\s*/\s*(?P<of>\d{1,3})\s*(?P<word>pass|warn|fail)", re.I)


@dataclass(slots=True)
class TestFound:
    """One test as the document tells it."""

    number: int
    title: str
    line: int
    command: str = ""
    expected: str = ""
    word: str = ""
    output: str = ""
    analysis: str = ""
    at: datetime | None = None


class DryRuns(Reader):
    name = "dry-runs"
    order = 25  # before the items: what stands in a dry run is no work

    def read(self, document: Document, understanding: Understanding) -> None:
        found: dict[int, TestFound] = {}
        for section in document.sections:
            match = _TEST.match(without_marks(plain(section.title)))
            if match and _about_dry_runs(section.parent) and len(found) < LIMIT:
                one = _read(section, int(match["number"]), match["title"], understanding)
                found.setdefault(one.number, one)
        understanding.parts["dry_runs"] = tuple(found.values())
        if found:
            _compare(document, understanding, found)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        known = set(plan.dry_runs.values_list("title", flat=True)) if creation.extending else set()
        wanted = [one for one in understanding.parts["dry_runs"] if one.title not in known]
        last = plan.dry_runs.aggregate(last=Max("number"))["last"] or 0
        runs = DryRun.objects.bulk_create(
            DryRun(
                plan=plan,
                number=number,
                title=one.title,
                command=one.command,
                expected=one.expected,
                source_line=creation.source(one.line),
            )
            for number, one in enumerate(wanted, start=last + 1)
        )
        DryRunResult.objects.bulk_create(
            DryRunResult(
                dry_run=run,
                word=one.word,
                output=one.output,
                analysis=one.analysis,
                by_name="the document",
                at=min(one.at or creation.at, creation.at),
            )
            for run, one in zip(runs, wanted, strict=True)
            if one.word
        )


def _about_dry_runs(section: Section | None) -> bool:
    return section is not None and any(_ABOUT.search(step.title) for step in section.path())


# --- one test --------------------------------------------------------------------------------


def _read(section: Section, number: int, title: str, understanding: Understanding) -> TestFound:
    one = TestFound(number, title[:200], section.line, at=_when(section))
    label = ""
    for block in section.blocks:
        label = _take(one, block, label, understanding)
    what = SHOWN.get(one.word, _("no result"))
    understanding.claim(
        section.line, "dry run", _("Dry run {number}, {what}").format(number=number, what=what)
    )
    if not one.word:
        text = _("Dry run {number} says no result that is PASS, WARN or FAIL.").format(
            number=number
        )
        understanding.find(section.line, NOTE, "dry_run_result", text, _("Record it in the room."))
    return one


def _take(one: TestFound, block: Block, label: str, understanding: Understanding) -> str:
    """Take over what a block says; returns the label that the next block stands under."""
    if isinstance(block, Paragraph):
        for line, row in block.rows:
            match = _LABEL.match(plain(row))
            if match is None:
                label = ""
                continue
            label = match["key"].lower().split()[0]
            understanding.claim(line, "dry run", label.capitalize())
            if label == "result":
                one.word = _word(match["rest"])
            elif match["rest"]:
                _say(one, label, match["rest"])
        return label
    if isinstance(block, Fence) and label in ("command", "output", "expected"):
        _say(one, label, block.text)
        understanding.claim_rest(
            block,
            "dry run",
            _("{label} of dry run {one}").format(label=label.capitalize(), one=one.number),
        )
    elif isinstance(block, ListBlock) and label == "analysis":
        rows = [inner for inner in walk(block) if isinstance(inner, ListItem)]
        _say(one, label, "\n".join(f"- {plain(row.text)}" for row in rows))
        for row in rows:
            understanding.claim(row, "dry run", _("Analysis"))
    return ""


def _say(one: TestFound, label: str, text: str) -> None:
    text = clean_output(text).strip("\n")
    if label == "output":
        one.output = text.encode()[:OUTPUT_LIMIT].decode(errors="ignore")
    elif not getattr(one, label):
        setattr(one, label, text[:10_000])


def _word(text: str) -> str:
    """PASS, WARN or FAIL; the worse where both are said: "PASS with warnings" is a warning."""
    return next((word for sign, word in _WORDS if sign.search(text)), "") or (
        "pass" if _PASS.search(text) else ""
    )


def _when(section: Section) -> datetime | None:
    """The day that a heading above names (UTC)."""
    for step in reversed(section.path()):
        moment = parse_moment(plain(step.title))
        if moment is not None:
            return moment.at
    return None


# --- the summary -----------------------------------------------------------------------------


def _compare(document: Document, understanding: Understanding, found: dict[int, TestFound]) -> None:
    for section in document.sections:
        if not _about_dry_runs(section):
            continue
        for block in section.blocks:
            if isinstance(block, Table):
                _compare_table(block, understanding, found)
            elif isinstance(block, Paragraph):
                for line, row in block.rows:
                    _compare_claim(line, plain(row), understanding, found)


def _compare_table(table: Table, understanding: Understanding, found: dict[int, TestFound]) -> None:
    heads = [without_marks(plain(cell)).lower() for cell in table.header]
    if "result" not in heads or not heads[0].startswith("test"):
        return
    understanding.claim(table, "dry run", _("Summary, compared with the tests"))
    told = set()
    for row in table.rows:
        number, claimed = _row_says(row.cells, heads.index("result"))
        understanding.claim(row, "dry run", _("Summary line"))
        told.add(number)
        one = found.get(number)
        if one is None or not claimed or claimed == one.word:
            continue
        text = _("The summary says {claimed} of dry run {number}, the test itself {of}.").format(
            claimed=SHOWN[claimed], number=number, of=_of(one)
        )
        understanding.find(row.line, WARNING, "dry_run_summary", text, _("The test itself counts."))
    for number in sorted(found.keys() - told):
        text = _("The summary leaves out dry run {number}.").format(number=number)
        understanding.find(table.line, WARNING, "dry_run_summary", text)


def _of(one: TestFound) -> str:
    return SHOWN.get(one.word, _("nothing"))


def _row_says(cells: tuple[str, ...], column: int) -> tuple[int, str]:
    match = _ROW.match(plain(cells[0]) + " ")
    result = cells[column] if column < len(cells) else ""
    return int(match["number"]) if match else 0, _word(plain(result))


def _compare_claim(
    line: int, row: str, understanding: Understanding, found: dict[int, TestFound]
) -> None:
    """``6/7 pass, 1/7 warning`` against what the tests say."""
    for count, of, word in _claims(row):
        understanding.claim(line, "dry run", _("Total, computed here"))
        really = sum(one.word == word for one in found.values())
        if (count, of) != (really, len(found)):
            text = _(
                "The document claims {count} of {of} {word}; its tests make {really} of {total}."
            ).format(count=count, of=of, word=SHOWN[word], really=really, total=len(found))
            understanding.find(
                line, WARNING, "dry_run_totals", text, _("The room computes totals.")
            )


def _claims(row: str) -> Iterator[tuple[int, int, str]]:
    for match in _CLAIM.finditer(row):
        yield int(match["count"]), int(match["of"]), match["word"].lower()


register(DryRuns())
