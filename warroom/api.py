"""The one API of the project, under /api/v1/. Floors above add routers.

A pipeline shows a bearer token; whatever it does is done by the token's person, with that person's
rights. Errors are problem details (RFC 9457).
"""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, NinjaAPI, Schema, Status
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from warroom.actions import imports
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.actions.timeline import add_external, add_note
from warroom.documents import portable
from warroom.documents.choices import from_text
from warroom.documents.complaints import PlanFileError
from warroom.documents.formats import CONTENT_TYPES
from warroom.documents.reading import understand
from warroom.documents.source import LIMIT_BYTES, DocumentError
from warroom.live import outlook
from warroom.live.headline import shown_verdict
from warroom.models import ApiToken, DeploymentPlan, Role
from warroom.once import once
from warroom.problems import Instant, StrictJson, problem
from warroom.queries.plans import get_plan, plans_for
from warroom.queries.timeline import after as events_after
from warroom.queries.tokens import find_token

log = logging.getLogger("django.request")

MARKDOWN = ("text/markdown", "text/x-markdown", "text/plain", "")


class Bearer(HttpBearer):
    """``Authorization: Bearer wr_…``; the request then is the token's person's."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = find_token(token)
        if found is not None:
            request.user = found.user
        return found


api = NinjaAPI(
    title="Warroom",
    version="1",
    description="Releases for pipelines. Make a token with `manage.py create_token`.",
    auth=Bearer(),
    urls_namespace="api",
    parser=StrictJson(),
)


# --- errors --------------------------------------------------------------------------------


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return problem(error.status, error.sentence, field=getattr(error, "field", ""))


@api.exception_handler(DocumentError)
def _document(request: HttpRequest, error: DocumentError) -> HttpResponse:
    problems = error.problems if isinstance(error, PlanFileError) else []
    errors = [
        {"line": one.line, "field": one.path, "detail": f"{one.text} {one.would_be_right}".rstrip()}
        for one in problems
    ]
    detail = f"{error.text} {error.would_be_right}".rstrip()
    field = problems[0].path if problems else ""
    return problem(422, detail, line=error.line, field=field, errors=errors or None)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {}
    field = ".".join(str(part) for part in first.get("loc", ())[1:])
    return problem(422, str(first.get("msg", _("The request is not valid."))), field=field)


@api.exception_handler(AuthenticationError)
def _stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    answer = problem(401, _("Give a token that is valid: Authorization: Bearer …"))
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, _("There is no such thing, or it is not yours to see."))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return getattr(request, "wrong_body", None) or problem(error.status_code, str(error))


@api.exception_handler(DataError)
def _unkept(request: HttpRequest, error: DataError) -> HttpResponse:
    return problem(422, _("A value cannot be kept: it is too long, too large or holds a NUL."))


@api.exception_handler(OverflowError)
def _beyond(request: HttpRequest, error: OverflowError) -> HttpResponse:
    return problem(422, _("A time or a number lies beyond what can be kept."))


@api.exception_handler(MultiPartParserError)
def _no_form(request: HttpRequest, error: MultiPartParserError) -> HttpResponse:
    return problem(400, _("The form cannot be read. {error}").format(error=error))


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(413, _("The body is larger than this service takes."))


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """A fault of ours: 500. A database that does not answer: 503, and when to come again."""
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    if isinstance(error, OperationalError | InterfaceError):
        answer = problem(503, _("The database does not answer. Come again in some seconds."))
        answer["Retry-After"] = "5"
        return answer
    return problem(500, _("Something went wrong here. See what stands before you send it again."))


# --- what a token may ----------------------------------------------------------------------


def demand_scope(request: HttpRequest, *scopes: str) -> ApiToken:
    """Raise NotAllowed unless the request's token has one of ``scopes``."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]
    if not set(scopes) & set(token.scopes):
        raise NotAllowed(
            _("The token lacks the scope {scopes}.").format(scopes=" or ".join(scopes))
        )
    return token


def plan_of(request: HttpRequest, slug: str, *scopes: str) -> DeploymentPlan:
    """The plan that the token's person may see and the token is for, or Http404 alike."""
    token = demand_scope(request, *(scopes or ("read",)))
    plan = get_plan(token.user, slug)
    if token.plan_id not in (None, plan.pk):
        raise Http404
    return plan


