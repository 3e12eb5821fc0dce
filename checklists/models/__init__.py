from .criteria import CriterionVersion, Waiver
from .delegations import Delegation, Deputy, ReachTry
from .evidence import Evidence, Result, ResultKind
from .findings import Finding, FindingState, Severity
from .followups import BranchStep, FollowUp, FollowUpKind
from .gates import (
    Area,
    Correction,
    Criterion,
    Decision,
    DecisionWord,
    Gate,
    Quorum,
    Source,
    Vote,
    VoteWord,
)
from .items import ChecklistItem, ItemFile, ItemNote, ItemState
from .phases import Phase, PhaseGroup
from .readiness import CategoryScore, ReadinessCategory, ReadinessScale, ScoreSource
from .risks import Risk, RiskState, Scenario, ScenarioState
from .signoffs import Condition, Revocation, SignOff, SignOffWord
from .trials import DryRun, DryRunResult, DryRunWord, LoadProfile, LoadRun
from .wrapups import DailyEntry, DailyForm

__all__ = [
    "Area",
    "BranchStep",
    "CategoryScore",
    "ChecklistItem",
    "Condition",
    "Correction",
    "Criterion",
    "CriterionVersion",
    "DailyEntry",
    "DailyForm",
    "Decision",
    "DecisionWord",
    "Delegation",
    "Deputy",
    "DryRun",
    "DryRunResult",
    "DryRunWord",
    "Evidence",
    "Finding",
    "FindingState",
    "FollowUp",
    "FollowUpKind",
    "Gate",
    "ItemFile",
    "ItemNote",
    "ItemState",
    "LoadProfile",
    "LoadRun",
    "Phase",
    "PhaseGroup",
    "Quorum",
    "ReachTry",
    "ReadinessCategory",
    "ReadinessScale",
    "Result",
    "ResultKind",
    "Revocation",
    "Risk",
    "RiskState",
    "Scenario",
    "ScenarioState",
    "ScoreSource",
    "Severity",
    "SignOff",
    "SignOffWord",
    "Source",
    "Vote",
    "VoteWord",
    "Waiver",
]
