"""What the readers of coverage share: the share of lines and of branches that tests ran."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.results.shape import Figure, Reading, figure, share


@dataclass(frozen=True)
class Part:
    """So many covered of so many; ``percent`` is the tool's own figure, where it gives one."""

    covered: float | None
    total: float | None
    percent: float | None = None

    @property
    def share(self) -> float | None:
        """In percent; of nothing there is none, whatever the tool says (0 of 0 is not 100 %)."""
        if self.total is not None and self.total <= 0:
            return None
        if self.percent is not None:
            return self.percent if 0 <= self.percent <= 100 else None
        if self.covered is None or self.total is None or not 0 <= self.covered <= self.total:
            return None
        return share(self.covered, self.total)


@dataclass(frozen=True)
class Counted:
    """What a report counts, and how its figures are named."""

    many: str
    covered: str
    ran: str
    none: str


LINES = Counted(
    _l("Lines"),
    _l("Lines covered"),
    _l("Lines that ran"),
    _l("It covers no line: there is no share of nothing."),
)
STATEMENTS = Counted(
    _l("Statements"),
    _l("Statements covered"),
    _l("Statements that ran"),
    _l("It covers no statement: there is no share of nothing."),
)


def coverage(
    form: str, lines: Part, branches: Part, *, counted: Counted = LINES,
    more: Sequence[Figure] = (),
    detail: str = "", observed_at: datetime | None = None, notes: Sequence[str] = (),
) -> Reading:  # fmt: skip
    told = [*notes]
    if lines.share is None:
        told.append(str(counted.none))
    if branches.total == 0:
        told.append(_("It holds no branch; what it calls its branch coverage says nothing."))
    return Reading(
        kind="coverage",
        form=form,
        title=_("Coverage"),
        prefix="coverage",
        text=percent_text(lines.share),
        detail=detail,
        figures=(
            _percent("lines", counted.covered, lines.share),
            _percent("branches", _("Branches covered"), branches.share),
            figure("lines-covered", counted.ran, lines.covered),
            figure("lines-count", counted.many, lines.total),
            *more,
        ),
        observed_at=observed_at,
        notes=tuple(told),
    )


def _percent(key: str, label: str, value: float | None) -> Figure:
    return figure(key, label, value, "%", percent_text(value))


def percent_text(value: float | None) -> str:
    """One decimal, and never rounded up to all: 99.96 % is not 100.0 %."""
    if value is None:
        return _("no data")
    return f"{min(value, 99.9) if value < 100 else value:.1f} %"
