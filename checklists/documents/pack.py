"""The review pack as Markdown: the same parts as on its page."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from checklists.queries.pack import Cell, Mark, Pack, Part
from warroom.documents.writing import plain_line, plain_words
from warroom.rules.wording import full_instant


def pack_markdown(pack: Pack) -> str:
    """One document; what people typed stays text. Times are UTC."""
    plan, gate = pack.gate.plan, pack.gate
    lines = [f"# {plain_line(f'{plan.name}: {gate.title}')}", ""]
    lines += [
        _("Review pack, as of {at}, event {timeline_seq}.").format(
            at=full_instant(pack.at), timeline_seq=plan.timeline_seq
        ),
        "",
    ]
    if plan.rehearsal:
        lines += [_("REHEARSAL: nothing here speaks for another release."), ""]
    for part in pack.parts:
        lines += [*part_lines(part), ""]
    return "\n".join(lines).rstrip() + "\n"


def part_lines(part: Part) -> Iterator[str]:
    yield f"## {plain_line(part.title)}"
    if part.sentence:
        yield from ("", plain_line(part.sentence))
    if part.rows:
        head = part.head or ("", "")
        yield ""
        yield _line(head)
        yield f"|{'---|' * len(head)}"
        yield from (_line(row) for row in part.rows)
    if part.lines:
        yield ""
        yield from (f"- {plain_line(line)}" for line in part.lines)


def _line(row: tuple[Cell, ...]) -> str:
    return f"| {' | '.join(plain_words(c.said if isinstance(c, Mark) else c) for c in row)} |"
