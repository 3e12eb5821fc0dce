from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from checklists.forms import SignOffForm
from checklists.models import Condition, ItemNote
from checklists.panels import signoff_context, steps
from checklists.queries.phases import Checklist, GroupRows, ItemRow, PhaseRows, checklist
from checklists.queries.signoffs import Signature
from checklists.rules.numbers import whole_number
from warroom.live import panels
from warroom.models import DeploymentPlan, Right, User
from warroom.queries.plans import get_plan
from warroom.views.plans import page

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
    """What the checklist page shows. ``scope``: a phase's number, 'plan', or '' for the current."""
    context = page(request, plan, "checklist")
    now = context["now"]
    board = checklist(plan, now)
    scope = scope or request.GET.get("phase", "")
    rows = None if scope == "plan" else _phase(board, scope)
    key = "plan" if scope == "plan" else str(rows.phase.number) if rows else ""
    signed = signoff_context(rows) if rows else _whole(board)
    shown = _filtered(request, rows) if rows else []
    context |= {
        "board": board,
        "steps": steps(plan, board, now),
        "current": rows,
        "scope": key,
        "groups": shown,
        "show": request.GET.get("show", "all"),
        "role": request.GET.get("role", ""),
        "roles": sorted({row.item.role for row in rows.rows if row.item.role}, key=str)
        if rows
        else [],
        "seq": plan.timeline_seq,
        "more_states": MORE_STATES,
        "signoffs": panels.render(panels.get("signoffs"), plan, now, key, signed) if key else "",
        "phase_sum": panels.render(panels.get("phase-sum"), plan, now, key, {"phase": rows})
        if rows
        else "",
        "mine": _mine(request.user, signed["signatures"]),
        "open_conditions": _open_conditions(signed["signatures"]),
        "signing": context["standing"].roles_with(Right.SIGN),
        "signoff_form": signoff_form or _empty_form(context, plan, key),
    }
    return context


def _mine(person: User, signatures: list[Signature]) -> list[Signature]:
    """The signatures that this person gave and that still stand."""
    given = [one for one in signatures if one.signoff and not one.revoked]
    return [one for one in given if one.signoff.person_id == person.pk]


def _open_conditions(signatures: list[Signature]) -> list[Condition]:
    """What the signatures shown are tied to and nobody has closed yet."""
    return [
        condition
        for signature in signatures
        if signature.signoff
        for condition in signature.signoff.conditions.all()
        if condition.closed_at is None
    ]


def _phase(board: Checklist, wanted: str) -> PhaseRows | None:
    if not wanted:
        return board.current
    number = whole_number(wanted)
    rows = board.phase(number) if number is not None else None
    if rows is None:
        raise Http404("No such phase in this release.")
    return rows


def _whole(board: Checklist) -> dict:
    return {"signatures": board.whole, "title": "Sign-off, the whole release"}


def _empty_form(context: dict, plan: DeploymentPlan, scope: str) -> SignOffForm:
    mine = [role.pk for role in context["standing"].roles_with(Right.SIGN)]
    roles = plan.roles.filter(pk__in=mine)
    return SignOffForm(roles=roles, initial={"scope": scope, "decision": "approved"})


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
