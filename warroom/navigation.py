"""The sections of a release, in tab order. Each app registers its own in ``AppConfig.ready``.

A page that is not built has no tab; nothing here names an app.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse


@dataclass(frozen=True)
class Tab:
    name: str
    label: str
    url_name: str
    order: int
    count: Callable[[Any, datetime], str | None] | None = None
    icon: str = ""  # the first four tabs stand in the phone's dock too
    key: str = ""  # the letter after "g"

    def url(self, plan) -> str:
        return reverse(self.url_name, kwargs={"slug": plan.slug})


_tabs: dict[str, Tab] = {}


def register_tab(
    name: str,
    label: str,
    url_name: str,
    order: int,
    *,
    count: Callable[[Any, datetime], str | None] | None = None,
    icon: str = "",
    key: str = "",
) -> None:
    """``url_name`` takes ``slug``; ``count(plan, now)`` gives a short text such as ``8/14``
    or None; ``now`` is UTC."""
    _tabs[name] = Tab(name, label, url_name, order, count, icon, key)


def tabs() -> list[Tab]:
    return sorted(_tabs.values(), key=lambda tab: tab.order)


def get(name: str) -> Tab:
    return _tabs[name]


@dataclass(frozen=True)
class Part:
    """One of several pages under a tab, such as Checks and Evidence; ``anchor`` within its page."""

    tab: str
    name: str
    label: str
    url_name: str
    order: int
    anchor: str = ""
    count: Callable[[Any], str | None] | None = None

    def url(self, plan) -> str:
        return reverse(self.url_name, kwargs={"slug": plan.slug}) + self.anchor


_parts: dict[str, Part] = {}


def register_part(
    tab: str,
    name: str,
    label: str,
    url_name: str,
    order: int,
    *,
    anchor: str = "",
    count: Callable[[Any], str | None] | None = None,
) -> None:
    """``count(plan)`` gives a short text, such as ``7``, or None."""
    _parts[name] = Part(tab, name, label, url_name, order, anchor, count)


def parts(tab: str) -> list[Part]:
    """The pages under a tab, in their order."""
    found = (part for part in _parts.values() if part.tab == tab)
    return sorted(found, key=lambda part: part.order)
