"""Reads JSON of any sender within bounds: size, depth, number of parts. NaN is never a number."""

import codecs
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from checklists.rules.results.shape import WrongResult, said

PARTS = 2_000_000
_ENCODED = ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8 or, with its mark, UTF-16. Raises WrongResult with the line."""
    encoding = next((name for mark, name in _ENCODED if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise WrongResult(
            _("It is no text: byte {start:,} is no {encoding}.").format(
                start=error.start, encoding=encoding[:6]
            ),
            line,
        ) from None


def parsed(text: str) -> Any:
    """What the JSON says. Raises WrongResult with the line for what is none, or is too much."""
    if sum(map(text.count, ",{[")) > PARTS:
        raise WrongResult(_("It has more than {parts:,} parts.").format(parts=PARTS))
    try:
        return json.loads(
            text, parse_int=_integer, parse_constant=_no_number, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise WrongResult(
            _("It is no whole JSON: {msg}.").format(msg=error.msg), error.lineno
        ) from None
    except RecursionError:
        raise WrongResult(_("Its parts stand too deep within each other.")) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What says two things under one key says nothing. Raises WrongResult naming the key."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _unused in pairs).most_common(1)[0][0]
        raise WrongResult(_("The same key stands twice in one object."), place=said(twice, 80))
    return found


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) < 20 else None


def _no_number(name: str) -> None:
    return None


def part(holder: Any, *path: str | int) -> Any:
    """What stands under a path of keys and positions; None where the path ends early."""
    for step in path:
        if isinstance(holder, dict) and isinstance(step, str):
            holder = holder.get(step)
        elif isinstance(holder, list) and isinstance(step, int) and 0 <= step < len(holder):
            holder = holder[step]
        else:
            return None
    return holder


def rows(holder: Any, *path: str | int) -> list[dict]:
    """The objects of the list under a path; [] where there is none."""
    found = part(holder, *path)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def named(holder: Any, *path: str | int) -> dict[str, Any]:
    """The object under a path; {} where there is none."""
    found = part(holder, *path)
    return found if isinstance(found, dict) else {}


def each(holder: Any, *path: str | int) -> Iterator[tuple[str, dict]]:
    """The named objects of the object under a path."""
    return ((key, one) for key, one in named(holder, *path).items() if isinstance(one, dict))


def wanted_list(holder: Any, key: str) -> list[dict]:
    """The objects of a list that has to be there. Raises WrongResult naming the place."""
    found = part(holder, key)
    if not isinstance(found, list):
        raise WrongResult(_("A list is expected here."), place=key)
    for at, row in enumerate(found):
        if not isinstance(row, dict):
            raise WrongResult(_("An object is expected here."), place=f"{key}[{at}]")
    return found
