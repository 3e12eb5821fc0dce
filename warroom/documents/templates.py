"""The plans that releases begin with: four files of the product, and what teams made of their own.

A template is a plan file without dates, people and states. Its name and summary are those of its
``plan``, which the release made of it does not take over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _

from warroom.documents.portable import read
from warroom.documents.readers import in_words
from warroom.documents.source import DocumentError
from warroom.models import PlanTemplate, User
from warroom.queries.plans import plans_for
from warroom.rules.outlines import items_of

log = structlog.get_logger()

FOLDER = Path(__file__).resolve().parent.parent / "plan_templates"
SHIPPED = {  # in the order in which they are offered, with their icons
    "checklist": "list",
    "progressive": "steps",
    "launch": "flag",
    "drill": "v-rollback",
}


@dataclass(frozen=True)
class Starter:
    """A template, shipped or of a team (``row``), as data in the form of the plan file."""

    key: str
    icon: str
    name: str
    summary: str
    data: dict[str, Any]
    row: PlanTemplate | None = None

    @property
    def roles(self) -> list[dict[str, Any]]:
        return self.data.get("roles", [])

    @property
    def leader(self) -> str:
        """The key of the role that leads: the first that may edit the plan; "" without one."""
        return next((one["key"] for one in self.roles if "edit" in one.get("rights", ())), "")

    @property
    def items(self) -> list[dict[str, Any]]:
        return list(items_of(self.data))

    @property
    def counts(self) -> dict[str, int]:
        parts = ("phases", "roles", "stages", "gates")
        return {"items": len(self.items)} | {key: len(self.data.get(key, ())) for key in parts}

    @property
    def sentence(self) -> str:
        """``6 phases, 54 items, 3 roles, 6 stages, 7 gates``; says it where there is no gate."""
        always, nouns = ("gates",), ("phases", "items", "roles", "stages", "gates")
        counted = {noun: self.counts[noun] for noun in nouns}
        return ", ".join(
            f"{n} {noun}" if n else _("no gate") for n, noun in in_words(counted, always)
        )

    @property
    def about(self) -> list[tuple[str, str]]:
        """What is in it, as pairs of name and words for the page."""
        told = [
            (_("Phases"), ", ".join(one["title"] for one in self.data.get("phases", ()))),
            (_("Stages"), _stages(self.data)),
            (_("Soak"), ", ".join(dict.fromkeys(_soaks(self.data)))),
            (_("Gates"), ", ".join(one["title"] for one in self.data.get("gates", ()))),
            (_("Criteria"), ", ".join(dict.fromkeys(_criteria(self.data)))),
            (_("Every day"), ", ".join(one["title"] for one in self.data.get("daily", ()))),
            *self.data["plan"].get("facts", {}).items(),
            (_("Roles"), ", ".join(one["name"] for one in self.roles)),
        ]
        return [(name, words) for name, words in told if words]


def _stages(data: dict[str, Any]) -> str:
    steps = data.get("stages", ())
    shares = [str(one.get("from", 0)) for one in steps[:1]] + [str(one["to"]) for one in steps]
    return f"{', '.join(shares)} %" if shares else ""


def _soaks(data: dict[str, Any]) -> Iterator[str]:
    return (one["soak"] for one in data.get("stages", ()) if one.get("soak"))


def _criteria(data: dict[str, Any]) -> Iterator[str]:
    return (one["label"] for gate in data.get("gates", ()) for one in gate.get("criteria", ()))


@cache
def shipped() -> tuple[Starter, ...]:
    """The four that come with the product, in the order in which they are offered."""
    return tuple(_shipped(key, icon) for key, icon in SHIPPED.items())


def _shipped(key: str, icon: str) -> Starter:
    data = read((FOLDER / f"{key}.yaml").read_text(), "yaml").data
    return Starter(key, icon, data["plan"]["name"], data["plan"]["summary"], data)


def own_templates(person: User):
    """The teams' templates that ``person`` may use: of plans that they see, and their own."""
    rows = PlanTemplate.objects.filter(retired_at=None).select_related("author", "made_from")
    if person.is_superuser:
        return rows
    return rows.filter(Q(author=person) | Q(made_from__in=plans_for(person).values("pk")))


def starters(person: User) -> list[Starter]:
    """What ``person`` can begin a release with: the shipped ones, then those of teams."""
    own = (_of_row(row) for row in own_templates(person))
    return [*shipped(), *(one for one in own if one is not None)]


def starter(person: User, key: str) -> Starter:
    """The template, or Http404 alike when there is none and when it is not theirs."""
    found = next((one for one in shipped() if one.key == key), None)
    if found is not None:
        return found
    row = own_template(person, key)
    found = _of_row(row) if row is not None else None
    if found is None:
        raise Http404(_("No such template, or it is not yours to use."))
    return found


def own_template(person: User, key: str) -> PlanTemplate | None:
    """The team's template of that key that ``person`` may use."""
    return own_templates(person).filter(key=key).first()


def _of_row(row: PlanTemplate) -> Starter | None:
    """None for a body that is not read any more: one template must not hide the others."""
    try:
        data = read(row.body, "yaml").data
    except DocumentError as error:
        log.warning("a template cannot be read", template=row.key, error=str(error))
        return None
    return Starter(row.key, "note", row.name, row.summary, data, row)
