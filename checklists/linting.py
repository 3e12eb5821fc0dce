"""The findings of this floor: weights, bands, phases, items, holds, gates."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _

from checklists.models import Criterion
from checklists.queries.criteria import bands_of, criteria_now
from checklists.queries.gates import gates_now
from checklists.queries.phases import Checklist, PhaseRows, checklist
from checklists.queries.readiness import score_now
from checklists.rules import bands, oddities
from checklists.rules.oddities import Hold, Part
from checklists.rules.readiness import claim_text
from warroom.live.lint import LintFinding, register_lint
from warroom.models import DeploymentPlan, Lifecycle, Right
from warroom.queries.people import roles_now
from warroom.rules.blanks import blanks, told
from warroom.rules.oddities import Odd


def weights(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    sheet = score_now(plan, now)
    odd = oddities.of_weights([row.category.weight for row in sheet.rows] if sheet else [])
    if odd is not None:
        yield _finding(odd, "weights", _settings(plan, "weights"), _("Fix weights"))
    if sheet is None or sheet.scale.bar is not None:
        return
    for row in sheet.rows:
        if row.category.veto and row.category.target_value is None:
            title = _("{category} is a veto without a target").format(category=row.category.label)
            odd = Odd("veto-without-target", title, _("Nor is there a bar: it can stop nothing."))
            line = row.category.source_line or 0
            yield _finding(odd, "weights", _settings(plan, "weights"), _("Give it a target"), line)


def vetoes(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """A veto with neither a target of its own nor a bar of the whole can never speak."""
    sheet = score_now(plan, now)
    rows = sheet.rows if sheet and sheet.scale.bar is None else ()
    categories = (row.category for row in rows)
    names = [one.label for one in categories if one.veto and one.target_value is None]
    if names:
        text = _("{names}: a veto with neither a target nor a bar stops nothing.").format(
            names=", ".join(names)
        )
        odd = Odd("veto-without-target", _("A veto has nothing to fall under"), text)
        yield _finding(odd, "weights", _settings(plan, "weights"), _("Set a target"))


def claims(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """What the plan's document says of its score, where its own rows make something else (S81)."""
    sheet = score_now(plan, now)
    if sheet is None or not sheet.of_document:
        return
    url = f"{reverse('readiness', args=[plan.slug])}#claims"
    for one in sheet.wrong_claims:
        title = _("{label} is not what its rows make").format(label=one["label"])
        odd = Odd("score-claimed", title, claim_text(one["value"], sheet.score))
        yield _finding(odd, _("readiness score"), url, _("See the score"), one.get("line") or 0)


