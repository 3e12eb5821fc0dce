"""Import in two steps: what was understood, line by line, and only then a release.

The text travels in the form from step to step, so nothing is kept between them and nothing that
somebody pasted is lost.
"""

from datetime import UTC

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from warroom.actions.imports import free_slug, import_plan
from warroom.actions.refusals import Refused
from warroom.documents.readers import NOTE, WARNING, Line, Understanding
from warroom.documents.reading import Reading, understand
from warroom.documents.source import LIMIT_BYTES, DocumentError
from warroom.forms import CreatePlanForm, ImportForm
from warroom.views.plan_files import form_given, import_file

# What became nothing to work with: shown in grey.
QUIET = frozenset(
    {"text", "fact", "blank field", "rule", "code", "comment", "front matter", "detail", "step"}
)
LINES_SHOWN = 2000  # of a long document at a time; the counts always speak of all
FINDINGS_SHOWN = 200
SHOWS = {"all": None, "warn": WARNING, "notes": NOTE}


@require_http_methods(["GET", "HEAD", "POST"])
def import_document(request: HttpRequest) -> HttpResponse:
    """GET: paste or choose. POST: what was understood (200), or the line that is wrong (422)."""
    if request.method != "POST":
        return render(request, "warroom/import.html", {"form": ImportForm()})
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "warroom/import.html", {"form": form}, status=422)
    given, name = _given(form.cleaned_data)
    if form_given(given, name or request.POST.get("source_name", "")):
        return import_file(request, given, name, form)
    try:
        reading = understand(given)
    except DocumentError as error:
        # What was pasted goes back into the form; what is no text cannot.
        context = {"form": form, "error": error}
        return render(request, "warroom/import.html", context, status=422)
    text = given if isinstance(given, str) else given.decode()
    if "create" in request.POST:
        return _create(request, reading, text, name)
    return _preview(request, reading, text, name, _first_form(reading))


def _given(values: dict) -> tuple[bytes | str, str]:
    """The document and its name. A file is read no further than the limit."""
    upload: UploadedFile | None = values["file"]
    if upload is not None:
        return upload.read(LIMIT_BYTES + 1), (upload.name or "")[:200]
    # Browsers send a text field with Windows line ends, whatever was pasted.
    return values["text"].replace("\r\n", "\n"), ""


def _first_form(reading: Reading) -> CreatePlanForm:
    found = reading.understanding
    initial = {
        "name": found.title,
        "slug": free_slug(found.title, reading.sha256),
        "t0": found.t0.at if found.t0 and not _past(found) else None,
    }
    return _form(found, initial=initial)


def _form(found: Understanding, data=None, initial: dict | None = None) -> CreatePlanForm:
    past = f"{found.t0.at.astimezone(UTC):%-d %b %Y %H:%M} UTC" if _past(found) else ""
    roles, warnings = found.parts["roles"], len(found.warnings)
    return CreatePlanForm(data, initial=initial, roles=roles, warnings=warnings, past=past)


def _past(found: Understanding) -> bool:
    return found.t0 is not None and found.t0.at < timezone.now()


def _create(request: HttpRequest, reading: Reading, text: str, name: str) -> HttpResponse:
    form = _form(reading.understanding, data=request.POST)
    if form.is_valid():
        try:
            plan = import_plan(
                reading,
                by=request.user,
                slug=form.cleaned_data["slug"],
                t0=form.cleaned_data["t0"],
                name=form.cleaned_data["name"],
                source_name=name or request.POST.get("source_name", ""),
                seats=form.seats,
                status_public=form.cleaned_data["status_public"],
            )
        except Refused as refused:
            form.add_error(getattr(refused, "field", None), refused.sentence)
        else:
            return redirect("room", plan.slug)
    return _preview(request, reading, text, name, form, status=422)


def _preview(
    request: HttpRequest,
    reading: Reading,
    text: str,
    name: str,
    form: CreatePlanForm,
    status: int = 200,
) -> HttpResponse:
    found = reading.understanding
    show, start = _asked(request.POST.get("show", "all"))
    if "show" in request.POST and not form.is_bound:
        form = _kept(request, found, form)
    lines = [line for line in found.lines if line.became != "blank"]
    # A line can carry findings of both severities, and shows the graver.
    marked = {
        WARNING: {finding.line for finding in found.warnings},
        NOTE: {finding.line for finding in found.notes},
    }
    chosen = [line for line in lines if _shown(line, show, marked)]
    context = {
        "form": form,
        "found": found,
        "summary": _summary(found),
        "lines": chosen[start : start + LINES_SHOWN],
        "shown_of": len(chosen),
        "more_lines": max(len(chosen) - start - LINES_SHOWN, 0),
        "next_show": f"{show}:{start + LINES_SHOWN}",
        "findings_shown": FINDINGS_SHOWN,
        "findings_slice": f":{FINDINGS_SHOWN}",
        "show": show,
        "more_warnings": len(found.warnings) - FINDINGS_SHOWN,
        "more_notes": len(found.notes) - FINDINGS_SHOWN,
        "filters": _filters(lines, marked),
        "quiet_lines": QUIET,
        "lvl1": {"title", "phase", "gate"},
        "lvl2": {"group", "signer"},
        "t0_past": _past(found),
        "blank_lines": len(found.lines) - len(lines),
        "text": text,
        "source_name": name or request.POST.get("source_name", ""),
    }
    return render(request, "warroom/import_preview.html", context, status=status)


def _asked(text: str) -> tuple[str, int]:
    """``warn:2000`` are the lines with warnings after the first 2000 of them."""
    show, _, start = text.partition(":")
    known = start.isascii() and start.isdecimal() and len(start) < 8
    return show if show in SHOWS else "all", int(start) if known else 0


def _kept(request: HttpRequest, found: Understanding, form: CreatePlanForm) -> CreatePlanForm:
    """The form with what was typed so far: to filter the lines loses nothing."""
    typed = {key: request.POST[key] for key in form.fields if key in request.POST}
    typed["status_public"] = "status_public" in request.POST
    return _form(found, initial=(form.initial or {}) | typed)


def _shown(line: Line, show: str, found: dict[str, set[int]]) -> bool:
    wanted = SHOWS.get(show)
    return wanted is None or line.severity == wanted or line.number in found[wanted]


def _filters(lines: list[Line], marked: dict[str, set[int]]) -> list[tuple[str, str]]:
    """``All 154``, ``Lines to check 4``, ``Lines with notes 7``.

    They count lines, of which one can carry several findings: the words tell them from those.
    """
    names = {"all": "All", "warn": "Lines to check", "notes": "Lines with notes"}
    return [
        (key, f"{names[key]} {sum(_shown(line, key, marked) for line in lines)}") for key in SHOWS
    ]


def _summary(found: Understanding) -> list[tuple[int, str]]:
    groups = sum(1 for phase in found.parts.get("phases", ()) for g in phase.groups if g.title)
    counts = found.counts | {"groups": groups, "gates": len(found.parts.get("gates", ()))}
    words = (
        ("phases", "phase", "phases"),
        ("groups", "group", "groups"),
        ("items", "item", "items"),
        ("done", "of them ticked", "of them ticked"),
        ("roles", "role", "roles"),
        ("contacts", "contact", "contacts"),
        ("gates", "gate", "gates"),
        ("criteria", "criterion", "criteria"),
        ("queries", "query", "queries"),
        ("stages", "stage", "stages"),
        ("risks", "risk", "risks"),
    )
    always = {"phases", "items"}
    return [
        (counts[key], one if counts[key] == 1 else many)
        for key, one, many in words
        if counts[key] or key in always
    ]
