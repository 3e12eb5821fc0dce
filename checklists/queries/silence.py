"""When silence holds which gate: computed from what is true now, never from what was true."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from checklists.models import Decision, Gate
from checklists.queries.gates import opens_at
from checklists.rules.gates import FINAL
from checklists.rules.silence import Held, holds_at
from warroom.models import Lifecycle
from warroom.rules.lifecycle import ENDED

# Nobody is waited for in a draft, nor where the release is over.
ASLEEP = (Lifecycle.DRAFT, *sorted(ENDED))


def silence_at(gate: Gate, decisions: Iterable[Decision]) -> datetime | None:
    """When silence holds this gate (UTC); None: never, it did, or the gate is decided.

    No gate is held in a draft, nor once the release is over.
    """
    decisions = list(decisions)
    if gate.plan.lifecycle in ASLEEP or any(one.word in FINAL for one in decisions):
        return None
    holds = [Held(one.at, one.hold_until, one.person_id is None) for one in decisions]
    return holds_at(opens_at(gate), gate.silence_minutes, gate.version_at, holds)


def watched_gates() -> list[tuple[Gate, datetime | None]]:
    """Every undecided gate that silence may hold, with its time; two statements for all plans."""
    gates = (
        Gate.objects.defer("plan__source_text")
        .filter(silence_minutes__isnull=False, offset_s__isnull=False, plan__t0__isnull=False)
        .exclude(plan__lifecycle__in=ASLEEP)
    )
    gates = list(
        gates.exclude(decisions__word__in=FINAL).select_related("plan", "decider").order_by("pk")
    )
    held: dict[int, list[Decision]] = defaultdict(list)
    taken = Decision.objects.filter(gate__in=gates).defer("evidence", "reasons")
    for one in taken if gates else ():
        held[one.gate_id].append(one)
    return [(gate, silence_at(gate, held[gate.pk])) for gate in gates]
