"""Which findings need whom now: what is due, what waits for a retest, what has no owner."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from checklists.models import Finding, FindingState
from checklists.queries.findings import in_order, states_now
from checklists.queries.looks import counting
from checklists.queries.needs import people_named
from checklists.rules import findings as rules
from checklists.rules.owners import plain
from warroom.live.needs import Need, register_needs
from warroom.models import DeploymentPlan, Right
from warroom.queries.people import roles_now

SOON = timedelta(days=1)
MOST = 6


def findings_needs(plan: DeploymentPlan, now: datetime) -> Iterator[Need]:
    """Of those that count: grave ones, and what falls due within a day; two SQL statements."""
    states = states_now(plan, now)
    if not any(states.get(state) for state in (rules.OPEN, rules.ACCEPTED, rules.FIXED)):
        return
    pressing = Q(severity__in=rules.GRAVE) | Q(due_at__lte=now + SOON)
    found = Finding.objects.filter(counting(now), pressing, plan=plan).defer("description")
    people = people_named(roles_now(plan, now))
    for finding in in_order(found)[:MOST]:
        role, who = people.get(plain(finding.owner), (None, finding.owner))
        yield Need(
            key=f"role-{role.key}" if role else Right.SIGN,
            title=f"{_verb(finding)} F-{finding.number}: {_short(finding.title)}",
            url=f"/plans/{plan.slug}/findings/?finding={finding.number}#finding",
            button=_("See finding"),
            note=_owned(finding),
            due=finding.due_at,
            who=who,
            short=f"F-{finding.number}",
            icon="cond" if finding.state == FindingState.ACCEPTED else "block",
        )


def _verb(finding: Finding) -> str:
    if finding.state == FindingState.FIXED:
        return _("Retest")
    return _("Accept anew or fix") if finding.state == FindingState.ACCEPTED else _("Fix")


def _short(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:87]}…"


def _owned(finding: Finding) -> str:
    said = "{severity}." if finding.owner else _("{severity}, owned by nobody.")
    return said.format(severity=finding.get_severity_display())


register_needs(findings_needs)