def find_role(plan: DeploymentPlan, key: str) -> Role:
    """The role of that key. Raises Invalid, which names those that there are."""
    role = plan.roles.filter(key=key).first()
    if role is None:
        keys = ", ".join(plan.roles.values_list("key", flat=True))
        raise Invalid(
            "role",
            _("This release has no role {key!r}. Its roles: {keys}.").format(key=key, keys=keys),
        )
    return role


def zoned(field: str, at: datetime | None) -> datetime | None:
    """An instant as it was given. Raises Invalid for one without a time zone."""
    if at is not None and at.tzinfo is None:
        raise Invalid(field, _("Give the time with its zone: 2026-03-04T09:00:00Z."))
    return at


# --- plans ---------------------------------------------------------------------------------


class FindingOut(Schema):
    line: int
    severity: str
    code: str
    text: str


class ImportOut(Schema):
    slug: str | None
    url: str | None
    understood: dict[str, int]
    findings: list[FindingOut]


_DOCUMENT = {
    "requestBody": {
        "required": True,
        "content": {
            "text/markdown": {"schema": {"type": "string"}},
            "application/yaml": {"schema": {"type": "string"}},
            "application/json": {"schema": {"$ref": portable.SCHEMA_PATH}},
        },
    }
}


@api.post("plans", response={200: ImportOut, 201: ImportOut}, openapi_extra=_DOCUMENT)
def create_plan(
    request: HttpRequest,
    slug: str | None = None,
    t0: Instant | None = None,
    name: str | None = None,
    dry_run: bool = False,
    make_items: bool = False,
    choices: str = "",
):
    """Import Markdown, or a plan as YAML or JSON; ``dry_run=1`` only says what is understood.

    Of Markdown: ``choices`` says what guessed lines shall be, as ``12:item,40:text``;
    ``make_items=1`` makes items of all lines that could be some and are not spoken of there.
    """
    token = demand_scope(request, "read") if dry_run else may_create(request)
    form = _form_sent(request)
    zoned("t0", t0)
    try:
        chosen = from_text(choices)
    except ValueError as error:
        return problem(422, str(error), field="choices")
    sent = request.read(LIMIT_BYTES + 1)
    wanted: dict[str, Any] = {"by": token.user, "slug": slug, "t0": t0, "name": name}
    wanted["source_name"] = "API"
    if form is None:
        reading = understand(sent, chosen, make_items=make_items)
        answer = reading.understanding.as_data()
        plan = None if dry_run else imports.import_plan(reading, **wanted)
    else:
        file = portable.read(sent, form)
        answer = portable.as_answer(file)
        plan = None if dry_run else imports.create_plan(file, **wanted)
    if plan is None:
        return Status(200, answer | {"slug": None, "url": None})
    url = settings.PUBLIC_URL + plan.get_absolute_url()
    return Status(201, answer | {"slug": plan.slug, "url": url})


def may_create(request: HttpRequest) -> ApiToken:
    """A token that only reads makes nothing, nor does one that is for a single release."""
    token = demand_scope(request, "edit", "run", "decide", "sign", "vote", "tick", "evidence")
    if token.plan_id is not None:
        raise NotAllowed(_("The token is for one release; it makes no others."))
    return token


def _form_sent(request: HttpRequest) -> str | None:
    """``yaml`` or ``json`` for a plan file, None for Markdown; 415 for anything else."""
    kind = (request.content_type or "").lower()
    if kind in CONTENT_TYPES:
        return CONTENT_TYPES[kind]
    if kind not in MARKDOWN:
        sentence = _("Send text/markdown, application/yaml or application/json in UTF-8.")
        raise HttpError(
            415, _("{kind} is not read. {sentence}").format(kind=kind, sentence=sentence)
        )
    return None


class PlanOut(Schema):
    slug: str
    name: str
    url: str
    version: str
    environment: str
    lifecycle: str
    rehearsal: bool
    usable_as_evidence: bool
    lifecycle_at: datetime | None
    t0: datetime | None
    window: dict[str, datetime | None]
    protected_until: datetime | None
    time_zone: str
    language: str
    revision: int
    position: str
    progress: dict[str, int]
    verdict: str
    verdict_sentence: str
    next: dict[str, Any] | None


