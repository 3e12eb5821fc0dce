"""What waits to leave the house, and is held after a database was restored (R24).

A backup knows nothing of what went out after it was made: letters and calls that wait in it may
have been sent long ago.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from warroom.actions import messages

Act = Callable[[datetime], int]


@dataclass(frozen=True)
class Outbox:
    """``noun`` is for people, in the singular; both actions return how many rows they touched."""

    noun: str
    hold: Act
    release: Act


_outboxes: list[Outbox] = []


def register_outbox(outbox: Outbox) -> None:
    _outboxes.append(outbox)


def hold_all(at: datetime) -> list[str]:
    """Hold everything that waits; says of each kind how much it is."""
    return [_("{count} held").format(count=_count(one.hold(at), one.noun)) for one in _outboxes]


def release_all(at: datetime) -> list[str]:
    """Let what is held go out after all; says of each kind how much it is."""
    return [
        _("{count} let go out").format(count=_count(one.release(at), one.noun)) for one in _outboxes
    ]


def _count(number: int, noun: str) -> str:
    return (
        _("{number} {noun} is").format(number=number, noun=noun)
        if number == 1
        else _("{number} {noun}s are").format(number=number, noun=noun)
    )


register_outbox(Outbox("letter", messages.hold_all, messages.release_all))
