"""The readiness score: its page, a person's score, and its weights in the settings."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_safe

from checklists.actions.readiness import give_score, save_weights
from checklists.models import ReadinessCategory, ScoreSource
from checklists.queries.readiness import ScoreSheet, claims_of, history, score_now
from checklists.readiness_forms import ScoreForm, WeightsForm
from checklists.rules.readiness import claim_text, differs
from warroom import sections
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.people import Standing
from warroom.queries.plans import get_plan
from warroom.views.answers import done, shows
from warroom.views.plans import page
from warroom.views.posting import posted
from warroom.views.settings import again, saved


class Weights(sections.Section):
    """Each category with its weight, target and source; the scale and the bar."""

    name = "weights"
    label = _l("Weights")
    template = "checklists/_settings_weights.html"
    order = 50
    column = "wide"

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any]:
        return {"weights_form": forms.get("weights") or WeightsForm(plan)}


sections.register(Weights())


@posted("settings", at="#weights")
def weights(request: HttpRequest, slug: str) -> HttpResponse:
    """Set the scale and the weights; a line that is left empty is taken off."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.EDIT)
    form = WeightsForm(plan, request.POST)
    if not form.is_valid():
        return again(request, plan, weights=form)
    try:
        save_weights(
            plan,
            form.wanted(),
            by=request.user,
            scale=form.wanted_scale(),
            seen=form.seen,
            request_id=once(request),
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return again(request, plan, weights=form)
    return saved(request, plan, Weights.name, _("The weights are saved."))


@require_safe
def readiness(request: HttpRequest, slug: str) -> HttpResponse:
    """The score with its history, what the document claims, and the form to score a category."""
    return _page(request, get_plan(request.user, slug))


@require_http_methods(["GET", "HEAD", "POST"])
def score(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Score a category. Read, as by a reload after a refusal, the address leads back."""
    plan = get_plan(request.user, slug)
    category = ReadinessCategory.objects.filter(plan=plan, key=key).first()
    if category is None:
        raise Http404(_("No such category in this release."))
    if request.method != "POST":
        return _back(request, slug)
    shows(request, plan, ("score", ""), ("score-history", ""))
    demand(plan, request.user, Right.SIGN)
    form = ScoreForm(request.POST, category=category)
    if not form.is_valid():
        return _page(request, plan, form)
    asked = form.cleaned_data
    try:
        give_score(
            plan, key, asked["value"], asked["why"], by=request.user, request_id=once(request)
        )
    except Invalid as wrong:
        form.refuse(wrong)
        return _page(request, plan, form)
    return done(
        request,
        reverse("readiness", args=[slug]),
        _("Scored: {category}.").format(category=category.label),
    )


def _back(request: HttpRequest, slug: str) -> HttpResponse:
    return done(request, reverse("readiness", args=[slug]))


def _page(
    request: HttpRequest, plan: DeploymentPlan, wrong: ScoreForm | None = None
) -> HttpResponse:
    context = page(request, plan, "readiness") | {"place": "gate"}  # the tab that it belongs to
    sheet = score_now(plan, context["now"])
    context |= {
        "sheet": sheet,
        "scores": context["standing"].may(Right.SIGN) and not plan.is_closed,
        "score_forms": _forms(sheet, wrong) if sheet else [],
        "tried": wrong,
    }
    context |= _claims(sheet) if sheet else {}
    return render(request, "checklists/readiness.html", context, status=422 if wrong else 200)


def _forms(sheet: ScoreSheet, wrong: ScoreForm | None) -> list[ScoreForm]:
    """A form for each category that people score; the one that was refused as it was typed."""
    asked = [row.category for row in sheet.rows if row.category.source == ScoreSource.PERSON]
    return [
        wrong if wrong and wrong.category.pk == one.pk else ScoreForm(category=one) for one in asked
    ]


def _claims(sheet: ScoreSheet) -> dict[str, Any]:
    """What the document claims against what its own rows make, whatever was scored since."""
    plan = sheet.rows[0].category.plan
    own = {
        pk: one for pk, given in history(plan).items() for one in given[::-1] if one.by_id is None
    }
    score = sheet.of_scores(own)
    rows = [
        (one, not one.get("other") and differs(one["value"], one["best"], score))
        for one in claims_of(sheet.scale)
    ]
    told = [f"{claim_text(one['value'], score)} ({one['label']})" for one, wrong in rows if wrong]
    return {"claimed": rows, "told": told, "remarks": _remarks(sheet)}


def _remarks(sheet: ScoreSheet) -> list[dict[str, Any]]:
    return [one for one in sheet.scale.claims if one.get("text")]
