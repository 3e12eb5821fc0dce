from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from checklists.models import ChecklistItem, FollowUpKind, Gate, Phase
from checklists.queries.gates import (
    GateSheet,
    final_of,
    gates_now,
    hold_of,
    next_open,
    opens_at,
    runs,
)
from checklists.queries.phases import Checklist
from checklists.queries.votes import voting_roles
from checklists.rules.due import due_at
from checklists.rules.gates import NO_GO
from checklists.rules.items import CLOSED
from warroom.live.outlook import NextStep, Progress
from warroom.models import DeploymentPlan, Lifecycle
from warroom.queries.once import already, once
from warroom.queries.people import roles_now
from warroom.rules.wording import instant_text


def next_gate(plan: DeploymentPlan, now: datetime) -> NextStep | None:
    """The first gate without a GO or NO-GO, with the time at which it opens (UTC).

    After a HOLD that is the time until which it was held. The label names nobody: it is public.
    """
    return once(plan, now, _("next gate"), lambda: _next_gate(plan, now))


def _next_gate(plan: DeploymentPlan, now: datetime) -> NextStep | None:
    gate = next_open(plan, now)
    if gate is None:
        return None
    url = f"/plans/{plan.slug}/gates/{gate.key}/"
    if hold := hold_of(gate):
        until = instant_text(hold.hold_until, now)
        if runs(hold, now):
            note = _("on hold until {until}, decided by {person_name}").format(
                until=until, person_name=hold.person_name
            )
            return NextStep(
                _("{gate} is on hold, looked at again").format(gate=gate.title),
                hold.hold_until,
                url,
                note,
            )
        note = _("Hold is over since {until}: decide again").format(until=until)
        return NextStep(
            _("{gate}, to be decided again").format(gate=gate.title), hold.hold_until, url, note
        )
    voters, votes = _ballots(plan, gate, now)
    return NextStep(
        gate.title,
        opens_at(gate),
        url,
        note=_("{votes} of {voters} votes in").format(votes=votes, voters=voters)
        if voters
        else _("Open the gate"),
    )


def _ballots(plan: DeploymentPlan, gate: Gate, now: datetime) -> tuple[int, int]:
    """How many vote at a gate and how many have; counted anew unless the page has read it."""
    sheet: GateSheet | None = already(plan, now, ("gate", gate.pk))
    if sheet is not None:
        return len(sheet.votes), sum(row.vote is not None for row in sheet.votes)
    roles = voting_roles(gate, roles_now(plan, now))
    standing = gate.votes.filter(superseded_by__isnull=True, gate_version=gate.version)
    return len(roles), standing.filter(role__in=roles).count()


def progress(plans: Sequence[DeploymentPlan]) -> dict[int, Progress]:
    """How far each plan is, in two SQL statements for any number of plans."""
    closed = Count("pk", filter=Q(state__in=CLOSED))
    blocking = Count("pk", filter=Q(blocking=True) & ~Q(state__in=CLOSED))
    ids = [plan.pk for plan in plans]
    found = (
        ChecklistItem.objects.filter(plan__in=ids)
        .order_by()
        .values("plan")
        .annotate(total=Count("pk"), closed=closed, blocking=blocking)
    )
    parts = _parts(ids)
    return {
        row["plan"]: Progress(
            row["closed"], row["total"], row["blocking"], tuple(parts.get(row["plan"], ()))
        )
        for row in found
    }


def ended_by(plan: DeploymentPlan, now: datetime) -> NextStep | None:
    """The newest NO-GO that no other gate follows, where none is open; one statement then."""
    if next_open(plan, now) is not None:
        return None
    gates = gates_now(plan, now)
    again = {gate.follows_id for gate in gates}
    taken = [one for gate in gates if gate.pk not in again and (one := final_of(gate))]
    last = max((one for one in taken if one.word == NO_GO), key=lambda one: one.at, default=None)
    if last is None:
        return None
    gate = next(one for one in gates if one.pk == last.gate_id)
    dated = last.followups.filter(kind=FollowUpKind.NEW_DATE, done_at=None).first()
    url = f"/plans/{plan.slug}/followups/{dated.number}/#date" if dated else ""
    own = f"/plans/{plan.slug}/gates/{gate.key}/"
    note = _("{gate}, {at} UTC, {person_name}").format(
        gate=gate.title, at=instant_text(last.at, now), person_name=last.person_name
    )
    return NextStep(_("Set a new date") if dated else _("See the decision"), None, url or own, note)


def _parts(ids: list[int]) -> dict[int, list[str]]:
    """Per plan and phase: done, now (the first with open items) or next."""
    still = Count("items", filter=~Q(items__state__in=CLOSED))
    parts: dict[int, list[str]] = {}
    for phase in Phase.objects.filter(plan__in=ids).annotate(still=still).order_by("number"):
        mine = parts.setdefault(phase.plan_id, [])
        mine.append("done" if not phase.still else "next" if "now" in mine else "now")
    return parts


def checklist_count(plan: DeploymentPlan, now: datetime) -> str | None:
    """``8/14``: items closed of all. Counted anew unless the page has read the checklist."""
    board: Checklist | None = already(plan, now, "checklist")
    if board is not None:
        return f"{board.counts.closed}/{board.counts.total}" if board.counts.total else None
    found = progress([plan]).get(plan.pk)
    return f"{found.done}/{found.total}" if found else None


def gates_count(plan: DeploymentPlan, now: datetime) -> str | None:
    """``2 open``: gates at their time without a GO or NO-GO; else ``7``, how many there are.

    In a closed release none is open.
    """
    gates = gates_now(plan, now)
    count = sum(final_of(gate) is None and _is_open(plan, gate, now) for gate in gates)
    return _("{count} open").format(count=count) if count else str(len(gates)) if gates else None


def _is_open(plan: DeploymentPlan, gate: Gate, now: datetime) -> bool:
    """Whether its time has come; one without a time is open once the room is."""
    if plan.is_closed:
        return False
    at = due_at(plan.t0, None, gate.offset_s)
    if at is None:
        return gate.offset_s is None and plan.lifecycle != Lifecycle.DRAFT
    return at <= now
