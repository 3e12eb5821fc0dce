from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from checklists.actions.sections import Section, switch_off, switch_on
from checklists.models import PhaseGroup
from warroom.actions.refusals import Invalid
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.posting import posted


@posted("checklist", at="?phase={number}")
def phase_switch(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Switch a phase that is not required off, with a reason, or on again."""
    plan = get_plan(request.user, slug)
    return _switch(request, plan.phases.filter(number=number).first(), number)


@posted("checklist")
def group_switch(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Switch an 'if needed' part of a phase off, with a reason, or on again."""
    plan = get_plan(request.user, slug)
    groups = PhaseGroup.objects.select_related("phase")
    group = groups.filter(phase__plan=plan, pk=number).first()
    return _switch(request, group, group.phase.number if group else 0)


def _switch(request: HttpRequest, section: Section | None, phase: int) -> HttpResponse:
    if section is None:
        raise Http404(_("No such part in this release."))
    plan = section.phase.plan if isinstance(section, PhaseGroup) else section.plan
    shows(request, plan, ("phases", ""), ("phase-list", ""))
    wanted = request.POST.get("state", "")
    if wanted not in ("on", "off"):
        raise Invalid("state", _("A part is switched on or off: nothing else."))
    if wanted == "off":
        reason = request.POST.get("reason", "")
        switch_off(section, reason, by=request.user, request_id=once(request))
    else:
        switch_on(section, by=request.user, request_id=once(request))
    back = f"{reverse('checklist', args=[plan.slug])}?phase={phase}"
    return done(
        request, back, _("Switched {wanted}: {section}.").format(wanted=wanted, section=section)
    )
