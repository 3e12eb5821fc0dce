"""What a decision starts, written in the decision's own change; and what people do about it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.models import BranchStep, Decision, FollowUp, FollowUpKind
from checklists.queries.gates import GateSheet
from checklists.rules import followups as rules
from checklists.rules.bands import Band
from checklists.rules.followups import Blocker, Decided, Step
from checklists.rules.words import HOLD, NO_GO, SHOWN
from warroom.actions.again import carried_out_again
from warroom.actions.change import Change, change
from warroom.actions.messages import queue_mail
from warroom.actions.refusals import REASON_LIMIT, Invalid, Refused
from warroom.models import DeploymentPlan, Right, Role, Seat, User
from warroom.rules.moments import NOT_KEPT, can_be_kept
from warroom.rules.wording import dated_moment, full_instant, moment_text

BY_ITSELF = "Warroom"
TEXT_LIMIT = 4000


def start_branch(deciding: Change, sheet: GateSheet, decision: Decision) -> list[FollowUp]:
    """Open what this decision starts, within its change; letters go into the outbox with it."""
    _close_holds(deciding, decision)
    starting = _Starting(deciding, sheet, decision)
    rows = [row for step in steps_of(decision) for row in starting.rows(step)]
    first = _next_number(deciding.plan)
    for number, row in enumerate(rows, start=first):
        row.number = number
    return FollowUp.objects.bulk_create(rows)


def steps_of(decision: Decision) -> list[Step]:
    """The steps of the decided branch: the gate's own, or the usual ones when it has none."""
    own = list(BranchStep.objects.filter(gate=decision.gate_id).select_related("role"))
    if not own:
        return list(rules.DEFAULTS[decision.word])
    return [
        Step(one.kind, one.text, one.role.key if one.role else "", one.after_minutes)
        for one in own
        if one.branch == decision.word
    ]


def _close_holds(deciding: Change, decision: Decision) -> None:
    """What an earlier HOLD of this gate waited for has come with the new decision."""
    still = FollowUp.objects.filter(decision__gate=decision.gate_id, decision__word=HOLD)
    still.filter(done_at=None, kind=FollowUpKind.TASK).exclude(decision=decision).update(
        done_at=deciding.at,
        done_by_name=BY_ITSELF,
        note=_("Looked at again: {word}.").format(word=SHOWN[decision.word]),
    )


def _next_number(plan: DeploymentPlan) -> int:
    return (FollowUp.objects.filter(plan=plan).aggregate(last=Max("number"))["last"] or 0) + 1


class _Starting:
    """The rows of one decision, not yet numbered."""

    def __init__(self, deciding: Change, sheet: GateSheet, decision: Decision) -> None:
        self.deciding, self.sheet, self.decision = deciding, sheet, decision
        self.plan, self.at = deciding.plan, deciding.at
        self.said = said_of(decision, self.plan)

    @cached_property
    def roles(self) -> dict[str, int]:
        """The ids of the plan's roles by their keys."""
        return dict(Role.objects.filter(plan=self.plan).values_list("key", "pk"))

    def rows(self, step: Step) -> Iterator[FollowUp]:
        if step.kind == FollowUpKind.BLOCKERS:
            found = list(blockers(self.sheet))
            for one in found:
                yield self._row(step, one.text, owner=one.owner, role_id=one.role_id)
        elif step.kind == FollowUpKind.ANNOUNCEMENT:
            yield self._announced(step)
            if self.plan.status_public and not self.plan.rehearsal:
                yield self._row(step, _("Write the status update for the public page"))
        elif step.kind == FollowUpKind.SCHEDULE and self.plan.t0 is not None:
            yield self._done(step, _("T0 is {t0}.").format(t0=full_instant(self.plan.t0)))
        elif step.kind == FollowUpKind.NOTICE:
            yield self._row(step, f"{step.text}\n\n{rules.notice(self.said)}")
        else:
            yield self._row(step, step.text)

    def _row(
        self, step: Step, text: str, *, owner: str = "", role_id: int | None = None
    ) -> FollowUp:
        named = self.roles.get(step.role) if step.role else None
        return FollowUp(
            plan=self.plan,
            decision=self.decision,
            kind=step.kind,
            text=text[:TEXT_LIMIT],
            role_id=named or role_id,
            owner=owner[:120],
            due_at=self._due(step),
            opened_at=self.at,
        )

    def _due(self, step: Step) -> datetime | None:
        if step.after_minutes is None:
            return self.decision.hold_until
        return self.at + timedelta(minutes=step.after_minutes)

    def _done(self, step: Step, note: str) -> FollowUp:
        row = self._row(step, step.text)
        row.done_at, row.done_by_name, row.note = self.at, BY_ITSELF, note
        return row

    def _announced(self, step: Step) -> FollowUp:
        """Letters to all who sit in the room; who has no address is counted and said."""
        subject, text = rules.letter(self.said)
        sent = missed = 0
        for person in _seated(self.plan, self.at):
            try:
                key = f"decided:{self.decision.pk}:{person.pk}"
                queue_mail(self.deciding, key=key, to=person.email, subject=subject, text=text)
                sent += 1
            except Invalid:
                missed += 1
        if not sent:
            return self._row(step, _("{step}: nobody has a mail address").format(step=step.text))
        return self._done(
            step,
            _mailed(sent, missed),
        )


def _mailed(sent: int, missed: int) -> str:
    if missed:
        return ngettext(
            "Mail to {count} person, {missed} have no address.",
            "Mail to {count} people, {missed} have no address.",
            sent,
        ).format(count=sent, missed=missed)
    return ngettext("Mail to {count} person.", "Mail to {count} people.", sent).format(count=sent)


