"""Cobertura XML, as coverage.py, coverlet, istanbul and others write it."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from checklists.rules.results.covered import Part, coverage
from checklists.rules.results.markup import walk
from checklists.rules.results.shape import Reading, WrongResult, count, since_1970, typed

APART = 0.5  # points between the file's sum and its lines, from which on it is said


@dataclass
class _Seen:
    root: dict[str, str] = field(default_factory=dict)
    classes: int = 0
    lines: int = 0
    ran: int = 0
    forks: int = 0


def read_cobertura(data: bytes) -> Reading:
    """Raises WrongResult for what is no XML, and where neither sums nor lines are in it."""
    seen = _walked(data)
    lines = _part(seen, "line") or Part(seen.ran, seen.lines)
    if not seen.lines and not _part(seen, "line"):
        raise WrongResult(
            _("It gives no line-rate and no line: Cobertura XML does. Clover files are not read."),
            1,
        )
    return coverage(
        _("Cobertura XML"),
        lines,
        _branches(seen),
        detail=count(seen.classes, "class"),
        observed_at=since_1970(typed(seen.root.get("timestamp"))),
        notes=_notes(seen, lines),
    )


def _walked(data: bytes) -> _Seen:
    """Lines are those of the classes: the lines of their methods are the same ones again."""
    seen, path = _Seen(), []

    def start(name: str, attributes: dict[str, str], line: int) -> None:
        if not path:
            seen.root = attributes
        path.append(name)
        if name == "class":
            seen.classes += 1
        elif name == "line" and "method" not in path:
            seen.lines += 1
            seen.ran += (typed(attributes.get("hits")) or 0) > 0
            seen.forks += attributes.get("branch", "").lower() == "true"

    walk(data, start, lambda name, line: path.pop())
    return seen


def _part(seen: _Seen, what: str) -> Part | None:
    rate = typed(seen.root.get(f"{what}-rate"))
    plural = "branches" if what == "branch" else "lines"
    covered = typed(seen.root.get(f"{plural}-covered"))
    total = typed(seen.root.get(f"{plural}-valid"))
    if rate is None and (covered is None or total is None):
        return None
    if total is None:
        total = seen.lines if what == "line" else seen.forks
    return Part(covered, total, None if rate is None else 100 * rate)


def _branches(seen: _Seen) -> Part:
    return _part(seen, "branch") or Part(None, None)


def _notes(seen: _Seen, lines: Part) -> list[str]:
    counted = Part(seen.ran, seen.lines).share
    if counted is None or lines.share is None or abs(counted - lines.share) < APART:
        return []
    return [
        _("Its sum says {share:.1f} %, its lines make {counted:.1f} %. The sum counts.").format(
            share=lines.share, counted=counted
        )
    ]
