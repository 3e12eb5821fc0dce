"""The register of findings: its part of the evidence page, its own page, its forms, its trail."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from checklists.actions import findings as actions
from checklists.actions.finding_rights import letting_go
from checklists.documents.finding_trail import TYPES, trail
from checklists.finding_forms import (
    EditFindingForm,
    FilterForm,
    FindingStateForm,
    NewFindingForm,
    RetestForm,
)
from checklists.models import Finding, FindingState
from checklists.panels_findings import ALL
from checklists.queries.findings import Wish, register_of, states_now
from checklists.rules import findings as rules
from checklists.rules.numbers import whole_number
from checklists.views.evidence import register_part
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.live import kept, panels
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done, local
from warroom.views.password import ask_again
from warroom.views.plans import page
from warroom.views.posting import posted

PART = "checklists/_findings_part.html"
LIST = "findings-list"


# --- the page ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def findings(request: HttpRequest, slug: str) -> HttpResponse:
    """The register; a POST writes a finding down by hand."""
    plan = get_plan(request.user, slug)
    if request.method != "POST":
        return findings_page(request, plan)
    demand(plan, request.user, Right.TICK)
    form = NewFindingForm(request.POST, plan=plan)
    if not form.is_valid():
        return findings_page(request, plan, 422, new_form=form)
    try:
        found = actions.add_finding(plan, form.said, by=request.user, request_id=once(request))
    except Invalid as wrong:
        form.refuse(wrong)
        return findings_page(request, plan, 422, new_form=form)
    return done(
        request, _place(slug, found), _("F-{found} is in the register.").format(found=found.number)
    )


def findings_page(
    request: HttpRequest, plan: DeploymentPlan, status: int = 200, **own: Any
) -> HttpResponse:
    """The page with forms as they were sent, where something in them is wrong."""
    context = page(request, plan, "evidence") | {"place": "checks"}
    context |= findings_part(request, plan, **own)
    return render(request, "checklists/findings.html", context, status=status)


def findings_part(
    request: HttpRequest, plan: DeploymentPlan, finding: Finding | None = None, **forms: Any
) -> dict[str, Any]:
    """What the part ``_findings_part.html`` needs, on whichever page it stands."""
    now = timezone.now()
    filters = FilterForm(request.GET, counted=states_now(plan, now))
    wish = _wish(filters, request)
    finding = finding or _chosen(request, plan)
    context = {
        "filters": filters,
        "wish": wish,
        "query": _query(request),
        "findings_sum": kept.render(panels.get("findings-sum"), plan, now),
        "findings_list": _list(plan, wish, now),
        "new_form": NewFindingForm(plan=plan),
        "one": finding,
    }
    if finding is not None:
        context |= _forms(plan, finding, now) | {"back": _back(request, plan, finding)}
    return context | forms


register_part(PART, findings_part)


def _wish(filters: FilterForm, request: HttpRequest) -> Wish:
    filters.is_valid()
    given = filters.cleaned_data
    return Wish(
        state=given.get("state", ""),
        source=given.get("source", ""),
        severity=given.get("severity", ""),
        text=given.get("q", ""),
        page=min(whole_number(request.GET.get("page", "")) or 1, 1000),
    )


def _query(request: HttpRequest) -> str:
    """The chosen filters, for the links to other pages of the list."""
    kept_ones = request.GET.copy()
    for name in ("page", "finding"):
        kept_ones.pop(name, None)
    return f"{kept_ones.urlencode()}&" if kept_ones else ""


def _list(plan: DeploymentPlan, wish: Wish, now) -> str:
    """The live fragment of a state; other selections as they are now."""
    panel = panels.get(LIST)
    if wish.is_plain:
        return kept.render(panel, plan, now, wish.state or ALL)
    frame = {"plan": plan, "now": now, "seq": plan.timeline_seq, "fragment_id": f"{LIST}-chosen"}
    register = register_of(plan, now, wish)
    return render_to_string(panel.template, frame | {"register": register})


def _chosen(request: HttpRequest, plan: DeploymentPlan) -> Finding | None:
    number = whole_number(request.GET.get("finding", ""))
    return _find(plan, number) if number else None


def _find(plan: DeploymentPlan, number: int) -> Finding:
    finding = Finding.objects.filter(plan=plan, number=number).first()
    if finding is None:
        raise Http404(_("No such finding in this release."))
    finding.plan = plan
    return finding


def _forms(plan: DeploymentPlan, finding: Finding, now) -> dict[str, Any]:
    seen = {"revision": finding.revision}
    return {
        "finding_html": kept.render(panels.get("finding"), plan, now, str(finding.number)),
        "state_form": FindingStateForm(plan=plan, initial=seen | _state_of(finding)),
        "edit_form": EditFindingForm(plan=plan, initial=seen | _says(finding)),
        "retest_form": RetestForm(initial=seen),
        "waits": rules.waits_for_retest(finding),
        "grave": finding.severity in rules.GRAVE,
        "letting_go": [role.name for role in letting_go(plan)],
        "states": [(word, label, rules.ICONS[word], _HINTS[word]) for word, label in _STATES],
    }


_STATES = FindingState.choices
_HINTS = {
    rules.OPEN: _l("Counts."),
    rules.FIXED: _l("Counts until a retest or the next import agrees, where one is wanted."),
    rules.ACCEPTED: _l("Stays visible at every gate, ends on its date."),
    rules.FALSE: _l("Recognised by rule and place at the next import."),
}


def _state_of(finding: Finding) -> dict[str, Any]:
    until = finding.accepted_until
    return {
        "state": finding.state,
        "reason": finding.reason,
        "until": f"{until:%Y-%m-%d %H:%M}" if until else "",
        "before": finding.before_text,
        "after": finding.after_text,
        "fix": finding.fix,
        "retest": finding.retest,
    }


def _says(finding: Finding) -> dict[str, Any]:
    names = ("title", "severity", "place", "description", "owner")
    due = f"{finding.due_at:%Y-%m-%d %H:%M}" if finding.due_at else ""
    return {name: getattr(finding, name) for name in names} | {"due": due}


# --- forms of one finding --------------------------------------------------------------------


@posted("findings", at="?finding={number}#finding")
def finding_state(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Set what became of it. Letting it go is signed: the password is asked when it is old."""
    plan, finding = _asked(request, slug, number)
    form = FindingStateForm(request.POST, plan=plan)
    if not form.is_valid():
        return _again(request, finding, 422, state_form=form)
    wanted, seen = form.cleaned_data["state"], form.cleaned_data["revision"]
    try:
        if wanted in rules.LETS_GO:
            now = timezone.now()
            actions.check_state(finding, wanted, form.said, by=request.user, now=now)
            if asks := ask_again(request, _("let F-{number} go").format(number=number)):
                return asks
        actions.set_finding_state(
            finding,
            wanted,
            by=request.user,
            said=form.said,
            seen_revision=seen,
            request_id=once(request),
        )
    except Refused as refused:
        return _refused(request, finding, refused, state_form=form)
    return done(request, _place(slug, finding), f"F-{number}: {rules.WORDS[wanted]}.")


