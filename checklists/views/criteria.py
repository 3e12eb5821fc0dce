"""The pages on which people change what a gate asks. What a draft would do stands beside it."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from checklists.actions import criteria as actions
from checklists.actions.criteria_effects import Edit, Moment, foreseen, moment_of
from checklists.actions.criterion_fields import assign, checked, shown
from checklists.actions.regating import Regated, falling
from checklists.criteria_forms import BarForm, CriterionForm, RemoveCriterionForm
from checklists.models import Criterion, Gate
from checklists.panels import GATE_PARTS
from checklists.queries.criteria import bands_of
from checklists.queries.evidence import known_keys
from checklists.queries.gates import final_of, gates_now
from checklists.queries.history import versions_of
from checklists.rules import bands
from checklists.rules.bands import band_word
from checklists.rules.criterion_words import Moved, differences
from checklists.rules.numbers import whole_number
from checklists.rules.scale import Scale, scale_of
from checklists.views.gates import find_gate
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, Refused
from warroom.models import Right
from warroom.once import once
from warroom.views.answers import done, shows
from warroom.views.plans import page
from warroom.views.posting import posted


def find_criterion(request: HttpRequest, slug: str, key: str, name: str) -> Criterion:
    """A criterion through (user, plan, gate), or 404. One that was taken off is gone to readers;

    whoever sends a form about it is told so by the action.
    """
    gate = find_gate(request, slug, key)
    found = Criterion.everything.filter(gate=gate, key=name).first()
    if found is None or (found.removed_at and request.method != "POST"):
        raise Http404(_("No such criterion at this gate."))
    found.gate = gate
    return found


def _named(request: HttpRequest) -> list[str]:
    """The votes and signatures that the form said would fall."""
    return [key for key in request.POST.get("named", "").split(",") if key]


@require_http_methods(["GET", "HEAD", "POST"])
def criterion_add(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Ask one more thing at a gate; the same page as for a change."""
    gate = find_gate(request, slug, key)
    demand(gate.plan, request.user, Right.EDIT)
    if request.method != "POST":
        return _page(request, gate, None, CriterionForm(gate=gate))
    form = CriterionForm(request.POST, gate=gate)
    return _save(request, gate, None, form)


@require_http_methods(["GET", "HEAD", "POST"])
def criterion_edit(request: HttpRequest, slug: str, key: str, criterion: str) -> HttpResponse:
    """Change what a gate asks. A draft can be looked at before it is saved; nothing typed is lost.

    What somebody else changed first stands beside the draft, which can then be sent again.
    """
    stands = find_criterion(request, slug, key, criterion)
    gate = stands.gate
    demand(gate.plan, request.user, Right.EDIT)
    if request.method != "POST":
        return _page(request, gate, stands, CriterionForm(gate=gate, stands=stands))
    form = CriterionForm(request.POST, gate=gate, stands=stands)
    return _save(request, gate, stands, form)


def _save(
    request: HttpRequest, gate: Gate, stands: Criterion | None, form: CriterionForm
) -> HttpResponse:
    if "preview" in request.POST:
        form.errors.pop("reason", None)  # it is asked for when the draft is saved
        return _page(request, gate, stands, form, 200 if form.is_valid() else 422)
    if not form.is_valid():
        return _page(request, gate, stands, form, 422)
    try:
        saved = _write(request, gate, stands, form)
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, gate, stands, form, 422)
    except Refused as refused:
        if refused.status != 409:
            raise
        form.add_error(None, refused.sentence)
        return _page(request, gate, _again(stands), form, 409)
    back = f"{reverse('gate', args=[gate.plan.slug, gate.key])}#cr-{saved.key}"
    return done(
        request,
        back,
        _("Saved: {saved}, version {version}.").format(saved=saved.label, version=saved.version),
    )


def _write(
    request: HttpRequest, gate: Gate, stands: Criterion | None, form: CriterionForm
) -> Criterion:
    common = {
        "by": request.user,
        "reason": form.cleaned_data["reason"],
        "named": _named(request),
        "request_id": once(request),
    }
    if stands is None:
        return actions.add_criterion(gate, form.said, **common)
    seen = whole_number(request.POST.get("version", ""))
    return actions.edit_criterion(stands, form.said, seen_version=seen, **common)


def _again(stands: Criterion | None) -> Criterion | None:
    """The criterion as it is now; None where it is not on the gate, or no longer."""
    found = Criterion.objects.filter(pk=stands.pk).select_related("gate__plan") if stands else ()
    return next(iter(found), None)


@posted("gate", "key")
def criterion_move(request: HttpRequest, slug: str, key: str, criterion: str) -> HttpResponse:
    """Stand a criterion at another place of its gate; the place itself, never one further."""
    found = find_criterion(request, slug, key, criterion)
    place = whole_number(request.POST.get("place", ""))
    if place is None:
        raise Invalid("place", _("Say at which place it stands, from 1."))
    actions.move_criterion(found, place, by=request.user, request_id=once(request))
    return redirect("criterion-edit", slug, key, criterion)


