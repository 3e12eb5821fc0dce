"""What follows from a changed criterion beyond its gate: told before it is saved, done with it.

The floor above knows of soaks and metrics; it registers a Follower. What is foreseen and what is
carried out come from the same place, so that a page promises nothing that does not happen.
"""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from checklists.actions.criterion_fields import changes
from checklists.models import Criterion, Gate, Waiver
from checklists.queries.criteria import CriterionRow, criterion_rows, waivers_now
from checklists.rules.drafts import Stand, loosened
from warroom.actions.change import Change


@dataclass(frozen=True)
class Edit:
    """A criterion before and after; None before: added, None after: taken off the gate."""

    gate: Gate
    before: Criterion | None
    after: Criterion | None

    @property
    def judged(self) -> bool:
        """Whether what people voted on changes: no words, no order, nothing only reported."""
        asked = [one for one in (self.before, self.after) if one is not None]
        if all(one.report_only for one in asked):
            return False
        return len(asked) < 2 or changes(*asked)

    @property
    def outdates(self) -> bool:
        """Whether what a person judged before was about something else."""
        if self.before is None:
            return False
        return self.after is None or changes(self.before, self.after)


@dataclass(frozen=True)
class Effect:
    """Something that follows from saving: an icon's name, what it is in short, and more of it."""

    icon: str
    head: str
    text: str = ""
    warns: bool = False


class Follower(Protocol):
    """What the floor above does with a changed criterion."""

    def foresee(self, edit: Edit, now: datetime) -> Iterable[Effect]: ...

    def carry(self, changing: Change, edit: Edit) -> tuple[str, dict[str, Any]]:
        """Do it inside the change; what it adds to the event's sentence and data."""
        ...


_followers: list[Follower] = []


def register_follower(follower: Follower) -> None:
    _followers.append(follower)


def followed(changing: Change, edit: Edit) -> tuple[str, dict[str, Any]]:
    """Let every follower do its part; what all of them add to the event."""
    said, data = "", {}
    for follower in _followers:
        text, more = follower.carry(changing, edit)
        said, data = said + text, data | more
    return said, data


def foreseen(edit: Edit, now: datetime) -> list[Effect]:
    return [effect for follower in _followers for effect in follower.foresee(edit, now)]


@dataclass(frozen=True)
class Moment:
    """How an edit stands to what is measured at one instant."""

    edit: Edit
    before: CriterionRow | None = None
    after: CriterionRow | None = None
    waiver: Waiver | None = field(default=None)

    @property
    def loosens(self) -> bool:
        """Whether a target is loosened while it is missed."""
        if self.before is None:
            return False
        return loosened(_stand(self.before), _stand(self.after) if self.after else None)


def moment_of(edit: Edit, now: datetime) -> Moment:
    """Read the criterion as it stands and as it would stand. The draft is not saved for it."""
    plan = edit.gate.plan
    rows = [_draft(one, edit.gate) for one in (edit.before, edit.after) if one is not None]
    read = iter(criterion_rows(plan, rows, now))
    before = next(read) if edit.before else None
    after = next(read) if edit.after else None
    waiver = waivers_now(plan, now).get(edit.before.pk) if edit.before else None
    counts = waiver is not None and not waiver.withdrawn and before and before.accepted
    return Moment(edit, before, after, waiver if counts else None)


def _draft(criterion: Criterion, gate: Gate) -> Criterion:
    draft = copy(criterion)
    draft.gate = gate
    return draft


def _stand(row: CriterionRow) -> Stand:
    criterion = row.criterion
    return Stand(row.band, not criterion.report_only, criterion.weight is None)
