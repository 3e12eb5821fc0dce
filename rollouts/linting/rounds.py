"""Findings about watching: a soak that nobody is asked to watch, and success that nothing says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.queries.stages import stages_now
from rollouts.queries.success import measures, success_rows
from rollouts.rules import rounds
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan


def cadences(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Stages that soak without rounds, where others have them: somebody forgot these."""
    stages = stages_now(plan, now)
    without = [one for one in stages if one.soak_s and not rounds.read(one.cadence)]
    if not without or len(without) == len(stages):
        return
    named = ", ".join(str(one.number) for one in without)
    title = (
        _("A stage soaks without rounds") if len(without) == 1 else _("Stages soak without rounds")
    )
    text = _(
        "Nobody is asked to look during stage {named}, while other stages have a cadence."
    ).format(named=named)
    url = f"{reverse('rollout', args=[plan.slug])}stages/"
    yield LintFinding("no-rounds", title, text, "stages", url, _("Set a cadence"))


def criteria(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Success criteria that name a bound which nothing measures, and those without a time."""
    rows = [row.criterion for row in success_rows(plan, now) if row.criterion.met is None]
    url = reverse("success", args=[plan.slug])
    bounds = [one for one in rows if not measures(one) and _has_bound(one.text)]
    if bounds:
        named = f"“{bounds[0].text}”" + (
            _(" and {count} more").format(count=len(bounds) - 1) if bounds[1:] else ""
        )
        title = _("Success criteria have bounds that nothing measures")
        text = _("{named}: choose the metric, else a person has to say it.").format(named=named)
        yield LintFinding("success-unmeasured", title, text, "success", url, _("Choose metrics"))


def _has_bound(text: str) -> bool:
    return any(sign in text for sign in "<>≤≥")


for source in (cadences, criteria):
    register_lint(source)
