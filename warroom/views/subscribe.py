"""Letters about a status page: asked for, confirmed and left by people who have no account.

A link in a letter changes nothing when it is only loaded: programs that look through mail do so.
"""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from warroom.actions import subscribers
from warroom.actions.refusals import Refused
from warroom.models import DeploymentPlan

FROM_ONE_HOST, HOUR_S = 10, 60 * 60  # letters that one address of the network may ask for an hour
METHODS = ["GET", "HEAD", "POST"]


@login_not_required
@never_cache
@require_http_methods(METHODS)
def subscribe(request: HttpRequest, slug: str) -> HttpResponse:
    """A form for a mail address; the answer is the same whether the address is known or not."""
    plan = get_object_or_404(DeploymentPlan.objects.public().defer("source_text"), slug=slug)
    with translation.override(plan.language):
        if request.method != "POST":
            return _page(request, plan, "ask")
        typed = request.POST.get("email", "")[:254]
        try:
            _demand_patience(request)
            subscribers.subscribe(plan, typed)
        except Refused as refused:
            return _page(request, plan, "ask", refused.status, typed=typed, error=refused.sentence)
        return _page(request, plan, "asked")


def _demand_patience(request: HttpRequest) -> None:
    key = f"subscribe:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, HOUR_S)
    if cache.incr(key) > FROM_ONE_HOST:
        raise Refused(_("That was often. Try again in an hour, or use the feed."))


@login_not_required
@never_cache
@require_http_methods(METHODS)
def confirm(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """A button that confirms the address to which the link was sent."""
    row = subscribers.of_confirmation(token)
    if row is None or row.plan.slug != slug or not row.plan.is_public:
        return _gone(request, slug)
    with translation.override(row.plan.language):
        if request.method == "POST":
            subscribers.confirm(token)
            return _page(request, row.plan, "confirmed")
        return _page(request, row.plan, "confirm", email=row.email)


@csrf_exempt  # RFC 8058: mail programs post here; the signed link is the right to do so
@login_not_required
@never_cache
@require_http_methods(METHODS)
def leave(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """A button that ends the letters and forgets the address; a repeat says the same."""
    row = subscribers.of_leave(token)
    plan = row.plan if row else get_object_or_404(DeploymentPlan, slug=slug)
    if plan.slug != slug or (row is None and not plan.is_public):
        raise Http404
    with translation.override(plan.language):
        if request.method == "POST" or row is None:
            subscribers.leave(token)
            return _page(request, plan, "left")
        return _page(request, plan, "leave", email=row.email)


def _gone(request: HttpRequest, slug: str) -> HttpResponse:
    plan = get_object_or_404(DeploymentPlan.objects.public(), slug=slug)
    with translation.override(plan.language):
        return _page(request, plan, "gone", 404)


def _page(
    request: HttpRequest, plan: DeploymentPlan, step: str, status: int = 200, **more: str
) -> HttpResponse:
    context = {"plan": plan, "step": step, "public_url": settings.PUBLIC_URL, **more}
    answer = render(request, "warroom/subscribe.html", context, status=status)
    answer["Referrer-Policy"] = "no-referrer"
    return answer
