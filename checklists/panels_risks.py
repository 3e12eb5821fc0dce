"""The panels of risks and contingency: the page of risks, and what the room says of them."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _l

from checklists.panels import LIST
from checklists.queries.risks import open_count, risk_needs, risk_sheet, scenario_rows
from checklists.rules.risks import COLUMNS
from warroom import navigation
from warroom.live import needs, panels
from warroom.models import DeploymentPlan

KINDS = ("risk.", "scenario.", "plan.")


class RiskPart(panels.Panel):
    """A part of the page of risks. It also turns when a reading does, without an event."""

    places = ("risks",)
    kinds = (*KINDS, "gate.", "criterion.", "waiver.")
    refresh_s = 5

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any]:
        return {"sheet": risk_sheet(plan, now)}


class Summary(RiskPart):
    """The overall level in one sentence."""

    name = "risk-summary"
    template = "checklists/_risk_summary.html"
    slot = "summary"
    kinds = KINDS
    refresh_s = None


class Contingency(RiskPart):
    """If this happens, do this: every scenario with its state, and the button that starts it."""

    name = "contingency"
    template = "checklists/_contingency.html"
    slot = "main"
    order = 10
    kinds = (*RiskPart.kinds, *LIST)


class Risks(RiskPart):
    """Every risk: probability before and after, mitigation by phase, criteria, owner."""

    name = "risks"
    template = "checklists/_risks.html"
    slot = "main"
    order = 20


class Matrix(RiskPart):
    """Severity by probability; dashed before mitigation, solid after."""

    name = "risk-matrix"
    template = "checklists/_risk_matrix.html"
    slot = "matrix"
    kinds = KINDS
    refresh_s = None

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        columns = [label for _, label in COLUMNS]
        return {"sheet": risk_sheet(plan, now), "columns": columns}


class InForce(panels.Panel):
    """The scenarios that are in force, as a line in the room."""

    name = "in-force"
    template = "checklists/_in_force.html"
    kinds = ("scenario.", "item", "plan.")
    slot = "needs"
    order = 5

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        rows = [] if plan.is_closed else scenario_rows(plan, now)
        rows = [row for row in rows if row.in_force]
        return {"rows": rows} if rows else None


for panel in (Summary(), Contingency(), Risks(), Matrix(), InForce()):
    panels.register(panel)

needs.register_needs(risk_needs)
navigation.register_tab("risks", _l("Risks"), "risks", 65, count=open_count)
