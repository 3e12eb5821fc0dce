"""The versions of a criterion, newest first: what each one changed, by whom, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from checklists.models import Criterion
from checklists.rules.criterion_words import LABELS, Moved, differences, words_of


@dataclass(frozen=True)
class Version:
    """One version. ``moved`` is what it changed of the one before; ``words`` what it says."""

    number: int
    moved: tuple[Moved, ...]
    words: dict[str, str]
    reason: str = ""
    by_name: str = ""
    at: datetime | None = None
    loosened: bool = False

    @property
    def said(self) -> dict[str, str]:
        return {str(LABELS[key]): text for key, text in self.words.items() if text}


def versions_of(criterion: Criterion, now: Mapping[str, Any]) -> list[Version]:
    """Every version of a criterion, the one that stands first; one SQL statement.

    ``now`` is the data of the version that stands.
    """
    kept = list(reversed(criterion.versions.all()))
    texts = [row.data for row in kept] + [now]
    found = [Version(1, (), words_of(texts[0]))]
    for row, (before, after) in zip(kept, pairwise(texts), strict=True):
        moved = tuple(differences(before, after))
        loosened = bool(row.data.get("loosened"))
        made = Version(
            row.number + 1, moved, words_of(after), row.reason, row.by_name, row.at, loosened
        )
        found.append(made)
    return found[::-1]
