"""A document that was edited, beside the one that a release was made of. Pure.

Entries are matched by place and text: the same text in the same place first, then in the same
phase, then anywhere, then similar text in the same place. Identical texts are told apart by their
order. Every step is linear but for a window of neighbours.
"""

import hashlib
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

WINDOW = 12  # neighbours among which a changed text is looked for
ALIKE = 0.55  # share of letter pairs that two versions of a text have in common
LOOKED_AT = 400  # characters of a text

NEW, GONE, CHANGED, MOVED = "new", "gone", "changed", "moved"
TICKED, CONFLICT = "ticked", "conflict"
KINDS = (NEW, CHANGED, TICKED, MOVED, CONFLICT, GONE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece of work: its text, and its home, such as phase and heading."""

    text: str
    home: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the edited document says otherwise.

    ``before`` and ``after`` are the document's old and new words, ``room`` what the room says where
    that is a third thing. ``asks`` says why it is not taken unless somebody wants it. ``line`` is
    of the new document, 0 where it is gone.
    """

    kind: str
    subject: str
    what: str
    where: str = ""
    line: int = 0
    field: str = ""
    before: str = ""
    after: str = ""
    room: str = ""
    asks: str = ""

    @property
    def key(self) -> str:
        """Names this difference while nothing in it changes; 16 hexadecimal digits."""
        said = (self.kind, self.subject, self.what, self.where, str(self.line), self.field)
        said += (self.before, self.after, self.room, self.asks)
        return hashlib.sha256("\0".join(said).encode()).hexdigest()[:16]

    @property
    def taken(self) -> bool:
        """Whether it is taken when nobody says anything."""
        return not self.asks


@dataclass(slots=True)
class Comparison:
    """Everything that differs, and remarks on what a new document does not change."""

    differences: list[Difference] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def defaults(self) -> set[str]:
        return {one.key for one in self.differences if one.taken}

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind, in the order in which they are shown."""
        found = Counter(one.kind for one in self.differences)
        return {kind: found[kind] for kind in KINDS if found[kind]}


def match(old: Sequence[Entry], new: Sequence[Entry]) -> dict[int, int]:
    """Which new entry is which old one, by their places in the two lists."""
    found: dict[int, int] = {}
    _exactly(old, new, found, lambda one: (one.home, one.text))
    _exactly(old, new, found, lambda one: (one.home[:1], one.text))
    _exactly(old, new, found, lambda one: one.text)
    renamed = _renamed(old, new, found)
    _similar(old, new, found, lambda one: renamed.get(one.home, one.home))
    _similar(old, new, found, lambda one: renamed.get(one.home, one.home)[:1])
    return found


def _exactly(
    old: Sequence[Entry],
    new: Sequence[Entry],
    found: dict[int, int],
    name: Callable[[Entry], Hashable],
) -> None:
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    taken = set(found.values())
    for n, one in enumerate(old):
        if n not in taken:
            waiting[name(one)].append(n)
    for n, one in enumerate(new):
        if n not in found and waiting.get(name(one)):
            found[n] = waiting[name(one)].popleft()


def _renamed(
    old: Sequence[Entry], new: Sequence[Entry], found: Mapping[int, int]
) -> dict[tuple[str, ...], tuple[str, ...]]:
    """For each new home the old one that most of its known entries come from."""
    votes: dict[tuple[str, ...], Counter] = defaultdict(Counter)
    for n, o in found.items():
        votes[new[n].home][old[o].home] += 1
    return {home: counted.most_common(1)[0][0] for home, counted in votes.items()}


def _similar(
    old: Sequence[Entry],
    new: Sequence[Entry],
    found: dict[int, int],
    home: Callable[[Entry], Hashable],
) -> None:
    taken = set(found.values())
    waiting: dict[Hashable, deque[int]] = defaultdict(deque)
    for n, one in enumerate(old):
        if n not in taken:
            # Old homes are their own names; only new ones may have been renamed.
            waiting[one.home[: len(home(one))]].append(n)  # type: ignore[arg-type]
    pairs = {n: letter_pairs(old[n].text) for some in waiting.values() for n in some}
    for n, one in enumerate(new):
        near = waiting.get(home(one))
        if n in found or not near:
            continue
        mine = letter_pairs(one.text)
        scored = [(alike(mine, pairs[o]), -o) for o in [*near][:WINDOW]]
        best, place = max(scored)
        if best >= ALIKE:
            found[n] = -place
            near.remove(-place)


def letter_pairs(text: str) -> frozenset[str]:
    """The pairs of letters in a text, without case and signs."""
    letters = re.sub(r"\W+", " ", text[:LOOKED_AT].lower()).strip()
    return frozenset(letters[n : n + 2] for n in range(len(letters) - 1)) or frozenset([letters])


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Twice what both have over what they have together: 1 for the same, 0 for nothing shared."""
    return 2 * len(one & other) / (len(one) + len(other))


_BOX = re.compile(r"\[[^\]]{1,3}\]|[☐☑☒]")


def carried(choices: Mapping[int, str], old: Sequence[str], new: Sequence[str]) -> dict[int, str]:
    """Choices by line for an edited text: each goes with its line, the nth of the same words."""
    lines: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(new, start=1):
        lines[_BOX.sub("", line, count=1)].append(number)
    seen: Counter = Counter()
    found = {}
    for number, line in enumerate(old, start=1):
        words = _BOX.sub("", line, count=1)
        if number in choices and seen[words] < len(lines[words]):
            found[lines[words][seen[words]]] = choices[number]
        seen[words] += 1
    return found
