"""The risks and scenarios of the demo as a room has them after half a day of watching."""

from checklists.actions.risks import edit_risk, set_risk_state
from checklists.actions.scenarios import add_scenario, clear_scenario
from warroom.models import DeploymentPlan, User

OWNERS = {1: "Thon", 2: "Thon", 3: "Cora"}
TRIGGERS = {
    1: "Targets down 5 min after deploy",
    2: "Error rate above 1.0 % or P95 above 500 ms for less than 2 min",
    3: "Any red, or any issue outside the 13 alert rules",
}
SCENARIOS = (
    {
        "title": "Scrape targets stay down",
        "action": "Go on with health checks and logs",
        "decide": "Proceed if health checks pass, else hold",
        "items": [{"text": "Run the health check script every 15 min", "role": "on-call"}],
    },
    {
        "title": "Auto-rollback fires",
        "action": "Find out: transient or systemic",
        "decide": "Deploy again if transient, else abort",
        "items": [{"text": "Read the logs of the last 10 min", "role": "on-call", "due": "15m"}],
    },
    {
        "title": "A metric is yellow at a gate",
        "action": "Hold, watch 6 to 12 hours more",
        "decide": "Proceed when green, roll back when red",
        "items": [
            {"text": "Say in the channel that we hold", "role": "deployment-lead", "due": "15m"},
            {"text": "Look at the metric every hour", "role": "on-call"},
        ],
        "watch_key": "gate:any",
        "watch_band": "yellow",
    },
    {
        "title": "Critical issue found by hand",
        "action": "Roll back by hand at once",
        "decide": "Root cause in 24 h, then reschedule",
        "items": [{"text": "Roll back", "role": "on-call", "blocking": True, "due": "2m"}],
    },
)


def tell_risks(plan: DeploymentPlan, by: User) -> None:
    """Owners and triggers, states, scenarios; once, and never over what people changed."""
    if plan.scenarios.exists():
        return
    for risk in plan.risks.all():
        fields = {"owner": OWNERS.get(risk.number, ""), "trigger": TRIGGERS.get(risk.number, "")}
        risk = edit_risk(risk, fields, by=by)
        state, why = ("closed", "Targets are up.") if risk.number == 1 else ("watched", "")
        set_risk_state(risk, state, why, by=by)
    for fields in SCENARIOS:
        add_scenario(plan, fields, by=by)
    clear_scenario(plan.scenarios.get(number=1), "Targets are up.", by=by)
