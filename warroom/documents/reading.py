"""From what somebody gave us to what we understood of it."""

import hashlib
from dataclasses import dataclass

from warroom.documents.parse import decode, parse
from warroom.documents.readers import NOTE, Finding, Understanding, read_all


@dataclass(frozen=True, slots=True)
class Reading:
    """A document that was read: its text as kept, its SHA-256 (over the UTF-8), its meaning."""

    text: str
    sha256: str
    understanding: Understanding


def understand(data: bytes | str) -> Reading:
    """Read a document, given as bytes or as text. Raises DocumentError, which names the line."""
    source = decode(data)
    understanding = read_all(parse(source.text))
    code = "mac_roman" if source.repaired else "encoding"
    understanding.findings += [Finding(0, NOTE, code, note) for note in source.notes]
    digest = hashlib.sha256(source.text.encode()).hexdigest()
    return Reading(source.text, digest, understanding)
