"""How every form is answered, so that each works alike with and without script.

Valid: 200 with the fresh fragments (script) or back to the page (303, no script). Refused: its
status with one sentence, and with script the fragments as they are now.
"""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme

from warroom.actions.refusals import Refused, Unconfirmed
from warroom.live import kept, panels
from warroom.models import DeploymentPlan
from warroom.views.plans import page

TOAST = '\n<p class="toast" role="status" data-toast><span>{}</span></p>'

# Fields that people write sentences in: what they wrote is shown again when it was refused.
TYPED = ("text", "reason", "comment", "rationale", "conditions", "note")

Fragment = tuple[str, str]  # name of a panel, key within its family or ""


def shows(request: HttpRequest, plan: DeploymentPlan, *fragments: Fragment) -> None:
    """Say, before the action, which fragments the answer carries, whether done or refused."""
    request.answer_plan, request.answer_fragments = plan, fragments


def done(
    request: HttpRequest,
    back: str,
    say: str = "",
    *,
    warns: bool = False,
    beside: Sequence[str] = (),
) -> HttpResponse:
    """The change stands: the fragments for script, or back to where the form was.

    ``warns``: what it says is no good news. ``beside``: nothing was left to do, which is said
    beside the control.
    """
    if request.htmx and beside:
        note = render_to_string("warroom/_beside.html", {"said": beside})
        return HttpResponse(note + _fresh(request))
    say, warns = " ".join(beside) or say, warns or bool(beside)
    if request.htmx:
        return HttpResponse(_fresh(request) + (format_html(TOAST, say) if say else ""))
    if say:
        (messages.warning if warns else messages.success)(request, say)
    return HttpResponseRedirect(local(request, back))


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The change was refused: its sentence, its status, and what is true now."""
    plan = getattr(request, "answer_plan", None)
    if isinstance(refused, Unconfirmed):
        return _ask_reason(request, refused)
    own = {
        "sentence": refused.sentence,
        "written": [text for name in TYPED if (text := request.POST.get(name, "").strip())],
        "field": getattr(refused, "field", ""),
        "status": refused.status,
        "back": local(request, plan.get_absolute_url() if plan else "/"),
    }
    if request.htmx:
        own["fragments"] = _fresh(request)
        return render(request, "warroom/_refused.html", own, status=refused.status)
    if plan is not None:  # the page of a release keeps its verdict, clock and tabs
        plan.refresh_from_db()
        own = page(request, plan, "refused") | own
    own["frame"] = "base.html" if plan else "page.html"
    return render(request, "warroom/refused.html", own, status=refused.status)


def _ask_reason(request: HttpRequest, refused: Unconfirmed) -> HttpResponse:
    """The same form once more with what speaks against it, and a field for the reason."""
    own = (refused.field, "csrfmiddlewaretoken", "password")
    context = {
        "refused": refused,
        "action": request.get_full_path(),
        "kept": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in own
            for value in values
        ],
        "back": local(request, "/"),
    }
    template = "warroom/_confirm.html" if request.htmx else "warroom/confirm.html"
    return render(request, template, context, status=refused.status)


def _fresh(request: HttpRequest) -> str:
    plan: DeploymentPlan | None = getattr(request, "answer_plan", None)
    wanted: Sequence[Fragment] = getattr(request, "answer_fragments", ())
    if plan is None:
        return ""
    plan.refresh_from_db()
    now = timezone.now()
    return "\n".join(kept.render(panels.get(name), plan, now, key) for name, key in wanted)


def local(request: HttpRequest, fallback: str) -> str:
    """The address that the form names to go back to, if it is a path of ours."""
    wanted = request.POST.get("back", "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if ours else fallback
