"""What the room needs where people are missing, and what does not add up about roles."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from warroom.live.lint import LintFinding
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Right
from warroom.queries.seats import RoleRow, role_rows
from warroom.rules.lifecycle import CLOSED
from warroom.rules.wording import day_text

SOON = timedelta(hours=24)  # a gap that begins later is a finding, not yet a need


def place_of(plan: DeploymentPlan) -> str:
    return f"{reverse('settings', args=[plan.slug])}#people"


def people_needs(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """Roles that nobody holds, and gaps in the coverage that begin within a day."""
    if plan.lifecycle in CLOSED:
        return []
    found = []
    for row in role_rows(plan, now):
        if row.is_empty:
            found.append(_seat_somebody(plan, row))
        elif row.gaps and row.gaps[0].starts - now <= SOON:
            found.append(_close_gap(plan, row))
    return found


def people_lint(plan: DeploymentPlan, now: datetime) -> list[LintFinding]:
    """``role-empty`` and ``role-uncovered``; nothing once the release is over."""
    if plan.lifecycle in CLOSED:
        return []
    rows = role_rows(plan, now)
    empty = [row for row in rows if row.is_empty and (row.role.rights or row.gaps)]
    found = [_empty(plan, empty)] if empty else []
    return found + [_uncovered(plan, row) for row in rows if row.gaps and not row.is_empty]


def _seat_somebody(plan: DeploymentPlan, row: RoleRow) -> Need:
    notes = [
        _("The document names {holder}.").format(holder=row.role.holder)
        if row.role.holder
        else _("Nobody holds it yet.")
    ]
    notes += [_asked(row)] if row.asked else []
    notes += [_("Empty {empty_times}.").format(empty_times=row.empty_times[0])] if row.gaps else []
    return Need(
        title=_("Seat somebody as {role}").format(role=row.role.name),
        key=Right.EDIT,
        url=reverse("people", args=[plan.slug]),
        button=_("Choose person"),
        note=" ".join(notes),
        due=row.gaps[0].starts if row.gaps else None,
        icon="user",
    )


def _asked(row: RoleRow) -> str:
    first = row.asked[0]
    return _("{name} was asked {day} and has not answered.").format(
        name=first.name or _("Somebody"), day=day_text(first.at)
    )


def _close_gap(plan: DeploymentPlan, row: RoleRow) -> Need:
    gap = row.gaps[0]
    return Need(
        title=_("{role} is empty {words}").format(role=row.role.name, words=gap.words(row.now)),
        key=Right.EDIT,
        # The need's address is its name on the page: one per role.
        url=f"{reverse('people', args=[plan.slug])}?role={row.role.key}",
        button=_("Choose person"),
        note=_("{names} sits there otherwise.").format(names=row.names)
        if row.names
        else _("Nobody sits there yet."),
        due=gap.starts,
        icon="user",
    )


def _empty(plan: DeploymentPlan, rows: list[RoleRow]) -> LintFinding:
    names = [row.role.name for row in rows]
    one = len(rows) == 1
    text = ngettext(
        "{roles}: what it may do, nobody can do.",
        "{roles}: what they may do, nobody can do.",
        len(rows),
    )
    return LintFinding(
        code="role-empty",
        title=_("Nobody sits as {role}").format(role=names[0])
        if one
        else _("{count} roles have nobody").format(count=len(rows)),
        text=text.format(roles=_listed(names)),
        place=_("People and roles"),
        url=place_of(plan),
        way_out=_("Seat people"),
    )


def _uncovered(plan: DeploymentPlan, row: RoleRow) -> LintFinding:
    more = len(row.gaps) - 3
    times = ", ".join(row.empty_times) + (
        _(" and {more} times more").format(more=more) if more > 0 else ""
    )
    return LintFinding(
        code="role-uncovered",
        title=_("{role} has nobody {empty_times}").format(
            role=row.role.name, empty_times=row.empty_times[0]
        ),
        text=_("It has to be covered all the time. Empty {times} (UTC).").format(times=times),
        place=_("People and roles"),
        url=place_of(plan),
        way_out=_("Seat people"),
    )


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:6]) + (
        _(" and {count} more").format(count=len(names) - 6) if len(names) > 6 else ""
    )
