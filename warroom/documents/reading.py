"""From what somebody gave us to what we understood of it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from warroom.documents.choices import every_item, from_text
from warroom.documents.marks import Insertion, strip
from warroom.documents.parse import decode, parse
from warroom.documents.readers import NOTE, Finding, Understanding, read_all

_CHOICES = re.compile(r"<!--wr-choices ([0-9a-z:,]+)-->")


@dataclass(frozen=True, slots=True)
class Reading:
    """A document that was read: its text as kept, its SHA-256 (over the UTF-8), its meaning."""

    text: str
    sha256: str
    understanding: Understanding
    choices: Mapping[int, str] = field(default_factory=dict)


def understand(
    data: bytes | str, choices: Mapping[int, str] | None = None, make_items: bool = False
) -> Reading:
    """Read a document, given as bytes or as text. Raises DocumentError, which names the line.

    ``choices`` says what certain lines shall be (see choices.KINDS); ``make_items`` takes every
    offer of an item that ``choices`` does not speak of. What Warroom wrote into the document when
    it was completed is taken out first and is not part of the text; choices that stand in it hold
    unless others are given.
    """
    source = decode(data)
    text, insertions = strip(source.text)
    document = parse(text)
    document.insertions = insertions
    choices = _kept_choices(insertions) if choices is None else choices
    understanding = read_all(document, choices)
    if make_items:
        choices = {**every_item(understanding), **(choices or {})}
        understanding = read_all(document, choices)
    code = "mac_roman" if source.repaired else "encoding"
    understanding.findings += [Finding(0, NOTE, code, note) for note in source.notes]
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Reading(text, digest, understanding, dict(choices or {}))


def _kept_choices(insertions: list[Insertion]) -> dict[int, str] | None:
    for insertion in insertions:
        match = _CHOICES.search(insertion.text)
        if match:
            try:
                return from_text(match[1])
            except ValueError:
                return None
    return None
