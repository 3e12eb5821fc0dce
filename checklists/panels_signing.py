"""Signatures and their conditions as pages show them live."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from checklists.panels import LIST, Context
from checklists.queries.phases import Checklist, checklist
from checklists.queries.scopes import PLAN, STABLE, Scope, find_scope, scope_keys
from checklists.queries.signoffs import conditions_now
from checklists.queries.waiting import last_waits
from warroom.live import panels
from warroom.models import DeploymentPlan, TimelineEvent


class Signoffs(panels.Panel):
    """Who signed under a scope (``queries/scopes.py``); a family named by the scope's key."""

    name = "signoffs"
    template = "checklists/_signoffs.html"
    kinds = (*LIST, "signoff.", "vote.", "condition.", "seat.", "role.", "plan.")
    places = ("checklist", "gate")
    slot = "rows"

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> list[str]:
        """Scopes that events name; a seat, a role or a condition touches all of them."""
        named = [(event, name) for event in events for name in _SCOPES if _names(event, name)]
        found = [str(event.data[name]) for event, name in named]
        found += [str(number) for event in events for number in event.data.get("phases", ())]
        if any(event.kind.startswith(("signoff.", "vote.")) for event in events):
            found += [PLAN, STABLE]  # they wait for rejections and conditions
        if any(event.kind.startswith(_ALL_SCOPES) for event in events):
            found += scope_keys(plan)
        elif any(event.data.get("revoked_whole") for event in events):
            found += scope_keys(plan, phases=False)
        return list(dict.fromkeys(found))

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        scope = find_scope(plan, key) if key else None
        return signoff_context(plan, checklist(plan, now), scope) if scope else None


_SCOPES = ("scope", "phase")
_ALL_SCOPES = ("condition.", "seat.", "role.", "plan.")


def _names(event: TimelineEvent, name: str) -> bool:
    return bool(event.data.get(name)) and event.kind.startswith((*LIST, "signoff.", "plan.stable"))


def signoff_context(plan: DeploymentPlan, board: Checklist, scope: Scope) -> Context:
    rows = board.phase(scope.phase.number) if scope.phase else None
    waiting = [] if scope.gate else [ref for one in board.phases for ref in one.blocking_refs]
    return {
        "signatures": board.signed.given(scope),
        "scope": scope,
        "title": _("Sign-off, {scope}").format(scope=scope.title),
        "blocking": rows.blocking_refs if rows else waiting,
        "phase": rows,
        "waits": last_waits(plan, board) if scope.is_last else [],
    }


class PlanConditions(panels.Panel):
    """Every condition of the release, on the page of its last signatures."""

    name = "plan-conditions"
    template = "checklists/_plan_conditions.html"
    kinds = ("vote.", "condition.", "signoff.", "item", "gate.", "plan.")
    places = ("checklist",)
    slot = "rows"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        rows = conditions_now(plan, now)
        return {"rows": rows, "open_count": sum(row.is_open for row in rows)} if rows else None


for panel in (Signoffs(), PlanConditions()):
    panels.register(panel)
