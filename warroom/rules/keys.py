"""Short names that nothing else has yet. Pure."""

from collections.abc import Container


def free_key(base: str, taken: Container[str], first: int = 2) -> str:
    """``base``, or ``base-2``, ``base-3`` and so on: the nearest that is not in ``taken``.

    ``first`` spares the look at numbers that are known to be taken, where there are many.
    """
    key = base
    while key in taken:
        key, first = f"{base}-{first}", first + 1
    return key
