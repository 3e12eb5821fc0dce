from .contacts import EscalationContact, EscalationLevel
from .messages import StatusUpdate
from .people import Right, Role, Seat
from .plans import DeploymentPlan, Lifecycle, VerdictWord
from .timeline import TimelineEvent
from .tokens import ApiToken
from .users import User
from .work import WorkerTick

__all__ = [
    "ApiToken",
    "DeploymentPlan",
    "EscalationContact",
    "EscalationLevel",
    "Lifecycle",
    "Right",
    "Role",
    "Seat",
    "StatusUpdate",
    "TimelineEvent",
    "User",
    "VerdictWord",
    "WorkerTick",
]
