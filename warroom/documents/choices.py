"""What a person chooses where the readers only guess: line by line, and block by block. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from warroom.documents.readers import LEFT, Understanding

# The words of a choice, and how a page asks for it.
KINDS = {
    "item": "An item",
    "text": "Text",
    "signer": "A role that signs",
    "phase": "A phase",
    "group": "A group",
    "criterion": "A criterion",
    "exit": "An exit criterion",
    "decision": "A choice of a decision",
    "branch": "What a decision starts",
    "trigger": "A rollback trigger",
    "risk": "A risk",
    "t0": "T-0",
    "window": "The window",
    "fact": "A note on the release",
    "hours": "Hours",
    "days": "Days",
    "undated": "No time",
}
# How a page asks for all lines of a block at once.
_BULK = {
    "item": "Make items of {}",
    "signer": "Make signing roles of {}",
    "criterion": "Make criteria of {}",
    "risk": "Make risks of {}",
    "hours": "Count hours in {}",
    "days": "Count days in {}",
    "text": "Leave {} as text",
}
_PAIR = re.compile(r"^(\d{1,6})[:=]([a-z0-9]{1,12})$")
LONGEST = 400_000  # of choices as text: one for each of 15,000 lines


@dataclass(frozen=True, slots=True)
class Bulk:
    """One choice for all lines of a block. ``value`` is what a form sends for it."""

    value: str
    words: str
    lines: str


def as_text(choices: Mapping[int, str]) -> str:
    """``12:item,40:text``: choices for one form field or one parameter."""
    return ",".join(f"{line}:{kind}" for line, kind in sorted(choices.items()))


def from_text(text: str) -> dict[int, str]:
    """The other way. Raises ValueError, in words, for what is no list of known choices."""
    if len(text) > LONGEST:
        raise ValueError("That is more choices than a document has lines.")
    choices = {}
    for pair in filter(None, re.split(r"[,\s]+", text)):
        match = _PAIR.match(pair)
        if match is None or match[2] not in KINDS:
            raise ValueError(f"“{pair[:40]}” is no choice; write line:kind, such as 12:item.")
        choices[int(match[1])] = match[2]
    return choices


def every_item(understanding: Understanding) -> dict[int, str]:
    """A choice of an item for every line that was left as text and could be one."""
    return {
        number: "item"
        for number, offer in understanding.offers.items()
        if offer.now in LEFT and "item" in offer.kinds
    }


def bulks(understanding: Understanding) -> list[Bulk]:
    """What is offered for whole blocks, in the order of the document."""
    blocks: dict[tuple[int, str], list[int]] = {}
    for number, offer in sorted(understanding.offers.items()):
        for kind in offer.kinds:
            wanted = kind in _BULK and kind != offer.now
            if wanted and (offer.now in LEFT) != (kind == "text"):
                blocks.setdefault((offer.block, kind), []).append(number)
    return [
        _bulk(understanding, block, kind, lines)
        for (block, kind), lines in blocks.items()
        if len(lines) > 1
    ]


def _bulk(understanding: Understanding, block: int, kind: str, lines: list[int]) -> Bulk:
    what = understanding.offers[lines[0]].what
    span = _("lines {first} to {last}").format(first=lines[0], last=lines[-1])
    return Bulk(f"{block}:{kind}", _BULK[kind].format(f"{len(lines)} {what}"), span)


def take_bulk(understanding: Understanding, value: str) -> dict[int, str]:
    """The choices that a bulk offer stands for; none for a value that is not offered."""
    if value == "all:item":
        return every_item(understanding)
    block, _unused, kind = value.partition(":")
    return {
        number: kind
        for number, offer in understanding.offers.items()
        if str(offer.block) == block and kind in offer.kinds and offer.now != kind
    }
