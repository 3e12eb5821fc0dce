"""A gate whose own steps leave a NO-GO without anything that follows."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from checklists.models import BranchStep
from checklists.queries.gates import final_of, gates_now
from checklists.rules.words import NO_GO
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan
from warroom.queries.there import there


def branches(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """One finding per undecided gate with steps of its own and none of them on NO-GO."""
    own: dict[int, set[str]] = {}
    rows = there(plan, BranchStep.objects.filter(gate__plan=plan).order_by())
    for gate_id, branch in rows.values_list("gate_id", "branch").distinct():
        own.setdefault(gate_id, set()).add(branch)
    for gate in gates_now(plan, now):
        if gate.pk in own and NO_GO not in own[gate.pk] and final_of(gate) is None:
            yield LintFinding(
                "no-go-without-steps",
                _("{gate}: nothing starts on NO-GO").format(gate=gate.title),
                _(
                    "The gate has steps of its own, and none for a NO-GO: no date, no "
                    "notice, no task."
                ),
                gate.title,
                reverse("branches", args=[plan.slug, gate.key]),
                _("Add steps"),
            )


register_lint(branches)
