"""Who signs, where a person may know better than the readers. Pure."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from warroom.documents import signers
from warroom.documents.blocks import Block, ListBlock, Section
from warroom.documents.readers import NOTE, Understanding


def asked_signers(
    section: Section, above: bool, understanding: Understanding
) -> Iterator[tuple[signers.Signer, Block]]:
    """The signers of a section as somebody chose them; of a box both could have been meant."""
    known: set[int] = set()
    for signer, block in signers.signers_of(section, above):
        known.add(signer.line)
        kinds = ("signer", "item", "text") if signer.box else ("signer", "text")
        now = understanding.chosen(signer.line, *kinds) or "signer"
        understanding.offer(signer.line, now, kinds, section.line, _("lines of a sign-off"))
        if now == "signer":
            yield signer, block
    if signers.SIGNOFF.search(section.title):
        yield from _boxes(section, known, understanding)
    yield from _templates(section, understanding)


def _boxes(
    section: Section, known: set[int], understanding: Understanding
) -> Iterator[tuple[signers.Signer, Block]]:
    """Boxes below a sign-off that name no role: work, unless somebody says otherwise."""
    kinds = ("item", "signer", "text")
    for block in section.blocks:
        for item in block.items if isinstance(block, ListBlock) else ():
            if item.box is None or item.line in known:
                continue
            now = understanding.chosen(item, *kinds) or "item"
            understanding.offer(item, now, kinds, section.line, _("boxes of a sign-off"))
            if now == "signer":
                yield signers.Signer(signers.role_of(item.text), item.line, box=True), item


def _templates(
    section: Section, understanding: Understanding
) -> Iterator[tuple[signers.Signer, Block]]:
    """Lines to sign inside a code block: a template, left alone and offered."""
    lines = 0
    for fence, signer in signers.in_fences(section):
        now = understanding.chosen(signer.line, "signer", "text") or "text"
        kinds = ("text", "signer")
        understanding.offer(signer.line, now, kinds, fence.line, _("lines to sign"))
        lines += 1
        if now == "signer":
            yield signer, fence
    if lines:
        text = _("{lines} lines to sign stand in a code block: a template, left alone.").format(
            lines=lines
        )
        understanding.find(section.line, NOTE, "signers_in_code", text, _("Choose below."))
