"""Which headings are phases and which are groups."""

import re

from django.utils.translation import gettext as _

from checklists.documents.found import (
    ROLLBACK,
    Cluster,
    GroupFound,
    PhaseFound,
    Reading,
    is_optional,
)
from checklists.documents.places import Span, days_of, heading_title, span_of
from warroom.documents.blocks import (
    Section,
)
from warroom.documents.readers import Understanding

_PHASE_MARK = re.compile(r"\s*[(（](?:phase|teil|part)\s*\d+[)）]\s*$", re.I)
_COUNT_MARK = re.compile(r"\s*\(\d+\s*/\s*\d+[^()]{0,30}\)\s*$")


def phases_of(reading: Reading) -> list[PhaseFound]:
    phases: list[PhaseFound] = []
    owners: list[Section | None] = []
    depth = _phase_depth(reading)
    for cluster in reading.clusters:
        path = reading.understanding.path(cluster.section)
        owner = _owner(path, depth, owners, reading.understanding)
        if not phases or owners[-1] is not owner:
            phases.append(_phase(len(phases) + 1, owner, cluster, reading.understanding))
            owners.append(owner)
        _add_group(phases[-1], owner, cluster, reading.understanding)
    for phase in phases:
        for position, item in enumerate(phase.items, start=1):
            item.position = position
    return phases


def _owner(
    path: list[Section],
    depth: int,
    owners: list[Section | None],
    understanding: Understanding,
) -> Section | None:
    """The heading that is the phase of some work; a person may name another, or none."""
    for step in reversed(path):
        if understanding.chosen(step.line, "phase") and step.heading is not None:
            return step
    usual = path[min(depth, len(path) - 1)] if path else None
    if usual is not None and owners and understanding.chosen(usual.line, "group"):
        understanding.claim(usual.line, "group", _("Group"))
        understanding.offer(usual.line, "group", ("phase", "group"))
        return owners[-1]
    return usual


def _phase_depth(reading: Reading) -> int:
    """0: the outermost heading below the title is the phase. One deeper while a single heading
    holds all the work and none of it directly."""
    depth = 0
    while True:
        paths = [reading.understanding.path(cluster.section) for cluster in reading.clusters]
        if any(len(path) <= depth + 1 for path in paths) or not paths:
            return depth
        if len({id(path[depth]) for path in paths}) > 1:
            return depth
        if len({id(path[depth + 1]) for path in paths}) < 2:
            return depth
        depth += 1


def _phase(
    number: int, owner: Section | None, cluster: Cluster, understanding: Understanding
) -> PhaseFound:
    if owner is None or owner.heading is None:
        return PhaseFound(number, understanding.title or "Checklist", cluster.line, Span())
    title = _PHASE_MARK.sub("", heading_title(owner)) or owner.title
    required = not (is_optional(owner.title) or ROLLBACK.search(owner.title))
    span = span_of(owner, "", understanding)
    starts_at, ends_at = days_of(owner.title, understanding)
    return PhaseFound(number, title, owner.line, span, bool(required), starts_at, ends_at)


def _add_group(
    phase: PhaseFound, owner: Section | None, cluster: Cluster, understanding: Understanding
) -> None:
    section = cluster.section
    heading = "" if section is owner or section.heading is None else heading_title(section)
    heading = _COUNT_MARK.sub("", heading)
    if section is understanding.title_section:
        heading = ""
    title = " · ".join(part for part in (heading, cluster.label) if part)
    line = section.line if heading else cluster.line
    span = span_of(section, cluster.label, understanding) if title else Span()
    optional = is_optional(section.title) or is_optional(cluster.label)
    phase.groups.append(GroupFound(title, line, span, optional, cluster.items))
