"""What the last signatures still wait for, besides blocking items."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.queries.phases import Checklist
from checklists.queries.scopes import Scope
from checklists.queries.signoffs import condition_rows
from warroom.models import DeploymentPlan
from warroom.rules.wording import listed


def last_waits(plan: DeploymentPlan, board: Checklist) -> list[str]:
    """Open conditions and rejected phases, each in a sentence. One SQL statement."""
    numbers = [str(row.condition.number) for row in condition_rows(plan) if row.holds]
    said = ngettext(
        "Waits for condition {numbers}.", "Waits for conditions {numbers}.", len(numbers)
    )
    found = [said.format(numbers=listed(numbers))] if numbers else []
    return found + [
        _("Waits for {scope}: {rejected} rejected it.").format(
            scope=Scope(rows.phase).name, rejected=listed(rows.rejected)
        )
        for rows in board.phases
        if rows.rejected
    ]
