"""People hold a rollout, extend the hold and end it. It asks for no password (law 10)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from rollouts.actions.desired import rollout_of
from rollouts.actions.holding import keep_hold
from rollouts.actions.verdicts import apply_verdict, by_readings
from rollouts.models import Rollout
from rollouts.queries.holds import hold_of
from rollouts.rules.holds import Hold
from rollouts.rules.verdict import Word
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, NotAllowed, Refused, checked_reason
from warroom.models import DeploymentPlan, User
from warroom.rules.wording import instant_text

# Whoever leads anything may stop it from going on, and let it go on again.
RIGHTS = frozenset({"run", "decide", "sign"})
LONGEST = timedelta(days=30)


def hold(
    plan: DeploymentPlan,
    *,
    by: User | str,
    reason: str,
    until: datetime | None = None,
    request_id: str | None = None,
) -> Rollout:
    """Hold the rollout until an instant (UTC), or until somebody ends it; return the rollout.

    A hold that stands is extended, or ends earlier: the newest word counts, the older one stays in
    its event. The same hold again changes nothing. Raises NotAllowed, Invalid for ``reason`` and
    ``until``, Refused while a rollback stands.
    """
    with change(plan, by=by, request_id=request_id) as holding:
        _demand(holding)
        rollout = rollout_of(holding)
        if holding.repeated:
            return rollout
        wanted = Hold(holding.author_name, _reason(reason), holding.at, _end(until, holding.at))
        if rollout.rolled_back_at is not None:
            raise Refused(_("A rollback stands, which holds everything. Resume the rollout first."))
        stands = hold_of(rollout, holding.at)
        if stands and (stands.by, stands.reason, stands.until) == (
            wanted.by, wanted.reason, wanted.until
        ):  # fmt: skip
            return rollout
        _keep(holding, rollout, wanted, stands)
    apply_verdict(plan)
    return rollout


def _demand(changing: Change) -> None:
    if changing.author is not None and not RIGHTS & changing.held.rights:
        raise NotAllowed(_("Holding the rollout wants a role that may run, decide or sign."))


def _reason(text: str) -> str:
    if not (reason := checked_reason(text)):
        raise Invalid("reason", _("A hold wants a reason, shown to everybody."))
    return reason


def _end(until: datetime | None, now: datetime) -> datetime | None:
    if until is not None and not now < until <= now + LONGEST:
        raise Invalid("until", _("The end of a hold lies ahead, at most 30 days."))
    return until


def _keep(holding: Change, rollout: Rollout, wanted: Hold, stands: Hold | None) -> None:
    text = _said(bool(stands), wanted.until is not None).format(
        percent=rollout.desired_percent,
        until=instant_text(wanted.until, holding.at) if wanted.until else "",
        reason=wanted.reason,
    )
    holding.record(
        "rollout.held",
        text,
        percent=rollout.desired_percent,
        until=wanted.until.isoformat() if wanted.until else None,
        reason=wanted.reason,
        before=stands.said(holding.at) if stands else None,
    )
    keep_hold(rollout, wanted)


def _said(longer: bool, ends: bool) -> str:
    if longer:
        return (
            _("Hold extended until {until} UTC: {reason}")
            if ends
            else _("Hold extended until ended: {reason}")
        )
    return (
        _("Held at {percent} % until {until} UTC: {reason}")
        if ends
        else _("Held at {percent} % until ended: {reason}")
    )


def release(
    plan: DeploymentPlan, *, by: User | str, reason: str, request_id: str | None = None
) -> Rollout:
    """End the hold that stands; where none does, nothing changes. Returns the rollout.

    A hold that a rule made ends before its time only while the readings are green: what is held
    by what is read would be held again at once. Raises NotAllowed, Invalid, Refused.
    """
    with change(plan, by=by, request_id=request_id) as releasing:
        _demand(releasing)
        rollout = rollout_of(releasing)
        stands = hold_of(rollout, releasing.at)
        if releasing.repeated or stands is None:
            return rollout
        why = _reason(reason)
        said = by_readings(releasing.plan, releasing.at)
        if stands.by_rule and said.word in (Word.HOLD, Word.ROLLBACK):
            raise Refused(
                _("The readings hold it: {said} {said_at}").format(
                    said=said.sentence, said_at=stands.said(releasing.at)
                )
            )
        releasing.record(
            "rollout.released",
            _("Hold ended: {why}").format(why=why),
            reason=why,
            before=stands.said(releasing.at),
        )
        keep_hold(rollout, None)
    apply_verdict(plan)
    return rollout
