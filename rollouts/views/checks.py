from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from rollouts.actions.checks import run_now
from rollouts.models import HealthCheck, PrometheusQuery
from rollouts.queries import focus, watching
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views import answers
from warroom.views.plans import page
from warroom.views.posting import posted

KINDS = {"metric": PrometheusQuery, "check": HealthCheck}
WINDOWS = {"1h": timedelta(hours=1), "12h": timedelta(hours=12), "24h": timedelta(hours=24)}
WINDOWS |= {"7d": timedelta(days=7)}


@require_safe
def checks(request: HttpRequest, slug: str) -> HttpResponse:
    """Metrics and checks of a release; ``?focus=key`` and ``?w=1h|12h|24h|7d`` choose the chart."""
    plan = get_plan(request.user, slug)
    context = page(request, plan, "checks")
    window = request.GET.get("w", "1h")
    row = focus.choose(plan, request.GET.get("focus", ""))
    chosen = None
    if row is not None:
        now, span = timezone.now(), WINDOWS.get(window, WINDOWS["1h"])
        # Only a window that somebody chose may wait for another server.
        before = focus.older(row, now, span) if "w" in request.GET else None
        chosen = focus.focus(row, now, span, before)
    return render(
        request,
        "rollouts/checks.html",
        {
            **context,
            "focus": chosen,
            # The chart that nobody chose is live; one that somebody chose stays as it was asked.
            "is_live": not ({"focus", "w"} & request.GET.keys()),
            "windows": [(key, f"{key[:-1]} {key[-1]}") for key in WINDOWS],
            "window": window if window in WINDOWS else "1h",
            "summary": watching.summary(_all_watched(plan)),
        },
    )


def _all_watched(plan) -> list[watching.Watched]:
    now = timezone.now()
    rows = [*watching.metrics(plan).defer("history"), *watching.checks(plan).defer("history")]
    return [watching.watched(row, now) for row in rows]


@posted("checks")
def run(request: HttpRequest, slug: str, kind: str, key: str) -> HttpResponse:
    """Ask one metric or check now."""
    plan = get_plan(request.user, slug)
    if kind not in KINDS:
        raise Http404(_("There is no such kind of check."))
    row = get_object_or_404(KINDS[kind].objects.filter(plan=plan, enabled=True), key=key)
    answers.shows(request, plan, ("metric-table" if kind == "metric" else "health", ""))
    run_now(row, by=request.user, request_id=once(request))
    return answers.done(
        request,
        reverse("checks", args=[plan.slug]),
        _("{row} is asked again now.").format(row=row.name),
    )
