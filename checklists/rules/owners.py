"""Whom the owner of an item names: one or several, by name, role or @name. Pure."""

import re

_APART = re.compile(r"[,;/&+]| and ")


def named(owner: str) -> list[str]:
    """Each of "Cora, @thon and Security", without the sign, as it is written."""
    parts = (part.strip().removeprefix("@") for part in _APART.split(owner))
    return [part for part in parts if part]


def plain(name: str) -> str:
    """A name as names are compared."""
    return name.strip().removeprefix("@").casefold()
