from .evidence import Evidence
from .gates import Criterion, Decision, DecisionWord, Gate, Vote, VoteWord
from .items import ChecklistItem, ItemFile, ItemNote, ItemState
from .phases import Phase, PhaseGroup
from .readiness import ReadinessCategory
from .risks import Risk
from .signoffs import Condition, Revocation, SignOff, SignOffWord
from .wrapups import DailyEntry, DailyForm

__all__ = [
    "ChecklistItem",
    "Condition",
    "Criterion",
    "DailyEntry",
    "DailyForm",
    "Decision",
    "DecisionWord",
    "Evidence",
    "Gate",
    "ItemFile",
    "ItemNote",
    "ItemState",
    "Phase",
    "PhaseGroup",
    "ReadinessCategory",
    "Revocation",
    "Risk",
    "SignOff",
    "SignOffWord",
    "Vote",
    "VoteWord",
]
