"""Plain data as YAML that people like to read and every reader of YAML understands alike.

Block style throughout; text that any reader could take for something else stands in quotes.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from warroom.documents.tree import plain_value

# Bare words: begin with a letter, and hold nothing that has a meaning at its place.
_BARE = re.compile(r"[^\W\d_][^\x00-\x1f\x7f-\x9f:#\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]*")
_WORD = re.compile(r"[a-z][a-z0-9-]{0,20}")
_LENGTH = re.compile(r"(?:[0-9]+[wdhms])+|[0-9]+ms")
# Older readers of YAML take these for yes and no.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_UNSEEN = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_UNKEPT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def dump(data: Mapping[str, Any]) -> str:
    """``data`` is made of mappings with text keys, lists, text, numbers and booleans."""
    return "\n".join(_mapping(data, "")) + "\n"


def _mapping(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        yield from _entry(f"{indent}{_one_line(key)}:", value, indent + "  ")


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    """A line that ends in ``key:`` or ``-``, and what belongs to it."""
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, indent)
    elif isinstance(value, list) and value and all(map(_is_word, value)) and len(value) < 12:
        yield f"{head} [{', '.join(value)}]"
    elif isinstance(value, list) and value:
        yield head
        for one in value:
            yield from _list_entry(one, indent)
    elif isinstance(value, str) and _fits_block(value):
        yield from _block(head, value, indent)
    else:
        yield f"{head} {_scalar(value)}"


def _list_entry(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        lines = _mapping(value, indent + "  ")
        yield f"{indent}- {next(lines)[len(indent) + 2 :]}"
        yield from lines
    else:
        yield from _entry(f"{indent}-", value, indent + "  ")


def _is_word(value: Any) -> bool:
    """Whether a value can stand in a list on one line."""
    return isinstance(value, str) and bool(_WORD.fullmatch(value)) and _one_line(value) == value


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _one_line(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list):
        return "[]"
    written = json.dumps(value, allow_nan=False)
    # Older readers want a point in a number with an exponent.
    return re.sub(r"^(-?[0-9]+)e", r"\1.0e", written)


def _one_line(text: str) -> str:
    bare = _BARE.fullmatch(text) and text == text.strip() and text.lower() not in _WORDS
    if (bare and isinstance(plain_value(text), str)) or _LENGTH.fullmatch(text):
        return text
    return _UNSEEN.sub(_escape, json.dumps(text, ensure_ascii=False))


def _escape(match: re.Match) -> str:
    return f"\\u{ord(match[0]):04x}"


def _fits_block(text: str) -> bool:
    """Whether several lines can stand as they are, each on its own."""
    if "\n" not in text or _UNKEPT.search(text):
        return False
    lines = text.split("\n")
    return bool(lines[0].strip()) and bool(text.rstrip("\n").rsplit("\n", 1)[-1].strip())


def _block(head: str, text: str, indent: str) -> Iterator[str]:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    # Leading blanks would be taken for the indentation, so that is said then.
    hint = "2" if body[0] in " \t" else ""
    yield f"{head} |{hint}{('-', '', '+')[min(ends, 2)]}"
    for line in body.split("\n"):
        yield f"{indent}{line}" if line else ""
    yield from [""] * (ends - 1)
