"""The evidence page: results as they count, and the two ways a person brings one in."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from checklists.actions.files import keep_bytes, path_of
from checklists.actions.refused_files import tell_refused
from checklists.actions.results import (
    LIMIT_BYTES,
    demand_bytes,
    record_result,
    record_value,
)
from checklists.evidence_forms import REPORT, ConfirmForm, UploadForm, ValueForm
from checklists.models import Result
from checklists.queries.evidence import commit_names, known_keys, not_compared
from checklists.queries.previews import figure_rows, turns
from checklists.queries.results import decided_on, last_prefix, row_of
from checklists.rules.evidence import VALID_FOR_S, detail_text, full_figures, other_commit
from checklists.rules.files import safe_name
from checklists.rules.results.reading import Reading, WrongResult, read_result
from checklists.sending import result_file
from warroom.actions.change import demand, demand_open
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.rules.lengths import written
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted

KEPT_FOR = timedelta(hours=12)  # how long a file that was looked at waits to be brought in
SHOWN_FINDINGS = 20
CHOSEN = ("feeds", "prefix", "label", "commit", "valid_for", "observed_at", "url")
MODULE = "checklists.evidence.preview"
Held = tuple[Reading, bytes, str]
Part = Callable[[HttpRequest, DeploymentPlan], dict[str, Any]]
_parts: dict[str, Part] = {}


def register_part(template: str, context: Part) -> None:
    """Put ``template`` below the results; ``context(request, plan)`` is what it shows.

    A form in it that was sent wrongly is shown again by ``evidence_page(…, that_form=form)``.
    """
    _parts[template] = context


# --- the page ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def evidence(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; a POST brings in the file that was looked at."""
    plan = get_plan(request.user, slug)
    if request.method == "POST":
        return _bring(request, plan)
    return evidence_page(request, plan)


def evidence_page(request: HttpRequest, plan: DeploymentPlan, **forms: Any) -> HttpResponse:
    """The page with forms as they were sent, where something in them is wrong (422)."""
    context = page(request, plan, "evidence") | {
        "place": "checks",  # the tab that it belongs to
        "upload_form": UploadForm(plan=plan),
        "value_form": ValueForm(plan=plan),
        "known_keys": known_keys(plan),
        "address": settings.PUBLIC_URL + reverse("api:post_evidence", args=[plan.slug]),
        "part_templates": list(_parts),
    }
    for part in _parts.values():
        context |= part(request, plan)
    status = 422 if forms else 200
    return render(request, "checklists/evidence.html", context | forms, status=status)


