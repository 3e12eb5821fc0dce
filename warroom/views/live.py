from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from warroom.live import fragments
from warroom.queries.people import standing
from warroom.queries.plans import get_plan
from warroom.views.plans import viewer_of


@never_cache
@require_safe
def snapshot(request: HttpRequest, slug: str) -> HttpResponse:
    """What went stale since ``after``, as one answer: to catch up, and where streams are blocked.

    ``X-Warroom-Seq`` is the event that the answer is true up to. Without ``after``: everything.
    ``X-Warroom-Reload`` tells a page that it is too old to be caught up with, ``X-Warroom-Viewer``
    who looks, so that a page of somebody else, or of other roles, is loaded anew.
    """
    plan = get_plan(request.user, slug)
    after, place = request.GET.get("after", ""), fragments.place_of(request.GET.get("place", ""))
    if after and not (after.isascii() and after.isdecimal() and len(after) < 19):
        return HttpResponse(
            "'after' wants the sequence number of an event, such as after=12.\n",
            status=400,
            content_type="text/plain; charset=utf-8",
        )
    seen = int(after) if after else None
    html = fragments.caught_up(plan, seen, place, timezone.now())
    headers = {
        "X-Warroom-Seq": str(plan.timeline_seq),
        "X-Warroom-Viewer": viewer_of(request.user, standing(request.user, plan)),
    }
    if seen is not None and fragments.is_lost(plan, seen):
        headers["X-Warroom-Reload"] = "1"
    return HttpResponse(html, headers=headers)


def stream_without_server(request: HttpRequest, slug: str) -> HttpResponse:
    """The stream's address, for ``reverse`` and for servers that do not run ``warroom.asgi``."""
    raise Http404("Event streams want the ASGI application warroom.asgi.")
