"""Blanks that a template leaves to be filled: ``<namespace>``. Pure."""

import re

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
