"""The sections of a release's settings page. Each app registers its own, as it does with panels.

A section is a template with forms. It is not live: what somebody types there is never swapped. Each
form posts to an address of its own, whose view answers ``views.settings.saved`` or, with what was
typed and its errors, ``views.settings.again``.
"""

from typing import Any

from warroom.models import DeploymentPlan
from warroom.queries.people import Standing


class Section:
    """``name`` is the anchor; ``column`` is wide, left or right; ``right`` is who may save it."""

    name = ""
    label = ""
    template = ""
    order = 100
    column = "wide"
    right = "edit"

    def context(
        self, plan: DeploymentPlan, person: Standing, forms: dict[str, Any]
    ) -> dict[str, Any] | None:
        """What the template needs; None hides the section. ``forms``: bound ones, by name."""
        return {}


_sections: dict[str, Section] = {}


def register(section: Section) -> None:
    _sections[section.name] = section


def registered() -> list[Section]:
    return sorted(_sections.values(), key=lambda section: (section.order, section.name))
