from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from warroom.live.headline import shown_verdict
from warroom.live.mine import count, mine

PARTS = ("head", "now", "soon", "wait", "seats")


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """What needs this person now, over all releases; with script it looks again by itself.

    Its fragments are personal: their ids end in ``-u`` and the person's number, and they are
    never on a room's stream.
    """
    now = timezone.now()
    if request.GET.get("only") == "count":
        return _count(request, now)
    found = mine(request.user, now)
    context = {
        "mine": found,
        "now": now,
        "seq": int(now.timestamp()),
        "uid": request.user.pk,
        "held": [{"held": one, "verdict": shown_verdict(one.plan, now)} for one in found.held],
    }
    context["parts"] = {
        name: render_to_string(f"warroom/_mine_{name}.html", context) for name in PARTS
    }
    if request.htmx:
        answer = HttpResponse("".join(context["parts"].values()))
    else:
        answer = render(request, "warroom/me.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    answer["Cache-Control"] = "no-store"
    return answer


def _count(request: HttpRequest, now: datetime) -> HttpResponse:
    """How much it is; the list of releases asks for it beside itself, so that it stays quick."""
    total = count(request.user, now)
    context = {"total": total, "uid": request.user.pk, "seq": int(now.timestamp())}
    answer = HttpResponse(render_to_string("warroom/_mine_count.html", context))
    answer["Cache-Control"] = "no-store"
    return answer
