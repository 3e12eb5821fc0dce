"""The findings of what rests on something that nobody asks any more."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from rollouts.queries.resting import rests_on
from rollouts.queries.watching import all_checks_now, all_metrics_now
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan


def resting(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """No SQL statement of its own while everything is watched."""
    every = [*all_metrics_now(plan, now), *all_checks_now(plan, now)]
    url = reverse("checks", args=[plan.slug])
    for row, sentence in rests_on(plan, [one for one in every if not one.enabled]):
        title = f"{row.name} is not watched, and something rests on it"
        text = f"{sentence} Watch it again, or let something else be asked."
        yield LintFinding("resting", title, text, row.name, url, "See checks")


register_lint(resting)
