"""The record of a decision as Markdown: the same parts as on its page, the same bytes each time."""

import hashlib
from collections.abc import Iterator

from django.utils.translation import gettext as _

from checklists.documents.pack import part_lines
from checklists.queries.decision_records import Record
from warroom.documents.writing import plain_line


def record_markdown(record: Record) -> str:
    """One document; what people typed stays text. Its last line is the SHA-256 of those before."""
    text = "\n".join(_lines(record)).rstrip() + "\n"
    return f"{text}\nSHA-256 of the lines above: `{hashlib.sha256(text.encode()).hexdigest()}`\n"


def _lines(record: Record) -> Iterator[str]:
    gate = record.decision.gate
    yield f"# {plain_line(f'Decision record: {record.plan.name}, {gate.title}')}"
    yield ""
    if record.plan.rehearsal:
        yield from (_("REHEARSAL: nothing here speaks for another release."), "")
    for part in record.parts:
        yield from part_lines(part)
        yield ""
    yield "---"
    yield ""
    yield f"**{plain_line(record.stamp)}**"
    yield ""
    yield _("Evidence SHA-256: `{evidence_sha256}`").format(
        evidence_sha256=record.decision.evidence_sha256
    )
