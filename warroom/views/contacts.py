"""Who is called when nobody answers: a section of the settings."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom import sections
from warroom.actions.change import demand
from warroom.actions.contacts import save_contacts
from warroom.actions.refusals import Invalid
from warroom.contact_forms import ContactsForm
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.people import Standing
from warroom.queries.plans import get_plan
from warroom.views.posting import posted
from warroom.views.settings import again, saved


class Findings(sections.Section):
    """What does not add up; the panel itself is live."""

    name = "findings"
    label = _l("Findings")
    template = "warroom/_settings_findings.html"
    order = 10


class Levels(sections.Section):
    """The levels of escalation with their minutes and people."""

    name = "levels"
    label = _l("Escalation")
    template = "warroom/_settings_levels.html"
    order = 45

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        return {"contacts_form": forms.get("contacts") or ContactsForm(plan)}


sections.register(Findings())
sections.register(Levels())


@posted("settings", at="#levels")
def contacts(request: HttpRequest, slug: str) -> HttpResponse:
    """Set levels and contacts; a line that is left empty is taken off."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = ContactsForm(plan, request.POST)
    if not form.is_valid():
        return again(request, plan, contacts=form)
    levels, people = form.wanted()
    try:
        save_contacts(
            plan, levels, people, by=request.user, seen=form.seen, request_id=once(request)
        )
    except Invalid as wrong:
        form.error = wrong.sentence
        return again(request, plan, contacts=form)
    return saved(request, plan, Levels.name, _("The levels of escalation are saved."))
