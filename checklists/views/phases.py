from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from checklists.forms import SignOffForm
from checklists.models import ItemNote
from checklists.panels import steps
from checklists.queries.phases import Checklist, GroupRows, ItemRow, PhaseRows, checklist
from checklists.queries.scopes import STABLE, Scope
from checklists.rules.numbers import whole_number
from checklists.views.signing import sign_context
from warroom.live import panels
from warroom.models import DeploymentPlan
from warroom.queries.plans import get_plan
from warroom.views.plans import page

# The pages of the last signatures.
LAST = {scope.key: scope for scope in (Scope(), Scope(declaration=STABLE))}
# What a reason typed beside an item can set it to.
MORE_STATES = [
    ("blocked", "Block"),
    ("failed", "Fail"),
    ("skipped", "Skip"),
    ("not_applicable", "Not applicable"),
]


@require_safe
def checklist_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One phase with its items, filters and sign-offs; ``?phase=plan`` signs the whole release."""
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

    ``scope``: a phase's number, 'plan' or 'stable' for the last signatures, '' for the phase that
    is current.
    """
    context = page(request, plan, "checklist")
    now = context["now"]
    board = checklist(plan, now)
    scope = scope or request.GET.get("phase", "")
    rows = None if scope in LAST else _phase(board, scope)
    signed = LAST.get(scope) or (Scope(rows.phase) if rows else None)
    shown = _filtered(request, rows) if rows else []
    context |= {
        "board": board,
        "steps": steps(plan, board, now),
        "current": rows,
        "scope": signed.key if signed else "",
        "groups": shown,
        "show": request.GET.get("show", "all"),
        "role": request.GET.get("role", ""),
        "roles": sorted({row.item.role for row in rows.rows if row.item.role}, key=str)
        if rows
        else [],
        "seq": plan.timeline_seq,
        "more_states": MORE_STATES,
        "conditions": panels.render(panels.get("plan-conditions"), plan, now)
        if scope in LAST
        else "",
        "phase_sum": panels.render(
            panels.get("phase-sum"), plan, now, str(rows.phase.number), {"phase": rows}
        )
        if rows
        else "",
    }
    return context | (sign_context(request, context, signed, signoff_form) if signed else {})


def _phase(board: Checklist, wanted: str) -> PhaseRows | None:
    if not wanted:
        return board.current
    number = whole_number(wanted)
    rows = board.phase(number) if number is not None else None
    if rows is None:
        raise Http404("No such phase in this release.")
    return rows


def _sum_id(rows: PhaseRows, group: GroupRows) -> str:
    return f"group-sum-{rows.phase.number}-{group.group.position}" if group.group else ""


def _filtered(request: HttpRequest, rows: PhaseRows) -> list[dict]:
    """The groups with the rows that the filter leaves; nested rows stay with their parent."""
    show, role = request.GET.get("show", "all"), request.GET.get("role", "")

    def wanted(row: ItemRow) -> bool:
        item = row.item
        fits = {
            "open": not item.closed,
            "blocking": item.blocking and not item.closed,
            "late": row.late is not None,
        }.get(show, True)
        mine = not role or (item.role is not None and item.role.key == role)
        return (fits and mine) or any(wanted(child) for child in row.children)

    notes = ItemNote.objects.filter(item__phase=rows.phase)
    by_item: dict[int, list[ItemNote]] = {}
    for note in notes:
        by_item.setdefault(note.item_id, []).append(note)
    for row in rows.rows:
        row.note_rows = by_item.get(row.item.pk, [])
    return [
        {"group": group, "rows": chosen, "id": _sum_id(rows, group)}
        for group in rows.groups
        if (chosen := [row for row in group.rows if wanted(row)])
    ]