def said_of(decision: Decision, plan: DeploymentPlan) -> Decided:
    """A decision in the plain values that letters and notices are made of."""
    path = reverse("gate", args=[plan.slug, decision.gate.key])
    return Decided(
        release=plan.name,
        gate=decision.gate.title,
        word=decision.word,
        by=_("{person_name} as {decided_as}").format(
            person_name=decision.person_name, decided_as=decision.decided_as
        ),
        at=dated_moment(decision.at),
        reasons=decision.reasons,
        rationale=decision.rationale,
        how=decision.how,
        url=f"{settings.PUBLIC_URL}{path}",
        t0=dated_moment(plan.t0) if plan.t0 else "",
        hold_until=dated_moment(decision.hold_until) if decision.hold_until else "",
    )


def blockers(sheet: GateSheet) -> Iterator[Blocker]:
    """Each thing that stands against GO: red criteria, items, conditions, and every no-go."""
    for row in sheet.criteria:
        counts = not row.criterion.report_only and not row.accepted
        if row.band is Band.RED and counts:
            yield Blocker(_("Bring back to target: {row}").format(row=row.sentence))
    for item in sheet.blocking:
        yield Blocker(
            _("Close {item}: {item_text}").format(item=item.ref, item_text=item.text),
            item.owner,
            item.role_id,
        )
    for row in sheet.condition_rows:
        if row.holds:
            one = row.condition
            yield Blocker(
                _("Meet condition {one}: {one_text}").format(one=one.number, one_text=one.text),
                one.owner,
            )
    for row in sheet.votes:
        if row.vote and row.vote.word == NO_GO:
            text = _("Answer the no-go of {role}: {reason}").format(
                role=row.role.name, reason=row.vote.reason
            )
            yield Blocker(text, row.vote.person_name, row.role.pk)


def _seated(plan: DeploymentPlan, at: datetime) -> list[User]:
    seats = Seat.objects.active(at).filter(role__plan=plan, user__is_active=True)
    people = {seat.user_id: seat.user for seat in seats.select_related("user").order_by("user_id")}
    return list(people.values())


# --- what people do ------------------------------------------------------------------------


@carried_out_again
def open_followup(
    plan: DeploymentPlan,
    text: str,
    *,
    by: User,
    role: Role | None = None,
    owner: str = "",
    due_at: datetime | None = None,
    decision: Decision | None = None,
    request_id: str | None = None,
) -> FollowUp:
    """Add one by hand, beside what decisions start. ``due_at`` is UTC; Invalid without a text."""
    text = _words(text, "text", _("Say what is to be done."))
    if due_at is not None and not can_be_kept(due_at):
        raise Invalid("due", NOT_KEPT)
    with change(plan, by=by, right=Right.TICK, request_id=request_id, when_closed=True) as opening:
        found = FollowUp.objects.filter(plan=plan, text=text, done_at=None).first()
        if found is not None:
            return found
        row = FollowUp.objects.create(
            plan=opening.plan,
            number=_next_number(opening.plan),
            decision=decision,
            kind=FollowUpKind.TASK,
            text=text,
            role=role,
            owner=owner.strip()[:120],
            due_at=due_at,
            opened_at=opening.at,
        )
        opening.record(
            "followup.opened",
            _("To do: {title_of}").format(title_of=rules.title_of(text)),
            followup=row.number,
            **_gate_of(row),
        )
    return row


@carried_out_again
def close_followup(
    followup: FollowUp, note: str, *, by: User, request_id: str | None = None
) -> FollowUp:
    """Say that it is done, and how. Raises Invalid without a note, Refused when it is closed."""
    note = _words(note, "note", _("Say what was done, or why it is not needed."))
    plan = followup.plan
    with change(plan, by=by, right=Right.TICK, request_id=request_id, when_closed=True) as closing:
        row = fresh_followup(followup, closing)
        if row.done_at is not None:
            if closing.repeated or (row.done_by_id, row.note) == (by.pk, note):
                return row
            refuse_done(row)
        mark_done(closing, row, note)
        closing.record(
            "followup.done",
            _("Done: {title_of}. {note}").format(title_of=rules.title_of(row.text), note=note),
            followup=row.number,
            note=note,
            **_gate_of(row),
        )
    return row


def _gate_of(row: FollowUp) -> dict[str, str]:
    """Which gate's page shows it; nothing for what was added by hand."""
    return {"gate": row.decision.gate.key} if row.decision else {}


def fresh_followup(followup: FollowUp, under: Change) -> FollowUp:
    """The row as it is now that the plan's row is locked."""
    related = ("role", "decision__gate")
    row = FollowUp.objects.select_related(*related).get(pk=followup.pk)
    row.plan = under.plan
    return row


def refuse_done(row: FollowUp) -> None:
    raise Refused(
        _("{done_by_name} closed “{title_of}” first, {done_at} UTC: {note}").format(
            done_by_name=row.done_by_name,
            title_of=rules.title_of(row.text),
            done_at=moment_text(row.done_at),
            note=row.note,
        )
    )


def mark_done(under: Change, row: FollowUp, note: str) -> None:
    """Close the row within an open change, which records the event."""
    row.done_at, row.done_by, row.done_by_name = under.at, under.author, under.author_name
    row.note = note
    row.save(update_fields=["done_at", "done_by", "done_by_name", "note"])


def _words(text: str, field: str, wanted: str) -> str:
    text = text.replace("\0", "").strip()
    if not text:
        raise Invalid(field, wanted)
    if len(text) > REASON_LIMIT:
        raise Invalid(
            field,
            _("It has more than {reason_limit} characters.").format(reason_limit=REASON_LIMIT),
        )
    return text