def criteria(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Bands with gaps or overlaps, strict against non-strict bounds, at each gate."""
    for criterion in criteria_now(plan, now):
        url = f"{reverse('gate', args=[plan.slug, criterion.gate.key])}#criteria-h"
        for odd in _bands(criterion):
            line = criterion.source_line or 0
            yield _finding(odd, criterion.gate.title, url, _("See criterion"), line)


def _bands(criterion: Criterion) -> Iterator[Odd]:
    limits, name = bands_of(criterion), f"{criterion.gate.title}: {criterion.label}"
    if limits is None:
        return
    for sentence in bands.findings(limits):
        yield Odd("bands", _("{name} has odd bands").format(name=name), sentence)
    odd = oddities.of_acceptable(name, criterion.acceptable_text, limits)
    if odd is not None:
        yield odd


def phases(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Phases out of order, items due before their phase, times that were over at the start."""
    board = checklist(plan, now)
    url = reverse("checklist", args=[plan.slug])
    for odd in oddities.of_phases([_part(rows) for rows in board.phases]):
        yield _finding(odd, "checklist", url, _("See phases"))
    for rows in board.phases:
        due = [(row.item.ref, row.due) for row in rows.rows if row.due]
        odd = oddities.before_their_phase(_part(rows), due)
        if odd is not None:
            place = _("phase {phase}").format(phase=rows.phase.number)
            link = f"{url}?phase={rows.phase.number}"
            yield _finding(odd, place, link, _("See items"), rows.phase.source_line or 0)
    yield from _items(plan, board, now, url)


def _items(
    plan: DeploymentPlan, board: Checklist, now: datetime, url: str
) -> Iterator[LintFinding]:
    still = [row for rows in board.phases for row in rows.rows if not row.item.closed]
    if plan.lifecycle in (Lifecycle.DRAFT, Lifecycle.PREPARING):
        fixed = [(row.item.ref, row.item.due_at) for row in still if row.item.due_at]
        odd = oddities.past_before_begin(fixed, now)
        if odd is not None:
            yield _finding(odd, "checklist", f"{url}?show=late", _("See items"))
    for row in still:
        odd = oddities.late_notice(row.item.ref, row.item.text, row.due, plan.t0)
        if odd is not None:
            link = reverse("item", args=[plan.slug, row.item.number])
            yield _finding(odd, row.item.ref, link, _("Open item"), row.item.source_line or 0)


def _part(rows: PhaseRows) -> Part:
    return Part(_("Phase {phase}").format(phase=rows.phase.number), rows.starts, rows.ends)


def holds(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """One hold length in a plan: its gates and its document say the same one."""
    found = [
        Hold(gate.hold_minutes * 60, _("{gate} holds").format(gate=gate.title))
        for gate in gates_now(plan, now)
    ]
    if not found:
        return
    text = DeploymentPlan.objects.values_list("source_text", flat=True).get(pk=plan.pk)
    odd = oddities.of_holds([*found, *oddities.holds_in(text.splitlines())])
    if odd is not None:
        yield _finding(odd, "plan", _settings(plan, "plan"), _("Choose one"))


def voters(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """A gate at which nobody votes can only be decided against its rule."""
    gates = gates_now(plan, now)
    may = any(role.may(Right.VOTE) for role in roles_now(plan, now))
    if gates and not may:
        names = ", ".join(gate.title for gate in gates[:3])
        odd = Odd(
            "gate-without-votes",
            _("Nobody votes at the gates"),
            _("{names}: no role may vote.").format(names=names),
        )
        yield _finding(odd, "people", _settings(plan, "people"), _("Change rights"))
    again = {gate.follows_id for gate in gates}  # held once more, at the same offset
    still = [gate for gate in gates if gate.pk not in again]
    for opens, at_once in groupby(still, key=lambda gate: gate.offset_s):
        same = list(at_once)
        if opens is not None and len(same) > 1:
            names = ", ".join(gate.title for gate in same)
            odd = Odd(
                "gates-at-once",
                _("{count} gates open at one time").format(count=len(same)),
                f"{names}.",
            )
            yield _finding(odd, "gates", reverse("gates", args=[plan.slug]), _("See gates"))


def _settings(plan: DeploymentPlan, section: str) -> str:
    return f"{reverse('settings', args=[plan.slug])}#{section}"


def _finding(odd: Odd, place: str, url: str, way_out: str, line: int = 0) -> LintFinding:
    return LintFinding(odd.code, odd.title, odd.text, place, url, way_out, line)


def placeholders(plan: DeploymentPlan, now: datetime) -> Iterator[LintFinding]:
    """Blanks of a template that are left in the commands of open items; one finding for all."""
    rows = (row for rows in checklist(plan, now).phases for row in rows.rows)
    still = [row.item for row in rows if not row.item.closed]
    left = {item: found for item in still if (found := blanks(item.command, item.expected))}
    if left:
        first = next(iter(left))
        odd = Odd("placeholder", *told({item.ref: found for item, found in left.items()}, "item"))
        url = reverse("item", args=[plan.slug, first.number])
        yield _finding(odd, first.ref, url, _("Open item"), first.source_line or 0)


for source in (weights, vetoes, claims, criteria, phases, holds, voters, placeholders):
    register_lint(source)