@posted("criterion-edit", "key", "criterion")
def criterion_remove(request: HttpRequest, slug: str, key: str, criterion: str) -> HttpResponse:
    """Take a criterion off its gate, with the reason."""
    found = find_criterion(request, slug, key, criterion)
    gate = found.gate
    shows(request, gate.plan, *((part.name, gate.key) for part in GATE_PARTS))
    demand(gate.plan, request.user, Right.EDIT)
    form = RemoveCriterionForm(request.POST)
    edit_form = CriterionForm(gate=gate, stands=found)
    if not form.is_valid():
        return _page(request, gate, found, edit_form, 422, remove_form=form)
    try:
        actions.remove_criterion(
            found,
            by=request.user,
            reason=form.cleaned_data["reason"],
            seen_version=whole_number(request.POST.get("version", "")),
            named=_named(request),
            request_id=once(request),
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, gate, found, edit_form, 422, remove_form=form)
    say = _("{found} is no longer asked.").format(found=found.label)
    return done(request, reverse("gate", args=[slug, key]), say)


@require_http_methods(["GET", "HEAD", "POST"])
def bar(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """What the weighted criteria must reach. Read: to the gate."""
    gate = find_gate(request, slug, key)
    if request.method != "POST":
        return redirect("gate", slug, key)
    demand(gate.plan, request.user, Right.EDIT)
    form = BarForm(request.POST)
    if not form.is_valid():
        return _bar_page(request, gate, form)
    said = form.cleaned_data
    try:
        actions.set_bar(
            gate,
            said["bar"],
            said["bar_fail"],
            by=request.user,
            reason=said["reason"],
            named=_named(request),
            request_id=once(request),
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _bar_page(request, gate, form)
    return done(request, reverse("gate", args=[slug, key]), _("The bar is set."))


def _bar_page(request: HttpRequest, gate: Gate, form: BarForm) -> HttpResponse:
    empty = CriterionForm(gate=gate)
    return _page(request, gate, None, empty, 422, bar_form=form)


# --- what the page shows ---------------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    """A draft against the version that stands: what differs, how it judges, what follows."""

    edit: Edit
    moment: Moment
    moved: tuple[Moved, ...]
    scale: Scale | None
    odd: tuple[str, ...]
    effects: tuple

    @property
    def turns(self) -> str:
        """``what is yellow now would be green``; "" where the band stays."""
        before, after = self.moment.before, self.moment.after
        if before is None or after is None or before.band == after.band:
            return ""
        was, now = (band_word(row.band) for row in (before, after))
        return _("what is {was} now would be {now}").format(was=was, now=now)


def _draft(gate: Gate, stands: Criterion | None, form: CriterionForm, now: datetime) -> Draft:
    """What the form says now, as far as it can be understood; else what stands."""
    after = copy(stands) if stands else Criterion(gate=gate, key="")
    after.gate = gate
    if form.is_bound and form.is_valid():
        try:
            assign(after, checked(form.said))
        except Invalid as wrong:
            form.refuse(wrong)
    edit = Edit(gate, stands, after)
    moment = moment_of(edit, now)
    limits, was = bands_of(after), bands_of(stands) if stands else None
    moved = differences(shown(stands), shown(after)) if stands else []
    return Draft(
        edit,
        moment,
        tuple(moved),
        scale_of(limits, after.unit, moment.after.value, was) if limits else None,
        tuple(bands.findings(limits)) if limits else (),
        tuple(foreseen(edit, now)) if moved or not stands else (),
    )


def _page(
    request: HttpRequest,
    gate: Gate,
    stands: Criterion | None,
    form: CriterionForm,
    status: int = 200,
    **forms: Any,
) -> HttpResponse:
    context = page(request, gate.plan, "gate")
    gate.plan = context["plan"]
    now = context["now"]
    if stands is not None:
        stands.gate = gate
    fallen = falling(gate)
    draft = _draft(gate, stands, form, now)
    final = final_of(next(one for one in gates_now(gate.plan, now) if one.pk == gate.pk))
    context |= {
        "gate": gate,
        "criterion": stands,
        "others": list(gate.criteria.all()),
        "form": form,
        "draft": draft,
        "row": draft.moment.before or draft.moment.after,
        "versions": versions_of(stands, shown(stands)) if stands else [],
        "final": final,
        "fallen": fallen if draft.edit.judged else Regated(),
        "every_fall": fallen,
        "named": ",".join(actions.at_stake(fallen)),
        "known": known_keys(gate.plan),
        "bar_form": BarForm(initial={"bar": gate.bar, "bar_fail": gate.bar_fail}),
        "bar_text": actions.bar_text(gate),
        "remove_form": RemoveCriterionForm(),
    } | forms
    return render(request, "checklists/criteria_edit.html", context, status=status)
