"""A new release: from a template, Markdown, a plan file in YAML, or an earlier release.

Every way ends in a draft that only its author sees.
"""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from warroom.actions.copies import copy_plan
from warroom.actions.drafts import Wishes, begin_with_file
from warroom.actions.refusals import Refused
from warroom.actions.templates import make_template, retire_template, start_from_template
from warroom.documents.portable import SCHEMA_PATH, read
from warroom.documents.source import LIMIT_BYTES, DocumentError
from warroom.documents.templates import Starter, own_template, starter, starters
from warroom.form_parts import given_document
from warroom.forms import ImportForm
from warroom.models import DeploymentPlan
from warroom.new_forms import CopyReleaseForm, TemplateForm, TemplateReleaseForm, YamlReleaseForm
from warroom.once import once
from warroom.queries.plans import get_plan, plans_for
from warroom.rules.outlines import items_of, sections_of
from warroom.views.posting import posted
from warroom.views.settings import again, saved

WAYS = {"template": _l("Template"), "markdown": _l("Markdown"), "yaml": "YAML", "copy": _l("Copy")}
MOST_PLANS = 200  # to choose from, the latest first
TAKEN = {  # what a copy takes along: name and words
    "items": (_l("Phases and items"), _l("All open again.")),
    "criteria": (
        _l("Criteria, stages, checks"),
        _l("Metrics and checks with their bands, gates, score."),
    ),
    "people": (
        _l("People in their roles"),
        _l("Each is asked again before the seat counts. You keep your own roles."),
    ),
    "comms": (_l("Escalation and risks"), _l("Levels with whom to call; risks as they are known.")),
}


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """GET: four ways, ``from`` says which is open. POST: the draft, or 422 with what is wrong."""
    if request.method != "POST":
        return _page(request, request.GET.get("from", "template"))
    ways = {"template": _from_template, "yaml": _from_yaml, "copy": _from_copy}
    return ways.get(request.POST.get("from", ""), _from_template)(request)


