"""Import in two steps: what was understood, line by line, and only then a release.

The text and what was chosen of its lines travel in the form from step to step, so nothing is kept
between them and nothing that somebody pasted, typed or chose is lost.
"""

from dataclasses import dataclass
from datetime import UTC

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from warroom.actions.extensions import import_into
from warroom.actions.imports import free_slug, import_plan
from warroom.actions.refusals import Refused
from warroom.documents.choices import KINDS, from_text, take_bulk
from warroom.documents.readers import Understanding
from warroom.documents.reading import Reading, understand
from warroom.documents.source import DocumentError
from warroom.form_parts import given_document
from warroom.forms import CreatePlanForm, ImportForm
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.queries.plans import editable_by
from warroom.rules.wording import full_instant
from warroom.views.plan_files import form_given, import_file
from warroom.views.previews import preview_of

ASKED = "line_"  # the name of a line's select is this and the line's number


@dataclass(frozen=True)
class _Step:
    """One request of the second step: what was read, and where it shall go."""

    reading: Reading
    text: str
    name: str
    plans: list[DeploymentPlan]
    into: DeploymentPlan | None


@require_http_methods(["GET", "HEAD", "POST"])
def import_document(request: HttpRequest) -> HttpResponse:
    """GET: paste or choose. POST: what was understood (200), or the line that is wrong (422)."""
    plans = editable_by(request.user)
    if request.method != "POST":
        into = {"into": request.GET.get("into", "")}
        form = ImportForm(plans=plans, initial=into)
        return render(request, "warroom/import.html", {"form": form})
    form = ImportForm(request.POST, request.FILES, plans=plans)
    if not form.is_valid():
        return render(request, "warroom/import.html", {"form": form}, status=422)
    given, name = given_document(form.cleaned_data)
    if form_given(given, name or request.POST.get("source_name", "")):
        return import_file(request, given, name, form)
    try:
        reading = _read(request, given)
    except (DocumentError, ValueError) as error:
        # What was pasted goes back into the form; what is no text cannot.
        error = error if isinstance(error, DocumentError) else DocumentError(0, str(error), "")
        context = {"form": form, "error": error}
        return render(request, "warroom/import.html", context, status=422)
    text = given if isinstance(given, str) else given.decode()
    into = next((plan for plan in plans if plan.slug == form.cleaned_data["into"]), None)
    step = _Step(reading, text, name or request.POST.get("source_name", ""), plans, into)
    if "create" not in request.POST:
        return _preview(request, step, _kept(request, step))
    return _extend(request, step) if into else _create(request, step)


def _read(request: HttpRequest, given: bytes | str) -> Reading:
    """Read with what was chosen; a choice for a whole block needs a reading of its own before."""
    choices = _choices(request)
    reading = understand(given, choices)
    bulk = take_bulk(reading.understanding, request.POST.get("bulk", ""))
    return understand(given, choices | bulk) if bulk else reading


def _choices(request: HttpRequest) -> dict[int, str]:
    """What was chosen before, with what the selects of the shown lines say now."""
    choices = from_text(request.POST.get("choices", ""))
    for key, kind in request.POST.items():
        line = key.removeprefix(ASKED)
        if key.startswith(ASKED) and line.isascii() and line.isdecimal() and len(line) < 7:
            if kind in KINDS:
                choices[int(line)] = kind
            else:
                choices.pop(int(line), None)
    return choices


def _form(found: Understanding, data=None, initial: dict | None = None) -> CreatePlanForm:
    past = full_instant(found.t0.at) if _past(found) else ""
    roles, warnings = found.parts["roles"], len(found.warnings)
    return CreatePlanForm(data, initial=initial, roles=roles, warnings=warnings, past=past)


def _past(found: Understanding) -> bool:
    return found.t0 is not None and found.t0.at < timezone.now()


def _as_typed(found: Understanding) -> str:
    """The document's T-0 as its field shows it."""
    known = found.t0 and not _past(found)
    return f"{found.t0.at.astimezone(UTC):%Y-%m-%d %H:%M}" if known else ""


def _kept(request: HttpRequest, step: _Step) -> CreatePlanForm:
    """The form with what was typed so far: to filter or to read again loses nothing."""
    found = step.reading.understanding
    initial = {
        "name": found.title,
        "slug": free_slug(found.title, step.reading.sha256),
        "t0": found.t0.at if found.t0 and not _past(found) else None,
    }
    form = _form(found, initial=initial)
    if "name" not in request.POST:
        return form
    typed = {key: request.POST[key] for key in form.fields if key in request.POST}
    typed["status_public"] = "status_public" in request.POST
    if typed.get("t0") == request.POST.get("t0_read"):
        typed.pop("t0", None)  # nobody typed it: another line may have become T-0 since
    return _form(found, initial=initial | typed)


def _create(request: HttpRequest, step: _Step) -> HttpResponse:
    form = _form(step.reading.understanding, data=request.POST)
    if form.is_valid():
        try:
            plan = import_plan(
                step.reading,
                by=request.user,
                slug=form.cleaned_data["slug"],
                t0=form.cleaned_data["t0"],
                name=form.cleaned_data["name"],
                source_name=step.name,
                seats=form.seats,
                status_public=form.cleaned_data["status_public"],
            )
        except Refused as refused:
            form.add_error(getattr(refused, "field", None), refused.sentence)
        else:
            return redirect("room", plan.slug)
    return _preview(request, step, form, status=422)


def _extend(request: HttpRequest, step: _Step) -> HttpResponse:
    """Add to a release that exists; refused in a sentence, with everything kept."""
    try:
        plan = import_into(
            step.into,
            step.reading,
            by=request.user,
            source_name=step.name,
            request_id=once(request),
        )
    except Refused as refused:
        refusal = {"refused": refused.sentence}
        return _preview(request, step, _kept(request, step), refused.status, refusal)
    return redirect("checklist", plan.slug)


def _preview(
    request: HttpRequest,
    step: _Step,
    form: CreatePlanForm,
    status: int = 200,
    more: dict | None = None,
) -> HttpResponse:
    context = preview_of(step.reading, request.POST.get("show", "all")) | {
        "form": form,
        "t0_past": _past(step.reading.understanding),
        "text": step.text,
        "source_name": step.name,
        "plans": step.plans,
        "into": step.into,
        "asked": ASKED,
        "t0_read": _as_typed(step.reading.understanding),
    }
    page = "_import_form" if request.headers.get("HX-Request") else "import_preview"
    return render(request, f"warroom/{page}.html", context | (more or {}), status=status)