@require_safe
def result(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One result: its figures, what misleads in its file, and what it feeds."""
    plan = get_plan(request.user, slug)
    found = _find(plan, number)
    context = page(request, plan, "result") | {"place": "checks"}
    row = row_of(found, plan, context["now"])
    later = plan.results.filter(prefix=found.prefix, number__gt=number).order_by("-number").first()
    fed = found.readings.values_list("key", flat=True)
    shown = {"row": row, "result": found, "later": later, "fed": set(fed)}
    shown["decisions"] = decided_on(found)
    return render(request, "checklists/result.html", context | shown)


@require_safe
def download(request: HttpRequest, slug: str, number: int, name: str) -> HttpResponse:
    """The file as it came, as an attachment."""
    found = _find(get_plan(request.user, slug), number)
    if found.file_name != name:
        raise Http404(_("No such file."))
    return result_file(found)


def _find(plan: DeploymentPlan, number: int) -> Result:
    found = plan.results.filter(number=number).first()
    if found is None:
        raise Http404(_("No such result in this release."))
    return found


# --- a value -------------------------------------------------------------------------------


@posted("evidence")
def values(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep a value that somebody typed."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.TICK)
    form = ValueForm(request.POST, plan=plan)
    if not form.is_valid():
        return evidence_page(request, plan, value_form=form)
    said = form.cleaned_data
    try:
        kept = record_value(
            plan,
            said["key"],
            said["value"],
            by=request.user,
            unit=said["unit"],
            label=said["label"],
            source=said["source"],
            url=said["url"],
            commit=said["commit"],
            observed_at=said["observed_at"],
            valid_for_s=said["valid_for"],
            request_id=once(request),
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return evidence_page(request, plan, value_form=form)
    return _told(request, kept)


def _told(request: HttpRequest, kept: Result) -> HttpResponse:
    back = reverse("result", args=[kept.plan.slug, kept.number])
    if not kept.is_fresh:
        return done(request, back, _("It was here already; nothing changed."))
    counts = (
        _("Kept, and it counts. {not_compared}")
        .format(not_compared=not_compared(kept.plan, kept.commit))
        .strip()
    )
    return done(request, back, kept.why or counts, warns=not kept.counts)


# --- a file --------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """What a file says before it counts. A POST takes the file, or the choices made for it."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.TICK)
    if request.method != "POST":
        return _look(request, plan)
    if "ref" in request.POST:
        return redirect(_address(plan, request.POST["ref"], request.POST))
    form = UploadForm(request.POST, request.FILES, plan=plan)
    if not form.is_valid():
        return evidence_page(request, plan, upload_form=form)
    try:
        ref = _keep(request, plan, form.cleaned_data["file"])
    except WrongResult as wrong:
        form.add_error("file", f"{form.cleaned_data['file'].name}, {wrong}")
        return evidence_page(request, plan, upload_form=form)
    except Invalid as wrong:
        form.refuse(wrong)
        return evidence_page(request, plan, upload_form=form)
    return redirect(_address(plan, ref, request.POST))


def _keep(request: HttpRequest, plan: DeploymentPlan, upload: Any) -> str:
    """Keep the bytes of a file that can be read; gives the signed name of them."""
    data, name = upload.read(LIMIT_BYTES + 1), safe_name(upload.name or "")
    demand_open(plan, timezone.now())
    demand_bytes(plan, data, request.user)
    try:
        read_result(data, name)
    except WrongResult as wrong:
        tell_refused(plan, name, str(wrong), by=request.user)
        raise
    sha256 = hashlib.sha256(data).hexdigest()
    keep_bytes(sha256, data)
    named = {"sha256": sha256, "name": name, "plan": plan.pk, "by": request.user.pk}
    return signing.dumps(named, salt=MODULE)


def _address(plan: DeploymentPlan, ref: str, chosen: QueryDict) -> str:
    """Where the preview is shown: an address that can be loaded again and gone back to."""
    said = {name: chosen[name] for name in CHOSEN if chosen.get(name)}
    query = urlencode({"ref": ref, **said})
    return f"{reverse('evidence-preview', args=[plan.slug])}?{query}"


def _held(request: HttpRequest, plan: DeploymentPlan, ref: str) -> Held | None:
    """A file that this person looked at: what it says, bytes, name; None when it is gone."""
    try:
        named = signing.loads(ref, salt=MODULE, max_age=KEPT_FOR)
    except signing.BadSignature:
        return None
    path = path_of(named["sha256"])
    if (named["plan"], named["by"]) != (plan.pk, request.user.pk) or not path.is_file():
        return None
    data, name = path.read_bytes(), named["name"]
    try:
        return read_result(data, name), data, name
    except WrongResult:  # it could be read when it was looked at, by another version
        return None


def _gone(request: HttpRequest, plan: DeploymentPlan) -> HttpResponse:
    messages.warning(request, _("Choose the file again: what you looked at is no longer here."))
    return redirect("evidence", plan.slug)


def _look(request: HttpRequest, plan: DeploymentPlan) -> HttpResponse:
    held = _held(request, plan, request.GET.get("ref", ""))
    if held is None:
        return _gone(request, plan)
    form = ConfirmForm(request.GET, plan=plan)
    form.is_valid()
    return _preview_page(request, plan, held, form)


def _preview_page(
    request: HttpRequest, plan: DeploymentPlan, held: Held, form: ConfirmForm
) -> HttpResponse:
    reading, data, name = held
    chosen = _chosen(plan, reading, name, form.cleaned_data)
    context = page(request, plan, "result") | {"place": "checks", "form": form, "name": name}
    now = context["now"]
    figures = full_figures(chosen["prefix"], reading.figures)
    observed_at = chosen["observed_at"] or min(reading.observed_at or now, now)
    span = chosen["valid_for_s"] or VALID_FOR_S[reading.kind]
    twin = plan.results.filter(
        sha256=hashlib.sha256(data).hexdigest(), prefix=chosen["prefix"], commit=chosen["commit"]
    )
    context |= {
        "reading": reading,
        "detail": detail_text(reading.form, reading.detail),
        "prefix": chosen["prefix"],
        "figures": figure_rows(plan, figures, now),
        "turns": turns(plan, figures, observed_at, span, now) if chosen["counts"] else (),
        "findings": reading.findings[:SHOWN_FINDINGS],
        "observed_at": observed_at,
        "span": written(span),
        "counts": chosen["counts"],
        "uncompared": not_compared(plan, chosen["commit"]),
        "other": other_commit(chosen["commit"], commit_names(plan)),
        "twin": twin.first(),
    }
    return render(
        request, "checklists/result_preview.html", context, status=422 if form.errors else 200
    )


def _chosen(
    plan: DeploymentPlan, reading: Reading, name: str, said: dict[str, Any]
) -> dict[str, Any]:
    """What ``record_result`` is asked with: the prefix that was chosen, else that of last time."""
    feeds = said.get("feeds") or ""
    usual = last_prefix(plan, reading.kind, name) or reading.prefix
    prefix = said.get("prefix") or ("" if feeds == REPORT else feeds) or usual
    return {
        "prefix": prefix,
        "label": said.get("label") or "",
        "commit": said.get("commit") or reading.commit[:64],
        "counts": feeds != REPORT,
        "url": said.get("url") or "",
        "observed_at": said.get("observed_at"),
        "valid_for_s": said.get("valid_for"),
    }


def _bring(request: HttpRequest, plan: DeploymentPlan) -> HttpResponse:
    demand(plan, request.user, Right.TICK)
    held = _held(request, plan, request.POST.get("ref", ""))
    if held is None:
        return _gone(request, plan)
    form = ConfirmForm(request.POST, plan=plan)
    if not form.is_valid():
        return _preview_page(request, plan, held, form)
    reading, data, name = held
    chosen = _chosen(plan, reading, name, form.cleaned_data)
    try:
        kept = record_result(
            plan, reading, data, name, by=request.user, request_id=once(request), **chosen
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _preview_page(request, plan, held, form)
    return _told(request, kept)
