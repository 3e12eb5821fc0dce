"""A person records a round: what they saw is frozen, what they do about it begins."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from checklists.actions.found import open_found
from checklists.models import ChecklistItem
from rollouts.actions.desired import rollout_of
from rollouts.actions.rollbacks import BY_ROUND, RIGHTS, start_rollback
from rollouts.actions.rounds import is_missed, of_watch, title
from rollouts.models import RoundAction, WatchRound
from rollouts.queries.round_readings import readings_now
from rollouts.queries.rounds import Watch, watch_of
from rollouts.queries.stages import of_plan
from rollouts.rules import rollbacks, rounds
from rollouts.rules import round_readings as rules
from rollouts.rules.round_readings import Reading
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import DeploymentPlan, Right, Role, User
from warroom.queries.people import standing
from warroom.rules.wording import instant_text

NOTE_LIMIT = 4000
ON_CALL = "on-call"


class Turned(Refused):
    """What the person saw is not what is true now: nothing was recorded."""


def record_round(
    one: WatchRound,
    *,
    by: User,
    action: str,
    note: str = "",
    seen: str | None = None,
    confirmed: str | None = None,
    request_id: str | None = None,
) -> WatchRound:
    """Record a round with the values as they are measured, and return it.

    ``action`` is a RoundAction: INVESTIGATE opens an item for ``by``; ROLLBACK starts a rollback,
    with the round or not at all. ``seen`` is what the form showed (``round_readings.seen``): where
    a band turned since, Turned is raised. ``confirmed``: the word typed in a browser, else None.
    Raises Invalid for ``action``, ``note`` and ``confirmed``, Refused for a round that somebody
    recorded, that was missed or that is too early, NotAllowed without the right to tick.
    """
    note = _checked(one.plan, by, action, note, confirmed)
    with transaction.atomic():
        item = _item(one, by, action, note)
        with change(one.plan, by=by, right=Right.TICK, request_id=request_id) as recording:
            found = _fresh(recording, one)
            if recording.repeated or _same(found, recording, action, note):
                return found
            watch = _demand_open(recording, found)
            readings = _readings(recording, seen)
            if not note and (why := rules.wants_note(readings)):
                raise Invalid("note", why)
            _write(recording, found, watch, readings, action, note, item)
        if action == RoundAction.ROLLBACK:
            _roll_back(found, by, note, confirmed, request_id)
    return found


def _checked(plan: DeploymentPlan, by: User, action: str, note: str, confirmed: str | None) -> str:
    """The note as it is kept. What would be refused after the recording is refused before it."""
    note = note.replace("\0", "").strip()
    if action not in RoundAction.values:
        raise Invalid("action", _("One of: {values}.").format(values=", ".join(RoundAction.values)))
    if len(note) > NOTE_LIMIT:
        raise Invalid(
            "note",
            _("The note has more than {note_limit} characters.").format(note_limit=NOTE_LIMIT),
        )
    if action == RoundAction.ROLLBACK:
        if confirmed is not None and not rollbacks.is_confirmed(confirmed):
            raise Invalid("confirmed", _("Type {word} to roll back.").format(word=rollbacks.WORD))
        if not RIGHTS & standing(by, plan).rights:
            raise NotAllowed(_("Rolling back wants a role that may run, decide or sign."))
    return note


def _item(one: WatchRound, by: User, action: str, note: str) -> ChecklistItem | None:
    """The item to look into it; none where the round was recorded before."""
    fresh = WatchRound.objects.filter(pk=one.pk, done_at=None, missed_at=None).exists()
    if action != RoundAction.INVESTIGATE or not fresh:
        return None
    what = f": {note.splitlines()[0][:200]}" if note else ""
    text = _("Look into what round {one} of {title} saw{what}").format(
        one=one.number, title=title(one), what=what
    )
    return open_found(one.plan, text, by=by, owner=by.display_name, note=note)


def _fresh(recording: Change, one: WatchRound) -> WatchRound:
    found = WatchRound.objects.select_related("stage", "item").get(pk=one.pk)
    found.plan = recording.plan
    return found


def _same(found: WatchRound, recording: Change, action: str, note: str) -> bool:
    """Whether this very person has recorded just this."""
    said = (found.done_by, found.action, found.note)
    return found.done_at is not None and said == (recording.author_name, action, note)


def _demand_open(recording: Change, found: WatchRound) -> Watch:
    """What the round belongs to. Raises Refused where it cannot be recorded."""
    plan, at = recording.plan, recording.at
    if found.done_at is not None:
        when = instant_text(found.done_at, at)
        raise Refused(
            _("{done_by} recorded round {found} at {when} UTC.").format(
                done_by=found.done_by, found=found.number, when=when
            )
        )
    watch = watch_of(plan, rollout_of(recording), of_plan(plan), at)
    if watch is None or not of_watch(found, watch):
        raise Refused(
            _("Round {found}: {title} is not watched any more.").format(
                found=found.number, title=title(found)
            )
        )
    if found.missed_at is not None or is_missed(found, watch, at):
        raise Refused(_missed(found, watch, at))
    _demand_time(found, watch, at)
    return watch


def _missed(found: WatchRound, watch: Watch, at: datetime) -> str:
    when = found.missed_at or watch.following(found.due_at, found.began_at) or at
    return _(
        "Round {found} was missed at {when} UTC. A missed round is never recorded afterwards."
    ).format(found=found.number, when=instant_text(when, at))


def _demand_time(found: WatchRound, watch: Watch, at: datetime) -> None:
    age = (found.due_at - found.began_at).total_seconds()
    opens = rounds.opens(found.due_at, rounds.every_at(watch.bands, age))
    if at < opens:
        when = instant_text(opens, at)
        raise Refused(
            _("Round {found} can be recorded from {when} UTC.").format(
                found=found.number, when=when
            )
        )


def _readings(recording: Change, seen: str | None) -> list[Reading]:
    readings = readings_now(recording.plan, recording.at)
    if seen and seen != rules.seen(readings):
        bad = [f"{one.name} {one.text}" for one in readings if one.band not in ("", "green")]
        text = (
            _("The values turned while you wrote. Now: {bad}. Look again, then record.")
            if bad
            else _("The values turned while you wrote. Now all is green. Look again, then record.")
        )
        raise Turned(text.format(bad=", ".join(bad)))
    return readings


def _write(
    recording: Change,
    found: WatchRound,
    watch: Watch,
    readings: list[Reading],
    action: str,
    note: str,
    item: ChecklistItem | None,
) -> None:
    role = role_of(recording.held.roles_with(Right.TICK))
    found.done_at, found.done_by = recording.at, recording.author_name
    found.done_as = role.name if role else ""
    found.late = rounds.is_late(found.due_at, recording.at, watch.late_s)
    found.action, found.note, found.item = action, note, item
    found.readings = [one.as_data() for one in readings]
    found.band, found.result = rules.worst(readings), rules.result(readings)
    found.save()
    recording.record(
        "round.recorded",
        said(found),
        stage=found.stage.number if found.stage else None,
        round=found.number,
        due=found.due_at.isoformat(),
        late=found.late,
        band=found.band,
        action=action,
        note=note,
        role=found.done_as,
        readings=found.readings,
        **({"item": item.number, "ref": item.ref} if item else {}),
    )


def role_of(roles: list[Role]) -> Role | None:
    """The role in which somebody records: on-call before all others."""
    return next((role for role in roles if role.key == ON_CALL), roles[0] if roles else None)


def said(one: WatchRound) -> str:
    """ "Round 47 of stage 1 recorded, 4 min late: 1 yellow. Flat since 19:58." """
    late = _(", late") if one.late else ""
    does = {
        RoundAction.INVESTIGATE: _(" To look into: {item}.").format(item=one.item.ref)
        if one.item
        else "",
        RoundAction.ROLLBACK: _(" Rolls back."),
    }.get(one.action, "")
    note = f" {one.note}" if one.note else ""
    return _("Round {one} of {title} recorded{late}: {result}.{note}{does}").format(
        one=one.number, title=title(one), late=late, result=one.result, note=note, does=does
    )


def _roll_back(
    found: WatchRound, by: User, note: str, confirmed: str | None, request_id: str | None
) -> None:
    """A change of its own, in the same transaction: a round that says so never stands alone.

    A repeat of the round therefore has nothing to start, also after somebody resumed.
    """
    start_rollback(
        found.plan,
        by=by,
        reason=_("Round {found}: {note}").format(found=found.number, note=note or found.result),
        cause=BY_ROUND,
        confirmed=confirmed,
        request_id=f"{request_id[:56]}.back" if request_id else None,
    )
