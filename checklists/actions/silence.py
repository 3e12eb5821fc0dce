"""Nobody answers: the gate holds by itself, once for each time that it opens.

The time is computed from what is true now (``queries/silence.py``) and kept on the gate's row.
Nothing is lost when no worker runs: whoever comes next finds the row due.
"""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from checklists.actions.decisions import THE_RULE, fresh_gate, keep_decision
from checklists.actions.followups import start_branch
from checklists.models import Decision, DecisionWord, Gate
from checklists.queries.gates import GateSheet, gate_sheet
from checklists.queries.signoffs import seated_roles
from checklists.queries.silence import silence_at, watched_gates
from checklists.queries.votes import vote_rows, waited_rows
from checklists.rules.words import SHOWN
from warroom.actions.change import Change, change
from warroom.rules.wording import moment_text


def hold_silent(now: datetime | None = None) -> int:
    """Hold every gate at which silence lasted long enough. Returns how many were held."""
    now = now or timezone.now()
    return sum(_look(gate, at, now) for gate, at in watched_gates())


def _look(gate: Gate, at: datetime | None, now: datetime) -> int:
    """Keep the row's time as it is now, and hold the gate if it is over."""
    if gate.silence_due_at != at:
        # No event, so no lock: whoever writes it writes the same.
        Gate.objects.filter(pk=gate.pk).update(silence_due_at=at)
    if at is None or at > now:
        return 0
    if not waited_rows(gate, vote_rows(gate, seated_roles(gate.plan))):
        return 0
    return _hold(gate, at)


def _hold(gate: Gate, at: datetime) -> int:
    """Under the lock all is judged anew: of two workers the second finds it held."""
    request_id = f"silence:{gate.pk}:{at:%Y%m%d%H%M%S%f}"
    with change(gate.plan, by=str(THE_RULE), request_id=request_id) as holding:
        gate = fresh_gate(gate, holding)
        due = silence_at(gate, gate.decisions.all())
        if holding.repeated or due is None or due > holding.at:
            return 0
        sheet = gate_sheet(gate, holding.at)
        waited = waited_rows(gate, sheet.votes)
        if not waited:
            return 0
        _write(holding, sheet, ", ".join(row.role.name for row in waited))
        Gate.objects.filter(pk=gate.pk).update(silence_due_at=None)
    return 1


def _write(holding: Change, sheet: GateSheet, names: str) -> Decision:
    gate = sheet.gate
    rationale = _("Silence is not a yes: no vote of {names} within {silence_minutes} min.").format(
        names=names, silence_minutes=gate.silence_minutes
    )
    until = holding.at + timedelta(minutes=gate.hold_minutes)
    hold = DecisionWord.HOLD
    decision = keep_decision(holding, sheet, hold, role=None, rationale=rationale, until=until)
    started = start_branch(holding, sheet, decision)
    again = _("Looked at again at {until} UTC.").format(until=moment_text(until))
    against = (
        _(" The rule says {recommendation}.").format(recommendation=SHOWN[decision.recommendation])
        if decision.override
        else ""
    )
    holding.record(
        "gate.held",
        _("{gate}: HOLD by itself. {rationale}{against} {again}").format(
            gate=gate.title, rationale=rationale, against=against, again=again
        ),
        gate=gate.key,
        word=decision.word,
        by_rule=True,
        missing=[row.role.key for row in sheet.missing],
        recommendation=decision.recommendation,
        override=decision.override,
        reasons=decision.reasons,
        hold_minutes=gate.hold_minutes,
        evidence_sha256=decision.evidence_sha256,
        decision=decision.pk,
        followups=[row.number for row in started],
    )
    return decision
