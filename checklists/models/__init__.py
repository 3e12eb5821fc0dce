from .evidence import Evidence
from .gates import Criterion, Decision, DecisionWord, Gate, Vote, VoteWord
from .items import ChecklistItem, ItemNote, ItemState
from .phases import Phase, PhaseGroup
from .risks import Risk
from .signoffs import Condition, Revocation, SignOff, SignOffWord

__all__ = [
    "ChecklistItem",
    "Condition",
    "Criterion",
    "Decision",
    "DecisionWord",
    "Evidence",
    "Gate",
    "ItemNote",
    "ItemState",
    "Phase",
    "PhaseGroup",
    "Revocation",
    "Risk",
    "SignOff",
    "SignOffWord",
    "Vote",
    "VoteWord",
]