@posted("findings", at="?finding={number}#finding")
def finding_edit(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Change owner, due time, severity or words."""
    plan, finding = _asked(request, slug, number)
    form = EditFindingForm(request.POST, plan=plan)
    if not form.is_valid():
        return _again(request, finding, 422, edit_form=form)
    try:
        actions.edit_finding(
            finding,
            form.said,
            by=request.user,
            reason=form.cleaned_data["reason"],
            seen_revision=form.cleaned_data["revision"],
            request_id=once(request),
        )
    except Refused as refused:
        return _refused(request, finding, refused, edit_form=form)
    return done(request, _place(slug, finding), _("F-{number} is saved.").format(number=number))


@posted("findings", at="?finding={number}#finding")
def finding_retest(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A retest by a person confirms the fix."""
    _unused, finding = _asked(request, slug, number)
    form = RetestForm(request.POST)
    if not form.is_valid():
        return _again(request, finding, 422, retest_form=form)
    try:
        actions.confirm_finding(
            finding,
            form.cleaned_data["note"],
            by=request.user,
            after=form.cleaned_data["after"],
            seen_revision=form.cleaned_data["revision"],
            request_id=once(request),
        )
    except Refused as refused:
        return _refused(request, finding, refused, retest_form=form)
    return done(
        request, _place(slug, finding), _("F-{number}: the fix is confirmed.").format(number=number)
    )


def _asked(request: HttpRequest, slug: str, number: int) -> tuple[DeploymentPlan, Finding]:
    plan = get_plan(request.user, slug)
    finding = _find(plan, number)
    demand(plan, request.user, Right.SIGN)
    return plan, finding


def _again(request: HttpRequest, finding: Finding, status: int, **forms: Any) -> HttpResponse:
    return findings_page(request, finding.plan, status, finding=finding, **forms)


def _refused(
    request: HttpRequest, finding: Finding, refused: Refused, **forms: Any
) -> HttpResponse:
    """What was typed stays, with the sentence; a right that is missing is said as everywhere."""
    if refused.status == 403:
        raise refused
    for form in forms.values():
        form.refuse(refused)
    plan = get_plan(request.user, finding.plan.slug)
    fresh = _find(plan, finding.number)
    for form in forms.values():
        if refused.status == 409:  # sent again it puts the own words in place of the others'
            form.data = form.data | {form.add_prefix("revision"): str(fresh.revision)}
    return _again(request, fresh, refused.status, **forms)


def _back(request: HttpRequest, plan: DeploymentPlan, finding: Finding) -> str:
    """Where a form of the finding leads; drawn again it leads where the first one did."""
    if request.method == "POST":
        return local(request, _place(plan.slug, finding))
    return f"{request.path}?finding={finding.number}#finding"


def _place(slug: str, finding: Finding) -> str:
    return f"{reverse('findings', args=[slug])}?finding={finding.number}#finding"


# --- the trail -------------------------------------------------------------------------------


@require_safe
def findings_trail(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """What happened to every finding, as CSV or Markdown (S108)."""
    plan = get_plan(request.user, slug)
    if form not in TYPES:
        raise Http404(_("The trail is there as csv and md."))
    answer = HttpResponse(trail(plan, form, timezone.now()), content_type=TYPES[form])
    answer["Content-Disposition"] = f'attachment; filename="{slug}-findings.{form}"'
    return answer
