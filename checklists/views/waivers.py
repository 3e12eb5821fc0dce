"""Accept a deviation: its own page, with what is signed word for word, and taking it back."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checklists.actions import waivers as actions
from checklists.criteria_forms import WaiverForm, WithdrawForm
from checklists.models import Criterion
from checklists.queries.criteria import criterion_rows
from checklists.rules.bands import Band
from checklists.views.criteria import find_criterion
from checklists.views.gates import fresh
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import Right
from warroom.once import once
from warroom.rules.wording import full_instant
from warroom.views.answers import done
from warroom.views.password import ask_again
from warroom.views.plans import page
from warroom.views.posting import posted


@require_http_methods(["GET", "HEAD", "POST"])
def waiver(request: HttpRequest, slug: str, key: str, criterion: str) -> HttpResponse:
    """Accept as one of one's roles that a criterion is not met, until a time."""
    found = find_criterion(request, slug, key, criterion)
    gate = found.gate
    fresh(request, gate)
    demand(gate.plan, request.user, Right.SIGN)
    if request.method != "POST":
        return _page(request, found)
    form = _form(request, found)
    if not form.is_valid():
        return _page(request, found, form, 422)
    if asks := ask_again(request, _("accept a deviation at {gate}").format(gate=gate.title)):
        return asks
    said = form.cleaned_data
    try:
        actions.grant_waiver(
            found,
            said["role"],
            by=request.user,
            reason=said["reason"],
            ends_at=said["ends_at"],
            seen_version=said["version"],
            seen_band=said["band"] or None,
            request_id=once(request),
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, found, form, 422)
    except Refused as refused:
        if refused.status != 409:
            raise
        form.add_error(None, refused.sentence)
        return _page(request, found, form, 409)
    say = _("Accepted until {ends_at}: {found}.").format(
        ends_at=full_instant(said["ends_at"]), found=found.label
    )
    return done(request, f"{reverse('gate', args=[slug, key])}#cr-{found.key}", say)


@posted("gate", "key")
def withdraw(request: HttpRequest, slug: str, key: str, criterion: str) -> HttpResponse:
    """Take back what was accepted."""
    found = find_criterion(request, slug, key, criterion)
    fresh(request, found.gate)
    form = WithdrawForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    actions.withdraw_waiver(found, by=request.user, reason=reason, request_id=once(request))
    back = f"{reverse('gate', args=[slug, key])}#cr-{found.key}"
    return done(request, back, _("{found} counts again.").format(found=found.label))


def _form(request: HttpRequest, criterion: Criterion) -> WaiverForm:
    plan = criterion.gate.plan
    form = WaiverForm(request.POST, roles=plan.roles.all())
    form.fields["ends_at"].t0 = plan.t0
    return form


def _page(
    request: HttpRequest, criterion: Criterion, form: WaiverForm | None = None, status: int = 200
) -> HttpResponse:
    """The page as it is true now; what was typed stands in it."""
    if criterion.removed_at is not None:
        return redirect("gate", criterion.gate.plan.slug, criterion.gate.key)
    context = page(request, criterion.gate.plan, "gate")
    gate = criterion.gate
    gate.plan = context["plan"]
    standing_now = Criterion.objects.get(pk=criterion.pk)
    standing_now.gate = gate
    [row] = criterion_rows(gate.plan, [standing_now], context["now"])
    signing = context["standing"].roles_with(Right.SIGN)
    roles = gate.plan.roles.filter(pk__in=[role.pk for role in signing])
    who = request.user.display_name
    context |= {
        "gate": gate,
        "criterion": standing_now,
        "row": row,
        "signing": signing,
        "form": form or WaiverForm(roles=roles),
        "statements": [actions.said(who, role, row, _("the time above")) for role in signing],
        "to_accept": row.band is not Band.GREEN and not standing_now.report_only,
        "withdraw_form": WithdrawForm(auto_id="withdraw_%s"),
        "history": list(standing_now.waivers.select_related("role").order_by("-at", "-pk")),
    }
    return render(request, "checklists/waiver.html", context, status=status)
