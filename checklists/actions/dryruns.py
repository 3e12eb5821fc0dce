"""Dry runs: a command is tried beforehand, how it went is kept, a warning is accepted or is not."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from checklists.models import DryRun, DryRunResult
from checklists.queries.dryruns import dry_runs, outcome_of
from checklists.rules import dryruns as rules
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, NotAllowed, Refused, checked_reason
from warroom.models import DeploymentPlan, Right, Role, User
from warroom.rules.moments import NOT_KEPT, can_be_kept

MOST = 500
LIMITS = {"title": 200, "command": 20_000, "expected": 20_000}
REASON_LEAST = 10
TRIED = ("command", "expected")  # with another one, older results are of another try


def add_dry_run(
    plan: DeploymentPlan,
    fields: Mapping[str, Any],
    *,
    by: User | str,
    request_id: str | None = None,
) -> DryRun:
    """Add a dry run (title, command, expected) and return it; the same request gives the same one.

    Raises Invalid for a wrong field, NotAllowed without the right to tick.
    """
    values = _checked(fields, new=True)
    with change(plan, by=by, right=Right.TICK, request_id=request_id) as adding:
        if adding.repeated:
            number = adding.plan.events.get(request_id=request_id).data["dry_run"]
            return adding.plan.dry_runs.get(number=number)
        last = adding.plan.dry_runs.aggregate(last=Max("number"))["last"] or 0
        if last >= MOST:
            raise Refused(_("A release has at most {most} dry runs.").format(most=MOST))
        run = DryRun.objects.create(plan=adding.plan, number=last + 1, **values)
        text = _("Dry run {run} added: {run_title}").format(run=run.number, run_title=run.title)
        adding.record("dryrun.added", text, dry_run=run.number, after=_shown(run))
    return run


def edit_dry_run(
    run: DryRun,
    fields: Mapping[str, Any],
    *,
    by: User,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> DryRun:
    """Change what is tried; results stay as they were, and with another command or expectation
    they are no good any more. The same again is no event.

    Raises Invalid, NotAllowed without the right to edit, Refused when it changed meanwhile.
    """
    values = _checked(fields)
    with change(run.plan, by=by, right=Right.EDIT, request_id=request_id) as editing:
        run = _fresh(editing, run)
        before = _shown(run)
        for name, value in values.items():
            setattr(run, name, value)
        if editing.repeated or _shown(run) == before:
            return run
        _demand_unchanged(run, seen_revision)
        after = _shown(run)
        if any(after[name] != before[name] for name in TRIED):
            run.asked_at = editing.at
        run.revision += 1
        run.save()
        text = _("Dry run {run} edited: {run_title}").format(run=run.number, run_title=run.title)
        editing.record("dryrun.changed", text, dry_run=run.number, before=before, after=after)
    return run


def remove_dry_run(run: DryRun, reason: str, *, by: User, request_id: str | None = None) -> DryRun:
    """Take a dry run off; its row and its results stay. Raises Invalid without a reason."""
    why = checked_reason(reason, 500)
    if not why:
        raise Invalid("reason", _("Say why it is not tried any more."))
    with change(run.plan, by=by, right=Right.EDIT, request_id=request_id) as removing:
        run = DryRun.objects.get(pk=run.pk)
        if removing.repeated or run.removed_at is not None:
            return run
        run.removed_at, run.removed_why = removing.at, why
        run.revision += 1
        run.save()
        text = _("Dry run {run} taken off, {run_title}: {why}").format(
            run=run.number, run_title=run.title, why=why
        )
        removing.record("dryrun.removed", text, dry_run=run.number, reason=why)
    return run


def record_dry_run(
    run: DryRun,
    word: str,
    *,
    by: User | str,
    output: str = "",
    analysis: str = "",
    at: datetime | None = None,
    request_id: str | None = None,
) -> DryRunResult:
    """Keep how a dry run went, beside the earlier ones; ``at``: when it ran (UTC), else now.

    Raises Invalid for an unknown word or more output than is kept, NotAllowed without the right
    to tick, Refused for one that was taken off.
    """
    output, analysis = rules.clean_output(output), rules.clean_output(analysis).strip()
    if wrong := rules.objection(word, output, analysis):
        raise Invalid(*wrong)
    with change(run.plan, by=by, right=Right.TICK, request_id=request_id) as recording:
        if at is not None and not can_be_kept(at):
            raise Invalid("at", NOT_KEPT)
        if at is not None and at > recording.at:
            raise Invalid("at", _("It cannot have run in the future. Times are UTC."))
        if recording.repeated:
            number = recording.plan.events.get(request_id=request_id).data["result"]
            return DryRunResult.objects.get(pk=number)
        run = _fresh(recording, run)
        result = DryRunResult.objects.create(
            dry_run=run,
            word=word,
            output=output,
            analysis=analysis,
            by=recording.author,
            by_name=recording.author_name,
            at=at or recording.at,
        )
        _record_result(recording, run, result)
    return result


def judge_dry_run(
    run: DryRun,
    accepted: bool,
    reason: str,
    *,
    by: User,
    result: int | None = None,
    request_id: str | None = None,
) -> DryRunResult:
    """Accept the warning or failure that stands, or say that it is not accepted.

    ``result`` is the one that was seen. Raises Invalid without a reason or for a pass, NotAllowed
    for who neither decides nor signs and for who recorded what is to be accepted, Refused when a
    newer result came in. The same again changes nothing.
    """
    why = checked_why(reason)
    with change(run.plan, by=by, request_id=request_id) as judging:
        role = _judging_role(judging)
        run = _fresh(judging, run)
        newest = run.results.order_by("-at", "-pk").first()
        if judging.repeated and newest is not None:
            return newest
        _demand_judgeable(run, newest, result)
        if accepted and newest.by_id == by.pk:
            raise NotAllowed(_("You recorded this result. Accepting it is for somebody else."))
        if (newest.accepted, newest.accepted_reason) == (accepted, why):
            return newest
        _write_judgement(judging, run, newest, role, accepted, why)
    return newest


def checked_why(reason: str) -> str:
    """The reason of an acceptance. Raises Invalid for one that says too little."""
    why = checked_reason(reason)
    if len(why) < REASON_LEAST:
        raise Invalid(
            "reason",
            _("Say why, in at least {reason_least} characters.").format(reason_least=REASON_LEAST),
        )
    return why


# --- what is asked ---------------------------------------------------------------------------


def _checked(fields: Mapping[str, Any], *, new: bool = False) -> dict[str, str]:
    values = {
        name: rules.clean_output(str(fields[name] or "")).strip()
        for name in LIMITS
        if name in fields
    }
    for name, text in values.items():
        if len(text) > LIMITS[name]:
            raise Invalid(
                name,
                _("This has {count} characters; {name} are allowed.").format(
                    count=len(text), name=LIMITS[name]
                ),
            )
    if (new or "title" in values) and not values.get("title"):
        raise Invalid("title", _("Say what is tried."))
    return values


def _shown(run: DryRun) -> dict[str, str]:
    return {"title": run.title, "command": run.command, "expected": run.expected}


def _judging_role(judging: Change) -> Role:
    held = judging.held.roles_with(Right.DECIDE) or judging.held.roles_with(Right.SIGN)
    if not held:
        raise NotAllowed(_("To accept a warning wants a role with the right to decide or to sign."))
    return held[0]


def _demand_judgeable(run: DryRun, newest: DryRunResult | None, seen: int | None) -> None:
    if newest is None or newest.word == rules.PASS:
        said = (
            _("Dry run {run} has not run yet: there is nothing to accept.")
            if newest is None
            else _("Dry run {run} passed: there is nothing to accept.")
        )
        raise Refused(said.format(run=run.number))
    if outcome_of(newest, run).other:
        raise Refused(
            _("Dry run {run} was changed since it ran. Run it again.").format(run=run.number)
        )
    if seen is not None and seen != newest.pk:
        raise Refused(
            _(
                "Dry run {run} ran again meanwhile: {word}, {by_name}, {at:%H:%M:%S} "
                "UTC. Nothing of yours was saved."
            ).format(
                run=run.number, word=rules.SHOWN[newest.word], by_name=newest.by_name, at=newest.at
            )
        )


def _fresh(under: Change, run: DryRun) -> DryRun:
    """The dry run as it is now that the plan's row is locked."""
    run = DryRun.objects.get(pk=run.pk)
    if run.removed_at is not None:
        raise Refused(
            _("Dry run {run} was taken off: {removed_why}").format(
                run=run.number, removed_why=run.removed_why
            )
        )
    run.plan = under.plan
    return run


