"""What is odd about what gates ask: weights, sources, keys, and what was accepted."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from checklists.models import Criterion, Gate, Source
from checklists.queries.criteria import criteria_now, evidence_now, waivers_now
from checklists.queries.evidence import measured_keys
from checklists.queries.gates import final_of, gates_now, opens_at
from checklists.queries.measures import measure_of
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan
from warroom.rules.wording import moment_text


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
        text = _("{names}: until a bar is set, all of them must be green.").format(names=names)
        title = _("{gate}: weights without a bar").format(gate=gate.title)
        yield LintFinding("weights-no-bar", title, text, gate.title, url, _("Set the bar"))
    if gate.bar is not None and not weighted:
        title = _("{gate}: a bar that nothing is held against").format(gate=gate.title)
        text = _("The bar is {bar:g} % and no criterion has a weight.").format(bar=float(gate.bar))
        yield LintFinding("bar-unreachable", title, text, gate.title, url, _("See the bar"))


def _source(plan: DeploymentPlan, one: Criterion, known: set[str]) -> Iterator[LintFinding]:
    url = reverse("criterion-edit", args=[plan.slug, one.gate.key, one.key])
    name, line = f"{one.gate.title}: {one.label}", one.source_line or 0
    if one.source == Source.EVIDENCE and not one.evidence_key:
        return  # a person judges it
    if one.source != Source.PERSON and not one.green_op:
        text = _("Whatever is measured, it has no data: nothing says what is green.")
        title = _("{name} has no bounds").format(name=name)
        yield LintFinding("no-bounds", title, text, one.gate.title, url, _("Give bounds"), line)
    elif one.source == Source.EVIDENCE and one.evidence_key not in known:
        text = _("No metric, check or result brings “{evidence_key}” so far.").format(
            evidence_key=one.evidence_key
        )
        title = _("{name} waits for a key that nobody provides").format(name=name)
        yield LintFinding("key-unknown", title, text, one.gate.title, url, _("See criterion"), line)
    elif one.source not in (Source.PERSON, Source.EVIDENCE) and measure_of(one.source) is None:
        title, text = (
            _("{name} cannot be measured").format(name=name),
            _("Nothing here counts that."),
        )
        yield LintFinding("no-measure", title, text, one.gate.title, url, _("See criterion"), line)


def _accepted(plan: DeploymentPlan, one: Criterion, waiver, now: datetime) -> Iterator[LintFinding]:
    opens = opens_at(one.gate)
    if waiver is None or waiver.withdrawn or waiver.ends_at is None or opens is None:
        return
    if waiver.criterion_version == one.version and now < waiver.ends_at < opens:
        url = reverse("criterion-waiver", args=[plan.slug, one.gate.key, one.key])
        title = _("{gate}: what is accepted of {one} ends before the gate opens").format(
            gate=one.gate.title, one=one.label
        )
        text = _("It ends {ends_at} UTC, the gate opens {opens} UTC.").format(
            ends_at=moment_text(waiver.ends_at), opens=moment_text(opens)
        )
        yield LintFinding(
            "waiver-too-short", title, text, one.gate.title, url, _("Accept for longer")
        )


register_lint(criteria_asked)
