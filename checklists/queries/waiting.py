"""What the last signatures still wait for, besides blocking items."""

from checklists.queries.phases import Checklist
from checklists.queries.scopes import Scope
from checklists.queries.signoffs import condition_rows
from warroom.models import DeploymentPlan
from warroom.rules.wording import listed


def last_waits(plan: DeploymentPlan, board: Checklist) -> list[str]:
    """Open conditions and rejected phases, each in a sentence. One SQL statement."""
    numbers = [str(row.condition.number) for row in condition_rows(plan) if row.holds]
    many = "s" if len(numbers) > 1 else ""
    found = [f"Waits for condition{many} {listed(numbers)}."] if numbers else []
    return found + [
        f"Waits for {Scope(rows.phase).name}: {listed(rows.rejected)} rejected it."
        for rows in board.phases
        if rows.rejected
    ]
