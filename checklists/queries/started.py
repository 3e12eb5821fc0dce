from warroom.models import DeploymentPlan


def started_phases(plan: DeploymentPlan) -> set[int]:
    """Ids of the phases that starts of scenarios put in, of every generation; one statement."""
    starts = plan.events.filter(kind="scenario.started").values_list("data", flat=True)
    return {data["id"] for data in starts if data.get("id")}
