"""Whether a decision is still what was decided: row, frozen evidence and timeline agree (law 9)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from checklists.models import Decision, Result
from checklists.queries.frozen import digest
from checklists.queries.stored import altered
from warroom.models import DeploymentPlan, TimelineEvent
from warroom.queries.timeline import first_broken, register_proof
from warroom.rules import chain
from warroom.rules.wording import moment_text

KINDS = ("gate.decided", "gate.held")
SAID = ("word", "recommendation", "rationale", "override", "reasons")


@dataclass(frozen=True)
class Proof:
    """``wrong`` says in sentences what does not fit; ``computed`` is the digest of what is kept."""

    computed: str
    event: TimelineEvent | None
    wrong: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.wrong


def prove(decision: Decision) -> Proof:
    """Compare a decision with its evidence, its event and the whole chain of the timeline."""
    # As it stands now: the head on an older copy of the plan is not the newest event's.
    plan = DeploymentPlan.objects.defer("source_text").get(pk=decision.gate.plan_id)
    broken, event = first_broken(plan), _events(plan).get(_place(decision))
    wrong = [*_differences(decision, event), *altered(decision.evidence.get("results") or ())]
    wrong += [_("The timeline is broken: {broken}.").format(broken=broken)] if broken else []
    return Proof(digest(decision.evidence), event, tuple(wrong))


def prove_file(decision: Decision, data: bytes) -> str:
    """What is wrong with a downloaded file of this decision, as a sentence; "" for nothing."""
    try:
        body: Any = json.loads(data)
        evidence, said = body["evidence"], body["evidence_sha256"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return _("The file is not the JSON that is downloaded here: it has no evidence.")
    found = digest(evidence) if isinstance(evidence, dict) else ""
    if found != decision.evidence_sha256:
        return _("The file's evidence has the SHA-256 {found}: it was changed.").format(
            found=found or _("of nothing")
        )
    if said != decision.evidence_sha256:
        return _("The file names another SHA-256 than its evidence has.")
    return ""


def of_plan(plan: DeploymentPlan) -> Iterator[str]:
    """What does not fit about the decisions of a plan, in sentences; nothing when all fit."""
    rows = Decision.objects.filter(gate__plan=plan).select_related("gate")
    events = _events(plan)
    for decision in rows:
        for sentence in _differences(decision, events.pop(_place(decision), None)):
            yield _("{gate}, {at} UTC: {sentence}").format(
                gate=decision.gate.title, at=moment_text(decision.at), sentence=sentence
            )
    rows = Result.objects.filter(plan=plan).exclude(file_name="").order_by("number")
    yield from altered(rows.values("number", "file_name", "sha256"))
    for key, at in events:
        yield _("{key}: the decision of {at} on the timeline has no row any more.").format(
            key=key, at=at
        )


def _place(decision: Decision) -> tuple[str, str]:
    return decision.gate.key, decision.at.isoformat()


def _events(plan: DeploymentPlan) -> dict[tuple[str, str], TimelineEvent]:
    """The events of decisions, by gate and instant."""
    found = TimelineEvent.objects.filter(plan=plan, kind__in=KINDS)
    return {(event.data.get("gate", ""), event.at.isoformat()): event for event in found}


def _differences(decision: Decision, event: TimelineEvent | None) -> Iterator[str]:
    kept = digest(decision.evidence)
    if kept != decision.evidence_sha256:
        yield _(
            "The kept evidence has the SHA-256 {kept}…, but {evidence_sha256}… was "
            "written with the decision: the evidence was changed afterwards."
        ).format(kept=kept[:12], evidence_sha256=decision.evidence_sha256[:12])
    if event is None:
        yield _("The timeline has no event of this decision.")
        return
    if event.data.get("evidence_sha256") != decision.evidence_sha256:
        yield _(
            "Event {seq} of the timeline names another SHA-256 than the decision: "
            "the decision's row was changed."
        ).format(seq=event.seq)
    row = {name: getattr(decision, name) for name in SAID}
    for name in SAID:
        if name not in event.data:
            continue
        if chain.canonical(event.data.get(name)) != chain.canonical(row[name]):
            yield _(
                "Event {seq} of the timeline tells another {name} than the decision's row."
            ).format(seq=event.seq, name=name)
    # What no person decided stands under another name on the timeline than in its row.
    by_rule = decision.role_id is None and event.data.get("by_rule") and event.actor_id is None
    if event.actor_name != decision.person_name and not by_rule:
        yield _("Event {seq} names {actor_name}, the row {person_name}.").format(
            seq=event.seq, actor_name=event.actor_name, person_name=decision.person_name
        )


register_proof(of_plan)
