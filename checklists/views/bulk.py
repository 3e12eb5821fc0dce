"""Several items at once: a page of boxes that works without script."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from checklists.actions.bulk import set_items_state
from checklists.forms_editing import BulkForm
from checklists.queries.changes import all_known
from checklists.queries.phases import checklist
from checklists.rules.numbers import whole_number
from checklists.views.editing import add_error
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page


@require_http_methods(["GET", "HEAD", "POST"])
def items_bulk(request: HttpRequest, slug: str) -> HttpResponse:
    """Set the chosen items to one state, all or none. ``?phase=`` shows one phase only."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.TICK)
    if request.method != "POST":
        return _page(request, plan, BulkForm())
    form = BulkForm(request.POST)
    if not form.is_valid():
        return _page(request, plan, form, 422)
    asked = form.cleaned_data
    if not all_known(plan, form.numbers):
        raise Http404(_("No such item in this release."))
    try:
        changed = set_items_state(
            plan,
            form.chosen,
            asked["state"],
            by=request.user,
            reason=asked["reason"],
            request_id=once(request),
        )
    except Invalid as wrong:
        add_error(form, wrong)
        return _page(request, plan, form, 422)
    except Refused as refused:
        if isinstance(refused, NotAllowed) or refused.status == 409:
            form.add_error(None, refused.sentence)
            return _page(request, plan, form, refused.status)
        raise
    back = reverse("checklist", args=[slug])
    if phase := whole_number(request.GET.get("phase", "")):
        back += f"?phase={phase}"
    count = len(changed)
    said = ngettext("{count} item set.", "{count} items set.", count).format(count=count)
    return done(request, back, said)


def _page(
    request: HttpRequest, plan: DeploymentPlan, form: BulkForm, status: int = 200
) -> HttpResponse:
    context = page(request, plan, "item")
    board = checklist(plan, context["now"])
    phase = whole_number(request.GET.get("phase", ""))
    context |= {
        "form": form,
        "shown": [rows for rows in board.phases if phase in (None, rows.phase.number)],
        "phase": phase,
        "ticked": form.numbers,
        "place": "checklist",
    }
    return render(request, "checklists/items_bulk.html", context, status=status)
