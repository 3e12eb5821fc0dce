"""Blanks that a template leaves to be filled: ``<namespace>``. Pure."""

import re
from collections.abc import Mapping, Sequence

# No space at either end, so that "a < b > c" and "<in.txt >out.txt" are none; not the name of a
# group in a regular expression.
_BLANK = re.compile(r"(?<![?P\w])<[^\W\d_](?:[^<>\n=\"']{0,60}[\w)])?>")


def blanks(*texts: str) -> list[str]:
    """Every ``<…>`` that is left in the texts, each once, in their order."""
    return list(dict.fromkeys(found for text in texts for found in _BLANK.findall(text)))


def named(found: list[str], most: int = 6) -> str:
    """``<job>, <namespace> and 3 more``."""
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def told(left: Mapping[str, Sequence[str]], noun: str) -> tuple[str, str]:
    """Title and text of a finding: how many things have blanks, and every one of the blanks."""
    title = f"{len(left)} {noun}s have blanks" if len(left) > 1 else f"1 {noun} has blanks"
    each = list(dict.fromkeys(blank for found in left.values() for blank in found))
    return title, f"Fill in {', '.join(each)}. In {named(list(left))}."
