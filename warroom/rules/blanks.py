"""Blanks that a template leaves to be filled: ``<namespace>``. Pure."""

import re
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

# No space at either end, so that "a < b > c" and "<in.txt >out.txt" are none; not the name of a
# group in a regular expression.
_BLANK = re.compile(r"(?<![?P\w])<[^\W\d_](?:[^<>\n=\"']{0,60}[\w)])?>")


_TITLES = {
    "item": ngettext_lazy("{count} item has blanks", "{count} items have blanks"),
    "check": ngettext_lazy("{count} check has blanks", "{count} checks have blanks"),
}


def blanks(*texts: str) -> list[str]:
    """Every ``<…>`` that is left in the texts, each once, in their order."""
    return list(dict.fromkeys(found for text in texts for found in _BLANK.findall(text)))


def named(found: list[str], most: int = 6) -> str:
    """``<job>, <namespace> and 3 more``."""
    more = _(" and {count} more").format(count=len(found) - most) if len(found) > most else ""
    return ", ".join(found[:most]) + more


def told(left: Mapping[str, Sequence[str]], noun: str) -> tuple[str, str]:
    """Title and text of a finding: how many things have blanks, and every one of the blanks."""
    title = (_TITLES[noun] % len(left)).format(count=len(left))
    each = list(dict.fromkeys(blank for found in left.values() for blank in found))
    return title, _("Fill in {each}. In {named}.").format(
        each=", ".join(each), named=named(list(left))
    )
