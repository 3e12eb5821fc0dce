"""Add, change, order and take off health checks. The older text of a check is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from rollouts.actions.check_fields import JUDGED, assign, checked, refuse_unnamed, shown
from rollouts.actions.soaks import restart_soak
from rollouts.actions.versions import keep_version
from rollouts.models import HealthCheck, Stage, StageState
from rollouts.queries.resting import rests_on
from rollouts.rules.ping_keys import new_key
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, Unconfirmed, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.rules.keys import free_key
from warroom.rules.wording import duration_text

MOST = 1000
MOST_AT_ONCE = 200
RESERVED = frozenset({"new", "many"})  # addresses of their own
UNREAD = {"band": "no_data", "reason": _l("Not read yet"), "read_at": None, "band_since": None,
          "red_since": None, "red_at": None, "reds": 0, "value": None,
          "observed_at": None}  # fmt: skip


def add_check(
    plan: DeploymentPlan,
    kind: str,
    fields: Mapping[str, Any],
    *,
    by: User | str,
    key: str = "",
    request_id: str | None = None,
) -> HealthCheck:
    """Watch one more thing; ``fields`` as in ``check_fields``. Returns it.

    Raises Invalid, and NotAllowed without the right to edit.
    """
    values = checked(plan, kind, fields)
    refuse_unnamed(kind, values)
    with change(plan, by=by, right="edit", request_id=request_id) as adding:
        rows = HealthCheck.objects.filter(plan=adding.plan)
        if adding.repeated:
            return rows.order_by("-pk").first()
        row = _new(adding, kind, values, _keys(rows), key, _last(rows) + 1)
        row.save()
        adding.record(
            "check.added",
            _("{row} is watched{of}").format(row=row.name, of=_of(row)),
            key=row.key,
            **shown(row),
        )
    return row


def add_many(
    plan: DeploymentPlan,
    lines: Sequence[tuple[str, str]],
    fields: Mapping[str, Any],
    *,
    by: User,
    request_id: str | None = None,
) -> list[HealthCheck]:
    """Watch many addresses in one change (S98): each a name and an address, the rest in common.

    An address that is watched already in the same group is left out. Raises Invalid for ``lines``,
    naming the line.
    """
    if not 0 < len(lines) <= MOST_AT_ONCE:
        raise Invalid(
            "lines",
            _("Between 1 and {most_at_once} lines, each a name and an address.").format(
                most_at_once=MOST_AT_ONCE
            ),
        )
    wanted = [_line(plan, number, line, fields) for number, line in enumerate(lines, start=1)]
    with change(plan, by=by, right="edit", request_id=request_id) as adding:
        rows = HealthCheck.objects.filter(plan=adding.plan)
        if adding.repeated:
            return []
        keys, last = _keys(rows), _last(rows)
        known = set(rows.filter(enabled=True).values_list("group", "url"))
        made = []
        for values in wanted:
            if (values["group"], values["url"]) not in known:
                place = last + len(made) + 1
                made.append(_new(adding, "http", values, keys, "", place))
                known.add((values["group"], values["url"]))
        if not made:
            return []
        HealthCheck.objects.bulk_create(made)
        names = [[row.key, row.url] for row in made]
        group = made[0].group
        count = len(made)
        text = (
            ngettext(
                "{count} check is watched as {group}",
                "{count} checks are watched as {group}",
                count,
            )
            if group
            else ngettext("{count} check is watched", "{count} checks are watched", count)
        ).format(count=count, group=group)
        adding.record("check.added", text, group=group, checks=names)
    return made


def _line(
    plan: DeploymentPlan, number: int, line: tuple[str, str], fields: Mapping[str, Any]
) -> dict[str, Any]:
    name, url = line
    try:
        values = checked(plan, "http", {**fields, "name": name, "url": url})
        refuse_unnamed("http", values)
    except Invalid as wrong:
        raise Invalid(
            "lines", _("Line {number}: {wrong}").format(number=number, wrong=wrong.sentence)
        ) from wrong
    return {"group": "", **values}


def _keys(rows) -> set[str]:
    return {*rows.values_list("key", flat=True), *RESERVED}


def _last(rows) -> int:
    return rows.aggregate(last=Max("position"))["last"] or 0


def _new(
    adding: Change,
    kind: str,
    values: Mapping[str, Any],
    taken: set[str],
    key: str,
    position: int,
) -> HealthCheck:
    if len(taken) - len(RESERVED) >= MOST:
        raise Invalid("name", _("A release watches at most {most} checks.").format(most=MOST))
    if key and key in taken:
        raise Invalid("key", _("There is a check {key} already.").format(key=key))
    key = key or free_key(slugify(values["name"])[:70] or kind, taken)
    taken.add(key)
    row = HealthCheck(plan=adding.plan, key=key, kind=kind, due_at=adding.at, position=position)
    row.ping_key = new_key() if kind == "heartbeat" else None
    assign(row, values)
    return row


def _of(row: HealthCheck) -> str:
    return f": {row.url}" if row.url else ""


def edit_check(
    check: HealthCheck,
    fields: Mapping[str, Any],
    *,
    by: User,
    reason: str = "",
    seen_version: int | None = None,
    request_id: str | None = None,
) -> HealthCheck:
    """Change what is asked or how it is judged; the older text is kept as a version.

    What is asked anew has no data until it answers, and the soak of the running stage begins anew.
    The same text changes nothing. ``seen_version`` is the one that the author saw: who saw an older
    one is refused.
    """
    values, reason = checked(check.plan, check.kind, fields), checked_reason(reason)
    with change(check.plan, by=by, right="edit", request_id=request_id) as editing:
        row = _fresh(check)
        before = shown(row)
        if editing.repeated:
            return row
        assign(row, values)
        refuse_unnamed(row.kind, {"name": row.name, "url": row.url})
        changed = {name: [before[name], now] for name, now in shown(row).items()
                   if before[name] != now}  # fmt: skip
        if not changed:
            return row
        if seen_version is not None and seen_version != row.version:
            raise Refused(
                _("{name} was changed meanwhile. Nothing was saved.").format(name=before["name"])
            )
        seen_s = _restarts(editing, row, changed)
        keep_version(editing, row, reason, soak_observed_s=seen_s)
        if JUDGED & changed.keys() and row.kind != "heartbeat":
            assign(row, UNREAD)
        row.due_at = editing.at
        row.save()
        why = f": {reason}" if reason else ""
        text = _("{row} is changed{why}{soak}").format(row=row.name, why=why, soak=_soak(seen_s))
        editing.record("check.edited", text, key=row.key, changed=changed, reason=reason)
    return row


def _restarts(editing: Change, row: HealthCheck, changed: Mapping[str, Any]) -> float | None:
    """Seconds of green that count no more; None where no soak runs or nothing is judged anew."""
    was_silent = row.report_only and "report_only" not in changed
    if not JUDGED & changed.keys() or was_silent:
        return None
    return _soak_restarts(editing, row)


def _soak_restarts(editing: Change, row: HealthCheck) -> float | None:
    running = Stage.objects.filter(plan=editing.plan, state=StageState.RUNNING)
    stage = running.exclude(started_at=None).order_by("-number").first()
    return restart_soak(editing, stage, _("check {row}").format(row=row.key)) if stage else None


def _soak(seen_s: float | None) -> str:
    return (
        ""
        if seen_s is None
        else _(". The soak restarts after {seen_s}").format(seen_s=duration_text(seen_s))
    )


def remove_check(
    check: HealthCheck, *, by: User, reason: str = "", request_id: str | None = None
) -> HealthCheck:
    """Watch it no more; it is kept with its history. Again changes nothing.

    Raises Unconfirmed where something rests on it, such as a guardrail, and no reason is given;
    the event names what falls still.
    """
    reason = checked_reason(reason)
    with change(check.plan, by=by, right="edit", request_id=request_id) as removing:
        row = HealthCheck.objects.get(pk=check.pk)
        if removing.repeated or not row.enabled:
            return row
        rests = [sentence for _unused, sentence in rests_on(removing.plan, [row])]
        if rests and not reason:
            raise Unconfirmed(rests)
        seen_s = None if row.report_only else _soak_restarts(removing, row)
        _set_enabled(row, False, removing)
        why = f": {reason}" if reason else ""
        text = _("{row} is not watched any more{why}").format(row=row.name, why=why)
        text += _soak(seen_s)
        said = " ".join([text if text.endswith(".") or not rests else f"{text}.", *rests])
        removing.record("check.removed", said, key=row.key, reason=reason, rests=rests)
    return row


def restore_check(check: HealthCheck, *, by: User, request_id: str | None = None) -> HealthCheck:
    """Watch it again. Again changes nothing."""
    with change(check.plan, by=by, right="edit", request_id=request_id) as restoring:
        row = HealthCheck.objects.get(pk=check.pk)
        if restoring.repeated or row.enabled:
            return row
        assign(row, UNREAD)
        _set_enabled(row, True, restoring)
        restoring.record(
            "check.added",
            _("{row} is watched again{of}").format(row=row.name, of=_of(row)),
            key=row.key,
        )
    return row


def _set_enabled(row: HealthCheck, enabled: bool, changing: Change) -> None:
    row.enabled, row.due_at, row.lease_token, row.lease_until = enabled, changing.at, "", None
    row.save()


def move_check(
    check: HealthCheck, place: int, *, by: User, request_id: str | None = None
) -> HealthCheck:
    """Stand a check at ``place`` (from 1) among those that are watched."""
    with change(check.plan, by=by, right="edit", request_id=request_id) as moving:
        rows = list(HealthCheck.objects.filter(plan=moving.plan, enabled=True).defer("history"))
        row = next((one for one in rows if one.pk == check.pk), None)
        if row is None:
            raise Refused(_("{check} is not watched any more.").format(check=check.name))
        before = rows.index(row) + 1
        place = min(max(1, place), len(rows))
        if moving.repeated or before == place:
            return row
        rows.remove(row)
        rows.insert(place - 1, row)
        for position, one in enumerate(rows, start=1):
            one.position = position
        HealthCheck.objects.bulk_update(rows, ["position"], batch_size=200)
        text = _("{row} stands at place {place} of the checks, was {before}").format(
            row=row.name, place=place, before=before
        )
        moving.record("check.edited", text, key=row.key, place=place, before=before)
    return row


def renew_key(check: HealthCheck, *, by: User, request_id: str | None = None) -> HealthCheck:
    """Give a heartbeat another address; the old one is dead. The key is in no event."""
    with change(check.plan, by=by, right="edit", request_id=request_id) as renewing:
        row = _fresh(check)
        if renewing.repeated or row.kind != "heartbeat":
            return row
        row.ping_key = new_key()
        row.save(update_fields=["ping_key"])
        renewing.record(
            "check.edited", _("{row} has another address").format(row=row.name), key=row.key
        )
    return row


def _fresh(check: HealthCheck) -> HealthCheck:
    row = HealthCheck.objects.select_related("source").get(pk=check.pk)
    if not row.enabled:
        raise Refused(
            _("{row} is not watched any more. Watch it again first.").format(row=row.name)
        )
    return row
