"""How long a HOLD lasts: "HOLD at 5 %, extend monitoring 6 hours", "Hold at 10 % for 12-24 hours".

A stage has one hold length. Where a document names several, one is taken and all are told (S58).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from rollouts.models import Stage
from warroom.documents.blocks import Document, ListItem, Paragraph, Row
from warroom.documents.plain import plain
from warroom.documents.readers import NOTE, WARNING, Creation, Reader, Understanding, register
from warroom.models import DeploymentPlan
from warroom.rules.offsets import parse_length
from warroom.rules.wording import duration_text

_LENGTH = (
    r"(?P<least>\d{1,3})(?:\s*(?:-|–|—|to)\s*(?P<most>\d{1,3}))?[\s-]?"
    r"(?P<unit>h|hrs?|hours?|min(?:ute)?s?|d|days?)\b"
)
_HOLD = re.compile(
    rf"(?:\bhold\b[^.]*?\b(?:for|extend\w*|additional\w*|monitor\w*)\b[^.]*?"
    rf"|\bextended monitoring\b[^.]*?)\b{_LENGTH}",
    re.I,
)


@dataclass(frozen=True, slots=True)
class HoldFound:
    """A length named on a line: seconds from least to most, which are alike for a single one."""

    line: int
    least_s: int
    most_s: int

    @property
    def words(self) -> str:
        """“6 h”, “12 h to 24 h”."""
        least, most = duration_text(self.least_s), duration_text(self.most_s)
        return least if least == most else _("{least} to {most}").format(least=least, most=most)


class HoldLengths(Reader):
    name = "hold_lengths"
    order = 71  # after the stages that have one

    def read(self, document: Document, understanding: Understanding) -> None:
        stages = understanding.parts.get("stages", ())
        found = list(_found(document)) if stages else []
        understanding.parts["hold_lengths"] = tuple(found)
        if not found:
            return
        taken = chosen(found)
        if len({(one.least_s, one.most_s) for one in found}) > 1:
            said = "; ".join(
                _("line {line}: {one}").format(line=one.line, one=one.words) for one in found[:6]
            )
            text = _("A HOLD lasts {said}. {taken} is taken for every stage.").format(
                said=said, taken=taken.words
            )
            understanding.find(taken.line, WARNING, "hold_lengths", text)
        else:
            length = duration_text(taken.least_s)
            text = _("Yellow holds a stage for {length}, then it is looked at again.").format(
                length=length
            )
            understanding.find(taken.line, NOTE, "hold_length", text)

    def create(
        self, plan: DeploymentPlan, understanding: Understanding, creation: Creation
    ) -> None:
        found = understanding.parts["hold_lengths"]
        if found and creation.made.get("stages"):
            Stage.objects.filter(plan=plan).update(hold_s=chosen(found).least_s)


def chosen(found: Sequence[HoldFound]) -> HoldFound:
    """The one that is taken: the first that names one length, else the shortest least."""
    single = next((one for one in found if one.least_s == one.most_s), None)
    return single or min(found, key=lambda one: one.least_s)


def _found(document: Document) -> Iterator[HoldFound]:
    for line, text in _texts(document):
        match = _HOLD.search(text)
        if match is None:
            continue
        least = parse_length(f"{match['least']} {match['unit']}") or 0
        most = parse_length(f"{match['most'] or match['least']} {match['unit']}") or 0
        if 0 < least <= most <= 30 * 86_400:
            yield HoldFound(line, least, most)


def _texts(document: Document) -> Iterator[tuple[int, str]]:
    """Lines outside code: paragraphs, list items and table rows."""
    for _unused, block in document.blocks():
        if isinstance(block, Paragraph):
            yield from ((number, plain(row)) for number, row in block.rows)
        elif isinstance(block, ListItem):
            yield block.line, plain(block.text)
        elif isinstance(block, Row):
            yield block.line, " | ".join(map(plain, block.cells))


register(HoldLengths())
