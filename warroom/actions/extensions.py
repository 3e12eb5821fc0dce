"""A document joins a plan that is there already: what is missing is added, nothing is touched."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from warroom.actions.change import Change, change
from warroom.actions.imports import chosen_lines
from warroom.actions.refusals import Refused
from warroom.documents.readers import Creation, in_words, registered
from warroom.documents.reading import Reading, understand
from warroom.models import DeploymentPlan, Right, User

# What else an extended plan means, of the floors above: each gets the open change and what the
# extension is called, and answers with what the event's sentence and data add.
Extended = Callable[[Change, str], tuple[str, dict[str, Any]]]
_extended: list[Extended] = []


def on_extension(told: Extended) -> None:
    """Have ``told`` called inside the change, before its event is written."""
    _extended.append(told)


def import_into(
    plan: DeploymentPlan,
    source: bytes | str | Reading,
    *,
    by: User,
    source_name: str = "",
    request_id: str | None = None,
) -> DeploymentPlan:
    """Add to a plan what a document has and it lacks, with one event ``plan.extended``.

    Phases are appended with the items that do not stand under the same headings yet; roles,
    gates, risks, metrics and contacts are added where their key or name is new. Nothing that is
    there changes, the plan keeps its own document, T0 and name. Signatures under the whole
    release fall. Wants the right to edit. Raises DocumentError, NotAllowed, and Refused when the
    document brings nothing new.
    """
    name = source_name.replace("\0", "").strip()[:200]
    reading = source if isinstance(source, Reading) else understand(source)
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as extending:
        if extending.repeated:
            return extending.plan
        creation = Creation(by=by, at=extending.at, extending=True)
        for reader in registered():
            reader.create(extending.plan, reading.understanding, creation)
        added = _added(creation)
        if not any(added.values()):
            raise Refused(_("The release has all of this already, so nothing was added."))
        what = ", ".join(f"{n} {noun}" for n, noun in in_words(added))
        called = _("the import of {name}").format(name=name[:80] or _("a document"))
        said, data = _tell(extending, called)
        extending.record(
            "plan.extended",
            _("Added {what} from {name}{said}.").format(
                what=what, name=name or _("a document"), said=said
            ),
            source=name,
            sha256=reading.sha256,
            choices=chosen_lines(reading),
            added=added,
            phases=[phase.number for phase in creation.made.get("phases", [])],
            roles=creation.made.get("roles added", []),
            **data,
        )
    return extending.plan


def _added(creation: Creation) -> dict[str, int]:
    """How many rows of each kind were made."""
    made = creation.made
    kinds = (("phases", "phases"), ("items", "items"), ("roles added", "roles"))
    kinds += (("gates", "gates"), ("risks", "risks"), ("queries", "queries"))
    kinds += (("contacts", "contacts"), ("stages", "stages"), ("readiness", "categories"))
    return {name: len(made.get(key, ())) for key, name in kinds}


def _tell(extending: Change, called: str) -> tuple[str, dict[str, Any]]:
    said, data = "", {}
    for told in _extended:
        words, more = told(extending, called)
        said, data = said + words, data | more
    return said, data
