"""Plans as YAML and JSON in the browser: what a file holds, then a release; and the way out.

The file travels in the form from step to step, as a Markdown document does.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from warroom.actions.imports import create_plan, free_slug
from warroom.actions.refusals import Refused
from warroom.documents import portable
from warroom.documents.complaints import PlanFileError
from warroom.documents.formats import FORMATS, form_of, unknown_format
from warroom.documents.people import STANDING
from warroom.documents.portable import PlanFile
from warroom.documents.readers import WARNING, in_words
from warroom.documents.source import DocumentError
from warroom.forms import CreatePlanForm, ImportForm
from warroom.models import DeploymentPlan
from warroom.queries.plans import get_plan
from warroom.rules.rehearsal import MARK
from warroom.rules.wording import full_instant

FINDINGS_SHOWN = 200
ROLES_SHOWN = 40


def form_given(given: bytes | str, name: str) -> str | None:
    """``yaml`` or ``json`` when this is a plan file, by its name or by how it begins."""
    if name:
        return form_of(name)
    head = given[:4000] if isinstance(given, str) else given[:4000].decode(errors="replace")
    lines = (line.strip() for line in head.lstrip("\ufeff").splitlines())
    first = next((line for line in lines if line and line[0] != "#" and line != "---"), "")
    if first.startswith("warroom:"):
        return "yaml"
    return "json" if first.startswith("{") else None


def import_file(
    request: HttpRequest, given: bytes | str, name: str, asked: ImportForm
) -> HttpResponse:
    """What the file holds (200), the lines that are wrong (422), or the release (302)."""
    form = form_given(given, name or request.POST.get("source_name", "")) or "yaml"
    if asked.cleaned_data.get("into"):
        sentence = _(
            "A plan file makes a release of its own. Only Markdown goes into one that exists."
        )
        asked.add_error("into", sentence)
        return render(request, "warroom/import.html", {"form": asked}, status=422)
    try:
        file = portable.read(given, form)
    except DocumentError as error:
        problems = error.problems if isinstance(error, PlanFileError) else [error]
        context = {"form": asked, "problems": problems, "more": getattr(error, "more", 0)}
        return render(request, "warroom/import.html", context, status=422)
    text = given if isinstance(given, str) else given.decode()
    if "create" in request.POST:
        return _create(request, file, text, name)
    return _preview(request, file, text, name, _form(file, initial=_first(file)))


def _first(file: PlanFile) -> dict:
    found = portable.checked(file.data)["plan"]
    past = found.t0 is not None and found.t0 < timezone.now()
    return {
        "name": found.name.strip(),
        "slug": free_slug(found.name, file.sha256),
        "t0": None if past else found.t0,
        "status_public": file.data["plan"].get("status_public") is True,
    }


def _form(file: PlanFile, data=None, initial: dict | None = None) -> CreatePlanForm:
    values = portable.checked(file.data)
    t0 = values["plan"].t0
    past = full_instant(t0) if t0 is not None and t0 < timezone.now() else ""
    warnings = sum(1 for finding in file.findings if finding.severity == WARNING)
    # The author sits in the roles that every plan has; others are seated under People.
    roles = [role for role in values.get("roles", []) if role.key not in STANDING]
    return CreatePlanForm(
        data, initial=initial, roles=roles[:ROLES_SHOWN], warnings=warnings, past=past
    )


def _create(request: HttpRequest, file: PlanFile, text: str, name: str) -> HttpResponse:
    form = _form(file, data=request.POST)
    if form.is_valid():
        plan_fields = file.data["plan"] | {"status_public": form.cleaned_data["status_public"]}
        chosen = PlanFile(file.data | {"plan": plan_fields}, file.findings, file.sha256)
        try:
            plan = create_plan(
                chosen,
                by=request.user,
                slug=form.cleaned_data["slug"],
                t0=form.cleaned_data["t0"],
                name=form.cleaned_data["name"],
                source_name=name or request.POST.get("source_name", ""),
                seats=form.seats,
            )
        except Refused as refused:
            form.add_error(getattr(refused, "field", None), refused.sentence)
        else:
            return redirect("room", plan.slug)
    return _preview(request, file, text, name, form, status=422)


def _preview(
    request: HttpRequest,
    file: PlanFile,
    text: str,
    name: str,
    form: CreatePlanForm,
    status: int = 200,
) -> HttpResponse:
    values = portable.checked(file.data)
    counts = portable.counts(values)
    context = {
        "form": form,
        "found": values,
        "counts": counts,
        "summary": in_words(counts, always=("phases", "items")),
        "phases": [(one, _items_of(one)) for one in values.get("phases", [])],
        "findings": file.findings[:FINDINGS_SHOWN],
        "text": text,
        "source_name": name or request.POST.get("source_name", ""),
    }
    return render(request, "warroom/plan_file.html", context, status=status)


def _file_name(plan: DeploymentPlan) -> str:
    return f"{MARK}-{plan.slug}" if plan.rehearsal else plan.slug


def _items_of(phase: Any) -> int:
    found = [*phase.items, *(item for group in phase.groups for item in group.items)]
    for item in found:  # grows by what lies below each
        found += item.items
    return len(found)


@require_safe
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """The release as a file to keep: ``?format=`` markdown, yaml or json."""
    plan = get_plan(request.user, slug)
    wanted = request.GET.get("format", "markdown")
    if wanted not in FORMATS:
        return HttpResponse(unknown_format(wanted), status=415, content_type="text/plain")
    form = FORMATS[wanted]
    return HttpResponse(
        form.write(plan),
        headers={
            "Content-Type": f"{form.content_type}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{_file_name(plan)}{form.suffix}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
