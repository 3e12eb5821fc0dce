"""In which forms a plan leaves the house: page, API and command ask here, so that they agree."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from warroom.documents.portable import as_json, as_yaml, plan_data
from warroom.documents.writing import completed_document
from warroom.models import DeploymentPlan


@dataclass(frozen=True, slots=True)
class Format:
    """``write`` gives the whole text of a plan's document, with what was done so far."""

    content_type: str
    suffix: str
    write: Callable[[DeploymentPlan], str]


FORMATS = {
    "markdown": Format("text/markdown", ".md", completed_document),
    "yaml": Format("application/yaml", ".yaml", lambda plan: as_yaml(plan_data(plan, states=True))),
    "json": Format("application/json", ".json", lambda plan: as_json(plan_data(plan, states=True))),
}

# What files and content types of a plan file are called; everything else is read as Markdown.
SUFFIXES = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}
CONTENT_TYPES = {
    "application/yaml": "yaml",
    "application/x-yaml": "yaml",
    "text/yaml": "yaml",
    "text/x-yaml": "yaml",
    "application/json": "json",
}


def form_of(name: str) -> str | None:
    """``yaml`` or ``json`` by a file's name; None for what is no plan file."""
    lower = name.lower()
    return next((form for suffix, form in SUFFIXES.items() if lower.endswith(suffix)), None)


def unknown_format(name: str) -> str:
    """The sentence for a form that no plan is written in."""
    known = ", ".join(FORMATS)
    return _("{name!r} is no form that this release is written in. Ask for one of {known}.").format(
        name=name[:40], known=known
    )
