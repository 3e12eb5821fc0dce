"""What rolls the demo's rollout back without asking, and what its people may declare."""

from datetime import datetime

from rollouts.actions.guardrails import Wanted, save_guardrail
from rollouts.actions.triggers import add_trigger
from rollouts.models import Guardrail
from warroom.models import DeploymentPlan, User

# Metric, name, seconds.
METRICS = (("error-rate", "HighErrorRate", 300), ("p95-latency", "HighLatency", 300))
OTHERS = (
    Wanted("no_data", "NoData", 600, "recommend"),
    Wanted("drift", "Drift", 120, "recommend"),
)
TRIGGERS = (
    "Users are charged twice",
    "Data corruption detected",
    "Sign-in is broken for more than one customer",
)


def fill(plan: DeploymentPlan, admin: User, now: datetime) -> None:
    """Add to what the document says, once; what people change or remove afterwards stays so."""
    if plan.events.filter(kind="guardrail.changed").exists():
        return
    guarded = set(Guardrail.objects.filter(plan=plan).values_list("query__key", flat=True))
    for key, name, window_s in METRICS:
        query = plan.prometheusquery_set.filter(key=key).first()
        if query is not None and key not in guarded:
            save_guardrail(plan, Wanted("metric", name, window_s, "automatic", query), by=admin)
    for wanted in OTHERS:
        save_guardrail(plan, wanted, by=admin)
    for text in TRIGGERS:
        add_trigger(plan, text, by=admin)
