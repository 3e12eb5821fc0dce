"""What a release may have of this app's things: pages do not ask for what it has none of."""

from checklists.models import (
    BranchStep,
    Condition,
    DailyForm,
    Decision,
    Delegation,
    Evidence,
    Finding,
    FollowUp,
    Gate,
    ItemFile,
    ItemNote,
    PhaseGroup,
    ReadinessCategory,
    Risk,
    Scenario,
    SignOff,
    Vote,
    Waiver,
)
from warroom.queries.there import register_there

for model in (Condition, DailyForm, Evidence, Finding, FollowUp, Gate, ReadinessCategory, Risk):
    register_there(model)
for model in (Scenario, SignOff):
    register_there(model)
for model in (BranchStep, Decision, Delegation, Vote):
    register_there(model, "gate__plan")
register_there(ItemFile, "item__plan")
register_there(ItemNote, "item__plan")
register_there(PhaseGroup, "phase__plan")
register_there(Waiver, "criterion__gate__plan")