@api.get("plans", response=list[PlanOut])
def list_plans(request: HttpRequest):
    """The releases that the token's person may see."""
    token = demand_scope(request, "read")
    plans = plans_for(token.user)
    if token.plan_id is not None:
        plans = plans.filter(pk=token.plan_id)
    plans = list(plans)
    progress = outlook.progress(plans)
    return [_shown(plan, progress) for plan in plans]


@api.get("plans/{slug}", response=PlanOut)
def show_plan(request: HttpRequest, slug: str):
    """Where one release stands; the verdict as it counts now."""
    return plan_shown(plan_of(request, slug))


def plan_shown(plan: DeploymentPlan) -> dict[str, Any]:
    """One release as ``PlanOut``."""
    return _shown(plan, outlook.progress([plan]))


def _shown(plan: DeploymentPlan, progresses: dict[int, outlook.Progress]) -> dict[str, Any]:
    now = timezone.now()
    verdict, step = shown_verdict(plan, now), outlook.next_step(plan, now)
    progress = progresses.get(plan.pk)
    return {
        "slug": plan.slug,
        "name": plan.name,
        "url": settings.PUBLIC_URL + plan.get_absolute_url(),
        "version": plan.version,
        "environment": plan.environment,
        "lifecycle": plan.lifecycle,
        "rehearsal": plan.rehearsal,
        "usable_as_evidence": not plan.rehearsal,
        "lifecycle_at": plan.lifecycle_at,
        "t0": plan.t0,
        "window": {"opens": plan.window_start, "closes": plan.window_end},
        "protected_until": plan.protected_until,
        "time_zone": plan.time_zone,
        "language": plan.language,
        "revision": plan.revision,
        "position": outlook.position(plan),
        "progress": {
            "done": progress.done if progress else 0,
            "total": progress.total if progress else 0,
        },
        "verdict": verdict.word,
        "verdict_sentence": verdict.sentence,
        "next": {"label": step.label, "at": step.at} if step else None,
    }


@api.get("plan.schema.json", auth=None, response={200: None})
def show_schema(request: HttpRequest):
    """The JSON Schema of a plan file in YAML or JSON; open to all, as editors ask for it."""
    answer = JsonResponse(portable.json_schema(), content_type="application/schema+json")
    answer["Cache-Control"] = "public, max-age=300"
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


# --- timeline ------------------------------------------------------------------------------

MOST_EVENTS = 1000


class EventOut(Schema):
    seq: int
    kind: str
    at: datetime
    actor: str = Field(alias="actor_name")
    text: str
    data: dict[str, Any]
    hash: str
    prev_hash: str


class EventIn(Schema):
    """A note, or with ``kind`` a pipeline's own event, such as ``build.finished``."""

    text: str
    kind: str = ""
    data: dict[str, Any] = {}


@api.get("plans/{slug}/timeline", response=list[EventOut])
def show_timeline(request: HttpRequest, slug: str, after: int = 0):
    """The events after a sequence number, oldest first, at most a thousand at once."""
    return list(events_after(plan_of(request, slug), after)[:MOST_EVENTS])


@api.post("plans/{slug}/events", response={200: None, 201: EventOut})
def add_event(request: HttpRequest, slug: str, body: EventIn):
    """Write a note or a pipeline's event on the timeline; 200 when the same key did so before."""
    plan = plan_of(request, slug, "tick", "evidence")
    if body.kind:
        event = add_external(
            plan, body.kind, body.text, data=body.data, by=request.user, request_id=once(request)
        )
    else:
        event = add_note(plan, body.text, by=request.user, request_id=once(request))
    return Status(201, event) if event else Status(200, None)


def open_urls() -> tuple:
    """The routes, freed from the session's sign-in: each asks for a token of its own."""
    for router in settings.API_ROUTERS:
        api.add_router("", router)
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        pattern.callback.login_required = False
    # Words before slugs: plans/from-template is not a release of that name.
    ordered = sorted(patterns, key=lambda pattern: "<" in str(pattern.pattern))
    return ordered, app_name, namespace
