"""The findings of what rests on something that nobody asks any more."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.queries.resting import rests_on
from rollouts.queries.watching import all_checks_now, all_metrics_now
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan


def resting(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """No SQL statement of its own while everything is watched."""
    every = [*all_metrics_now(plan, now), *all_checks_now(plan, now)]
    url = reverse("checks", args=[plan.slug])
    for row, sentence in rests_on(plan, [one for one in every if not one.enabled]):
        title = _("{row} is not watched, and something rests on it").format(row=row.name)
        text = _("{sentence} Watch it again, or let something else be asked.").format(
            sentence=sentence
        )
        yield LintFinding("resting", title, text, row.name, url, _("See checks"))


register_lint(resting)
