"""The addresses that alerts are posted to: made, changed, retired. A token is shown once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from rollouts.models import AlertHook
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, User

KINDS = {"alertmanager": "Alertmanager", "grafana": "Grafana"}
MOST = 20
NAME, DAY_S = 120, 86_400


def digest(token: str) -> str:
    """The SHA-256 of a token, which is all that is kept of it."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def find_hook(kind: str, token: str) -> AlertHook | None:
    """The hook that a token opens; None for a kind or a token that there is not."""
    found = AlertHook.objects.filter(kind=kind, token_sha256=digest(token), retired_at=None)
    return found.select_related("plan").first()


def add_hook(
    plan: DeploymentPlan, fields: Mapping[str, Any], *, by: User, request_id: str | None = None
) -> tuple[AlertHook, str]:
    """Make an address for alerts; gives the hook and its token, "" for a request sent twice.

    ``fields``: name, kind, expect_every_s (seconds or None), manager_url. Raises Invalid, and
    NotAllowed without the right to edit.
    """
    values, token = _checked(fields), secrets.token_urlsafe(32)
    with change(plan, by=by, right="edit", request_id=request_id) as adding:
        hooks = AlertHook.objects.filter(plan=adding.plan, retired_at=None)
        if adding.repeated:
            return hooks.order_by("-pk").first(), ""
        _refuse_taken(hooks, values)
        if hooks.count() >= MOST:
            raise Invalid("name", _("A release hears at most {most} managers.").format(most=MOST))
        hook = AlertHook.objects.create(
            plan=adding.plan,
            **values,
            token_sha256=digest(token),
            created_at=adding.at,
            created_by=adding.author_name,
        )
        text = _("Alerts of {hook} ({kind}) are heard").format(
            hook=hook.name, kind=KINDS[hook.kind]
        )
        _record(adding, "hook.added", text, hook)
    return hook, token


def edit_hook(
    hook: AlertHook, fields: Mapping[str, Any], *, by: User, request_id: str | None = None
) -> AlertHook:
    """Change name, silence or manager's address; the kind and the token stay."""
    values = _checked({**fields, "kind": hook.kind})
    with change(hook.plan, by=by, right="edit", request_id=request_id) as editing:
        row = _fresh(hook)
        if editing.repeated or all(getattr(row, name) == value for name, value in values.items()):
            return row
        others = AlertHook.objects.filter(plan=editing.plan, retired_at=None).exclude(pk=row.pk)
        _refuse_taken(others, values)
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
        _record(
            editing,
            "hook.changed",
            _("How alerts of {row} are heard is changed").format(row=row.name),
            row,
        )
    return row


def retire_hook(hook: AlertHook, *, by: User, request_id: str | None = None) -> AlertHook:
    """Hear a manager no more: its address is dead and what it told counts for nothing."""
    with change(hook.plan, by=by, right="edit", request_id=request_id) as retiring:
        row = AlertHook.objects.get(pk=hook.pk)
        if row.retired_at is not None or retiring.repeated:
            return row
        row.retired_at = retiring.at
        row.save(update_fields=["retired_at"])
        _record(
            retiring,
            "hook.retired",
            _("Alerts of {row} are heard no more").format(row=row.name),
            row,
        )
    return row


def _fresh(hook: AlertHook) -> AlertHook:
    row = AlertHook.objects.get(pk=hook.pk)
    if row.retired_at is not None:
        raise Refused(_("{row} was retired; nothing of it can be changed.").format(row=row.name))
    return row


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    name = " ".join(str(fields.get("name") or "").replace("\0", "").split())
    if not name or len(name) > NAME:
        raise Invalid("name", _("Give it a name of at most {name} characters.").format(name=NAME))
    if fields.get("kind") not in KINDS:
        raise Invalid("kind", _("Alertmanager or Grafana posts here."))
    every = fields.get("expect_every_s")
    if every is not None and not 10 <= every <= 7 * DAY_S:
        raise Invalid("expect_every_s", _("Between 10 seconds and 7 days, or nothing."))
    url = str(fields.get("manager_url") or "").strip()
    if url and (not url.startswith(("http://", "https://")) or len(url) > 300):
        raise Invalid("manager_url", _("An address such as http://alertmanager:9093 is wanted."))
    return {"name": name, "kind": fields["kind"], "expect_every_s": every, "manager_url": url}


def _refuse_taken(hooks, values: Mapping[str, Any]) -> None:
    if hooks.filter(name=values["name"]).exists():
        raise Invalid(
            "name", _("There is a hook called {name} already.").format(name=values["name"])
        )


def _record(changing: Change, kind: str, text: str, hook: AlertHook) -> None:
    changing.record(
        kind, text, hook=hook.name, kind_of=hook.kind, expect_every_s=hook.expect_every_s
    )
