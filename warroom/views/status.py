"""The public page where nothing answered it in front, and the page on which it is written."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from warroom.actions.refusals import Invalid
from warroom.actions.status import post_status_update, set_status_public
from warroom.forms import StatusUpdateForm
from warroom.live import public, snapshots
from warroom.models import DeploymentPlan
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


def _written(slug: str, suffix: str) -> bytes:
    plan = get_object_or_404(DeploymentPlan.objects.public().only("pk"), slug=slug)
    if snapshots.write(plan.pk) is None:
        raise Http404
    return snapshots.path_of(slug, suffix).read_bytes()


@require_http_methods(["GET", "HEAD", "POST"])
def updates(request: HttpRequest, slug: str) -> HttpResponse:
    """What the public was told, and a form to tell it more."""
    plan = get_plan(request.user, slug)
    form = StatusUpdateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            text = form.cleaned_data["text"]
            post_status_update(plan, text, by=request.user, request_id=once(request))
            return done(request, _here(plan), say=_("The update stands on the status page."))
        except Invalid as wrong:
            form.refuse(wrong)
    context = page(request, plan, "updates") | {"form": form, "updates": public.updates_of(plan)}
    return render(request, "warroom/status.html", context, status=422 if form.errors else 200)


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
