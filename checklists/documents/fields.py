"""Fields of items, phases and groups as words: where a row differs from what its line would make.

The row that a line would make is made by the reader itself (``documents/items.py``), so that a
field which the reader learns to fill needs no words here any more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from checklists.documents import said
from checklists.rules.numbers import whole_number
from warroom.documents.fields import instant
from warroom.rules import lengths


@dataclass(frozen=True, slots=True)
class Field:
    """``write`` gives text for a value that is there; ``read`` the value, None if it is none."""

    label: str
    name: str
    write: Callable[[Any], str] = str
    read: Callable[[str], Any] = str
    empty: Any = ""


def _link(text: str) -> str | None:
    """A link that a page may show; anything else, such as ``javascript:``, is none."""
    return text if text.startswith(("https://", "http://")) and len(text) <= 500 else None


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _flag(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text)


def _text(label: str, name: str) -> Field:
    return Field(label, name)


def _offset(label: str, name: str) -> Field:
    return Field(label, name, lengths.offset, said.parse_offset, None)


def _instant(label: str, name: str) -> Field:
    return Field(label, name, instant, said.parse_instant, None)


def _bool(label: str, name: str) -> Field:
    return Field(label, name, _yes, _flag, None)


MUST_SAY = frozenset({"text", "title"})

ITEM = (
    _text("value", "value"),
    _text("now reads", "text"),
    _text("owner", "owner"),
    _offset("due", "due_offset_s"),
    _instant("due at", "due_at"),
    _bool("required", "required"),
    _bool("blocking", "blocking"),
    _text("target", "target"),
    Field("counted", "count_done", str, whole_number, None),
    Field("of", "count_of", str, whole_number, None),
    _text("unit", "count_unit"),
    Field("runs", "duration_s", lengths.written, said.parse_length, None),
    _instant("begun", "started_at"),
    Field("evidence", "evidence_url", str, _link),
    _text("command", "command"),
    _text("expected", "expected"),
    _bool("off with its section", "off_with_section"),
)
_SWITCH = (_text("off because", "off_reason"),)
GROUP = (
    _text("now called", "title"),
    _offset("opens", "offset_s"),
    _offset("until", "end_offset_s"),
    _bool("optional", "optional"),
    *_SWITCH,
)
PHASE = (
    _text("now called", "title"),
    _offset("opens", "offset_s"),
    _offset("until", "end_offset_s"),
    _instant("starts", "starts_at"),
    _instant("ends", "ends_at"),
    _bool("required", "required"),
    _text("exit", "exit_criteria"),
    *_SWITCH,
)


def differing(fields: tuple[Field, ...], row: Model, made: Model) -> list[str]:
    """Where ``row`` differs from the row that its line makes, in words."""
    parts = []
    for field in fields:
        value = getattr(row, field.name)
        if value != getattr(made, field.name):
            empty = value is None or value == ""
            parts.append(said.field_text(field.label, "" if empty else field.write(value)))
    return parts


def restore(fields: tuple[Field, ...], row: Model, words: dict[str, str]) -> None:
    """Set the fields of a row that the words name; what cannot be read is left as it is."""
    for field in fields:
        if field.label in words:
            text = words[field.label]
            value = field.read(text) if text else field.empty
            limit = row._meta.get_field(field.name).max_length
            if isinstance(value, str) and limit:
                value = value[:limit]
            if not text and field.name in MUST_SAY:
                continue
            if value is not None or (not text and field.empty is None and _optional(row, field)):
                setattr(row, field.name, value)


def _optional(row: Model, field: Field) -> bool:
    return bool(row._meta.get_field(field.name).null)
