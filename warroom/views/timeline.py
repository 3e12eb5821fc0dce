from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from warroom.actions.refusals import Invalid
from warroom.actions.timeline import add_note
from warroom.forms import NoteForm, TimelineFilter
from warroom.live import panels
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.queries import timeline as queries
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.plans import page


@require_http_methods(["GET", "HEAD", "POST"])
def timeline(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything that happened, filtered by kind, person and words; a form to write a note."""
    plan = get_plan(request.user, slug)
    if request.method == "POST":
        return _write(request, plan)
    return render(request, "warroom/timeline.html", _context(request, plan, NoteForm()))


def _write(request: HttpRequest, plan: DeploymentPlan) -> HttpResponse:
    note = NoteForm(request.POST)
    shows(request, plan, ("timeline", ""), ("strip", ""))
    if note.is_valid():
        try:
            add_note(plan, note.cleaned_data["text"], by=request.user, request_id=once(request))
        except Invalid as wrong:
            note.refuse(wrong)
    if note.errors:
        return _again(request, plan, note)
    answer = done(request, reverse("timeline", args=[plan.slug]), say=_("The entry is written."))
    if request.htmx:
        answer.write(_note_form(request, plan, NoteForm()))
    return answer


def _again(request: HttpRequest, plan: DeploymentPlan, note: NoteForm) -> HttpResponse:
    if request.htmx:
        return HttpResponse(_note_form(request, plan, note), status=422)
    return render(request, "warroom/timeline.html", _context(request, plan, note), status=422)


def _note_form(request: HttpRequest, plan: DeploymentPlan, note: NoteForm) -> str:
    return render_to_string("warroom/_note_form.html", {"plan": plan, "note": note}, request)


def _context(request: HttpRequest, plan: DeploymentPlan, note: NoteForm) -> dict:
    context = page(request, plan, "timeline")
    chosen = TimelineFilter(request.GET, authors=queries.authors(plan))
    entries = context["fragments"]["timeline"]
    if chosen.is_valid() and chosen.narrows:
        entries = _filtered(plan, chosen)
    return context | {"filter": chosen, "note": note, "entries": entries}


def _filtered(plan: DeploymentPlan, chosen: TimelineFilter) -> str:
    events = queries.entries(plan, **chosen.query)
    more = queries.older(events)
    context = {
        "plan": plan,
        "now": timezone.now(),
        "fragment_id": "entries",
        "events": events,
        "older": f"{chosen.query_string}&{more}".lstrip("&") if more else "",
        "empty_title": _("No entry {chosen}").format(chosen=chosen.sentence),
        "empty_text": _("{timeline_seq} entries in all.").format(timeline_seq=plan.timeline_seq),
        "clear": reverse("timeline", args=[plan.slug]),
    }
    return render_to_string(panels.get("timeline").template, context)
