from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_safe

from checklists.actions.sections import may_be_off
from checklists.forms import SignOffForm
from checklists.models import ItemNote
from checklists.panels import steps
from checklists.queries.filters import Filter, counts, read_filter
from checklists.queries.phases import Checklist, GroupRows, ItemRow, PhaseRows, checklist
from checklists.queries.scopes import STABLE, Scope
from checklists.rules.numbers import whole_number
from checklists.views.editing import quick_form
from checklists.views.signing import sign_context
from warroom.live import panels
from warroom.models import DeploymentPlan, Right
from warroom.queries.plans import get_plan
from warroom.views.plans import page

# The pages of the last signatures.
LAST = {scope.key: scope for scope in (Scope(), Scope(declaration=STABLE))}
ALL = "all"  # every phase on one page, as a search shows them
# What a reason typed beside an item can set it to.
MORE_STATES = [
    ("blocked", _l("Block")),
    ("failed", _l("Fail")),
    ("skipped", _l("Skip")),
    ("not_applicable", _l("Not applicable")),
]


@require_safe
def checklist_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One phase with its items, filters and sign-offs; ``?phase=all`` and ``?q=`` show every phase.

    ``?phase=plan`` and ``?phase=stable`` are the last signatures.
    """
    plan = get_plan(request.user, slug)
    return render(request, "checklists/checklist.html", checklist_context(request, plan))


def checklist_context(
    request: HttpRequest,
    plan: DeploymentPlan,
    *,
    scope: str = "",
    signoff_form: SignOffForm | None = None,
) -> dict:
    """What the checklist page shows.

    ``scope``: a phase's number, 'all', 'plan' or 'stable' for the last signatures, '' for the phase
    that is current.
    """
    context = page(request, plan, "checklist")
    now = context["now"]
    board = checklist(plan, now)
    asked = {name: request.GET.get(name, "") for name in ("show", "role", "q")}
    chosen = read_filter(plan, request.user, context["standing"], **asked)
    scope = ALL if chosen.q and not scope else scope or request.GET.get("phase", "")
    several = scope == ALL
    rows = None if several or scope in LAST else _phase(board, scope)
    shown = board.phases if several else [rows] if rows else []
    signed = LAST.get(scope) or (Scope(rows.phase) if rows else None)
    context |= _items(plan, now, board, shown, chosen) | {
        "board": board,
        "steps": steps(plan, board, now),
        "current": rows,
        "several": several,
        "scope": signed.key if signed else "",
        "filter": chosen,
        "seq": plan.timeline_seq,
        "more_states": MORE_STATES,
        "daily": plan.daily_forms.exists(),
        "add_item": quick_form(request, plan, rows.phase)
        if rows and context["standing"].may(Right.EDIT)
        else "",
        "list_shape": "".join(
            panels.render(panels.get("list"), plan, now, str(phase.phase.number)) for phase in shown
        ),
        "conditions": panels.render(panels.get("plan-conditions"), plan, now)
        if scope in LAST
        else "",
    }
    return context | (sign_context(request, context, signed, signoff_form) if signed else {})


def _phase(board: Checklist, wanted: str) -> PhaseRows | None:
    if not wanted:
        return board.current
    number = whole_number(wanted)
    rows = board.phase(number) if number is not None else None
    if rows is None:
        raise Http404(_("No such phase in this release."))
    return rows


def _items(
    plan: DeploymentPlan, now: datetime, board: Checklist, shown: list[PhaseRows], chosen: Filter
) -> dict[str, Any]:
    """The phases that are shown with what the filter leaves of them, and what it could leave."""
    rows = [row for phase in shown for row in phase.rows]
    parts = [_part(plan, now, phase, chosen) for phase in shown]
    if len(shown) > 1:
        parts = [part for part in parts if part["groups"]]
    _add_notes(parts)
    _mark_context(rows, chosen)
    return {
        "parts": parts,
        "counts": counts(rows, chosen),
        "matching": sum(chosen.wants(row) for row in rows),
        "roles": sorted({row.item.role for row in rows if row.item.role}, key=str),
    }


def _part(plan: DeploymentPlan, now: datetime, rows: PhaseRows, chosen: Filter) -> dict[str, Any]:
    """A phase with its groups. Nested rows stay with their parent, whatever becomes of it."""
    panel = panels.get("phase-sum")
    groups = [
        {"group": group, "rows": kept, "id": _sum_id(rows, group), "may_be_off": _switches(group)}
        for group in rows.groups
        if (kept := [row for row in group.rows if chosen.keeps(row)])
    ]
    return {
        "rows": rows,
        "groups": groups,
        "may_be_off": may_be_off(rows.phase),
        "sum": panels.render(panel, plan, now, str(rows.phase.number), {"phase": rows}),
    }


def _mark_context(rows: list[ItemRow], chosen: Filter) -> None:
    """What does not match itself, but stands above or below what does."""
    for row in rows:
        row.context = not chosen.wants(row)


def _switches(group: GroupRows) -> bool:
    return group.group is not None and may_be_off(group.group)


def _sum_id(rows: PhaseRows, group: GroupRows) -> str:
    return f"group-sum-{rows.phase.number}-{group.group.position}" if group.group else ""


def _add_notes(parts: list[dict[str, Any]]) -> None:
    """The notes of all rows on the page, in one SQL statement."""
    rows = {row.item.pk: row for part in parts for row in part["rows"].rows}
    for row in rows.values():
        row.note_rows = []
    noted = [pk for pk, row in rows.items() if row.notes]
    for note in ItemNote.objects.filter(item__in=noted) if noted else ():
        rows[note.item_id].note_rows.append(note)
