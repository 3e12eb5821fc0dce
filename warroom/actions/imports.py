"""A document becomes a room: plan, people, checklist, gates and metrics, in one transaction."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from warroom.actions.change import change
from warroom.actions.refusals import Invalid, Refused
from warroom.documents.readers import Creation, Understanding, registered
from warroom.documents.reading import Reading, understand
from warroom.models import DeploymentPlan, Role, Seat, User
from warroom.rules.moments import YEARS

# Addresses under /plans/ that are pages of their own.
RESERVED = frozenset({"new", "import"})
FINDINGS_KEPT = 200


class SlugTaken(Refused):
    """There is a release at this address already."""

    field = "slug"

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"There is a release at /plans/{slug}/ already. Give another name or address; "
            "an import never changes a release that exists."
        )


def import_plan(
    source: bytes | str | Reading,
    *,
    by: User | str,
    slug: str | None = None,
    t0: datetime | None = None,
    name: str | None = None,
    source_name: str = "",
    seats: Mapping[str, User] | None = None,
    status_public: bool = True,
) -> DeploymentPlan:
    """Make a plan of a document, with one event ``plan.imported``.

    ``by`` is the person who imports, or the name of a command. ``t0`` (aware) overrides the
    document's. ``seats`` puts people into roles by the role's key. The status page is public
    at once unless ``status_public`` is false. Raises DocumentError, which
    names the line; SlugTaken; Invalid. Whatever is raised, nothing is written.
    """
    reading = source if isinstance(source, Reading) else understand(source)
    understanding = reading.understanding
    name = (_text(name) or understanding.title)[:200]
    slug = _slug(slug, name, reading.sha256)
    if t0 is not None and t0.year not in YEARS:
        raise Invalid("t0", f"T0 in the year {t0.year} cannot be meant.")
    try:
        with transaction.atomic():
            plan = _make_plan(reading, name, slug, t0, by, source_name)
            if not status_public:
                plan.status_public = False
                plan.save(update_fields=["status_public"])
            creation = Creation(by=by, at=timezone.now())
            for reader in registered():
                reader.create(plan, understanding, creation)
            _seat(creation.made["roles"], seats or {})
            _record(plan, reading, by)
    except IntegrityError as error:
        if DeploymentPlan.objects.filter(slug=slug).exists():
            raise SlugTaken(slug) from error
        raise
    plan.refresh_from_db()
    return plan


def _text(given: str | None) -> str:
    return (given or "").replace("\0", "").strip()


def free_slug(name: str, sha256: str) -> str:
    """An address for ``name`` that no release has yet; for offering, never for taking."""
    base, n = _base(name, sha256), 2
    slug = base
    while slug in RESERVED or DeploymentPlan.objects.filter(slug=slug).exists():
        slug, n = f"{base[:55]}-{n}", n + 1
    return slug


def _base(name: str, sha256: str) -> str:
    return slugify(name)[:60].strip("-_") or f"plan-{sha256[:8]}"


def _slug(wanted: str | None, name: str, sha256: str) -> str:
    slug = wanted or _base(name, sha256)
    if slugify(slug) != slug or len(slug) > 80:
        raise Invalid("slug", f"{slug[:80]!r} is no address: small letters, digits and - only.")
    if slug in RESERVED:
        raise Invalid("slug", f"/plans/{slug} is a page of its own. Choose another address.")
    if DeploymentPlan.objects.filter(slug=slug).exists():
        raise SlugTaken(slug)
    return slug


def _make_plan(
    reading: Reading, name: str, slug: str, t0: datetime | None, by: User | str, source_name: str
) -> DeploymentPlan:
    found = reading.understanding
    return DeploymentPlan.objects.create(
        slug=slug,
        name=name,
        version=found.version,
        environment=found.environment,
        author=by if isinstance(by, User) else None,
        t0=t0 or (found.t0.at if found.t0 else None),
        time_zone=found.t0.zone if found.t0 else "UTC",
        facts=found.facts,
        source_name=_text(source_name)[:200],
        source_text=reading.text,
        source_sha256=reading.sha256,
    )


def _seat(roles: Mapping[str, Role], seats: Mapping[str, User]) -> None:
    for key, person in seats.items():
        if key not in roles:
            raise Invalid("seats", f"The document has no role {key!r}.")
        Seat.objects.get_or_create(role=roles[key], user=person)


def _record(plan: DeploymentPlan, reading: Reading, by: User | str) -> None:
    found = reading.understanding
    with change(plan, by=by) as importing:
        importing.record(
            "plan.imported",
            _sentence(found),
            source=plan.source_name,
            sha256=reading.sha256,
            counts=dict(found.counts),
            findings=found.as_data()["findings"][:FINDINGS_KEPT],
            rollback=found.rollback,
        )


def _sentence(found: Understanding) -> str:
    """``Imported 96 items in 6 phases, 3 roles; 4 warnings.``"""
    counts = found.counts
    parts = [f"{counts['items']} items in {counts['phases']} phases"]
    for key in ("roles", "contacts", "criteria", "queries", "stages", "risks"):
        if counts[key]:
            parts.append(f"{counts[key]} {key if counts[key] > 1 else _SINGULAR[key]}")
    done = f", {counts['done']} ticked in the document" if counts["done"] else ""
    warnings = len(found.warnings)
    odd = f"; {warnings} warning{'s' if warnings > 1 else ''}" if warnings else ""
    return f"Imported {', '.join(parts)}{done}{odd}."


_SINGULAR = {
    "roles": "role",
    "contacts": "contact",
    "criteria": "criterion",
    "queries": "query",
    "stages": "stage",
    "risks": "risk",
}
