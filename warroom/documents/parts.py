"""What this floor brings to a plan file: the plan itself, its roles, whom to call, its document."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field

from warroom.documents import fields as f
from warroom.documents.marks import strip
from warroom.documents.people import seat_author, standing_roles
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.documents.source import decode
from warroom.models import (
    DeploymentPlan,
    EscalationContact,
    EscalationLevel,
    Right,
    Role,
)
from warroom.models.plans import default_language
from warroom.rules import languages

RIGHTS = [right.value for right in Right]
WATCH_H = 48
YEAR_S = 8_760 * 3_600
MOST_CONTACTS = 1000


class Window(f.Strict):
    """When the release may change things (UTC)."""

    opens: f.Instant = None
    closes: f.Instant = None


class Rehearsal(f.Strict):
    """A rehearsal; its soaks and cadences were divided by ``factor``."""

    factor: int = Field(1, ge=1, le=10_000)


class PlanFields(f.Strict):
    name: f.words(200)
    version: f.text(60) = ""
    environment: f.text(60) = ""
    summary: f.text() = ""
    t0: f.Instant = None
    time_zone: f.TimeZone = "UTC"
    language: Literal[*languages.known()] = None
    window: Window = None
    protected_until: f.Instant = None
    watch: f.a_length(most=YEAR_S, step=3600) = WATCH_H * 3600
    score_max: int = Field(None, ge=1, le=999)
    two_roles: list[f.words(150)] = Field([], max_length=1000)
    status_public: bool = True
    rehearsal: Rehearsal = None
    facts: dict[f.words(), f.text()] = Field({}, max_length=1000)


class PlanPart(Part):
    key, order, schema, required = "plan", 10, PlanFields, True

    def write(self, plan: DeploymentPlan, *, states: bool) -> dict[str, Any]:
        window = f.given(opens=f.instant(plan.window_start), closes=f.instant(plan.window_end))
        watch = None if plan.watch_hours == WATCH_H else f.length(plan.watch_hours * 3600)
        return f.given(
            name=plan.name,
            version=plan.version,
            environment=plan.environment,
            summary=plan.summary,
            t0=f.instant(plan.t0),
            time_zone=None if plan.time_zone == "UTC" else plan.time_zone,
            language=None if plan.language == default_language() else plan.language,
            window=window,
            protected_until=f.instant(plan.protected_until),
            watch=watch,
            score_max=plan.score_max,
            two_roles=plan.two_roles,
            status_public=None if plan.status_public else False,
            rehearsal={"factor": plan.rehearsal_factor} if plan.rehearsal else None,
            facts=plan.facts,
        )

    def record(self, plan: DeploymentPlan) -> dict[str, Any]:
        """Where the plan stood, and the head of its timeline, by which the export can be proven."""
        head = {"events": plan.timeline_seq, "sha256": plan.timeline_hash}
        return {
            "lifecycle": f.given(
                state=plan.lifecycle,
                since=f.instant(plan.lifecycle_at),
                reason=plan.lifecycle_reason,
            ),
            **({"timeline": head} if plan.timeline_seq else {}),
        }


def plan_fields(value: PlanFields) -> dict[str, Any]:
    """The fields of the plan's row."""
    window = value.window or Window()
    return {
        "version": value.version,
        "environment": value.environment,
        "summary": value.summary,
        "t0": value.t0,
        "time_zone": value.time_zone,
        "language": value.language or default_language(),
        "window_start": window.opens,
        "window_end": window.closes,
        "protected_until": value.protected_until,
        "watch_hours": value.watch // 3600,
        "score_max": value.score_max,
        "two_roles": list(value.two_roles),
        "status_public": value.status_public,
        "rehearsal": value.rehearsal is not None,
        "rehearsal_factor": value.rehearsal.factor if value.rehearsal else 1,
        "facts": dict(value.facts),
    }


# --- people --------------------------------------------------------------------------------


class Cover(f.Strict):
    """From when to when somebody has to sit in the role."""

    from_: f.Offset = Field(None, alias="from")
    until: f.Offset = None


class RoleFields(f.Strict):
    key: f.key(60)
    name: f.words(100)
    rights: list[Literal[*RIGHTS]] = Field([], max_length=len(RIGHTS))
    holder: f.text(120) = ""
    cover: Cover = None


