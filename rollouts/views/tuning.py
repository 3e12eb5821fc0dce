"""What was tuned of the metrics, and why; the anomalies that people noted between (S42)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rollouts.queries.metric_versions import tuning_log
from warroom.queries.plans import get_plan
from warroom.views.plans import page


@require_safe
def tuning(request: HttpRequest, slug: str) -> HttpResponse:
    """The versions of all metrics with their reasons, and notes of anomalies, newest first."""
    plan = get_plan(request.user, slug)
    context = page(request, plan, "checks")
    log = tuning_log(context["plan"])
    return render(request, "rollouts/tuning.html", context | {"log": log})
