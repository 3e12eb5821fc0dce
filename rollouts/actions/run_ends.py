"""The end of a run, who commands it, and what is said of it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.actions.run_steps import open_run
from rollouts.models import RollbackRun, RunOutcome
from rollouts.queries.runs import downtime_of, open_steps
from warroom.actions.change import Change, change
from warroom.actions.escalations import open_escalation
from warroom.actions.refusals import Invalid, NotAllowed, Refused, checked_reason
from warroom.models import User
from warroom.rules.wording import duration_text, listed, span_text

# Whoever leads anything may end a real run, as anybody of them may start one.
LEADS = frozenset({"run", "decide", "sign"})
MOST_S = 7 * 86_400
# A way back that does not work cannot wait until the first level has answered.
SECOND_LEVEL = 2
Follow = Callable[[Change, RollbackRun], str | None]
_followers: list[Follow] = []


def register_finished(follow: Follow) -> None:
    """Call ``follow(changing, run)`` in the change that ends a real run, before its event.

    It may write rows and no event; what it returns is added to the sentence of the event.
    """
    if follow not in _followers:
        _followers.append(follow)


def demand_lead(changing: Change, what: str) -> None:
    """Raise NotAllowed unless the person may run, decide or sign."""
    if changing.author is not None and not LEADS & changing.held.rights:
        raise NotAllowed(_("{what} wants a role that may run, decide or sign.").format(what=what))


def take_command(run: RollbackRun, *, by: User, request_id: str | None = None) -> RollbackRun:
    """Say who commands the run; who does already changes nothing. Wants the right to tick."""
    with change(run.plan, by=by, right="tick", request_id=request_id) as taking:
        run = open_run(taking.plan, run.number)
        if taking.repeated or run.commander == taking.author_name:
            return run
        before, run.commander = run.commander, taking.author_name
        run.save(update_fields=["commander"])
        after = _(", after {before}").format(before=before) if before else ""
        taking.record(
            "run.commanded",
            _("{run}: {commander} is in command{after}").format(
                run=run, commander=run.commander, after=after
            ),
            run=run.number,
            drill=run.drill,
            before=before,
        )
    return run


def finish_run(
    run: RollbackRun,
    outcome: str,
    saw: str,
    *,
    by: User,
    downtime_s: float | None = None,
    request_id: str | None = None,
) -> RollbackRun:
    """End a run as ``verified`` or ``failed``, with what was seen; return it.

    Verified wants every step done or left out with a reason. A real run that did not work calls
    the next level at once. ``downtime_s`` is what somebody measured; without it a real run takes
    what its checks showed. Raises Refused where it is over or steps are open, Invalid for
    ``outcome``, ``saw`` or ``downtime``, NotAllowed.
    """
    if outcome not in (RunOutcome.VERIFIED, RunOutcome.FAILED):
        raise Invalid("outcome", _("Say whether it is verified or failed."))
    saw, downtime_s = checked_reason(saw), checked_span(downtime_s, "downtime")
    with change(run.plan, by=by, right="tick", request_id=request_id) as ending:
        if ending.repeated:
            return RollbackRun.objects.get(pk=run.pk)
        run = open_run(ending.plan, run.number)
        if not run.drill:
            demand_lead(ending, _("Ending a rollback"))
        if outcome == RunOutcome.VERIFIED:
            _demand_closed(run)
        if not saw:
            raise Invalid("saw", _("Say what you saw."))
        _end(run, outcome, saw, ending, downtime_s)
        _record(ending, run)
    return run


def checked_span(seconds: float | None, field: str) -> float | None:
    """A span that somebody measured, in seconds. Raises Invalid for ``field``."""
    if seconds is None:
        return None
    if not isfinite(seconds) or not 0 <= seconds <= MOST_S:
        raise Invalid(field, _("A time between 0 and 7 days belongs here, such as 7:05 or 425 s."))
    return float(seconds)


def _demand_closed(run: RollbackRun) -> None:
    left = open_steps(list(run.steps.all()))
    if left:
        names = listed([f"“{step.title}”" for step in left[:3]])
        more = _(" and {count} more").format(count=len(left) - 3) if len(left) > 3 else ""
        raise Refused(
            ngettext(
                "{names}{more} is open. Do them, or leave them out with a reason; "
                "then the run can be verified.",
                "{names}{more} are open. Do them, or leave them out with a reason; "
                "then the run can be verified.",
                len(left),
            ).format(names=names, more=more)
        )


def _end(
    run: RollbackRun, outcome: str, saw: str, ending: Change, downtime_s: float | None
) -> None:
    run.ended_at, run.ended_by = ending.at, ending.author_name
    run.outcome, run.saw = outcome, saw
    run.downtime_s = downtime_s if downtime_s is not None else downtime_of(run, ending.at)
    run.save(update_fields=["ended_at", "ended_by", "outcome", "saw", "downtime_s"])


def _record(ending: Change, run: RollbackRun) -> None:
    verified = run.outcome == RunOutcome.VERIFIED
    took = span_text(run.ended_at - run.started_at)
    of = _(" of {target_s}").format(target_s=span_text(run.target_s)) if run.target_s else ""
    text = (
        _("{run} verified after {took}{of}: {saw}")
        if verified
        else _("{run} did not work after {took}{of}: {saw}")
    )
    said = [text.format(run=run, took=took, of=of, saw=run.saw)]
    if not run.drill:
        said += [more for follow in _followers if (more := follow(ending, run))]
        if not verified:
            said += _call(ending, run)
    kind = "rollback" if not run.drill else "run"
    ending.record(
        f"{kind}.{'finished' if verified else 'failed'}",
        " ".join(text if text.endswith(".") else f"{text}." for text in said),
        run=run.number,
        drill=run.drill,
        outcome=run.outcome,
        seconds=round((run.ended_at - run.started_at).total_seconds(), 1),
        target_s=run.target_s,
        downtime_s=run.downtime_s,
        to="green" if verified else "failed",
    )


def _call(ending: Change, run: RollbackRun) -> list[str]:
    reason = _("{run} did not work: {saw}").format(run=run, saw=run.saw)
    url = f"/plans/{ending.plan.slug}/rollback/{run.number}/"
    cause = f"rollback-failed:{run.number}"
    called = open_escalation(ending, cause, reason, url=url, level=SECOND_LEVEL)
    return (
        [_("{called} opened at level {level}").format(called=called, level=called.level)]
        if called
        else []
    )


# --- afterwards ------------------------------------------------------------------------------


def mark_false_positive(
    run: RollbackRun, reason: str, *, by: User, request_id: str | None = None
) -> RollbackRun:
    """Say that the alarm behind a rollback was false (S79); said once, it stays.

    The record of the run is not changed by it. Raises Refused for a drill and where it was said
    already, Invalid without a reason, NotAllowed without a lead's right.
    """
    reason = checked_reason(reason)
    with change(run.plan, by=by, request_id=request_id) as doubting:
        demand_lead(doubting, _("Calling an alarm false"))
        run = _real(doubting, run)
        if doubting.repeated:
            return run
        if run.false_positive_at is not None:
            raise Refused(
                _(
                    "{false_positive_by} said so at {false_positive_at:%H:%M} UTC: "
                    "{false_positive_reason}"
                ).format(
                    false_positive_by=run.false_positive_by,
                    false_positive_at=run.false_positive_at,
                    false_positive_reason=run.false_positive_reason,
                )
            )
        if not reason:
            raise Invalid("reason", _("Say what shows that the alarm was false."))
        run.false_positive_at, run.false_positive_by = doubting.at, doubting.author_name
        run.false_positive_reason = reason
        run.save(update_fields=["false_positive_at", "false_positive_by", "false_positive_reason"])
        text = _("{run}: the alarm was false. {reason}").format(run=run, reason=reason)
        doubting.record("rollback.doubted", text, run=run.number, reason=reason)
    return run


def note_redeployed(changing: Change, run: RollbackRun) -> bool:
    """Keep that the release went out again after ``run``, inside a change; False if it was kept."""
    if run.drill or run.redeployed_at is not None:
        return False
    run.redeployed_at = changing.at
    run.save(update_fields=["redeployed_at"])
    return True


def record_redeployed(run: RollbackRun, *, by: User, request_id: str | None = None) -> RollbackRun:
    """Say that the release went out again after this rollback; a second time changes nothing."""
    with change(run.plan, by=by, right="run", request_id=request_id) as telling:
        run = _real(telling, run)
        if telling.repeated or not note_redeployed(telling, run):
            return run
        after = duration_text(telling.at - (run.ended_at or run.started_at))
        telling.record(
            "rollback.redeployed",
            _("Out again {after} after {run}").format(after=after, run=run),
            run=run.number,
        )
    return run


def _real(changing: Change, run: RollbackRun) -> RollbackRun:
    found = RollbackRun.objects.get(pk=run.pk)
    found.plan = changing.plan
    if found.drill:
        raise Refused(_("{found} was a drill: nothing was rolled back.").format(found=found))
    return found
