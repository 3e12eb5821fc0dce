"""What does not add up in the register of findings: acceptances that end, owners that nobody is."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.models import Finding
from checklists.queries.findings import accepted_now, states_now
from checklists.queries.gates import final_of, gates_now, opens_at
from checklists.queries.looks import counting
from checklists.rules import findings as rules
from checklists.rules.findings import graded
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan
from warroom.rules.wording import moment_text


def findings(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Three SQL statements, and one where the register is empty."""
    if not states_now(plan, now):
        return
    yield from _ending(plan, now)
    yield from _ownerless(plan, now)


def _ending(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Accepted ones that count again before a gate at which they would be needed."""
    ahead = [gate for gate in gates_now(plan, now) if final_of(gate) is None and opens_at(gate)]
    for row in accepted_now(plan, now):
        end = row.finding.accepted_until
        late = [gate for gate in ahead if end and now < end <= opens_at(gate)]
        if row.ended or not late:
            continue
        number = row.finding.number
        text = _("F-{number} is accepted until {end} UTC; {late} opens later.").format(
            number=number, end=moment_text(end), late=late[0].title
        )
        yield _lint(
            plan,
            "acceptance-ends",
            _("F-{number} counts again before a gate").format(number=number),
            text,
            number,
        )


def _ownerless(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    found = Finding.objects.filter(counting(now), plan=plan, owner="", severity__in=rules.GRAVE)
    rows = list(found.values_list("number", "severity")[:100])
    if not rows:
        return
    counted = {one: sum(severity == one for _unused, severity in rows) for one in rules.SEVERITIES}
    title = ngettext(
        "Nobody owns {graded} finding", "Nobody owns {graded} findings", len(rows)
    ).format(graded=graded(counted.items()))
    named = ", ".join(f"F-{number}" for number, _unused in rows[:10])
    yield _lint(
        plan,
        "finding-owner",
        title,
        _("They count, and nobody fixes them: {named}.").format(named=named),
        0,
    )


def _lint(plan: DeploymentPlan, code: str, title: str, text: str, number: int) -> LintFinding:
    url = reverse("findings", args=[plan.slug])
    url += f"?finding={number}#finding" if number else "?state=open#findings"
    return LintFinding(code, title, text, "findings", url, _("See finding"))


register_lint(findings)
