"""What pipelines read and do with the items of the checklist. A token acts for its person."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from checklists.actions.files import attach_file
from checklists.actions.items import set_count, set_item_state
from checklists.models import ChecklistItem, ItemFile
from checklists.queries.phases import items_of, left_out_of
from checklists.queries.refs import name_items
from checklists.rules.due import due_at
from checklists.rules.files import LIMIT_BYTES
from checklists.rules.items import COUNT_MOST, ends_at
from checklists.rules.targets import against
from warroom.actions.refusals import Invalid
from warroom.api import plan_of
from warroom.models import DeploymentPlan
from warroom.once import once

router = Router(tags=["checklists"])


class CountOut(Schema):
    done: int
    of: int
    unit: str


class TimerOut(Schema):
    """``runs_s``: how long the work runs, in seconds; ``ends`` once it was started."""

    runs_s: int
    started: datetime | None
    ends: datetime | None


class FileOut(Schema):
    id: int
    name: str
    url: str
    content_type: str
    size: int
    sha256: str
    by: str
    at: datetime


class ItemOut(Schema):
    """``id`` names the item for good; ``ref`` is how people call it. Times are UTC.

    ``verdict``: whether ``value`` meets ``target``: met, missed, unknown, or "" without a target.
    ``left_out`` says by whom and why a required item was skipped.
    """

    id: int
    ref: str
    phase: int
    parent: int | None
    text: str
    state: str
    reason: str
    value: str
    target: str
    verdict: str
    by: str
    at: datetime | None
    due: datetime | None
    owner: str
    role: str | None
    required: bool
    blocking: bool
    left_out: str
    command: str
    expected: str
    evidence: str
    count: CountOut | None
    timer: TimerOut | None
    files: list[FileOut]
    notes: int
    revision: int


class StateIn(Schema):
    """Without ``state`` only the count is set."""

    state: str = ""
    reason: str = ""
    value: str | None = None
    evidence: str | None = None
    count: int | None = None
    revision: int | None = None


@router.get("plans/{slug}/items", response=list[ItemOut])
def list_items(request: HttpRequest, slug: str):
    """All items in the order of the list."""
    plan = plan_of(request, slug)
    items = name_items(items_of(plan))
    return [item_out(item, plan) for item in items]


@router.put("plans/{slug}/items/{int:number}/state", response=ItemOut)
def put_item_state(request: HttpRequest, slug: str, number: int, body: StateIn):
    """Set an item's state, value or count. 409 when ``revision`` is no longer the item's."""
    plan = plan_of(request, slug, "tick")
    item = _find(plan, number)
    seen = {"by": request.user, "seen_revision": body.revision, "request_id": once(request)}
    if body.count is not None and not 0 <= body.count <= COUNT_MOST:
        raise Invalid(
            "count", _("A count lies between 0 and {count_most}.").format(count_most=COUNT_MOST)
        )
    if not body.state and body.count is not None:
        set_count(item, body.count, **seen)
    else:
        said = {"reason": body.reason, "value": body.value, "evidence": body.evidence}
        set_item_state(item, body.state, count=body.count, **said, **seen)
    return item_out(_find(plan, number), plan)


@router.post("plans/{slug}/items/{int:number}/files", response={201: FileOut})
def post_item_file(request: HttpRequest, slug: str, number: int, name: str = ""):
    """Attach a file: as the body, with ``?name=``, or as the field ``file`` of a form.

    The same bytes again are the same file. 422 for what is too big or of a kind not taken.
    """
    plan = plan_of(request, slug, "tick")
    item = _find(plan, number)
    if request.content_type == "multipart/form-data":
        sent = request.FILES.get("file")
        if sent is None:
            raise Invalid("file", _("Send the file as the field 'file', or as the body."))
        name, content = name or sent.name, sent.read()
    else:
        content = request.read(LIMIT_BYTES + 1)
    if not name:
        raise Invalid("name", _("Give the file a name with its ending: ?name=panel.png"))
    return Status(201, _file(attach_file(item, name, content, by=request.user), item, plan))


def _find(plan: DeploymentPlan, number: int) -> ChecklistItem:
    item = items_of(plan).filter(number=number).first()
    if item is None:
        raise Http404
    return item


def item_out(item: ChecklistItem, plan: DeploymentPlan) -> dict[str, Any]:
    return {
        "id": item.number,
        "ref": item.ref,
        "phase": item.phase.number,
        "parent": item.parent.number if item.parent else None,
        "text": item.text,
        "state": item.state,
        "reason": item.state_reason,
        "value": item.value,
        "target": item.target,
        "verdict": against(item.value, item.target).met.value if item.target else "",
        "by": item.state_by_name,
        "at": item.state_at,
        "due": due_at(plan.t0, item.due_at, item.due_offset_s),
        "owner": item.owner,
        "role": item.role.key if item.role else None,
        "required": item.required,
        "blocking": item.blocking,
        "left_out": left_out_of(item),
        "command": item.command,
        "expected": item.expected,
        "evidence": item.evidence_url,
        "count": _count(item),
        "timer": _timer(item),
        "files": [_file(file, item, plan) for file in item.files.all()],
        "notes": item.note_count,
        "revision": item.revision,
    }


def _count(item: ChecklistItem) -> dict[str, Any] | None:
    if not item.count_of:
        return None
    return {"done": item.count_done or 0, "of": item.count_of, "unit": item.count_unit}


def _timer(item: ChecklistItem) -> dict[str, Any] | None:
    if not item.duration_s:
        return None
    ends = ends_at(item.started_at, item.duration_s)
    return {"runs_s": item.duration_s, "started": item.started_at, "ends": ends}


def _file(file: ItemFile, item: ChecklistItem, plan: DeploymentPlan) -> dict[str, Any]:
    return {
        "id": file.pk,
        "name": file.name,
        "url": reverse("item-file", args=[plan.slug, item.number, file.pk, file.name]),
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "by": file.by_name,
        "at": file.at,
    }
