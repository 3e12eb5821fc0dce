"""The list of what people may declare; it is kept on the page of the rollback."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.actions.triggers import add_trigger, retire_trigger
from rollouts.forms.rollbacks import TriggerForm
from rollouts.views.rollbacks import shown
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.models import Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.posting import posted


@posted("rollback")
def trigger_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a trigger down."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    shows(request, plan, ("strip", ""))
    form = TriggerForm(request.POST, auto_id="trigger-%s")
    if not form.is_valid():
        return shown(request, plan, 422, trigger_form=form)
    said = form.cleaned_data
    try:
        add_trigger(
            plan,
            said["text"],
            priority=said["priority"],
            by=request.user,
            request_id=once(request),
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return shown(request, plan, 422, trigger_form=form)
    return done(request, _home(slug), _("The trigger can be declared."))


@posted("rollback")
def trigger_remove(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a trigger off the list."""
    plan = get_plan(request.user, slug)
    shows(request, plan, ("strip", ""))
    retire_trigger(plan, pk, by=request.user, request_id=once(request))
    return done(request, _home(slug), _("The trigger is off the list."))


def _home(slug: str) -> str:
    return f"{reverse('rollback', args=[slug])}#triggers"
