from .contacts import Escalation, EscalationContact, EscalationLevel
from .messages import Message, StatusUpdate
from .outside import StatusPlace, Subscriber, WallLink
from .people import Invitation, Presence, Right, Role, Seat
from .plans import DeploymentPlan, Lifecycle, PlanTemplate, VerdictWord
from .timeline import TimelineEvent
from .tokens import ApiToken
from .users import User
from .work import WorkerTick

__all__ = [
    "ApiToken",
    "DeploymentPlan",
    "Escalation",
    "EscalationContact",
    "EscalationLevel",
    "Invitation",
    "Lifecycle",
    "Message",
    "PlanTemplate",
    "Presence",
    "Right",
    "Role",
    "Seat",
    "StatusPlace",
    "StatusUpdate",
    "Subscriber",
    "TimelineEvent",
    "User",
    "VerdictWord",
    "WallLink",
    "WorkerTick",
]
