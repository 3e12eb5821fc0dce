"""From what somebody gave us to what we understood of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from warroom.documents.choices import every_item
from warroom.documents.marks import strip
from warroom.documents.parse import decode, parse
from warroom.documents.readers import NOTE, Finding, Understanding, read_all


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
    it was completed is taken out first and is not part of the text.
    """
    source = decode(data)
    text, insertions = strip(source.text)
    document = parse(text)
    document.insertions = insertions
    understanding = read_all(document, choices)
    if make_items:
        choices = {**every_item(understanding), **(choices or {})}
        understanding = read_all(document, choices)
    code = "mac_roman" if source.repaired else "encoding"
    understanding.findings += [Finding(0, NOTE, code, note) for note in source.notes]
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Reading(text, digest, understanding, dict(choices or {}))
