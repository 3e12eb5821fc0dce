"""The edited document comes back: what differs, with a choice per difference, and then the change.

The text travels in the form from step to step, as it does on the way in.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods

from warroom.actions.change import demand
from warroom.actions.refusals import Refused
from warroom.actions.reimports import compare, reread, sentence, update_from_document
from warroom.documents.comparing import KINDS, Difference
from warroom.documents.reading import Reading
from warroom.documents.source import DocumentError
from warroom.form_parts import NAME_LIMIT, given_document
from warroom.forms import ImportForm
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.plans import page

SHOWN = 300  # differences with a choice of their own; the rest goes by what is usual
HEADS = {
    "new": (_l("New in the document"), _l("Add")),
    "changed": (_l("Changed in the document"), _l("Change")),
    "ticked": (_l("Ticked in the document"), _l("Tick")),
    "moved": (_l("Moved in the document"), _l("Move")),
    "conflict": (_l("Changed here and there"), _l("Take the document’s words")),
    "gone": (_l("Gone from the document"), _l("Take off the list")),
}


@require_http_methods(["GET", "HEAD", "POST"])
def reimport(request: HttpRequest, slug: str) -> HttpResponse:
    """GET: paste or choose. POST: the comparison (200), or with ``apply`` the change (302)."""
    plan = get_plan(request.user, slug)
    if request.method != "POST":
        return _ask(request, plan, _form(), 200)
    demand(plan, request.user, Right.EDIT)
    form = _form(request.POST, request.FILES)
    if not form.is_valid():
        return _ask(request, plan, form, 422)
    given, name = given_document(form.cleaned_data)
    name = name or request.POST.get("source_name", "")[:NAME_LIMIT]
    try:
        reading = reread(plan, given)
    except DocumentError as error:
        return _ask(request, plan, form, 422, error)
    if "apply" in request.POST:
        return _apply(request, plan, reading, name)
    return _show(request, plan, reading, name)


def _form(*given: object) -> ImportForm:
    form = ImportForm(*given)
    form.fields.pop("into", None)
    return form


def _ask(
    request: HttpRequest,
    plan: DeploymentPlan,
    form: ImportForm,
    status: int,
    error: DocumentError | None = None,
) -> HttpResponse:
    context = page(request, plan, "settings") | {"form": form, "error": error}
    return render(request, "warroom/reimport.html", context, status=status)


def _apply(request: HttpRequest, plan: DeploymentPlan, reading: Reading, name: str) -> HttpResponse:
    taken = set(request.POST.getlist("take"))
    try:
        done = update_from_document(
            plan,
            reading,
            taken,
            by=request.user,
            rest="rest" in request.POST,
            source_name=name,
            request_id=once(request),
        )
    except Refused as refused:
        if refused.status == 403:
            raise
        plan.refresh_from_db()
        return _show(request, plan, reading, name, refused, taken)
    messages.success(request, sentence(done.counts))
    return redirect("checklist", plan.slug)


def _show(
    request: HttpRequest,
    plan: DeploymentPlan,
    reading: Reading,
    name: str,
    refused: Refused | None = None,
    taken: set[str] | None = None,
) -> HttpResponse:
    comparison = compare(plan, reading)
    shown = comparison.differences[:SHOWN]
    context = page(request, plan, "settings") | {
        "comparison": comparison,
        "sections": _sections(shown, taken),
        "summary": sentence(comparison.counts).partition(": ")[2],
        "rest": len(comparison.differences) - len(shown),
        "text": reading.text,
        "same": reading.text == plan.source_text and not comparison.differences,
        "source_name": name,
        "refused": refused,
    }
    status = refused.status if refused else 200
    return render(request, "warroom/reimport_preview.html", context, status=status)


def _sections(shown: list[Difference], taken: set[str] | None) -> list[dict]:
    """By kind, in the order of KINDS; what somebody unticked before stays so."""
    return [
        {
            "kind": kind,
            "head": HEADS[kind][0],
            "verb": HEADS[kind][1],
            "rows": [
                {"one": one, "on": one.taken if taken is None else one.key in taken}
                for one in shown
                if one.kind == kind
            ],
        }
        for kind in KINDS
        if any(one.kind == kind for one in shown)
    ]
