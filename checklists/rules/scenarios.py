"""What a contingency scenario puts into the room, and what is said of it. Pure.

An item is typed as ``text | on-call | blocking | 30m``: after the text come, in any order, the
role or the owner, "blocking", "optional", and how long after the start it is due.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from checklists.rules.due_text import NotUnderstood, length_text, parse_length
from warroom.rules import lengths

BLOCKING, OPTIONAL = "blocking", "optional"
MOST_ITEMS, TEXT_LIMIT, ROLE_LIMIT = 50, 1000, 120
ANY = "gate:any"  # any criterion of the next gate


@dataclass(frozen=True)
class Wish:
    """An item to put in. ``role`` is a role's key or name, or else an owner; ``due_s`` seconds."""

    text: str
    role: str = ""
    blocking: bool = False
    required: bool = True
    due_s: int | None = None

    @property
    def line(self) -> str:
        """As people type it."""
        more = [self.role, BLOCKING if self.blocking else "", "" if self.required else OPTIONAL]
        return " | ".join(part for part in (self.text, *more, length_text(self.due_s)) if part)

    @property
    def data(self) -> dict[str, Any]:
        """As it is kept and as a plan file has it."""
        said: dict[str, Any] = {"text": self.text}
        if self.role:
            said["role"] = self.role
        if self.blocking:
            said["blocking"] = True
        if not self.required:
            said["required"] = False
        if self.due_s:
            said["due"] = lengths.written(self.due_s)
        return said


def wish_of(data: str | Mapping[str, Any]) -> Wish:
    """An item as it was kept: a plain text, or what ``Wish.data`` gave."""
    if isinstance(data, str):
        return Wish(data)
    due = data.get("due") or ""
    return Wish(
        str(data.get("text", "")),
        str(data.get("role") or ""),
        bool(data.get("blocking", False)),
        bool(data.get("required", True)),
        lengths.read(due) if isinstance(due, str) else None,
    )


def wishes_of(kept: Iterable[str | Mapping[str, Any]]) -> list[Wish]:
    found = [wish_of(one) for one in kept if isinstance(one, str | Mapping)]
    return [wish for wish in found if wish.text.strip()]


def typed_wish(line: str) -> Wish:
    """Read what somebody typed. Raises NotUnderstood with what is wrong."""
    text, *parts = (" ".join(part.split()) for part in line.split("|"))
    if not text:
        raise NotUnderstood(
            _("{line!r} has no text before the first |.").format(line=line.strip()[:40])
        )
    words = [part for part in parts if part]
    lower = [word.lower() for word in words]
    timed = [word for word in words if lengths.read(word.lower()) is not None]
    named = [w for w in words if w.lower() not in (BLOCKING, OPTIONAL) and w not in timed]
    if len(named) > 1 or len(timed) > 1:
        twice = (named if len(named) > 1 else timed)[1]
        raise NotUnderstood(
            _(
                "{twice!r} is one too many. After the text come one role or owner, "
                "'blocking', 'optional' and how long after the start it is due: 30m."
            ).format(twice=twice[:40])
        )
    due_s = parse_length(timed[0].lower()) if timed else None
    role = named[0] if named else ""
    return Wish(text, role, BLOCKING in lower, OPTIONAL not in lower, due_s or None)


def typed_wishes(text: str) -> list[Wish]:
    """One item per line. Raises NotUnderstood."""
    lines = text.replace("\0", "").splitlines()
    return [typed_wish(line) for line in lines if line.strip()]


def phase_title(title: str, generation: int, limit: int) -> str:
    """``Contingency: Auto-rollback fires``; from the second start on with its number."""
    again = f" ({generation})" if generation > 1 else ""
    head = _("Contingency: {title}").format(title=title)
    room = limit - len(again)
    return f"{head if len(head) <= room else f'{head[: room - 1]}…'}{again}"
