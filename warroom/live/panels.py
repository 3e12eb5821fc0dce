"""The registry of panels: how every app gets onto the screens without being imported.

A panel renders one element for everyone alike (law 14). First paint, live update, wall and status
page call the same ``render``, so they cannot differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html

from warroom.models import DeploymentPlan, TimelineEvent


@dataclass(frozen=True)
class Stand:
    """Where a panel stands in one shape of the room. ``fold``: '' as it is, 'shut' or 'open' as a
    heading that the reader opens and closes."""

    slot: str
    order: int
    fold: str = ""


class Panel:
    """One live fragment. Subclass it, name its template, register an instance in ``ready``.

    The template's root element has ``id`` and ``data-live`` equal to ``fragment_id`` and
    ``data-seq`` equal to ``seq``. ``kinds`` are prefixes of timeline kinds that make the panel
    stale. ``refresh_s``: render anew at least this often (seconds) while somebody watches.
    """

    name = ""
    template = ""
    kinds: tuple[str, ...] = ()
    places: tuple[str, ...] = ("room",)
    slot = "side"
    order = 100
    refresh_s: float | None = None
    # The room has shapes (rules/shapes.py): where it stands in one of them, if not in its slot;
    # None where it is not shown.
    stands: Mapping[str, Stand | None] = {}
    # A panel that the room frames and may fold: its heading, and the panel that is the live part
    # of that heading. Its own template is what stands below.
    heading: Any = ""
    sum: str = ""

    def stand(self, shape: str) -> Stand | None:
        """Where it stands in a room of that shape; None where it is not shown."""
        return self.stands.get(shape, Stand(self.slot, self.order))

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> dict[str, Any] | None:
        """Plain values for the template; None when there is nothing to show for this plan."""
        return {}

    def keys(self, plan: DeploymentPlan, events: Sequence[TimelineEvent]) -> Iterable[str]:
        """Which members of a family, such as item rows, are stale. No family: the key ''."""
        return ("",)

    @property
    def is_family(self) -> bool:
        """Whether it has members of its own naming, so that there is none with the empty key."""
        return type(self).keys is not Panel.keys

    def is_stale(self, event: TimelineEvent) -> bool:
        return event.kind.startswith(self.kinds) if self.kinds else False


_panels: dict[str, Panel] = {}

ALL = "all"  # every page of a release at once: one stream serves several tabs of a browser
_OUTSIDE = {"status", "wall", "report"}  # pages of their own, which nobody has as a sibling tab


def register(panel: Panel) -> Panel:
    """Add a panel; its name is unique over all apps."""
    if panel.name in _panels and type(_panels[panel.name]) is not type(panel):
        raise ValueError(f"Two panels are called {panel.name!r}")
    _panels[panel.name] = panel
    return panel


def get(name: str) -> Panel:
    return _panels[name]


def shown_at(place: str, slot: str | None = None) -> list[Panel]:
    """The panels of a place (and of one slot of it), in their order. 'every' is on each page.

    The place ALL holds what any page of a release shows.
    """
    chosen = [
        panel
        for panel in _panels.values()
        if _stands_at(panel, place) and (slot is None or panel.slot == slot)
    ]
    return sorted(chosen, key=lambda panel: (panel.order, panel.name))


def _stands_at(panel: Panel, place: str) -> bool:
    if place in _OUTSIDE:
        return place in panel.places
    return (
        place in panel.places
        or "every" in panel.places
        or (place == ALL and not _OUTSIDE.issuperset(panel.places))
    )


def nothing(plan: DeploymentPlan, fragment_id: str) -> str:
    """What takes a fragment's place on open pages when its panel has nothing to show any more."""
    return format_html(
        '<div id="{0}" data-live="{0}" data-seq="{1}" hidden></div>', fragment_id, plan.timeline_seq
    )


def render(
    panel: Panel,
    plan: DeploymentPlan,
    now: datetime,
    key: str = "",
    context: dict[str, Any] | None = None,
) -> str:
    """The fragment's HTML; empty when the panel has nothing to show for this plan.

    A page that has read what several members of a family show gives it as ``context``.
    """
    with translation.override(plan.language):
        if context is None:
            context = panel.context(plan, now, key) if key else panel.context(plan, now)
        if context is None:
            return ""
        fragment_id = f"{panel.name}-{key}" if key else panel.name
        frame = {"plan": plan, "now": now, "seq": plan.timeline_seq, "fragment_id": fragment_id}
        return render_to_string(panel.template, {**frame, **context})


def stale(
    place: str, plan: DeploymentPlan, events: Sequence[TimelineEvent]
) -> list[tuple[Panel, str]]:
    """Which fragments of a place the events made stale, each once, in the order of the place."""
    fragments = []
    for panel in shown_at(place):
        touching = [event for event in events if panel.is_stale(event)]
        if touching:
            fragments += [(panel, key) for key in panel.keys(plan, touching)]
    return fragments