def _demand_unchanged(run: DryRun, seen_revision: int | None) -> None:
    if seen_revision is not None and seen_revision != run.revision:
        raise Refused(
            _("Dry run {run} was changed meanwhile. Nothing of yours was saved.").format(
                run=run.number
            )
        )


# --- what is recorded ------------------------------------------------------------------------


def _record_result(recording: Change, run: DryRun, result: DryRunResult) -> None:
    said = f". {result.analysis.splitlines()[0][:200]}" if result.analysis else ""
    recording.record(
        "dryrun.recorded",
        _("Dry run {run} {run_title}: {word}{said} {sum}").format(
            run=run.number,
            run_title=run.title,
            word=rules.SHOWN[result.word],
            said=said,
            sum=_sum(recording),
        ),
        dry_run=run.number,
        result=result.pk,
        word=result.word,
        band={"pass": "green", "warn": "yellow", "fail": "red"}[result.word],
        output_size=len(result.output.encode()),
    )


def _write_judgement(
    judging: Change, run: DryRun, result: DryRunResult, role: Role, accepted: bool, why: str
) -> None:
    before = {"accepted": result.accepted, "reason": result.accepted_reason}
    result.accepted, result.accepted_reason = accepted, why
    result.accepted_by_name = _("{author_name} as {role}").format(
        author_name=judging.author_name, role=role.name
    )[:150]
    result.accepted_at = judging.at
    result.save()
    how = _("accepted") if accepted else _("not accepted")
    judging.record(
        "dryrun.accepted",
        _("Dry run {run} {run_title}: {word} {how} by {accepted_by_name}. {why} {sum}").format(
            run=run.number,
            run_title=run.title,
            word=rules.SHOWN[result.word],
            how=how,
            accepted_by_name=result.accepted_by_name,
            why=why,
            sum=_sum(judging),
        ),
        dry_run=run.number,
        result=result.pk,
        role=role.key,
        before=before,
        after={"accepted": accepted, "reason": why},
    )


def _sum(under: Change) -> str:
    return _("Dry runs: {totals}.").format(totals=dry_runs(under.plan, under.at).totals)
