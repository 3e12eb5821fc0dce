"""Prometheus servers of a release: added, changed, retired. Secrets are named, never kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from rollouts.actions.soaks import restart_soak
from rollouts.models import PrometheusQuery, PrometheusSource
from rollouts.queries.rollouts import running_of
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused
from warroom.environment import refusal
from warroom.models import DeploymentPlan, User
from warroom.rules.wording import duration_text

LIMITS = {
    "name": 100,
    "url": 300,
    "page_url": 300,
    "token_env": 80,
    "username": 120,
    "password_env": 80,
    "ca_env": 80,
    "tenant": 120,
}
# With another of these other numbers are read.
ASKED = frozenset({"url", "tenant"})
SECRETS = ("token_env", "password_env", "ca_env")
MOST = 50
_WEB = re.compile(r"https?://[^\s<>\"'`@]+")


def checked(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields as they will be kept. Raises Invalid."""
    values = {}
    for name, limit in LIMITS.items():
        if name in fields:
            text = " ".join(str(fields[name] or "").replace("\0", "").split())
            if len(text) > limit:
                raise Invalid(
                    name,
                    _("This has {count} characters; {limit} are allowed.").format(
                        count=len(text), limit=limit
                    ),
                )
            values[name] = text
    if not values.get("name", "-"):
        raise Invalid("name", _("Give it a name."))
    for name in ("url", "page_url"):
        if values.get(name) and not _WEB.fullmatch(values[name]):
            raise Invalid(name, _("Write an address: https://…, without a name or password in it."))
    for name in SECRETS:
        if values.get(name) and (refused := refusal(values[name])):
            raise Invalid(name, f"{refused[:1].upper()}{refused[1:]}.")
    if values.get("token_env") and (values.get("username") or values.get("password_env")):
        raise Invalid("token_env", _("Either a token, or a name with a password."))
    return values


def add_source(
    plan: DeploymentPlan,
    fields: Mapping[str, Any],
    *,
    by: User | str,
    request_id: str | None = None,
) -> PrometheusSource:
    """Name one more server that metrics can be asked of. Raises Invalid and NotAllowed."""
    values = checked({"name": "", **fields})
    with change(plan, by=by, right="edit", request_id=request_id) as adding:
        if adding.repeated:
            event = adding.plan.events.get(request_id=adding.request_id)
            return PrometheusSource.objects.get(plan=adding.plan, pk=event.data["source"])
        _refuse_name(adding.plan, values["name"], None)
        if adding.plan.prometheus_sources.count() >= MOST:
            raise Invalid("name", _("A release has at most {most} servers.").format(most=MOST))
        source = PrometheusSource.objects.create(plan=adding.plan, **values)
        adding.record(
            "source.added",
            _("{source} can be asked: {where}").format(source=source.name, where=_where(source)),
            source=source.pk,
        )
    return source


def edit_source(
    source: PrometheusSource,
    fields: Mapping[str, Any],
    *,
    by: User,
    request_id: str | None = None,
) -> PrometheusSource:
    """Change where a server is and as whom it is asked; its metrics are asked anew at once.

    Where they are judged and it stands elsewhere by now, the soak that runs begins anew.
    """
    values = checked(fields)
    with change(source.plan, by=by, right="edit", request_id=request_id) as editing:
        source = PrometheusSource.objects.get(pk=source.pk)
        before = {name: getattr(source, name) for name in values}
        if editing.repeated or before == values:
            return source
        if "name" in values:
            _refuse_name(editing.plan, values["name"], source.pk)
        for name, value in values.items():
            setattr(source, name, value)
        source.save()
        # An answer under way came from the server as it was.
        rows = PrometheusQuery.objects.filter(source=source)
        rows.update(due_at=editing.at, lease_token="", lease_until=None)
        moved = {
            name: [before[name], values[name]] for name in values if before[name] != values[name]
        }
        text = "; ".join(
            f"{_NAMES[name]} {now or 'none'}" for name, (_unused, now) in moved.items()
        )
        text += _soak(editing, source) if ASKED & moved.keys() else ""
        editing.record("source.changed", f"{source.name}: {text}", source=source.pk, changed=moved)
    return source


def _soak(editing: Change, source: PrometheusSource) -> str:
    """Restart the soak of the running stage where a metric of this server counts; says so."""
    stage = running_of(editing.plan)
    counts = PrometheusQuery.objects.filter(source=source, enabled=True, report_only=False)
    if stage is None or not stage.soak_s or not counts.exists():
        return ""
    seen_s = restart_soak(editing, stage, _("{source} stands elsewhere").format(source=source.name))
    return _(". The soak of stage {stage} restarts after {seen_s}").format(
        stage=stage.number, seen_s=duration_text(seen_s)
    )


def retire_source(
    source: PrometheusSource, retired: bool, *, by: User, request_id: str | None = None
) -> PrometheusSource:
    """Take a server off, or bring it back. Refused while metrics are asked of it."""
    with change(source.plan, by=by, right="edit", request_id=request_id) as retiring:
        source = PrometheusSource.objects.get(pk=source.pk)
        if retiring.repeated or (source.retired_at is not None) == retired:
            return source
        asked = PrometheusQuery.objects.filter(source=source, enabled=True).count()
        if retired and asked:
            raise Refused(
                ngettext(
                    "{count} metric is asked of {source}. Give them another server first.",
                    "{count} metrics are asked of {source}. Give them another server first.",
                    asked,
                ).format(count=asked, source=source.name)
            )
        source.retired_at = retiring.at if retired else None
        source.save(update_fields=["retired_at"])
        said = _("{source} is no longer asked") if retired else _("{source} can be asked again")
        text = said.format(source=source.name)
        retiring.record("source.changed", text, source=source.pk)
    return source


_NAMES = {
    "name": _l("name"),
    "url": _l("address"),
    "page_url": _l("page"),
    "token_env": _l("token in"),
    "username": _l("asked as"),
    "password_env": _l("password in"),
    "ca_env": _l("CA in"),
    "tenant": _l("tenant"),
}


def _refuse_name(plan: DeploymentPlan, name: str, own: int | None) -> None:
    rows = PrometheusSource.objects.filter(plan=plan, name=name, retired_at=None)
    if rows.exclude(pk=own).exists():
        raise Invalid("name", _("Another server is called {name}.").format(name=name))


def _where(source: PrometheusSource) -> str:
    return source.url or _("the server of this installation")
