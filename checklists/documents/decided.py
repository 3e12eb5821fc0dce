"""Votes, decisions and measured values in the completed document, each at its gate."""

from collections import defaultdict
from collections.abc import Iterator

from django.conf import settings
from django.urls import reverse

from checklists.documents.signed import condition_text, said_of, signatures_of
from checklists.models import Criterion, DailyEntry, Decision, Evidence, Gate, Vote
from checklists.queries.gates import gate_sheet
from warroom.documents.marks import escape
from warroom.documents.writing import (
    Outline,
    Page,
    Writer,
    by_whom,
    plain_line,
    register_writer,
    stamp,
)
from warroom.models import DeploymentPlan


class Decided(Writer):
    name = "gates"
    order = 70

    def outline(self, plan: DeploymentPlan, outline: Outline) -> None:
        for gate in Gate.objects.filter(plan=plan).prefetch_related("criteria"):
            outline.heading(2, gate.title)
            outline.lines_of["gate", gate.pk] = len(outline.lines) - 1
            criteria = list(gate.criteria.all())
            if criteria:
                outline.add("| Metric | Target | Acceptable | Fail |", "|---|---|---|---|")
            for one in criteria:
                texts = (one.label, one.target_text, one.acceptable_text, one.fail_text)
                outline.note("criterion", one, f"| {' | '.join(map(plain_line, texts))} |")

    def write(self, page: Page) -> None:
        gates = list(Gate.objects.filter(plan=page.plan).prefetch_related("criteria"))
        votes, decisions = _by_gate(page.plan)
        signed = defaultdict(list)
        for row in signatures_of(page):
            signed[row.gate_id].append(row)
        for gate in gates:
            gate.plan = page.plan
            said = [line for vote in votes[gate.pk] for line in _vote(vote)]
            said += [line for decision in decisions[gate.pk] for line in _decision(decision)]
            said += [line for row in signed[gate.pk] for line in said_of(row)]
            _put(page, gate, said)
        _values(page, gates)


def _by_gate(plan: DeploymentPlan) -> tuple[dict[int, list[Vote]], dict[int, list[Decision]]]:
    votes: dict[int, list[Vote]] = defaultdict(list)
    rows = Vote.objects.filter(gate__plan=plan)
    rows = rows.select_related("role", "superseded_by", "delegation")
    for vote in rows.prefetch_related("conditions__closed_by"):
        votes[vote.gate_id].append(vote)
    decisions: dict[int, list[Decision]] = defaultdict(list)
    rows = Decision.objects.filter(gate__plan=plan).select_related("role", "gate__plan")
    for decision in rows.defer("evidence", "gate__plan__source_text"):
        decisions[decision.gate_id].append(decision)
    return votes, decisions


def _vote(vote: Vote) -> list[str]:
    head = f"- Vote{by_whom(vote.person_name, None)} as {escape(vote.role.name)}, {stamp(vote.at)}"
    parts = [f"{head}: {vote.word}"]
    parts += [escape(vote.reason)] if vote.reason else []
    handed = vote.delegation
    parts += [f"for {escape(handed.for_name)}, asked by {escape(handed.by_name)}"] if handed else []
    parts += [f"for version {vote.gate_version} of the gate"] if vote.gate_version > 1 else []
    parts += ["superseded by a later one"] if hasattr(vote, "superseded_by") else []
    return [" · ".join(parts), *(condition_text(one) for one in vote.conditions.all())]


def _decision(row: Decision) -> list[str]:
    who = f"{by_whom(row.person_name, None)} as {escape(row.decided_as)}, {stamp(row.at)}"
    parts = [f"- Decision **{row.word.upper()}**{who}"]
    parts += [escape(row.rationale)] if row.rationale else []
    if row.override:
        parts.append(f"override: {row.how}")
    parts += [f"holds until {stamp(row.hold_until)}"] if row.hold_until else []
    parts.append(f"evidence SHA-256 `{row.evidence_sha256}`")
    path = reverse("decision-record", args=[row.gate.plan.slug, row.gate.key, row.pk])
    return [" · ".join([*parts, f"record {settings.PUBLIC_URL}{path}"])]


def _put(page: Page, gate: Gate, said: list[str]) -> None:
    if not said:
        return
    line = page.line_of("gate", gate)
    end = page.section_end(line, inner=False) if line else len(page.lines)
    page.add(end, "\n".join([f"**{escape(gate.title)}: votes and decisions**", "", *said]))


def _values(page: Page, gates: list[Gate]) -> None:
    """Behind each criterion what is measured, or was when its gate was decided."""
    if not Evidence.objects.filter(plan=page.plan).exists():
        return
    for gate in gates:
        for criterion, text in _readings(page, gate):
            line = page.line_of("criterion", criterion)
            if line:
                page.say(line, f" — {text}")


def _readings(page: Page, gate: Gate) -> Iterator[tuple[Criterion, str]]:
    criteria = {criterion.key: criterion for criterion in gate.criteria.all()}
    sheet = gate_sheet(gate, page.at) if criteria else None
    if sheet is None:
        return
    if sheet.decided:
        for one in sheet.decided.evidence.get("criteria", []):
            if one.get("text") and one.get("key") in criteria:
                said = f"{escape(str(one['text']))} ({one.get('verdict')}) when decided"
                yield criteria[one["key"]], f"{escape(gate.title)}: {said}"
        return
    for row in sheet.criteria:
        if row.text and row.observed_at:
            said = f"{escape(row.text)} ({row.band.value}), {stamp(row.observed_at)}"
            yield row.criterion, f"{escape(gate.title)}: {said}"


class Daily(Writer):
    """The answers of wrap-up forms, at the end."""

    name = "daily"
    order = 80

    def write(self, page: Page) -> None:
        rows = DailyEntry.objects.filter(form__plan=page.plan, superseded_by__isnull=True)
        said = [line for row in rows.select_related("form") for line in _entry(row)]
        if said:
            page.add(len(page.lines), "\n".join(["**Wrap-ups**", "", *said]))


def _entry(row: DailyEntry) -> list[str]:
    labels = {one.get("key"): one.get("label", "") for one in row.form.questions}
    head = f"- {escape(row.form.title)}, {row.day:%Y-%m-%d}{by_whom(row.by_name, row.at)}"
    answers = [
        f"  - {escape(labels.get(k) or k)}: {escape(str(v))}" for k, v in row.answers.items()
    ]
    return [head, *answers]


register_writer(Decided())
register_writer(Daily())
