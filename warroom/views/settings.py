"""The settings of a release: one page, made of the sections that the apps register."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from warroom import sections
from warroom.live.lint import lint
from warroom.models import DeploymentPlan
from warroom.queries.plans import get_plan
from warroom.queries.settings import editors, version
from warroom.views.plans import page


@require_safe
def settings_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Findings, plan, schedule, people and what the floors above add."""
    return _render(request, get_plan(request.user, slug), {}, 200)


def again(
    request: HttpRequest, plan: DeploymentPlan, *, status: int = 422, **forms: Any
) -> HttpResponse:
    """The page with the forms as they were filled in and what is wrong with them."""
    return _render(request, plan, forms, status)


def saved(request: HttpRequest, plan: DeploymentPlan, section: str, say: str) -> HttpResponse:
    """Back to the section whose form was saved, with one sentence and what does not add up."""
    plan.refresh_from_db()
    found = lint(plan, timezone.now())
    odd = ngettext(
        "{count} finding in this plan.", "{count} findings in this plan.", len(found)
    ).format(count=len(found))
    messages.success(request, f"{say} {odd}" if found else say)
    return redirect(f"{reverse('settings', args=[plan.slug])}#{section}")


def _render(
    request: HttpRequest, plan: DeploymentPlan, forms: dict[str, Any], status: int
) -> HttpResponse:
    context = page(request, plan, "settings") | {"version": version(plan), "editors": editors(plan)}
    forms = {"query": request.GET, **forms}
    shown = []
    for section in sections.registered():
        more = section.context(plan, context["standing"], forms)
        if more is not None:
            inner = context | more | {"section": section, "locked": _locked(context, section)}
            html = render_to_string(section.template, inner, request)
            shown.append({"section": section, "html": html})
    context["sections"] = shown
    return render(request, "warroom/settings.html", context, status=status)


def _locked(context: dict[str, Any], section: sections.Section) -> bool:
    return context["plan"].is_closed or not context["standing"].may(section.right)
