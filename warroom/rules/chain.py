"""The hash chain of a timeline: each event's hash covers the event and the hash before it.

Source of the rule: law 4 (what was logged is never changed) and rule R13 (tampering is found).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.functional import Promise

GENESIS = "0" * 64


@dataclass(frozen=True)
class Link:
    """The part of an event that is hashed. ``at`` is an aware datetime."""

    plan: str
    seq: int
    kind: str
    at: datetime
    actor: str
    actor_id: int | None
    text: str
    data: Any
    request_id: str | None
    prev_hash: str


def spoken(value: Any) -> Any:
    """The value with every lazy text in it said in the language of now, so that it can be kept."""
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, dict):
        return {str(key): spoken(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [spoken(item) for item in value]
    return value


def canonical(value: Any) -> str:
    """Return ``value`` as JSON that does not depend on the database that kept it.

    Keys are sorted; numbers are written one way, because PostgreSQL gives 1e16 back as an integer.
    """
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, str):  # no text may pass for a number
        return f"'{value}" if value[:1] in ("#", "'") else value
    if isinstance(value, float):
        return f"#{int(value)}" if value.is_integer() else f"#{value!r}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"#{value}"
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def digest(link: Link) -> str:
    """Return the SHA-256 of a link, as 64 hexadecimal digits."""
    at = link.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    body = [
        link.plan,
        link.seq,
        link.kind,
        at,
        link.actor,
        link.actor_id,
        link.text,
        link.data,
        link.request_id,
        link.prev_hash,
    ]
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def first_broken(links: Iterable[tuple[Link, str]], head_seq: int, head_hash: str) -> str | None:
    """Walk (link, stored hash) pairs in order; return what is wrong with the first bad one.

    ``head_seq`` and ``head_hash`` are what the plan says its newest event is, so that events cut
    off at the end are missed too. None when the chain holds.
    """
    expected_seq, previous = 1, GENESIS
    for link, stored in links:
        if link.seq != expected_seq:
            return f"{expected_seq}: missing, {link.seq} follows {expected_seq - 1}"
        if link.prev_hash != previous:
            return f"{link.seq}: does not follow the event before it"
        if digest(link) != stored:
            return f"{link.seq}: was changed after it was written"
        expected_seq, previous = link.seq + 1, stored
    if expected_seq - 1 != head_seq:
        return f"{expected_seq}: missing, the plan counts {head_seq}"
    if previous != head_hash:
        return f"{head_seq}: is not the event that the plan names as its newest"
    return None
