"""The public page where nothing answered it in front, and the page on which it is written."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from warroom.actions.change import demand
from warroom.actions.places import set_status_place
from warroom.actions.refusals import Invalid
from warroom.actions.status import post_status_update, set_status_public
from warroom.forms import StatusUpdateForm
from warroom.live import feeds, public, snapshots
from warroom.models import DeploymentPlan, Right, StatusPlace
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted


@login_not_required
@require_safe
def public_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The snapshot of a public plan, written now if there is none. Usually answered in front."""
    html = _written(slug, ".html")
    answer = HttpResponse(html)
    # The page carries its own policy, by the hashes of its style and script.
    answer._csp_exempt = True
    answer["Content-Security-Policy"] = snapshots.page_policy() + "; frame-ancestors 'none'"
    answer["Cache-Control"] = "public, max-age=5"
    return answer


@login_not_required
@require_safe
def public_json(request: HttpRequest, slug: str) -> HttpResponse:
    """The same for programs."""
    return HttpResponse(
        _written(slug, ".json"),
        content_type="application/json; charset=utf-8",
        headers={"Cache-Control": "public, max-age=5"},
    )


@login_not_required
@require_safe
def public_atom(request: HttpRequest, slug: str) -> HttpResponse:
    """The same for feed readers."""
    return HttpResponse(
        _written(slug, ".atom"),
        content_type="application/atom+xml; charset=utf-8",
        headers={"Cache-Control": "public, max-age=5"},
    )


@login_not_required
@require_safe
def public_badge(request: HttpRequest, slug: str) -> HttpResponse:
    """The same in a line, as a picture for other pages."""
    return HttpResponse(
        _written(slug, ".svg"),
        content_type="image/svg+xml; charset=utf-8",
        headers={"Cache-Control": "public, max-age=5"},
    )


def _written(slug: str, suffix: str) -> bytes:
    plan = get_object_or_404(DeploymentPlan.objects.public().only("pk"), slug=slug)
    if snapshots.write(plan.pk) is None:
        raise Http404
    return snapshots.path_of(slug, suffix).read_bytes()


@require_http_methods(["GET", "HEAD", "POST"])
def updates(request: HttpRequest, slug: str) -> HttpResponse:
    """What the public was told, and a form to tell it more."""
    plan = get_plan(request.user, slug)
    return _updates(request, plan)


def _updates(request: HttpRequest, plan: DeploymentPlan, **more: Any) -> HttpResponse:
    now, posts = timezone.now(), request.method == "POST" and not more
    with translation.override(plan.language):
        draft = public.draft_of(plan, now)
    form = StatusUpdateForm(request.POST if posts else None, initial={"text": draft})
    preview = posts and form.is_valid() and request.POST.get("do") == "preview"
    if posts and form.is_valid() and not preview:
        try:
            text = form.cleaned_data["text"]
            post_status_update(plan, text, by=request.user, request_id=once(request))
            return done(request, _here(plan), say=_("The update stands on the status page."))
        except Invalid as wrong:
            form.refuse(wrong)
    context = page(request, plan, "updates") | _around(plan, now) | {"form": form} | more
    context["preview"] = form.cleaned_data["text"].strip() if preview else ""
    status = 422 if form.errors or more else 200
    return render(request, "warroom/status.html", context, status=status)


def _around(plan: DeploymentPlan, now: datetime) -> dict[str, Any]:
    """What the page of editors shows beside the form: who reads, where, and how it looks."""
    counts = plan.subscribers.aggregate(
        asked=Count("pk"), confirmed=Count("pk", filter=Q(confirmed_at__isnull=False))
    )
    return {
        "updates": list(plan.status_updates.select_related("by")[: public.SHOWN_UPDATES]),
        "state": public.state_of(plan, now),
        "subscribed": counts["confirmed"],
        "unconfirmed": counts["asked"] - counts["confirmed"],
        "second_place": StatusPlace.objects.filter(plan=plan).first(),
        "page_address": feeds.address_of(plan),
        "badge_address": feeds.address_of(plan, "status-badge"),
        "feed_address": feeds.address_of(plan, "status-atom"),
    }


@posted("status-updates", at="#place")
def place(request: HttpRequest, slug: str) -> HttpResponse:
    """Name where else the files are sent."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    given = {name: request.POST.get(name, "") for name in ("url", "header", "secret")}
    try:
        set_status_place(plan, given["url"], given["header"], given["secret"], by=request.user)
    except Invalid as wrong:
        return _updates(request, plan, typed=given, wrong=wrong)
    say = _("The files are sent there.") if given["url"].strip() else _("They are sent nowhere.")
    return done(request, f"{_here(plan)}#place", say=say)


@posted("status-updates")
def show_or_hide(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the status page to everyone, or take it away."""
    plan = get_plan(request.user, slug)
    wanted = request.POST.get("public") == "yes"
    set_status_public(plan, wanted, by=request.user)
    return done(request, _here(plan), say=_SAY[wanted])


_SAY = {True: _l("Everyone can read the status page."), False: _l("The status page is taken away.")}


def _here(plan: DeploymentPlan) -> str:
    return reverse("status-updates", args=[plan.slug])
