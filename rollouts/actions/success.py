"""Success criteria: set by editors, looked at by themselves when due, judged by people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from checklists.models import Evidence
from rollouts.models import HealthCheck, PrometheusQuery, Since, SuccessCriterion
from rollouts.queries.success import DUE, KEY, due_of, measures, outcome, success_rows
from rollouts.rules import success as rules
from rollouts.rules.success import Outcome
from warroom.actions.change import RULE, Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, Right, User
from warroom.rules.keys import free_key

MOST = 200
FOR_GOOD_S = 10 * 365 * 86_400  # what was found does not grow old
FIELDS = ("text", "group", "due_offset_s", "since", "query", "check", "counts", "bound", "over_s")


def add_success(
    plan: DeploymentPlan,
    fields: Mapping[str, Any],
    *,
    by: User | str,
    request_id: str | None = None,
) -> SuccessCriterion:
    """Add a criterion and return it; the same request again returns the same one.

    ``fields`` are those of FIELDS: ``query`` and ``check`` by key, ``bound`` as it is typed, spans
    in seconds. Raises Invalid for a wrong one, NotAllowed without the right to edit.
    """
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as adding:
        known = set(adding.plan.success_criteria.values_list("key", flat=True))
        if adding.repeated:
            event = adding.plan.events.get(request_id=adding.request_id)
            return adding.plan.success_criteria.get(key=event.data["key"])
        if len(known) >= MOST:
            raise Refused(_("A release has at most {most} success criteria.").format(most=MOST))
        row = SuccessCriterion(plan=adding.plan, position=len(known) + 1)
        _set(row, fields, new=True)
        row.key = free_key(slugify(row.text)[:50] or "success", known)
        row.save()
        adding.record(
            "success.added", _("Success criterion added: {row}").format(row=row.text), **_said(row)
        )
    return row


def edit_success(
    row: SuccessCriterion,
    fields: Mapping[str, Any],
    *,
    by: User,
    request_id: str | None = None,
) -> SuccessCriterion:
    """Change what a criterion asks. Once it was evaluated nothing is changed any more (law 4).

    Raises Refused then, Invalid for a wrong field, NotAllowed without the right to edit.
    """
    with change(row.plan, by=by, right=Right.EDIT, request_id=request_id) as editing:
        row = _fresh(editing, row)
        before = _said(row)
        if row.evaluated_at is not None:
            raise Refused(
                _("“{row}” was evaluated; what it asked stays. Add another one.").format(
                    row=row.text
                )
            )
        _set(row, fields)
        if editing.repeated or _said(row) == before:
            return row
        row.save()
        editing.record(
            "success.edited",
            _("Success criterion edited: {row}").format(row=row.text),
            **_said(row),
            before=before,
        )
    return row


def remove_success(
    row: SuccessCriterion, reason: str, *, by: User, request_id: str | None = None
) -> None:
    """Take a criterion away that was not evaluated. Raises Refused, Invalid, NotAllowed."""
    if not (reason := checked_reason(reason)):
        raise Invalid("reason", _("Say why it goes."))
    with change(row.plan, by=by, right=Right.EDIT, request_id=request_id) as removing:
        found = removing.plan.success_criteria.filter(pk=row.pk).first()
        if removing.repeated or found is None:
            return
        if found.evaluated_at is not None:
            raise Refused(_("“{found}” was evaluated, and stays.").format(found=found.text))
        said = _said(found)
        found.delete()
        text = _("Success criterion removed: {row} Reason: {reason}").format(
            row=row.text, reason=reason
        )
        removing.record("success.removed", text, **said, reason=reason)


def _fresh(changing: Change, row: SuccessCriterion) -> SuccessCriterion:
    found = changing.plan.success_criteria.select_related("query", "health_check").get(pk=row.pk)
    found.plan = changing.plan
    return found


def _said(row: SuccessCriterion) -> dict[str, Any]:
    return {
        "key": row.key,
        "says": row.text,
        "group": row.group,
        "due_offset_s": row.due_offset_s,
        "since": row.since,
        "query": row.query.key if row.query else "",
        "check": row.health_check.key if row.health_check else "",
        "counts": row.counts,
        "bound": [row.op, row.value],
        "over_s": row.over_s,
    }


def _set(row: SuccessCriterion, fields: Mapping[str, Any], *, new: bool = False) -> None:
    given = {name: value for name, value in fields.items() if name in FIELDS}
    if new or "text" in given:
        row.text = " ".join(str(given.get("text") or "").split())[:300]
        if not row.text:
            raise Invalid("text", _("Say what must hold."))
    for name, most in (("group", 120), ("counts", 20), ("since", 4)):
        if name in given:
            setattr(row, name, str(given[name] or "")[:most])
    if row.counts and row.counts not in rules.COUNTS:
        raise Invalid("counts", _("One of: {counts}.").format(counts=", ".join(rules.COUNTS)))
    if row.since not in Since.values:
        raise Invalid(
            "since",
            _("One of: {none}, or nothing.").format(none=", ".join(filter(None, Since.values))),
        )
    if "due_offset_s" in given:
        row.due_offset_s = given["due_offset_s"]
    if "over_s" in given:
        row.over_s = int(given["over_s"] or 0)
    _set_measured(row, given)


def _set_measured(row: SuccessCriterion, given: Mapping[str, Any]) -> None:
    if "query" in given:
        rows = PrometheusQuery.objects.filter(plan=row.plan)
        row.query = _found(rows, given["query"], "query", "metric")
    if "check" in given:
        rows = HealthCheck.objects.filter(plan=row.plan)
        row.health_check = _found(rows, given["check"], "check", _("health check"))
    if sum(bool(one) for one in (row.query, row.health_check, row.counts)) > 1:
        raise Invalid("query", _("Choose one of them: a metric, a check, or what is counted."))
    if "bound" in given:
        try:
            bound = rules.read_bound(str(given["bound"] or ""), row.query.unit if row.query else "")
        except ValueError as wrong:
            raise Invalid("bound", str(wrong)) from wrong
        row.op, row.value = (bound.op, bound.value) if bound else ("", None)
    if row.query is not None and not row.op:
        raise Invalid("bound", _("A metric wants a bound: < 0.1 %."))


def _found(rows, key: Any, field: str, noun: str):
    if not key:
        return None
    found = rows.filter(key=key).first()
    if found is None:
        raise Invalid(
            field, _("There is no {noun} “{key}” in this release.").format(noun=noun, key=key)
        )
    return found


# --- what it comes to ------------------------------------------------------------------------


def evaluate_due(plan: DeploymentPlan, now: datetime) -> int:
    """Look at every criterion whose time has come, each once; return how many were evaluated."""
    due = [
        one.criterion
        for one in success_rows(plan, now)
        if one.state == DUE and measures(one.criterion)
    ]
    return sum(_evaluate(row) for row in due)


def _evaluate(row: SuccessCriterion) -> bool:
    with change(row.plan, by=RULE) as looking:
        row = _fresh(looking, row)
        due = due_of(looking.plan, row, looking.at)
        if row.evaluated_at is not None or due is None or due > looking.at:
            return False
        found = outcome(looking.plan, row, due)
        if found is None:
            return False
        _keep(looking, row, found, due)
    return True


def look_again(
    row: SuccessCriterion, *, by: User, request_id: str | None = None
) -> SuccessCriterion:
    """Evaluate as of now what had no data when it was due: a look of its own, with its own event.

    Raises Refused for what was decided, is not due or nothing measures, NotAllowed without the
    right to tick.
    """
    with change(row.plan, by=by, right=Right.TICK, request_id=request_id) as looking:
        row = _fresh(looking, row)
        if looking.repeated:
            return row
        _demand_undecided(row)
        due = due_of(looking.plan, row, looking.at)
        found = outcome(looking.plan, row, looking.at)
        if found is None or due is None or due > looking.at:
            raise Refused(_("“{row}” cannot be looked at now.").format(row=row.text))
        _keep(looking, row, found, looking.at)
    return row


def judge_success(
    row: SuccessCriterion, met: bool, reason: str, *, by: User, request_id: str | None = None
) -> SuccessCriterion:
    """A person says whether it was met, where nothing measures it or there was no data.

    The same word again changes nothing. Raises Invalid without a ``reason``, Refused where it is
    decided or will be measured, NotAllowed without the right to vote.
    """
    if not (why := checked_reason(reason, 500)):
        raise Invalid("reason", _("Say what it rests on."))
    with change(row.plan, by=by, right=Right.VOTE, request_id=request_id) as judging:
        row = _fresh(judging, row)
        if judging.repeated or (row.met, row.reason) == (met, why):
            return row
        _demand_undecided(row)
        if measures(row) and row.evaluated_at is None:
            raise Refused(_("“{row}” is measured when it is due.").format(row=row.text))
        _keep(judging, row, Outcome(met, "", why), judging.at)
    return row


def _demand_undecided(row: SuccessCriterion) -> None:
    if row.met is not None:
        text = (
            _("“{row}” is met, {evaluated_by} said so. That stands.")
            if row.met
            else _("“{row}” is missed, {evaluated_by} said so. That stands.")
        )
        raise Refused(text.format(row=row.text, evaluated_by=row.evaluated_by))


def _keep(looking: Change, row: SuccessCriterion, found: Outcome, at: datetime) -> None:
    row.met, row.value_text, row.reason = found.met, found.text[:120], found.reason[:500]
    row.evaluated_at, row.evaluated_by = looking.at, looking.author_name
    row.save(update_fields=["met", "value_text", "reason", "evaluated_at", "evaluated_by"])
    word = {True: _("met"), False: _("missed")}.get(found.met, _("no data"))
    said = ", ".join(part for part in (word, found.text) if part)
    _write_evidence(looking, row, f"{said[:1].upper()}{said[1:]}")
    group = f"{row.group}: " if row.group else ""
    why = f" {found.reason}" if found.reason else ""
    looking.record(
        "success.evaluated",
        f"{group}{row.text}: {said}.{why}",
        key=row.key,
        met=found.met,
        value=found.text,
        reason=found.reason,
        as_of=at.isoformat(),
    )


def _write_evidence(looking: Change, row: SuccessCriterion, text: str) -> None:
    Evidence.objects.update_or_create(
        plan=looking.plan,
        key=f"{KEY}{row.key}",
        defaults={
            "label": row.text[:200],
            "value": None if row.met is None else float(row.met),
            "text": text[:300],
            "reason": "" if row.met is not None else row.reason,
            "observed_at": looking.at,
            "valid_for_s": FOR_GOOD_S,
            "source": _("success criterion"),
            "updated_at": looking.at,
        },
    )
