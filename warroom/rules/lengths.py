"""Lengths of time and offsets from T0 as files, forms and documents write them. Pure.

``12h``, ``1h30m``, ``3d``; ``T-2h``, ``T+0``. What people may type besides is in ``typed``.
"""

import re

SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
PATTERN = "(?:[0-9]{1,9}[wdhms])+"
PART = re.compile(r"([0-9]{1,9})([wdhms])")


def read(text: str) -> int | None:
    """Seconds of ``1h30m``, however long; None for anything else."""
    if not re.fullmatch(PATTERN, text):
        return None
    return sum(int(n) * SECONDS[unit] for n, unit in PART.findall(text))


def written(seconds: int) -> str:
    """Seconds as they are written: 12h, 1h30m, 48h, 3d, 90s as 1m30s, 0m."""
    if seconds and seconds % 86_400 == 0 and seconds > 172_800:
        return f"{seconds // 86_400}d"
    hours, rest = divmod(seconds, 3600)
    minutes, secs = divmod(rest, 60)
    parts = [f"{n}{unit}" for n, unit in ((hours, "h"), (minutes, "m"), (secs, "s")) if n]
    return "".join(parts) or "0m"


def offset(seconds: int) -> str:
    """Seconds after T0 as they are written: T-2h, T+0."""
    return f"T{'-' if seconds < 0 else '+'}{written(abs(seconds))}" if seconds else "T+0"
