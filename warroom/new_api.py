"""What pipelines begin releases with: templates and earlier releases. Each becomes a draft."""

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema, Status

from warroom.actions.copies import copy_plan
from warroom.actions.drafts import Wishes
from warroom.actions.templates import start_from_template
from warroom.api import demand_scope, may_create, plan_of, zoned
from warroom.documents.templates import Starter, starter, starters
from warroom.models import DeploymentPlan
from warroom.once import once
from warroom.problems import Instant
from warroom.rules.outlines import TAKES

router = Router(tags=["plans"])


class TemplateRole(Schema):
    key: str
    name: str


class TemplateOut(Schema):
    """``own`` is true for a template that a team made of a release."""

    key: str
    name: str
    summary: str
    own: bool
    counts: dict[str, int]
    roles: list[TemplateRole]


class ReleaseIn(Schema):
    """T0 with its zone; ``factor`` is how many times as fast a rehearsal runs."""

    name: str
    slug: str = ""
    version: str = ""
    environment: str = ""
    time_zone: str = ""
    language: str = ""
    t0: Instant | None = None
    role: str = ""
    rehearsal: bool = False
    factor: int = 1

    def wishes(self) -> Wishes:
        """Raises Invalid for a T0 without a zone."""
        zoned("t0", self.t0)
        return Wishes(**self.model_dump(include=set(ReleaseIn.model_fields) - {"role"}))


class FromTemplateIn(ReleaseIn):
    template: str


class CopyIn(ReleaseIn):
    """``take``: items, criteria, people, comms; ``added``: also items that came later."""

    take: list[str] = list(TAKES)
    added: bool = True


class DraftOut(Schema):
    slug: str
    url: str
    lifecycle: str
    rehearsal: bool
    usable_as_evidence: bool
    findings: list[str]


@router.get("templates", response=list[TemplateOut])
def list_templates(request: HttpRequest):
    """What the token's person can begin a release with."""
    token = demand_scope(request, "read")
    return [_shown(one) for one in starters(token.user)]


def _shown(one: Starter) -> dict:
    return {
        "key": one.key,
        "name": one.name,
        "summary": one.summary,
        "own": one.row is not None,
        "counts": one.counts,
        "roles": one.roles,
    }


@router.post("plans/from-template", response={201: DraftOut})
def post_from_template(request: HttpRequest, body: FromTemplateIn):
    """Make a draft of a template; the same Idempotency-Key makes one."""
    token = may_create(request)
    plan = start_from_template(
        starter(token.user, body.template),
        body.wishes(),
        by=token.user,
        role_key=body.role,
        request_id=once(request),
    )
    return Status(201, _draft(plan))


@router.post("plans/{slug}/copy", response={201: DraftOut})
def post_copy(request: HttpRequest, slug: str, body: CopyIn):
    """Make a draft of an earlier release; the same Idempotency-Key makes one."""
    token = may_create(request)
    plan = copy_plan(
        plan_of(request, slug, *token.scopes),
        body.wishes(),
        by=token.user,
        takes=body.take,
        added=body.added,
        role_key=body.role,
        request_id=once(request),
    )
    return Status(201, _draft(plan))


def _draft(plan: DeploymentPlan) -> dict:
    made = plan.events.filter(kind__in=("plan.created", "plan.copied")).first()
    findings = made.data.get("findings", []) if made else []
    return {
        "slug": plan.slug,
        "url": settings.PUBLIC_URL + plan.get_absolute_url(),
        "lifecycle": plan.lifecycle,
        "rehearsal": plan.rehearsal,
        "usable_as_evidence": not plan.rehearsal,
        "findings": [finding["text"] for finding in findings],
    }
