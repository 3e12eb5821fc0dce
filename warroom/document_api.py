"""A release's document by the API: as it is now, and taken over again once it was edited."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.errors import HttpError

from warroom.actions import reimports
from warroom.api import MARKDOWN, plan_of
from warroom.documents.formats import FORMATS, unknown_format
from warroom.once import once
from warroom.problems import problem

router = Router()

_MARKDOWN_BODY = {
    "requestBody": {
        "required": True,
        "content": {"text/markdown": {"schema": {"type": "string"}}},
    }
}


@router.get("plans/{slug}/document", response={200: None})
def show_document(request: HttpRequest, slug: str, format: str = "markdown"):
    """The release as a document, with what was done so far: markdown, yaml or json."""
    plan = plan_of(request, slug)
    if format not in FORMATS:
        return problem(415, unknown_format(format), field="format")
    form = FORMATS[format]
    return HttpResponse(
        form.write(plan), headers={"Content-Type": f"{form.content_type}; charset=utf-8"}
    )


class DifferenceOut(Schema):
    kind: str
    what: str
    where: str
    line: int
    field: str
    before: str
    after: str
    room: str
    asks: str
    key: str


class ReimportOut(Schema):
    """``taken``: how many differences of each kind were done; those with ``asks`` want ``take``."""

    url: str
    revision: int
    taken: dict[str, int]
    differences: list[DifferenceOut]
    remarks: list[str]


@router.put("plans/{slug}/document", response=ReimportOut, openapi_extra=_MARKDOWN_BODY)
def replace_document(
    request: HttpRequest,
    slug: str,
    dry_run: bool = False,
    take: str | None = None,
    revision: int | None = None,
):
    """Take over the edited document; ``dry_run=1`` only says what it changes.

    Without ``take``, everything that asks for nothing is done. ``take``: keys of differences,
    between commas, as a dry run gave them; 409 when one is no longer true. ``revision``: 409 when
    the release changed since.
    """
    scopes = ("read",) if dry_run else ("edit",)
    plan = plan_of(request, slug, *scopes)
    if (request.content_type or "").lower() not in MARKDOWN:
        raise HttpError(415, _("Send the document as text/markdown in UTF-8."))
    reading = reimports.reread(plan, request.body)
    comparison = reimports.compare(plan, reading)
    taken: dict[str, int] = {}
    if not dry_run:
        keys = None if take is None else [key for key in take.split(",") if key]
        done = reimports.update_from_document(
            plan,
            reading,
            keys,
            by=request.user,
            seen_revision=revision,
            source_name="API",
            request_id=once(request),
        )
        taken = {kind: count for kind, count in done.counts.items() if count}
        plan.refresh_from_db()
    return {
        "url": settings.PUBLIC_URL + plan.get_absolute_url(),
        "revision": plan.revision,
        "taken": taken,
        "differences": comparison.differences,
        "remarks": comparison.remarks,
    }
