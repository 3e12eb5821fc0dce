"""Results out of pipelines: values and files, posted with a token of the scope ``evidence``."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from ninja.errors import HttpError
from pydantic import ValidationError

from checklists.actions.refused_files import tell_refused
from checklists.actions.results import (
    LIMIT_BYTES,
    record_result,
    record_value,
)
from checklists.models import Result
from checklists.queries.results import ResultRow, row_of
from checklists.rules.results.reading import WrongResult, read_result
from checklists.sending import result_file
from warroom.actions.change import demand
from warroom.actions.refusals import Invalid
from warroom.api import plan_of
from warroom.models import DeploymentPlan, Right
from warroom.once import once
from warroom.problems import Instant, StrictJson, problem
from warroom.rules.typed import length_of

router = Router(tags=["evidence"])
PER_PAGE = 100


class FigureOut(Schema):
    key: str
    label: str
    value: float | None
    unit: str
    text: str


class VerdictOut(Schema):
    """What a result feeds, and where it stands by that: green, yellow, red or no_data."""

    gate: str
    criterion: str
    label: str
    key: str
    band: str
    sentence: str


class FileOut(Schema):
    name: str
    size: int
    url: str


class ResultOut(Schema):
    """``valid_for``: seconds from ``observed_at`` (UTC). ``why``: why it does not count, or ""."""

    id: int
    kind: str
    name: str
    prefix: str
    text: str
    detail: str
    counts: bool
    why: str
    observed_at: datetime
    valid_for: int
    counts_until: datetime
    source: str
    link: str
    commit: str
    sha256: str
    by: str
    at: datetime
    url: str
    file: FileOut | None


class ResultWhole(ResultOut):
    figures: list[FigureOut]
    notes: list[str]
    verdicts: list[VerdictOut]


class ValueIn(Schema):
    """``observed_at`` without a zone is UTC; ``valid_for`` is seconds, or a length such as 45m."""

    key: str
    value: Any
    unit: str = ""
    text: str = ""
    label: str = ""
    observed_at: Instant | None = None
    source: str = ""
    url: str = ""
    commit: str = ""
    valid_for: int | str | None = None


_FILE = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        **{
            name: {"type": "string"}
            for name in (
                "kind",
                "prefix",
                "label",
                "commit",
                "url",
                "source",
                "observed_at",
                "valid_for",
            )
        },
    },
}
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_BODIES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": ValueIn.model_json_schema()},
            "multipart/form-data": {"schema": _FILE},
            "application/xml": _BYTES,
            "application/sarif+json": _BYTES,
            "text/csv": _BYTES,
        },
    }
}


@router.post(
    "plans/{slug}/evidence",
    response={200: ResultWhole, 201: ResultWhole},
    openapi_extra=_BODIES,
)
def post_evidence(
    request: HttpRequest,
    slug: str,
    name: str = "",
    kind: str = "",
    prefix: str = "",
    label: str = "",
    commit: str = "",
    url: str = "",
    source: str = "",
    observed_at: str = "",
    valid_for: str = "",
):
    """Bring in a value as JSON, or a result file: as the field ``file`` of a form, or as the body
    with ``?name=``. 201 with the verdicts that it feeds; 200 when it was there already; 422 with
    the line or the field that is wrong.
    """
    plan = plan_of(request, slug, "evidence")
    demand(plan, request.user, Right.TICK)
    if request.content_type == "application/json" and not (name or kind):
        result = _value(request, plan)
    else:
        said = {
            "name": name,
            "kind": kind,
            "prefix": prefix,
            "label": label,
            "commit": commit,
            "url": url,
            "source": source,
            "observed_at": observed_at,
            "valid_for": valid_for,
        }
        result = _file(request, plan, said)
    if isinstance(result, HttpResponse):
        return result
    return Status(201 if result.is_fresh else 200, _whole(result, plan))


def _value(request: HttpRequest, plan: DeploymentPlan) -> Result:
    try:
        body = ValueIn.model_validate(StrictJson().parse_body(request))
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(".".join(map(str, first["loc"])) or "body", f"{first['msg']}.") from None
    except ValueError:
        raise HttpError(400, _("The body is no JSON.")) from None  # told by request.wrong_body
    said = body.model_dump(exclude={"key", "value", "valid_for"})
    span = _seconds(body.valid_for)
    try:
        return record_value(
            plan,
            body.key,
            body.value,
            by=request.user,
            valid_for_s=span,
            request_id=once(request),
            **said,
        )
    except Invalid as wrong:
        tell_refused(plan, body.key or "value", f"{wrong.field}: {wrong.sentence}", by=request.user)
        raise


def _file(
    request: HttpRequest, plan: DeploymentPlan, said: dict[str, str]
) -> Result | HttpResponse:
    """The result of a file, or the answer that says where it cannot be read."""
    data, said = _sent(request, said)
    if len(data) > LIMIT_BYTES:
        raise Invalid(
            "file",
            _("More than {limit_bytes} MB is not taken.").format(
                limit_bytes=LIMIT_BYTES // 1024**2
            ),
        )
    observed = _instant(said["observed_at"])
    try:
        reading = read_result(data, said["name"], said["kind"])
        return record_result(
            plan,
            reading,
            data,
            said["name"],
            by=request.user,
            prefix=said["prefix"] or None,
            label=said["label"],
            commit=said["commit"],
            url=said["url"],
            source=said["source"],
            observed_at=observed,
            valid_for_s=_seconds(said["valid_for"]),
            request_id=once(request, _content(data, said)),
        )
    except WrongResult as wrong:
        tell_refused(plan, said["name"], str(wrong), by=request.user)
        return problem(422, wrong.sentence, line=wrong.line, place=wrong.place, field="file")
    except Invalid as wrong:
        tell_refused(plan, said["name"], f"{wrong.field}: {wrong.sentence}", by=request.user)
        raise


def _content(data: bytes, said: dict[str, str]) -> str:
    """What makes it the same request: the bytes alone are not, under another prefix."""
    return json.dumps([hashlib.sha256(data).hexdigest(), said], sort_keys=True)


def _sent(request: HttpRequest, said: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    """The bytes, and what was said of them: in the address, or beside them in the form."""
    if request.content_type != "multipart/form-data":
        return request.read(LIMIT_BYTES + 1), said | {"name": said["name"] or "result"}
    file = request.FILES.get("file")
    if file is None:
        raise Invalid("file", _("Send the file as the field 'file', or as the body."))
    typed = {name: request.POST.get(name, "") or text for name, text in said.items()}
    return file.read(), typed | {"name": typed["name"] or file.name or "result"}


def _seconds(length: int | str | None) -> int | None:
    if length in (None, ""):
        return None
    if isinstance(length, str) and not length.isdecimal():
        seconds = length_of(length)
        if seconds is None:
            raise Invalid("valid_for", _("Give seconds, or a length such as 45m, 12h or 7d."))
        return seconds
    return int(str(length)[:12])


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid("observed_at", _("Give the time as 2025-10-23T20:44:00Z.")) from None


@router.get("plans/{slug}/evidence", response=list[ResultOut])
def list_evidence(request: HttpRequest, slug: str, key: str = "", before: int | None = None):
    """Results, newest first, a hundred at a time; ``before=id`` goes on, ``key`` is a prefix."""
    plan = plan_of(request, slug)
    found = plan.results.order_by("-number")
    if key:
        found = found.filter(prefix=key)
    if before is not None:
        found = found.filter(number__lt=before)
    return [_out(result, plan) for result in found[:PER_PAGE]]


@router.get("plans/{slug}/evidence/{int:number}", response=ResultWhole)
def get_evidence(request: HttpRequest, slug: str, number: int):
    """A result with its figures, its notes and what it feeds now."""
    plan = plan_of(request, slug)
    return _whole(_find(plan, number), plan)


@router.get("plans/{slug}/evidence/{int:number}/file")
def get_evidence_file(request: HttpRequest, slug: str, number: int):
    """The file as it was sent, byte for byte."""
    return result_file(_find(plan_of(request, slug), number))


def _find(plan: DeploymentPlan, number: int) -> Result:
    result = plan.results.filter(number=number).first()
    if result is None:
        raise Http404
    return result


def _whole(result: Result, plan: DeploymentPlan) -> dict[str, Any]:
    plan.refresh_from_db()
    row = row_of(result, plan, timezone.now())
    return _out(result, plan) | {
        "figures": result.figures,
        "notes": result.notes,
        "verdicts": _verdicts(row),
    }


def _verdicts(row: ResultRow) -> list[dict[str, Any]]:
    names = ("gate", "criterion", "label", "key", "band", "sentence")
    return [
        {name: getattr(feed, name) for name in names}
        for feed in row.feeds
        if feed.gate and not feed.decided
    ]


def _out(result: Result, plan: DeploymentPlan) -> dict[str, Any]:
    row = ResultRow(result, 0, ())
    address = reverse("result", args=[plan.slug, result.number])
    same = (
        "kind", "name", "prefix", "text", "detail", "counts", "why", "observed_at", "source",
        "commit", "sha256", "at",
    )  # fmt: skip
    return {name: getattr(result, name) for name in same} | {
        "id": result.number,
        "valid_for": result.valid_for_s,
        "counts_until": row.counts_until,
        "link": result.url,
        "by": result.by_name,
        "url": settings.PUBLIC_URL + address,
        "file": _file_out(result, plan),
    }


def _file_out(result: Result, plan: DeploymentPlan) -> dict[str, Any] | None:
    if not result.file_name:
        return None
    address = reverse("result-file", args=[plan.slug, result.number, result.file_name])
    url = settings.PUBLIC_URL + address
    return {"name": result.file_name, "size": result.size, "url": url}
