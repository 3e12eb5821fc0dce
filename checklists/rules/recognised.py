"""Whether what a scanner found now is what it found before. Pure.

A mark stands for tool, rule and place: with a fingerprint the file and the fingerprint, else the
whole place. Lines drift when code above them changes. So what is left over on both sides, of one
tool, rule, file and title, is taken for the same where as many are left here as there, in their
order; where the numbers differ nothing is guessed, and it is a new finding. What has a fingerprint
is known by that alone.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

_LINES = re.compile(r"(?::\d+(?:-\d+)?)+$")


class Seen(Protocol):
    """What a reading says of one finding."""

    tool: str
    rule: str
    title: str
    place: str
    fingerprint: str


class Known(Protocol):
    """What the register says of one finding."""

    tool: str
    rule: str
    title: str
    place: str
    mark: str


K = TypeVar("K", bound=Known)
S = TypeVar("S", bound=Seen)
T = TypeVar("T", Known, Seen)


@dataclass(frozen=True)
class Matched(Generic[K, S]):
    """``same``: known with what was found now; ``new`` and ``gone``: what has no partner."""

    same: list[tuple[K, S]]
    new: list[S]
    gone: list[K]


def mark_of(one: Seen) -> str:
    """By what a finding is known in the next import, 64 hexadecimal digits."""
    place = f"{path_of(one.place)}#{one.fingerprint}" if one.fingerprint else one.place
    return _hash(one.tool, one.rule, place)


def _hash(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode(errors="replace")).hexdigest()


def path_of(place: str) -> str:
    """The file of a place: ``api/limits.py`` of ``api/limits.py:41``."""
    return _LINES.sub("", place)


def match(known: Sequence[K], seen: Iterable[S]) -> Matched[K, S]:
    """Pair what is known with what was seen; the same mark twice in a file is one finding."""
    left = {row.mark: row for row in known}
    marked: dict[str, S] = {}
    for one in seen:
        marked.setdefault(mark_of(one), one)
    same = [(left.pop(mark), one) for mark, one in marked.items() if mark in left]
    paired = {mark_of(one) for _, one in same}
    drifted = _drifted(
        [row for row in left.values() if row.mark == _hash(row.tool, row.rule, row.place)],
        [one for mark, one in marked.items() if mark not in paired and not one.fingerprint],
    )
    same += drifted
    taken = {id(row) for row, _ in drifted}
    moved = {id(one) for _, one in drifted}
    new = [one for mark, one in marked.items() if mark not in paired and id(one) not in moved]
    return Matched(same, new, [row for row in left.values() if id(row) not in taken])


def _drifted(known: list[K], seen: list[S]) -> list[tuple[K, S]]:
    here, there = _alike(known), _alike(seen)
    pairs = []
    for kind, rows in here.items():
        if len(rows) == len(there.get(kind, ())):
            pairs += zip(rows, there[kind], strict=True)
    return pairs


def _alike(rows: Iterable[T]) -> dict[tuple[str, ...], list[T]]:
    found: dict[tuple[str, ...], list[T]] = defaultdict(list)
    for row in rows:
        found[row.tool, row.rule, path_of(row.place), row.title].append(row)
    return {kind: sorted(rows, key=lambda row: _line(row.place)) for kind, rows in found.items()}


def _line(place: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", place[len(path_of(place)) :]))


def spans(numbers: Iterable[int]) -> list[list[int]]:
    """``[[1, 4], [7, 7]]`` of 1, 2, 3, 4 and 7: first and last of each run."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def within(number: int, found: Iterable[Sequence[int]]) -> bool:
    return any(first <= number <= last for first, last in found)
