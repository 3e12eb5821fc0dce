"""What decisions started: to do and done, of a gate or of a whole release."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from checklists.models import BranchStep, FollowUp, FollowUpKind, Gate
from checklists.rules import followups as rules
from checklists.rules.followups import Step
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Right
from warroom.queries.there import there

SOON = timedelta(hours=24)
MOST_NEEDS = 10


def followups_of(plan: DeploymentPlan) -> QuerySet[FollowUp]:
    """All of a release with their roles and decisions; one SQL statement."""
    return FollowUp.objects.filter(plan=plan).select_related("role", "decision__gate")


def branches_of(gate: Gate) -> list[tuple[str, list[Step]]]:
    """What starts on GO, HOLD and NO-GO: the gate's own steps, or the usual ones."""
    own = list(BranchStep.objects.filter(gate=gate).select_related("role"))
    if not own:
        return [(word, list(steps)) for word, steps in rules.DEFAULTS.items()]
    found: dict[str, list[Step]] = {word: [] for word in rules.DEFAULTS}
    for one in own:
        role = one.role.key if one.role else ""
        found[one.branch].append(Step(one.kind, one.text, role, one.after_minutes))
    return list(found.items())


def followup_needs(plan: DeploymentPlan, now: datetime) -> Iterator[Need]:
    """Open follow-ups that are due within a day or have no time, for whom they are for."""
    rows = there(plan, followups_of(plan).filter(done_at=None))
    pressing = [row for row in rows if row.due_at is None or row.due_at <= now + SOON]
    for row in sorted(
        pressing, key=lambda row: (row.due_at is None, row.due_at or now, row.number)
    )[:MOST_NEEDS]:
        yield Need(
            key=_for(row),
            title=_short(rules.title_of(row.text)),
            url=reverse("followup", args=[plan.slug, row.number]),
            button=_("See follow-up"),
            note=_("Since {gate} was decided.").format(gate=row.decision.gate.title)
            if row.decision
            else "",
            due=row.due_at,
            who=row.owner or (row.role.name if row.role else ""),
            short=_("follow-up {row}").format(row=row.number),
            icon="list",
        )


def _for(row: FollowUp) -> str:
    if row.role is not None:
        return f"role-{row.role.key}"
    gate = row.decision.gate if row.decision else None
    if row.kind in (FollowUpKind.NEW_DATE, FollowUpKind.SCHEDULE) or gate is None:
        return Right.EDIT
    return Right.EDIT if row.kind != FollowUpKind.TASK else Right.TICK


def _short(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:87]}…"
