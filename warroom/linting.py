"""The findings of this floor: dates, levels of escalation, and who may decide."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan, Lifecycle, Right
from warroom.queries.contacts import levels_now
from warroom.queries.people import roles_now
from warroom.rules import oddities
from warroom.rules.oddities import Odd

BEGUN = frozenset(Lifecycle.values) - {Lifecycle.DRAFT, Lifecycle.PREPARING}


def dates(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    found = oddities.of_dates(
        oddities.Dates(
            plan.t0,
            plan.window_start,
            plan.window_end,
            plan.protected_until,
            plan.lifecycle in BEGUN,
            now,
        )
    )
    for odd in found:
        place = "schedule" if odd.code == "t0-past" else "plan"
        yield _finding(plan, odd, place, _("Change dates"))


def levels(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    rows = levels_now(plan, now)
    found = oddities.of_levels(
        [
            oddities.Level(
                row.number,
                row.name,
                row.from_minute,
                row.to_minute,
                tuple((one.name, one.availability, len(one.reach)) for one in row.contacts.all()),
            )
            for row in rows
        ]
    )
    for odd in found:
        way_out = _("Change minutes") if odd.code == "level-minutes" else _("Add contact")
        yield _finding(plan, odd, "levels", way_out)


def deciders(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Somebody must be able to decide, and somebody to change the plan."""
    held = {right for role in roles_now(plan, now) for right in role.rights}
    for right, what in ((Right.DECIDE, _("decide a gate")), (Right.EDIT, _("change this plan"))):
        if right not in held:
            odd = Odd(
                f"no-role-may-{right}",
                _("No role may {what}").format(what=what),
                _("Give a role: {right}.").format(right=right.label),
            )
            yield _finding(plan, odd, "people", _("Change rights"))


def _finding(plan: DeploymentPlan, odd: Odd, place: str, way_out: str) -> LintFinding:
    url = f"{reverse('settings', args=[plan.slug])}#{place}"
    return LintFinding(odd.code, odd.title, odd.text, place, url, way_out)


for source in (dates, levels, deciders):
    register_lint(source)