class RolesPart(Part):
    key, order, schema = "roles", 20, f.many(RoleFields, 1000)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        return [_role(role) for role in plan.roles.all()]

    def check(self, value: list[RoleFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "key", ("roles",))

    def count(self, value: list[RoleFields]) -> dict[str, int]:
        return {"roles": len(value)}

    def create(
        self, plan: DeploymentPlan, value: list[RoleFields] | None, creation: Creation
    ) -> None:
        rows = [_role_row(plan, place, role) for place, role in enumerate(value or [])]
        rows += standing_roles(plan, len(rows), {row.key for row in rows})
        creation.made["roles"] = {row.key: row for row in Role.objects.bulk_create(rows)}
        seat_author(creation)


def _role(role: Role) -> dict[str, Any]:
    return f.given(
        key=role.key,
        name=role.name,
        rights=[right for right in RIGHTS if right in role.rights],
        holder=role.holder,
        cover=f.given(from_=f.offset(role.cover_from_s), until=f.offset(role.cover_until_s)),
    )


def _role_row(plan: DeploymentPlan, place: int, role: RoleFields) -> Role:
    cover = role.cover or Cover()
    return Role(
        plan=plan,
        key=role.key,
        name=role.name,
        rights=[right for right in RIGHTS if right in role.rights],
        holder=role.holder,
        position=place,
        cover_from_s=cover.from_,
        cover_until_s=cover.until,
    )


# --- whom to call --------------------------------------------------------------------------


class Reach(f.Strict):
    """One way to reach somebody, in the order in which they are tried."""

    way: f.key(20)
    to: f.words(200)


class ContactFields(f.Strict):
    name: f.words(120)
    role: f.text(120) = ""
    reach: list[Reach] = Field([], max_length=20)
    availability: f.text(200) = ""


class LevelFields(f.Strict):
    level: int = Field(ge=0, le=32_000)
    name: f.words(120)
    from_: f.a_length(step=60) = Field(0, alias="from")
    to: f.a_length(step=60) = None
    contacts: list[ContactFields] = Field([], max_length=1000)


class EscalationPart(Part):
    key, order, schema = "escalation", 30, f.many(LevelFields, 1000)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        contacts: dict[int, list[dict[str, Any]]] = {}
        for contact in plan.contacts.exclude(level=None):
            contacts.setdefault(contact.level_id, []).append(_contact(contact))
        return [_level(level, contacts) for level in plan.escalation_levels.all()]

    def check(self, value: list[LevelFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "level", ("escalation",))
        if sum(len(level.contacts) for level in value) > MOST_CONTACTS:
            yield (
                ("escalation",),
                _("More than {most_contacts} contacts.").format(most_contacts=MOST_CONTACTS),
                _("Leave some out."),
            )

    def count(self, value: list[LevelFields]) -> dict[str, int]:
        return {"contacts": sum(len(level.contacts) for level in value)}

    def create(
        self, plan: DeploymentPlan, value: list[LevelFields] | None, creation: Creation
    ) -> None:
        rows = EscalationLevel.objects.bulk_create(
            EscalationLevel(
                plan=plan,
                number=level.level,
                name=level.name,
                from_minute=level.from_ // 60,
                to_minute=None if level.to is None else level.to // 60,
            )
            for level in value or []
        )
        called = [
            (row, one)
            for row, level in zip(rows, value or [], strict=True)
            for one in level.contacts
        ]
        EscalationContact.objects.bulk_create(
            _contact_row(plan, row, place, one) for place, (row, one) in enumerate(called)
        )


class ContactsPart(Part):
    """People of the contact list who belong to no level."""

    key, order, schema = "contacts", 31, f.many(ContactFields, 1000)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        return [_contact(contact) for contact in plan.contacts.filter(level=None)]

    def create(
        self, plan: DeploymentPlan, value: list[ContactFields] | None, creation: Creation
    ) -> None:
        EscalationContact.objects.bulk_create(
            _contact_row(plan, None, MOST_CONTACTS + place, one)
            for place, one in enumerate(value or [])
        )


def _level(level: EscalationLevel, contacts: dict[int, list[dict[str, Any]]]) -> dict[str, Any]:
    to = level.to_minute
    return f.given(
        level=level.number,
        name=level.name,
        from_=f.length(level.from_minute * 60) if level.from_minute else None,
        to=None if to is None else f.length(to * 60),
        contacts=contacts.get(level.pk),
    )


def _contact(contact: EscalationContact) -> dict[str, Any]:
    return f.given(
        name=contact.name,
        role=contact.role_name,
        reach=contact.reach,
        availability=contact.availability,
    )


def _contact_row(
    plan: DeploymentPlan, level: EscalationLevel | None, place: int, one: ContactFields
) -> EscalationContact:
    return EscalationContact(
        plan=plan,
        level=level,
        name=one.name,
        role_name=one.role,
        reach=[{"way": reach.way, "to": reach.to} for reach in one.reach],
        availability=one.availability,
        position=place,
    )


# --- the team's own document ---------------------------------------------------------------


class DocumentFields(f.Strict):
    """The Markdown that the plan was made of; ``line`` elsewhere in the file counts its lines."""

    name: f.text(200) = ""
    text: f.words()


class DocumentPart(Part):
    key, order, schema = "document", 900, DocumentFields

    def write(self, plan: DeploymentPlan, *, states: bool) -> dict[str, Any] | None:
        if not plan.source_text.strip():
            return None
        return f.given(name=plan.source_name, text=plan.source_text)

    def create(
        self, plan: DeploymentPlan, value: DocumentFields | None, creation: Creation
    ) -> None:
        if value is not None:
            # The text in the same normal form as that of an imported document.
            text, _unused = strip(decode(value.text).text)
            plan.source_name, plan.source_text = value.name, text
            plan.source_sha256 = hashlib.sha256(text.encode()).hexdigest()
            plan.save(update_fields=["source_name", "source_text", "source_sha256"])


for part in (PlanPart(), RolesPart(), EscalationPart(), ContactsPart(), DocumentPart()):
    register_part(part)
