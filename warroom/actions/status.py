"""What the public is told by people, and whether it is told anything at all."""

import time
from datetime import datetime, timedelta

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from warroom.actions.change import RULE, Change, change
from warroom.actions.refusals import Invalid, Refused
from warroom.actions.subscribers import tell_subscribers
from warroom.live import public
from warroom.models import DeploymentPlan, StatusUpdate, User
from warroom.rules.lifecycle import LIVE
from warroom.rules.public import PublicState

UPDATE_LIMIT = 1000


def post_status_update(
    plan: DeploymentPlan, text: str, *, by: User, request_id: str | None = None
) -> StatusUpdate | None:
    """Put a sentence on the public status page. None when the same request did so before.

    Raises Invalid for an empty or too long text, NotAllowed without the right to edit.
    """
    text = text.strip()
    if not text:
        raise Invalid("text", _("The update is empty. Write what the public should know."))
    if len(text) > UPDATE_LIMIT:
        raise Invalid(
            "text",
            _("The update has {count} characters; {update_limit} are allowed.").format(
                count=len(text), update_limit=UPDATE_LIMIT
            ),
        )
    with change(plan, by=by, right="edit", request_id=request_id) as telling:
        if telling.repeated:
            return None
        update = _tell(telling, text, public.state_of(telling.plan, telling.at), by=by)
        telling.record("status.updated", text)
    return update


def _tell(
    telling: Change, text: str, state: PublicState, *, by: User | None = None, turn: bool = False
) -> StatusUpdate:
    update = StatusUpdate.objects.create(
        plan=telling.plan,
        text=text,
        headline=str(state.headline)[:120],
        tone=state.tone,
        icon=state.icon,
        state=state.key if turn else "",
        at=telling.at,
        by=by,
    )
    tell_subscribers(telling.plan, update)
    return update


# --- turns of the state itself ----------------------------------------------------------------

SETTLED = timedelta(seconds=60)  # a state that comes and goes again is no news
APART = timedelta(minutes=5)  # between turns of a verdict that swings
# After a restart readings come back within seconds: no silence is told before this worker has
# looked for a while.
LOOKED_S, _started = 120, time.monotonic()
AT_ONCE = ("problem", "rolled-back", "aborted", "finished")


def tell_public_turns(now: datetime | None = None) -> int:
    """Tell the public that the state turned, once it has settled. Returns how many turns.

    Two statements for a release whose state has not turned.
    """
    now, told = now or timezone.now(), 0
    for plan in DeploymentPlan.objects.public().defer("source_text"):
        told += _tell_turn(plan, now)
    return told


def _tell_turn(plan: DeploymentPlan, now: datetime) -> int:
    if not _is_due(plan, now):
        return 0
    with change(plan, by=RULE) as telling:
        # Judged again under the lock: of two workers one tells it.
        if not _is_due(telling.plan, max(now, telling.at)):
            return 0
        state = public.state_of(telling.plan, telling.at)
        _tell(telling, str(state.sentence), state, turn=True)
        text = _("The public reads: {headline}").format(headline=state.headline)
        telling.record("status.turned", text, state=state.key)
    return 1


def _is_due(plan: DeploymentPlan, now: datetime) -> bool:
    with translation.override(plan.language):
        state = public.state_of(plan, now)
    last = plan.status_updates.exclude(state="").first()
    if last is None:
        # Nothing was told yet. What ended before anybody was told of it is no news either.
        return plan.lifecycle in LIVE and _settled(plan, state, now)
    if (last.state, last.headline) == (state.key, str(state.headline)[:120]):
        return False
    return state.key in AT_ONCE or (_settled(plan, state, now) and now - last.at >= APART)


def _settled(plan: DeploymentPlan, state: PublicState, now: datetime) -> bool:
    if public.is_unknown(plan, now) and time.monotonic() - _started < LOOKED_S:
        return False
    since = [at for at in (public.since(plan, now), plan.lifecycle_at) if at is not None]
    return not since or now - max(since) >= SETTLED


def set_status_public(
    plan: DeploymentPlan, public: bool, *, by: User, request_id: str | None = None
) -> None:
    """Show the status page to everyone, or take it away. To set what already is changes nothing.

    Raises Refused for a rehearsal, which the public never sees.
    """
    # Also of a closed release: what the public may read is no part of the record.
    with change(plan, by=by, right="edit", request_id=request_id, when_closed=True) as showing:
        if public and showing.plan.rehearsal:
            raise Refused(_("This is a rehearsal: the public never sees it."))
        if showing.repeated or showing.plan.status_public == public:
            return
        showing.plan.status_public = public
        showing.plan.save(update_fields=["status_public"])
        if public:
            showing.record("status.shown", _("The public status page is shown"), public=True)
        else:
            showing.record("status.hidden", _("The public status page is taken away"), public=False)
