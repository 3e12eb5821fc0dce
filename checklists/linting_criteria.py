"""What is odd about what gates ask: weights, sources, keys, and what was accepted."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from checklists.models import Criterion, Gate, Source
from checklists.queries.criteria import criteria_now, evidence_now, waivers_now
from checklists.queries.evidence import measured_keys
from checklists.queries.gates import final_of, gates_now, opens_at
from checklists.queries.measures import measure_of
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan


def criteria_asked(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Of every gate that is not decided."""
    gates = {gate.pk: gate for gate in gates_now(plan, now) if final_of(gate) is None}
    asked: dict[int, list[Criterion]] = {}
    for one in criteria_now(plan, now):
        if one.gate_id not in gates:
            continue
        one.gate = gates[one.gate_id]
        asked.setdefault(one.gate_id, []).append(one)
    known = set(evidence_now(plan, now)) | measured_keys(plan, now)
    waivers = waivers_now(plan, now)
    for pk, rows in asked.items():
        yield from _weights(plan, gates[pk], rows)
        for one in rows:
            yield from _source(plan, one, known)
            yield from _accepted(plan, one, waivers.get(one.pk), now)


def _weights(plan: DeploymentPlan, gate: Gate, rows: list[Criterion]) -> Iterator[LintFinding]:
    weighted = [one for one in rows if one.weight is not None and not one.report_only]
    url = f"{reverse('criterion-edit', args=[plan.slug, gate.key, rows[0].key])}#bar"
    if weighted and gate.bar is None:
        names = ", ".join(one.label for one in weighted[:3])
        text = f"{names}: until a bar is set, all of them must be green."
        title = f"{gate.title}: weights without a bar"
        yield LintFinding("weights-no-bar", title, text, gate.title, url, "Set the bar")
    if gate.bar is not None and not weighted:
        title = f"{gate.title}: a bar that nothing is held against"
        text = f"The bar is {float(gate.bar):g} % and no criterion has a weight."
        yield LintFinding("bar-unreachable", title, text, gate.title, url, "See the bar")


def _source(plan: DeploymentPlan, one: Criterion, known: set[str]) -> Iterator[LintFinding]:
    url = reverse("criterion-edit", args=[plan.slug, one.gate.key, one.key])
    name, line = f"{one.gate.title}: {one.label}", one.source_line or 0
    if one.source == Source.EVIDENCE and not one.evidence_key:
        return  # a person judges it
    if one.source != Source.PERSON and not one.green_op:
        text = "Whatever is measured, it has no data: nothing says what is green."
        title = f"{name} has no bounds"
        yield LintFinding("no-bounds", title, text, one.gate.title, url, "Give bounds", line)
    elif one.source == Source.EVIDENCE and one.evidence_key not in known:
        text = f"No metric, check or result brings “{one.evidence_key}” so far."
        title = f"{name} waits for a key that nobody provides"
        yield LintFinding("key-unknown", title, text, one.gate.title, url, "See criterion", line)
    elif one.source not in (Source.PERSON, Source.EVIDENCE) and measure_of(one.source) is None:
        title, text = f"{name} cannot be measured", "Nothing here counts that."
        yield LintFinding("no-measure", title, text, one.gate.title, url, "See criterion", line)


def _accepted(plan: DeploymentPlan, one: Criterion, waiver, now: datetime) -> Iterator[LintFinding]:
    opens = opens_at(one.gate)
    if waiver is None or waiver.withdrawn or waiver.ends_at is None or opens is None:
        return
    if waiver.criterion_version == one.version and now < waiver.ends_at < opens:
        url = reverse("criterion-waiver", args=[plan.slug, one.gate.key, one.key])
        title = f"{one.gate.title}: what is accepted of {one.label} ends before the gate opens"
        text = f"It ends {waiver.ends_at:%d %b %H:%M} UTC, the gate opens {opens:%d %b %H:%M} UTC."
        yield LintFinding("waiver-too-short", title, text, one.gate.title, url, "Accept for longer")


register_lint(criteria_asked)
