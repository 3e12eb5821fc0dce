"""Go/no-gos of the demo: a launch that was decided, and a meeting that is about to be held.

The launch is decided under the clock of its day, on evidence that is frozen then.
"""

from datetime import datetime, timedelta

from checklists.actions.conditions import Wanted
from checklists.actions.decisions import decide_gate
from checklists.actions.gates import cast_vote
from checklists.actions.judging import judge_criterion
from checklists.actions.waivers import grant_waiver
from checklists.models import Gate
from warroom.models import DeploymentPlan, Role, User

LAUNCH, MEETING = "go-no-go-for-the-launch", "go-no-go-before-the-window"
# key of the criterion, the value that was counted, what it rests on
COUNTED = (
    ("health-checks-before-launch", 5, "health_check.py at T+0:01: 5 of 5"),
    ("monitoring-services", 4, "docker ps at T+0:01: 4 of 4"),
    ("roles-that-are-ready", 3, "Cora, Thon and Hudson answered in the room"),
)
LAUNCHED = (
    ("cora", "deployment-lead", "9.1 of 10. Ready."),
    ("thon", "on-call", "Awake, laptop open, rollback command pasted and waiting."),
    ("hudson", "security-lead", "10 of 10 after the fix of the bridge network."),
)
WHY = (
    "All checks pass, team on deck, stakeholders told. Scrape targets are down, but the health "
    "checks run without them. Said in the launch call at T+0:02 and written down here."
)
# key, account, band, value, note
JUDGED = (
    ("test-coverage-per-feature", "alex", "", 78, "Coverage report of release 11.0"),
    ("decision-to-rollback", "olga", "", 3, "Timed in the rehearsal: 3 min"),
    ("rehearsed-rollback-in-total", "olga", "", 24, "Rehearsal in staging: 24 min"),
    ("users-are-told-of-the-window", "priya", "yellow", None, "Mail is drafted, not sent"),
)
ACCEPTED = "The restore waited 6 min for a cold backup; the backup is kept warm in the window."


def decide_launch(plan: DeploymentPlan) -> None:
    """Gate 0, once: three votes and GO, on evidence that is frozen with it."""
    gate = _gate(plan, LAUNCH)
    people = _people("cora", "thon", "hudson")
    if gate is None or gate.decisions.exists() or len(people) < 3:
        return
    for key, value, note in COUNTED:
        judge_criterion(gate.criteria.get(key=key), by=people["cora"], value=value, note=note)
    for name, role, reason in LAUNCHED:
        cast_vote(gate, _role(plan, role), "go", by=people[name], reason=reason)
    decide_gate(gate, "go", by=people["cora"], rationale=WHY, window_reason=WHY)


def prepare_meeting(plan: DeploymentPlan, now: datetime) -> None:
    """The go/no-go before the window, once: judged, a deviation accepted, one vote missing."""
    gate = _gate(plan, MEETING)
    people = _people("alex", "olga", "priya", "cora")
    if gate is None or gate.votes.exists() or len(people) < 4:
        return
    for key, name, band, value, note in JUDGED:
        criterion = gate.criteria.get(key=key)
        judge_criterion(criterion, by=people[name], band=band, value=value, note=note)
    rollback = gate.criteria.get(key="rehearsed-rollback-in-total")
    end, lead = now + timedelta(days=2), _role(plan, "technical-lead")
    grant_waiver(rollback, lead, by=people["alex"], reason=ACCEPTED, ends_at=end)
    wanted = Wanted("Rate limits are set before the window", "Hudson", now + timedelta(hours=12))
    why = "The features are ready. The limits must be there first."
    cast_vote(gate, lead, "go", by=people["alex"], reason=why, conditions=[wanted])
    why = "Support is not briefed; I want a calm first hour."
    cast_vote(gate, _role(plan, "operations-lead"), "no-go", by=people["olga"], reason=why)


def _gate(plan: DeploymentPlan, key: str) -> Gate | None:
    gate = plan.gates.filter(key=key).first()
    if gate is not None:
        gate.plan = plan
    return gate


def _role(plan: DeploymentPlan, key: str) -> Role:
    return Role.objects.get(plan=plan, key=key)


def _people(*names: str) -> dict[str, User]:
    return {user.username: user for user in User.objects.filter(username__in=names)}
