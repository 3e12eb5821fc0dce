"""A plan as data, for YAML and JSON: each floor brings its parts, as it brings panels and readers."""

from typing import Any

from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan


class Part:
    """One top-level key of the plan file. ``schema`` is a pydantic type that its value passes."""

    key = ""
    order = 100
    schema: Any = None

    def write(self, plan: DeploymentPlan, *, states: bool) -> Any:
        """Plain data for the file; None leaves the key out. ``states``: also what was done."""

    def create(self, plan: DeploymentPlan, value: Any, creation: Creation) -> None:
        """Make rows of a value that passed ``schema``, inside the one transaction."""


_parts: dict[str, Part] = {}


def register_part(part: Part) -> None:
    _parts[part.key] = part


def parts() -> list[Part]:
    """All parts in the order in which they are written and created."""
    return sorted(_parts.values(), key=lambda part: (part.order, part.key))
