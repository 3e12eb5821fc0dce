"""The panels of the page for a vote that is missing: the quorum, and the tries to reach people."""

from datetime import datetime

from checklists.panels import Context, GateFamily, gate_context
from checklists.queries.absence import gate_of, missing_votes
from checklists.queries.gates import gate_sheet
from checklists.queries.silence import silence_at
from checklists.queries.votes import ballot_of, quorum_of, rule_words
from checklists.rules.votes import standing_words
from warroom.live import panels
from warroom.models import DeploymentPlan


class Quorum(GateFamily):
    """What the votes that are in allow, and the rule in words."""

    name = "quorum"
    template = "checklists/_quorum.html"
    kinds = ("vote.", "gate.", "seat.", "role.", "plan.", "item", "condition.", "signoff.")
    refresh_s = 30  # silence ends without an event

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        gate = gate_of(plan, key)
        if gate is None:
            return None
        sheet = gate_sheet(gate, now)
        ballots = [ballot_of(row) for row in sheet.votes]
        return gate_context(sheet) | {
            "heading": standing_words(ballots, quorum_of(gate)),
            "words": rule_words(gate, sheet.votes),
            "silence_at": silence_at(gate, sheet.decisions),
        }


class Tries(GateFamily):
    """Who is absent, how to reach them, and what was tried."""

    name = "tries"
    template = "checklists/_tries.html"
    kinds = ("vote.", "gate.", "seat.", "role.", "plan.")

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        gate = gate_of(plan, key)
        if gate is None:
            return None
        sheet = gate_sheet(gate, now)
        return gate_context(sheet) | {"absent": missing_votes(sheet)}


ABSENCE_PARTS = (Quorum(), Tries())
for panel in ABSENCE_PARTS:
    panels.register(panel)
