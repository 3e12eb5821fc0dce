"""The wall: one board for a screen in the room, by an account or by a link of its own.

The link's key goes into a cookie that the browser sends to this wall only, and out of the address:
no bookmark, history or Referer keeps it, and it opens nothing else.
"""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from warroom import sections
from warroom.actions.change import demand
from warroom.actions.refusals import Refused
from warroom.actions.walls import make_wall_link, revoke_wall_link
from warroom.live import build, fragments, kept, panels
from warroom.live.headline import headline, shown_verdict
from warroom.models import DeploymentPlan, Right, WallLink
from warroom.once import once
from warroom.queries.people import Standing
from warroom.queries.plans import get_plan
from warroom.queries.walls import WALL, cookie_of, find_link, link_of, links_of
from warroom.views.posting import posted
from warroom.views.settings import again, saved

KEPT_S = 400 * 24 * 60 * 60  # the longest that browsers keep a cookie; renewed at every load


@login_not_required
@never_cache
@require_safe
def wall(request: HttpRequest, slug: str) -> HttpResponse:
    """The wall, for who may see the release and for screens that came by a link."""
    if key := request.GET.get("key"):
        return _let_in(request, slug, key)
    link = link_of(request, slug)
    if link is None and not request.user.is_authenticated:
        return _closed(request, slug)
    plan = link.plan if link else get_plan(request.user, slug)
    with translation.override(plan.language):
        answer = render(request, "warroom/wall.html", _shown(plan))
    answer["Referrer-Policy"] = "no-referrer"
    if link:
        WallLink.objects.filter(pk=link.pk).update(seen_at=timezone.now())
        _keep(answer, request, slug, request.COOKIES[cookie_of(slug)])
    return answer


def _shown(plan: DeploymentPlan) -> dict[str, Any]:
    now = timezone.now()
    slots: dict[str, list[str]] = {}
    for panel in panels.shown_at(WALL):
        html = kept.render(panel, plan, now) or panels.nothing(plan, panel.name)
        slots.setdefault(panel.slot, []).append(html)
    return {
        "plan": plan,
        "now": now,
        "slots": slots,
        "verdict": shown_verdict(plan, now),
        "headline": headline(plan, now),
        "build": build.mark(),
        "live_url": f"{reverse('wall', args=[plan.slug])}{build.mark()}/live",
    }


def _let_in(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Put the key into the cookie and out of the address."""
    if find_link(slug, key) is None:
        return _closed(request, slug)
    answer = HttpResponseRedirect(reverse("wall", args=[slug]))
    answer["Referrer-Policy"] = "no-referrer"
    _keep(answer, request, slug, key)
    return answer


def _keep(answer: HttpResponse, request: HttpRequest, slug: str, key: str) -> None:
    answer.set_cookie(
        cookie_of(slug),
        key,
        max_age=KEPT_S,
        path=reverse("wall", args=[slug]),
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _closed(request: HttpRequest, slug: str) -> HttpResponse:
    """Neither link nor account: to sign-in; a screen whose link is gone gets a page that waits."""
    if cookie_of(slug) not in request.COOKIES and "key" not in request.GET:
        query = urlencode({"next": reverse("wall", args=[slug])})
        return HttpResponseRedirect(f"{reverse(settings.LOGIN_URL)}?{query}")
    answer = render(request, "warroom/wall_closed.html", status=404)
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@login_not_required
@never_cache
@require_safe
def wall_snapshot(request: HttpRequest, slug: str, mark: str) -> HttpResponse:
    """What went stale since ``after``, for the wall: see ``views.live.snapshot``."""
    link = link_of(request, slug)
    if link is None and not request.user.is_authenticated:
        raise Http404
    plan = link.plan if link else get_plan(request.user, slug)
    after = request.GET.get("after", "")
    seen = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else None
    html = fragments.caught_up(plan, seen, WALL, timezone.now())
    headers = {"X-Warroom-Seq": str(plan.timeline_seq)}
    if mark != build.mark() or (seen is not None and fragments.is_lost(plan, seen)):
        headers["X-Warroom-Reload"] = "1"
    return HttpResponse(html, headers=headers)


def wall_stream(request: HttpRequest, slug: str, mark: str) -> HttpResponse:
    """The stream's address where no ASGI server stands in front."""
    raise Http404("Event streams want the ASGI application warroom.asgi.")


class WallSection(sections.Section):
    """The links of screens: made, seen, revoked."""

    name, label, order, column = "wall", _l("Wall"), 62, "left"
    template = "warroom/_settings_wall.html"

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        found = {"wall_links": links_of(plan), "wall_label": forms.get("wall_label", "")}
        return found | {"wall_error": forms.get("wall_error"), "wall_new": forms.get("wall_new")}


sections.register(WallSection())


@posted("settings", at="#wall")
def make(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a link and show it, this once."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    label = request.POST.get("label", "")
    try:
        made = make_wall_link(plan, label, by=request.user, request_id=once(request))
    except Refused as refused:
        return again(
            request, plan, status=refused.status, wall_label=label, wall_error=refused.sentence
        )
    if made is None:
        say = _("That link was made already. Its key is shown only once; make another if need be.")
        return saved(request, plan, "wall", say)
    link, key = made
    plan.refresh_from_db()
    address = f"{settings.PUBLIC_URL}{reverse('wall', args=[plan.slug])}?key={key}"
    answer = again(request, plan, status=200, wall_new={"link": link, "address": address})
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@posted("settings", at="#wall")
def revoke(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a link back."""
    plan = get_plan(request.user, slug)
    revoke_wall_link(plan, pk, by=request.user)
    return saved(request, plan, "wall", _("The link is revoked: its screen ends within seconds."))
