"""Numbers as addresses and forms bring them: text that anybody may have typed."""

import re

_WHOLE = re.compile(r"[0-9]{1,9}")


def whole_number(text: str) -> int | None:
    """The whole number that ``text`` is, of at most nine digits; None for anything else.

    Superscripts are digits to Python but no numbers, and thousands of digits are refused by it.
    """
    return int(text) if _WHOLE.fullmatch(text) else None