def _from_template(request: HttpRequest) -> HttpResponse:
    form = TemplateReleaseForm(request.POST, starters=starters(request.user))
    if form.is_valid():
        try:
            plan = start_from_template(
                form.starters[form.cleaned_data["template"]],
                Wishes(**form.wishes()),
                by=request.user,
                role_key=form.cleaned_data["role"],
                request_id=once(request),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return _drafted(request, plan)
    return _page(request, "template", 422, template=form)


def _from_copy(request: HttpRequest) -> HttpResponse:
    form = CopyReleaseForm(request.POST, plans=plans_for(request.user))
    if form.is_valid():
        try:
            plan = copy_plan(
                form.cleaned_data["plan"],
                Wishes(**form.wishes()),
                by=request.user,
                takes=form.cleaned_data["take"],
                added=form.cleaned_data["added"],
                request_id=once(request),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return _drafted(request, plan)
    return _page(request, "copy", 422, copy=form)


def _from_yaml(request: HttpRequest) -> HttpResponse:
    form, error = YamlReleaseForm(request.POST, request.FILES), None
    if form.is_valid():
        text, name = given_document(form.cleaned_data)
        try:
            file = read(text, "json" if name.endswith(".json") else "yaml")
            plan = begin_with_file(
                file, by=request.user, source_name=name, request_id=once(request)
            )
        except DocumentError as wrong:
            error = wrong
            form = _with_text(form, text)  # a file cannot be kept in its field, its text can
        except Refused as refused:
            form.refuse(refused)
        else:
            return _drafted(request, plan)
    return _page(request, "yaml", 422, yaml=form, error=error)


def _with_text(form: YamlReleaseForm, text: bytes | str) -> YamlReleaseForm:
    if isinstance(text, bytes):
        text = text[:LIMIT_BYTES].decode(errors="replace").replace("\0", "\ufffd")
    return YamlReleaseForm(initial={"text": text, "request_id": form.cleaned_data["request_id"]})


def _drafted(request: HttpRequest, plan: DeploymentPlan) -> HttpResponse:
    messages.success(request, _("This is a draft: only you see it. Check it, then invite people."))
    created = plan.events.filter(kind__in=("plan.copied", "plan.imported")).first()
    for finding in (created.data.get("findings", []) if created else [])[:5]:
        messages.warning(request, finding["text"])
    return redirect("room", plan.slug)


def _page(request: HttpRequest, way: str, status: int = 200, **given: Any) -> HttpResponse:
    offered, plans = starters(request.user), plans_for(request.user)
    key = request.GET.get("template", "progressive")
    source = plans.filter(slug=request.GET.get("plan", "")).first()
    first = {"plan": source.slug, "name": source.name} if source else {}
    if source and "rehearsal" in request.GET:
        first |= {
            "rehearsal": True,
            "name": _("{source}, rehearsal").format(source=source.name)[:200],
        }
    context = {
        "way": way if way in WAYS else "template",
        "ways": WAYS.items(),
        "starters": offered,
        "own": sum(one.row is not None for one in offered),
        "chosen": key if key in [one.key for one in offered] else offered[0].key,
        "taken": TAKEN.items(),
        "plans": plans.order_by("-created_at")[:MOST_PLANS],
        "schema_url": SCHEMA_PATH,
        "template": TemplateReleaseForm(starters=offered, auto_id="id_t_%s"),
        "copy": CopyReleaseForm(plans=plans, initial=first, auto_id="id_c_%s"),
        "yaml": YamlReleaseForm(auto_id="id_y_%s"),
        "markdown": ImportForm(auto_id="id_m_%s"),
    } | given
    for name in ("template", "copy", "yaml"):
        context[name].auto_id = f"id_{name[0]}_%s"  # several forms, one page: ids differ
    return render(request, "warroom/new.html", context, status=status)


@require_safe
def preview(request: HttpRequest, key: str) -> HttpResponse:
    """Everything that a template brings, before anything is made of it."""
    one = starter(request.user, key)
    names = {role["key"]: role["name"] for role in one.roles}
    phases = [_shown(phase, names) for phase in one.data.get("phases", ())]
    context = {"starter": one, "phases": phases}
    context["may_retire"] = _may_retire(request, one)
    return render(request, "warroom/new_template.html", context)


def _shown(phase: dict[str, Any], roles: dict[str, str]) -> dict[str, Any]:
    """A phase for its page. Not ``items``: of a dict, that is a method to a template."""
    sections = []
    for section in sections_of({"phases": [phase]}):
        items = [
            item | {"role_name": roles.get(item.get("role", ""), "")}
            for item in items_of({"phases": [section | {"groups": []}]})
        ]
        if items:
            title = "" if section is phase else section["title"]
            optional = section.get("optional", False)
            sections.append({"title": title, "optional": optional, "rows": items})
    count = sum(len(section["rows"]) for section in sections)
    return {"phase": phase, "sections": sections, "count": count}


def _may_retire(request: HttpRequest, one: Starter) -> bool:
    row = one.row
    return row is not None and (row.author_id == request.user.pk or request.user.is_superuser)


@posted("new")
def retire(request: HttpRequest, key: str) -> HttpResponse:
    """Offer a team's template no longer."""
    row = own_template(request.user, key)
    if row is None:
        raise Http404
    retire_template(row, by=request.user)
    messages.success(request, _("“{row}” is no longer offered.").format(row=row.name))
    return redirect("new")


@posted("settings", at="#leave")
def keep(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep a release as a template."""
    plan = get_plan(request.user, slug)
    form = TemplateForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            make_template(
                plan,
                said["template_name"],
                said["template_summary"],
                by=request.user,
                request_id=once(request),
            )
        except Refused as refused:
            if refused.status != 422:
                raise
            form.refuse(refused)
        else:
            say = _("Kept as “{template_name}”. It is offered at {reverse}.").format(
                template_name=said["template_name"], reverse=reverse("new")
            )
            return saved(request, plan, "leave", say)
    return again(request, plan, template=form)
