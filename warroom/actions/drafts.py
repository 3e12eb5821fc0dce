"""A plan's data becomes a draft: the one way in for templates, copies and YAML of the New page."""

from collections.abc import Callable, Collection
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from warroom.actions.imports import SlugTaken, create_plan, free_slug
from warroom.actions.refusals import Invalid, Refused
from warroom.documents.fields import instant
from warroom.documents.portable import PlanFile
from warroom.documents.readers import Finding
from warroom.documents.source import DocumentError
from warroom.models import DeploymentPlan, Lifecycle, TimelineEvent, User
from warroom.rules import languages
from warroom.rules.moments import YEARS, can_be_kept
from warroom.rules.outlines import days_on
from warroom.rules.rehearsal import MOST_FACTOR, in_time
from warroom.rules.zones import known, no_zone

KINDS = ("plan.created", "plan.copied", "plan.imported")


@dataclass(frozen=True)
class Wishes:
    """What a person says of the plan to be. ``t0`` is aware; ``slug`` may be left to us."""

    name: str
    version: str = ""
    environment: str = ""
    time_zone: str = ""  # empty keeps the zone of what it is made of
    t0: datetime | None = None
    rehearsal: bool = False
    factor: int = 1
    slug: str = ""
    language: str = ""  # empty keeps that of what it is made of


@dataclass
class Outline:
    """The data that a draft is made of, where it came from, and what a person should know of it."""

    data: dict[str, Any]
    event: str
    text: str
    factor: int = 1  # by which its lengths are divided already
    copied_from: DeploymentPlan | None = None
    findings: list[Finding] = field(default_factory=list)
    source_name: str = ""


def begin(
    outline: Outline,
    wishes: Wishes,
    *,
    by: User,
    role_key: str = "",
    own: Collection[str] = (),
    request_id: str | None = None,
) -> DeploymentPlan:
    """Make a draft that only its author sees, with one event. The same request makes one plan.

    ``role_key``: the role that the author takes, besides keeping the plan in order and those of
    the roles ``own``. Raises Invalid,
    which names the field; SlugTaken for an address that was asked for; whatever is raised, nothing
    is written.
    """
    check(wishes)
    _demand_role(outline, role_key)

    def make(slug: str) -> DeploymentPlan:
        return _make(outline, wishes, slug, by, {*own, role_key} - {""}, request_id)

    return _once(make, wishes.slug or free_slug(wishes.name, "new"), by, request_id)


def begin_with_file(
    file: PlanFile, *, by: User, source_name: str = "", request_id: str | None = None
) -> DeploymentPlan:
    """Make a draft of a plan file as it stands, name, dates and states included; once per request.

    Raises PlanFileError, which names the lines, and as ``begin`` does.
    """

    def make(slug: str) -> DeploymentPlan:
        return create_plan(
            file,
            by=by,
            slug=slug,
            lifecycle=Lifecycle.DRAFT,
            source_name=source_name,
            request_id=request_id,
        )

    return _once(make, free_slug(file.data["plan"]["name"], file.sha256), by, request_id)


def _once(
    make: Callable[[str], DeploymentPlan], slug: str, by: User, request_id: str | None
) -> DeploymentPlan:
    # The address is chosen before the look for an earlier sending: a sending that this look does
    # not see yet has chosen the same address, and the database lets only one of the two through.
    if before := _sent_before(by, request_id):
        return before
    try:
        return make(slug)
    except SlugTaken:
        if before := _sent_before(by, request_id):
            return before
        raise


def check(wishes: Wishes) -> None:
    """Raise Invalid, naming the field, for what cannot be meant."""
    if not wishes.name.strip():
        raise Invalid("name", _("Give the release a name."))
    for name, most in (("name", 200), ("version", 60), ("environment", 60)):
        if len(getattr(wishes, name)) > most:
            raise Invalid(name, _("At most {most} characters.").format(most=most))
        if "\0" in getattr(wishes, name):
            raise Invalid(name, _("A NUL stands in it."))
    if wishes.time_zone and wishes.time_zone not in known():
        raise Invalid("time_zone", no_zone(wishes.time_zone))
    if wishes.language and wishes.language not in languages.known():
        raise Invalid("language", languages.no_language(wishes.language))
    if wishes.t0 is not None and not (can_be_kept(wishes.t0) and wishes.t0.year in YEARS):
        raise Invalid("t0", _("T0 in the year {year} cannot be meant.").format(year=wishes.t0.year))
    if wishes.rehearsal and not 1 <= wishes.factor <= MOST_FACTOR:
        raise Invalid(
            "factor",
            _("A rehearsal is 1 to {most_factor} times as fast.").format(most_factor=MOST_FACTOR),
        )


def _demand_role(outline: Outline, role_key: str) -> None:
    keys = {role["key"] for role in outline.data.get("roles", ())}
    if role_key and role_key not in keys:
        raise Invalid("role", _("The plan has no such role. Choose one of its own."))


def _sent_before(by: User, request_id: str | None) -> DeploymentPlan | None:
    if request_id is None:
        return None
    events = TimelineEvent.objects.filter(request_id=request_id, actor=by, kind__in=KINDS)
    event = events.select_related("plan").first()
    return event.plan if event else None


def _make(
    outline: Outline, wishes: Wishes, slug: str, by: User, roles: set[str], request_id: str | None
) -> DeploymentPlan:
    try:
        return _created(outline, wishes, slug, by, roles, request_id)
    except DocumentError as error:
        # Of our own data: a row that the form of the plan file does not know.
        raise Refused(
            _("As it stands, this plan cannot be taken over. {error}").format(error=error)
        ) from error


def _created(
    outline: Outline, wishes: Wishes, slug: str, by: User, roles: set[str], request_id: str | None
) -> DeploymentPlan:
    return create_plan(
        PlanFile(_shaped(outline, wishes), outline.findings),
        by=by,
        slug=slug,
        lifecycle=Lifecycle.DRAFT,
        seats=dict.fromkeys(sorted(roles), by),
        source_name=outline.source_name,
        event=outline.event,
        sentence=outline.text,
        copied_from=outline.copied_from,
        request_id=request_id,
    )


def _shaped(outline: Outline, wishes: Wishes) -> dict[str, Any]:
    """The data as this release is to have it: its own name and dates, and its own pace."""
    factor = wishes.factor if wishes.rehearsal else 1
    data = outline.data
    if wishes.t0 is None and data.get("daily"):
        data = deepcopy(data)
        days_on(data, timezone.now().date())
    if wishes.rehearsal:
        # It moves no traffic, and what shows the real traffic says nothing about it.
        data = {key: value for key, value in data.items() if key != "traffic"}
    if factor != outline.factor:
        data = in_time(data, Fraction(factor, outline.factor))
    plan = {key: value for key, value in data["plan"].items() if key != "rehearsal"}
    said = {
        "name": wishes.name.strip(),
        "version": wishes.version.strip(),
        "environment": wishes.environment.strip(),
        "t0": instant(wishes.t0),
        "time_zone": wishes.time_zone,
        "language": wishes.language,
    }
    plan |= {key: value for key, value in said.items() if value}
    if wishes.rehearsal:
        # The real thing's: nothing about a rehearsal is due in them.
        plan.pop("window", None)
        plan.pop("protected_until", None)
        plan["rehearsal"] = {"factor": factor}
    return data | {"plan": plan}
