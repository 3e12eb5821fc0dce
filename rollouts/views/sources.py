"""The section of the settings in which a release says which Prometheus servers it asks."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from rollouts.actions import sources as actions
from rollouts.forms.sources import SourceForm
from rollouts.models import PrometheusSource
from rollouts.queries.sources import sources_of, try_source
from warroom import sections
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.people import Standing
from warroom.queries.plans import get_plan
from warroom.views.posting import posted
from warroom.views.settings import again, saved


class Sources(sections.Section):
    """Servers with where they are and as whom they are asked."""

    name = "sources"
    label = "Prometheus"
    template = "rollouts/_settings_sources.html"
    order = 60

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        sent: SourceForm | None = forms.get("source")
        of = sent.source.pk if sent and sent.source else None
        rows = [(row, sent if of == row.pk else SourceForm(source=row)) for row in sources_of(plan)]
        new = sent if sent and of is None else SourceForm()
        return {
            "source_rows": rows,
            "source_new": new,
            "source_sent": of if sent else None,
            "source_tried": forms.get("tried"),
        }


sections.register(Sources())


def _find(request: HttpRequest, slug: str, pk: int) -> PrometheusSource:
    plan = get_plan(request.user, slug)
    found = PrometheusSource.objects.filter(plan=plan, pk=pk).first()
    if found is None:
        raise Http404(_("No such server in this release."))
    found.plan = plan
    return found


@posted("settings", at="#sources")
def source_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Name one more server."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = SourceForm(request.POST)
    if not form.is_valid():
        return again(request, plan, source=form)
    try:
        made = actions.add_source(
            plan, form.cleaned_data, by=request.user, request_id=once(request)
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return again(request, plan, source=form)
    return saved(request, plan, Sources.name, _("{made} can be asked.").format(made=made.name))


@posted("settings", at="#sources")
def source_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Change a server."""
    source = _find(request, slug, pk)
    demand(source.plan, request.user, Right.EDIT)
    form = SourceForm(request.POST, source=source)
    if not form.is_valid():
        return again(request, source.plan, source=form)
    try:
        said = form.cleaned_data
        actions.edit_source(source, said, by=request.user, request_id=once(request))
    except Invalid as wrong:
        form.refuse(wrong)
        return again(request, source.plan, source=form)
    return saved(
        request,
        source.plan,
        Sources.name,
        _("{name} is saved.").format(name=form.cleaned_data["name"]),
    )


@posted("settings", at="#sources")
def source_retire(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a server off, or bring it back; the state itself, never the other one."""
    source, wanted = _find(request, slug, pk), request.POST.get("state", "")
    if wanted not in ("on", "off"):
        raise Invalid("state", _("A server is on or off: nothing else."))
    actions.retire_source(source, wanted == "off", by=request.user, request_id=once(request))
    said = _("is no longer asked") if wanted == "off" else _("can be asked again")
    return saved(request, source.plan, Sources.name, f"{source.name} {said}.")


@posted("settings", at="#sources")
def source_try(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Ask a server whether it answers, and say what came."""
    source = _find(request, slug, pk)
    demand(source.plan, request.user, Right.EDIT)
    tried = {"pk": source.pk, "name": source.name, "said": try_source(source)}
    return again(request, source.plan, status=200, tried=tried)
