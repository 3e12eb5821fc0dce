"""Forms of backups: registered, read back, restored, retired."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from rollouts.actions import backups as actions
from rollouts.forms.backups import RegisterForm, RestoredForm, VerifyForm
from rollouts.forms.runs import WhyForm
from rollouts.models import Backup
from rollouts.rules.backups import size_words
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.queries.plans import get_plan
from warroom.views.answers import done
from warroom.views.plans import page
from warroom.views.posting import posted


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Register a backup by its metadata."""
    plan = get_plan(request.user, slug)
    demand(plan, request.user, Right.TICK)
    form = RegisterForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _add_page(request, plan, form)
    if not form.is_valid():
        return _add_page(request, plan, form, 422)
    try:
        row = actions.register_backup(
            plan, form.cleaned_data["metadata"], by=request.user, request_id=once(request)
        )
    except NotAllowed:
        raise
    except Refused as refused:
        form.refuse(refused)
        return _add_page(request, plan, form, refused.status)
    said = _("is registered") if row.is_fresh else _("was registered already")
    return done(request, reverse("backup", args=[slug, row.name]), f"{row.name} {said}.")


def _add_page(
    request: HttpRequest, plan: DeploymentPlan, form: RegisterForm, status: int = 200
) -> HttpResponse:
    context = page(request, plan, "backup") | {
        "place": "rollout",
        "form": form,
        "address": request.build_absolute_uri(f"/api/v1/plans/{plan.slug}/backups"),
    }
    return render(request, "rollouts/backup_add.html", context, status=status)


@require_safe
def backup(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One backup: what is claimed, what was read, where it was restored."""
    plan, row = _find(request, slug, name)
    return _page(request, plan, row)


def _find(request: HttpRequest, slug: str, name: str) -> tuple[DeploymentPlan, Backup]:
    plan = get_plan(request.user, slug)
    row = Backup.objects.select_related("restored_in").filter(plan=plan, name=name).first()
    if row is None:
        raise Http404(_("No such backup in this release."))
    row.plan = plan
    return plan, row


def _page(
    request: HttpRequest, plan: DeploymentPlan, row: Backup, status: int = 200, **more: Any
) -> HttpResponse:
    address = request.build_absolute_uri(f"/api/v1/plans/{plan.slug}/backups/{row.name}/verify")
    restored = RestoredForm(plan=plan, auto_id="restored_%s")
    context = page(request, plan, "backup") | {
        "place": "rollout",
        "backup": row,
        "size": size_words(row.size_bytes),
        "metadata": json.dumps(row.metadata, indent=2, ensure_ascii=False),
        "one_liner": _one_liner(address),
        "verify_form": VerifyForm(),
        "restored_form": restored if restored.fields["run"].queryset.exists() else None,
        "retire_form": WhyForm(prefix="retire"),
        **more,
    }
    return render(request, "rollouts/backup.html", context, status=status)


def _one_liner(address: str) -> str:
    return (
        'F=memory.db.gz; curl -fsS -H "Authorization: Bearer $WARROOM_TOKEN" '
        '-H "Content-Type: application/json" '
        '--data "{\\"sha256\\": \\"$(sha256sum < $F | cut -c1-64)\\", \\"how\\": \\"sha256sum\\"}" '
        f"{address}"
    )


@posted("backup", "name")
def verify(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Compare what was read with what was claimed."""
    plan, row = _find(request, slug, name)
    demand(plan, request.user, Right.TICK)
    form = VerifyForm(request.POST, request.FILES)

    def act() -> tuple[str, bool]:
        said = form.said
        found = actions.verify_backup(
            row, said.pop("sha256"), by=request.user, request_id=once(request), **said
        )
        if found.mismatch:
            text = _("{name} is not what it claims to be. It counts for no restore.")
            return text.format(name=name), True
        return _("{name} reads back.").format(name=name), False

    return _answered(request, plan, row, form, "verify_form", act)


@posted("backup", "name")
def restored(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Say in which run it was restored."""
    plan, row = _find(request, slug, name)
    form = RestoredForm(request.POST, plan=plan)

    def act() -> tuple[str, bool]:
        run = form.cleaned_data["run"]
        actions.record_restored(row, run, by=request.user, request_id=once(request))
        return _("{name} was restored in {run}.").format(name=name, run=run), False

    return _answered(request, plan, row, form, "restored_form", act)


@posted("backup", "name")
def retire(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Take it off the register."""
    plan, row = _find(request, slug, name)
    form = WhyForm(request.POST, prefix="retire")

    def act() -> tuple[str, bool]:
        reason = form.cleaned_data["reason"]
        actions.retire_backup(row, reason, by=request.user, request_id=once(request))
        return _("{name} is off the register.").format(name=name), False

    return _answered(request, plan, row, form, "retire_form", act)


def _answered(
    request: HttpRequest,
    plan: DeploymentPlan,
    row: Backup,
    form,
    name: str,
    act: Callable[[], tuple[str, bool]],  # what to say, and whether it warns
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, plan, row, 422, **{name: form})
    try:
        said, warns = act()
    except NotAllowed:
        raise
    except Refused as refused:
        named = isinstance(refused, Invalid) and refused.field in form.fields
        form.add_error(refused.field if named else None, refused.sentence)
        plan.refresh_from_db()
        return _page(request, plan, row, refused.status, **{name: form})
    return done(request, reverse("backup", args=[plan.slug, row.name]), said, warns=warns)
