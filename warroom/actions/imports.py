"""A document becomes a room: plan, people, checklist, gates and metrics, in one transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from warroom.actions.change import change
from warroom.actions.refusals import Invalid, Refused
from warroom.documents.parts import plan_fields
from warroom.documents.portable import PlanFile, checked, counts, parts
from warroom.documents.readers import WARNING, Creation, Finding, in_words, registered
from warroom.documents.reading import Reading, understand
from warroom.models import DeploymentPlan, Lifecycle, Role, Seat, User
from warroom.rules.moments import YEARS, can_be_kept

# Addresses under /plans/ that are pages of their own.
RESERVED = frozenset({"new", "import", "from-template"})
FINDINGS_KEPT = 200


class SlugTaken(Refused):
    """There is a release at this address already."""

    field = "slug"

    def __init__(self, slug: str) -> None:
        super().__init__(
            _(
                "There is a release at /plans/{slug}/ already. Give another name or "
                "address; an import never changes a release that exists."
            ).format(slug=slug)
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
    _demand_year(t0)
    with _taking(slug):
        plan = _make_plan(reading, name, slug, t0, by, source_name)
        if not status_public:
            plan.status_public = False
            plan.save(update_fields=["status_public"])
        creation = Creation(by=by, at=timezone.now())
        for reader in registered():
            reader.create(plan, understanding, creation)
        _seat(creation.made["roles"], seats or {})
        _record(plan, reading, by)
    plan.refresh_from_db()
    return plan


def create_plan(
    file: PlanFile,
    *,
    by: User | str,
    slug: str | None = None,
    name: str | None = None,
    t0: datetime | None = None,
    lifecycle: str = Lifecycle.PREPARING,
    seats: Mapping[str, User] | None = None,
    source_name: str = "",
    event: str = "plan.imported",
    sentence: str = "",
    copied_from: DeploymentPlan | None = None,
    details: Mapping[str, Any] | None = None,
    request_id: str | None = None,
) -> DeploymentPlan:
    """Make a plan of a plan file (YAML, JSON or data of ``plan_data``), with one ``event``.

    ``name`` and ``t0`` (aware) override the file's. States of items are taken over as the file
    says, in the name of whom it says, else of ``source_name``; signatures, votes and decisions
    never are. ``sentence`` and ``details`` are the event's words and further data; without
    a sentence it counts what was made. Raises PlanFileError, SlugTaken, Invalid; then nothing is
    written.
    """
    values = checked(file.data)
    found = values["plan"]
    name = (_text(name) or found.name.strip())[:200]
    slug = _slug(slug, name, file.sha256 or "new")
    _demand_year(t0)
    if (t0 or found.t0) is None:
        _demand_no_t0(values)
    with _taking(slug):
        plan = DeploymentPlan.objects.create(
            slug=slug,
            name=name,
            author=by if isinstance(by, User) else None,
            lifecycle=lifecycle,
            copied_from=copied_from,
            source_name=_text(source_name)[:200],
            **plan_fields(found) | ({"t0": t0} if t0 else {}),
        )
        creation = Creation(by=by, at=timezone.now())
        creation.made["states_by"] = _text(source_name)[:150] or _("the file")
        creation.made["lined"] = "document" in values
        for part in parts():
            part.create(plan, values.get(part.key), creation)
        _seat(creation.made["roles"], seats or {})
        understood = counts(values)
        with change(plan, by=by, request_id=request_id) as creating:
            creating.record(
                event,
                sentence or _sentence(understood, file.findings),
                source=_text(source_name)[:200],
                sha256=file.sha256,
                counts=understood,
                findings=[finding.as_data() for finding in file.findings[:FINDINGS_KEPT]],
                **(details or {}),
            )
    plan.refresh_from_db()
    return plan


@contextmanager
def _taking(slug: str) -> Iterator[None]:
    """One transaction for all; SlugTaken when somebody else took the address meanwhile."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if DeploymentPlan.objects.filter(slug=slug).exists():
            raise SlugTaken(slug) from error
        raise


def _demand_year(t0: datetime | None) -> None:
    if t0 is not None and not (can_be_kept(t0) and t0.year in YEARS):
        raise Invalid("t0", _("T0 in the year {year} cannot be meant.").format(year=t0.year))


def _demand_no_t0(values: Mapping[str, Any]) -> None:
    for part in parts():
        if part.key in values and (sentence := part.wants_t0(values[part.key])):
            raise Invalid("t0", sentence)


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
        raise Invalid(
            "slug",
            _("{slug!r} is no address: small letters, digits and - only.").format(slug=slug[:80]),
        )
    if slug in RESERVED:
        raise Invalid(
            "slug",
            _("/plans/{slug} is a page of its own. Choose another address.").format(slug=slug),
        )
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
        window_start=found.window[0] if found.window else None,
        window_end=found.window[1] if found.window else None,
        time_zone=found.t0.zone if found.t0 else "UTC",
        facts=found.facts,
        source_name=_text(source_name)[:200],
        source_text=reading.text,
        source_sha256=reading.sha256,
    )


def _seat(roles: Mapping[str, Role], seats: Mapping[str, User]) -> None:
    for key, person in seats.items():
        if key not in roles:
            raise Invalid("seats", _("The document has no role {key!r}.").format(key=key))
        Seat.objects.get_or_create(role=roles[key], user=person)


def _record(plan: DeploymentPlan, reading: Reading, by: User | str) -> None:
    found = reading.understanding
    with change(plan, by=by) as importing:
        importing.record(
            "plan.imported",
            _sentence(found.counts, found.findings),
            source=plan.source_name,
            sha256=reading.sha256,
            choices=chosen_lines(reading),
            counts=dict(found.counts),
            findings=found.as_data()["findings"][:FINDINGS_KEPT],
            rollback=found.rollback,
        )


def chosen_lines(reading: Reading) -> dict[str, str]:
    """What somebody said of single lines, by their number; the document reads alike with it."""
    return {str(line): kind for line, kind in sorted(reading.choices.items())}


def _sentence(counts: Mapping[str, int], findings: list[Finding]) -> str:
    """``Imported 96 items in 6 phases, 3 roles; 4 warnings.``"""
    more = {key: n for key, n in counts.items() if key not in ("phases", "items", "done")}
    parts = [
        _("{items} items in {phases} phases").format(items=counts["items"], phases=counts["phases"])
    ]
    parts += [f"{n} {noun}" for n, noun in in_words(more)]
    done = (
        _(", {done} ticked in the document").format(done=counts["done"]) if counts["done"] else ""
    )
    warnings = sum(1 for finding in findings if finding.severity == WARNING)
    odd = ngettext("; {count} warning", "; {count} warnings", warnings) if warnings else ""
    return _("Imported {parts}{done}{odd}.").format(
        parts=", ".join(parts), done=done, odd=odd.format(count=warnings)
    )
