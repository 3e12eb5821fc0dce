"""The team edited its document: what is new, gone and changed is shown, and what is chosen is done.

Each app brings a comparer for its part. What people did in the room - ticks, values, notes, files,
items added here - stays; signatures under what changes are revoked, visibly (law 4).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused
from warroom.documents.comparing import KINDS, Comparison, carried
from warroom.documents.reading import Reading, understand
from warroom.documents.writing import choices_of
from warroom.models import DeploymentPlan, Right, User

RULES = _l("The release changed meanwhile in what is chosen here. See the comparison as it is now.")


@dataclass(slots=True)
class Applied:
    """What one comparer did: counts by kind, a sentence's ending, and data for the event."""

    counts: dict[str, int] = field(default_factory=dict)
    said: str = ""
    data: dict[str, Any] = field(default_factory=dict)


class Comparer:
    """Compares one part of a plan with an edited document. Lower ``order`` comes first."""

    name = ""
    order = 100

    def compare(self, plan: DeploymentPlan, reading: Reading) -> Comparison:
        """What differs. Writes nothing."""
        return Comparison()

    def apply(self, changing: Change, reading: Reading, chosen: Collection[str]) -> Applied:
        """Do what is chosen (keys of differences) and move all rows to their new lines."""
        return Applied()


_comparers: dict[str, Comparer] = {}


def register_comparer(comparer: Comparer) -> None:
    _comparers[comparer.name] = comparer


def comparers() -> list[Comparer]:
    return sorted(_comparers.values(), key=lambda one: (one.order, one.name))


def reread(plan: DeploymentPlan, data: bytes | str) -> Reading:
    """Read an edited document with the choices that were once made for its lines.

    Raises DocumentError, which names the line.
    """
    reading = understand(data)
    known = choices_of(plan)
    if not known:
        return reading
    lines = reading.text.split("\n")
    return understand(data, carried(known, plan.source_text.split("\n"), lines))


def compare(plan: DeploymentPlan, reading: Reading) -> Comparison:
    """What the document says otherwise than the one before, over all apps."""
    whole = Comparison()
    for comparer in comparers():
        part = comparer.compare(plan, reading)
        whole.differences += part.differences
        whole.remarks += part.remarks
    return whole


def update_from_document(
    plan: DeploymentPlan,
    reading: Reading,
    choices: Collection[str] | None = None,
    *,
    by: User | str,
    seen_revision: int | None = None,
    rest: bool = False,
    source_name: str = "",
    request_id: str | None = None,
) -> Applied:
    """Take over an edited document, with one event ``plan.updated_from_document``.

    ``choices`` are keys of differences; None takes what is taken by default, and ``rest`` adds the
    defaults to the keys. The document becomes the plan's. The same document again changes nothing.
    Raises Refused when the release changed meanwhile in what is chosen (or, without choices, at all
    since ``seen_revision``), NotAllowed without the right to edit, Invalid.
    """
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as updating:
        locked = updating.plan
        comparison = compare(locked, reading)
        chosen = _chosen(comparison, choices, rest)
        if updating.repeated or (reading.text == locked.source_text and not chosen):
            return Applied()
        moved_on = seen_revision is not None and seen_revision != locked.revision
        if moved_on and choices is None:
            raise Refused(RULES)
        whole = Applied(dict.fromkeys(KINDS, 0))
        for comparer in comparers():
            _add(whole, comparer.apply(updating, reading, chosen))
        _keep(locked, reading, source_name)
        updating.record(
            "plan.updated_from_document",
            f"{sentence(whole.counts)}{whole.said}",
            sha256=reading.sha256,
            source=locked.source_name,
            counts=whole.counts,
            choices={str(line): kind for line, kind in reading.choices.items()},
            **whole.data,
        )
    return whole


def _chosen(comparison: Comparison, choices: Collection[str] | None, rest: bool) -> set[str]:
    if choices is None:
        return comparison.defaults
    known = {one.key for one in comparison.differences}
    if set(choices) - known:
        raise Refused(RULES)
    return set(choices) | (comparison.defaults if rest else set())


def _add(whole: Applied, part: Applied) -> None:
    for kind, count in part.counts.items():
        whole.counts[kind] = whole.counts.get(kind, 0) + count
    whole.said += part.said
    whole.data |= part.data


def _keep(plan: DeploymentPlan, reading: Reading, source_name: str) -> None:
    if not reading.text.strip():
        raise Invalid("text", _("The document is empty."))
    plan.source_text, plan.source_sha256 = reading.text, reading.sha256
    plan.source_name = (source_name or plan.source_name)[:200]
    plan.save(update_fields=["source_text", "source_sha256", "source_name"])


_WORDS = {
    "new": _l("new"),
    "changed": _l("changed"),
    "ticked": _l("ticked in the document"),
    "moved": _l("moved"),
    "conflict": _l("taken from the document against the room"),
    "gone": _l("taken off the list"),
}


def sentence(counts: dict[str, int]) -> str:
    """``Updated from the document: 3 new, 1 moved.``"""
    parts = [f"{counts[kind]} {_WORDS[kind]}" for kind in KINDS if counts.get(kind)]
    return _("Updated from the document: {parts}.").format(
        parts=", ".join(parts) or _("no item changed")
    )
