"""The kinds of value in a plan file: text, lengths, offsets, instants, keys.

Each is one pydantic type that reads what is written, says in words what would be right, and
describes itself to JSON Schema; and one function that writes the value back.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, NoReturn

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from warroom.rules import lengths
from warroom.rules.lengths import written as length
from warroom.rules.moments import YEARS
from warroom.rules.offsets import LONGEST_S, parse_length, parse_offset
from warroom.rules.zones import known


class Strict(BaseModel):
    """A part of the plan file: unknown fields are errors, nothing is turned into something else."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def wrong(text: str, right: str) -> NoReturn:
    """Raise what pydantic carries to the reader: what is wrong, and what would be right."""
    raise PydanticCustomError("wrong", "{text} {right}", {"text": text, "right": right})


def many(model: type[Strict], most: int = 15_000) -> Any:
    """A list of at most ``most`` entries."""
    return Annotated[list[model], Field(max_length=most)]


def given(**values: Any) -> dict[str, Any]:
    """The fields that say something; a trailing _ frees words of Python (``from_``)."""
    return {
        key.rstrip("_"): value
        for key, value in values.items()
        if value is not None and value != "" and value != [] and value != {}
    }


# --- text ----------------------------------------------------------------------------------


def _whole(text: str) -> str:
    if "\0" in text:
        wrong(_("A NUL stands in this text."), _("Leave it out."))
    return text


def _said(text: str) -> str:
    if not text.strip():
        wrong(_("Nothing stands here."), _("Write some words."))
    return text


def text(most: int | None = None) -> Any:
    """Text of at most ``most`` characters, as the database keeps it; may be empty."""
    return Annotated[
        str,
        Field(max_length=most, json_schema_extra={"pattern": "^[^\\u0000]*$"}),
        AfterValidator(_whole),
    ]


def words(most: int | None = None) -> Any:
    """Text that says something: not empty, not only blanks."""
    return Annotated[
        str,
        Field(
            max_length=most, json_schema_extra={"pattern": "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$"}
        ),
        AfterValidator(_whole),
        AfterValidator(_said),
    ]


_KEY = re.compile(r"[-a-zA-Z0-9_]+")


def key(most: int = 60) -> Any:
    """The short name by which other parts of the file speak of something."""

    def check(value: str) -> str:
        if not _KEY.fullmatch(value):
            near = re.sub(r"[^a-z0-9_]+", "-", value.lower()).strip("-")
            wrong(
                _("{value} is no key: letters without accents, digits, - and _ only.").format(
                    value=quoted(value)
                ),
                _("Write {near}.").format(near=near) if near else _("Write a short word."),
            )
        return value

    pattern = {"pattern": f"^{_KEY.pattern}$"}
    return Annotated[str, Field(max_length=most, json_schema_extra=pattern), AfterValidator(check)]


def quoted(value: Any) -> str:
    """A value as an answer shows it, cut to a line's length."""
    shown = str(value).replace("\n", " ")
    return f'"{shown[:60]}…"' if len(shown) > 61 else f'"{shown}"'


_URL = re.compile(r"https?://[^\s<>\"'`]+")


def _web(value: str) -> str:
    if value and not _URL.fullmatch(value):
        wrong(_("{value} is no web address.").format(value=quoted(value)), _("Write https://…"))
    return value


def url(most: int = 500) -> Any:
    """An address of http or https: what a page may link to and a probe may ask."""
    pattern = {"pattern": f"^(?:{_URL.pattern})?$"}
    return Annotated[str, Field(max_length=most, json_schema_extra=pattern), AfterValidator(_web)]


def _zone(value: str) -> str:
    if value not in known():
        wrong(
            _("{value} is no time zone by its full name.").format(value=quoted(value)),
            _("Write such as Europe/Berlin."),
        )
    return value


TimeZone = Annotated[str, Field(max_length=60), AfterValidator(_zone)]


# --- lengths of time -----------------------------------------------------------------------

_DIGITS = re.compile(r"[0-9]+")


def length_s(value: Any) -> int:
    """Seconds of ``12h``, ``1h30m``, ``2d`` or ``90s``."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        wrong(
            _("{value} has no unit.").format(value=value),
            _("Write {value}h or {value}m.").format(value=value),
        )
    if not isinstance(value, str):
        wrong(_("A length of time belongs here."), _("Write such as 12h, 30m or 1h30m."))
    if not re.fullmatch(lengths.PATTERN, value):
        if _DIGITS.fullmatch(value):
            wrong(
                _("{value} has no unit.").format(value=quoted(value)),
                _("Write {value}h or {value}m.").format(value=value[:9]),
            )
        meant = parse_length(value)
        right = (
            _("Write {length}.").format(length=length(meant))
            if meant is not None
            else _("Write such as 12h or 1h30m.")
        )
        wrong(_("{value} is no length of time.").format(value=quoted(value)), right)
    return _summed(value)


def _summed(value: str) -> int:
    parts = lengths.PART.findall(value)
    places = ["wdhms".index(unit) for _unused, unit in parts]
    if places != sorted(set(places)):
        wrong(
            _("{value} names its units out of order.").format(value=quoted(value)),
            _("Write such as 1d2h30m."),
        )
    seconds = sum(int(n) * lengths.SECONDS[unit] for n, unit in parts)
    if seconds > LONGEST_S:
        wrong(
            _("{value} is more than ten years.").format(value=quoted(value)),
            _("Write a shorter one."),
        )
    return seconds


def a_length(least: int = 0, most: int = LONGEST_S, step: int = 1) -> Any:
    """A length between ``least`` and ``most`` seconds, in whole steps of ``step`` seconds."""

    def check(seconds: int) -> int:
        if not least <= seconds <= most:
            wrong(
                _("{length} is out of bounds.").format(length=length(seconds)),
                _("Write one from {length} to {length_most}.").format(
                    length=length(least), length_most=length(most)
                ),
            )
        if seconds % step:
            whole = "hours" if step == 3600 else "minutes"
            wrong(
                _("{length} is not in whole {whole}.").format(length=length(seconds), whole=whole),
                _("Round it."),
            )
        return seconds

    return Annotated[
        int,
        BeforeValidator(length_s),
        AfterValidator(check),
        WithJsonSchema(
            {
                "type": "string",
                "pattern": f"^{lengths.PATTERN}$",
                "examples": ["12h", "30m", "1h30m"],
            }
        ),
    ]


Length = a_length()


def _milliseconds(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,7}ms", value):
        return int(value[:-2])
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,4}s", value):
        return int(value[:-1]) * 1000
    shown = value if isinstance(value, int) else 300
    wrong(
        _("{value} is no short length of time.").format(value=quoted(value)),
        _("Write such as {shown}ms or 2s.").format(shown=shown),
    )


Milliseconds = Annotated[
    int,
    BeforeValidator(_milliseconds),
    WithJsonSchema({"type": "string", "pattern": "^(?:[0-9]{1,7}ms|[0-9]{1,4}s)$"}),
]


def milliseconds(value: int) -> str:
    return (
        f"{value // 1000}s" if value and value % 1000 == 0 and value < 10_000_000 else f"{value}ms"
    )


# --- offsets from T0 -----------------------------------------------------------------------

_OFFSET = f"T[+-](?:0|{lengths.PATTERN})"


def offset_s(value: Any) -> int:
    """Seconds after T0 of ``T-2h``, ``T+30m`` or ``T+0``; negative before it."""
    if not isinstance(value, str):
        wrong(_("A time from T0 on belongs here."), _("Write such as T-2h, T+0 or T+30m."))
    if not re.fullmatch(_OFFSET, value):
        meant = parse_offset(value if value[:1] in "Tt" else f"T{value}")
        seconds = meant.start_s if meant else None
        right = (
            _("Write {offset}.").format(offset=offset(seconds))
            if seconds is not None
            else _("Write such as T-2h.")
        )
        wrong(_("{value} is no time from T0 on.").format(value=quoted(value)), right)
    seconds = 0 if value[2:] == "0" else _summed(value[2:])
    return -seconds if value[1] == "-" else seconds


def offset(seconds: int | None) -> str | None:
    """``T-2h``; None for None."""
    if seconds is None:
        return None
    return lengths.offset(seconds)


Offset = Annotated[
    int,
    BeforeValidator(offset_s),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{_OFFSET}$", "examples": ["T-2h", "T+0", "T+30m"]}
    ),
]


# --- instants and days ---------------------------------------------------------------------

_CLOCK = r"[0-2][0-9]:[0-5][0-9]"
_INSTANT = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}(?::[0-5][0-9](?:\.[0-9]{{1,6}})?)?"
_ZONED = rf"{_INSTANT}(?:Z|[+-]{_CLOCK})"


def instant_at(value: Any) -> datetime:
    """The instant (UTC) of ``2026-03-04T09:00:00Z`` or ``…+01:00``."""
    if not isinstance(value, str):
        wrong(_("A time belongs here."), _("Write such as 2026-03-04T09:00:00Z."))
    if not re.fullmatch(_ZONED, value):
        _no_instant(value)
    try:
        found = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        wrong(
            _("{value} is no time of the calendar.").format(value=quoted(value)),
            _("Write such as 2026-03-04T09:00:00Z."),
        )
    if found.year not in YEARS:
        wrong(
            _("The year {year} cannot be meant.").format(year=found.year),
            _("Write such as 2026-03-04T09:00:00Z."),
        )
    return found


def _no_instant(value: str) -> NoReturn:
    near = value.strip().replace(" ", "T", 1)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", near):
        wrong(
            _("{value} has no time of day.").format(value=quoted(value)),
            _("Write {near}T09:00:00Z.").format(near=near),
        )
    if re.fullmatch(_INSTANT, near):
        wrong(
            _("{value} has no time zone.").format(value=quoted(value)),
            _("Write {near}Z for UTC, or an offset such as +01:00 in place of Z.").format(
                near=near
            ),
        )
    if re.fullmatch(_ZONED, near):
        wrong(
            _("{value} is not as ISO 8601 has it.").format(value=quoted(value)),
            _("Write {near}.").format(near=near),
        )
    wrong(
        _("{value} is no time.").format(value=quoted(value)),
        _("Write such as 2026-03-04T09:00:00Z."),
    )


def instant(at: datetime | None) -> str | None:
    """``2026-03-04T09:00:00Z``; None for None."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


Instant = Annotated[
    datetime,
    BeforeValidator(instant_at),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{_ZONED}$", "examples": ["2026-03-04T09:00:00Z"]}
    ),
]


def when_due(value: Any) -> int | datetime:
    """A time from T0 on in seconds, or an instant."""
    is_instant = isinstance(value, str) and value[:4].isdigit()
    return instant_at(value) if is_instant else offset_s(value)


Due = Annotated[
    int | datetime,
    BeforeValidator(when_due),
    WithJsonSchema(
        {"type": "string", "pattern": f"^(?:{_OFFSET}|{_ZONED})$", "examples": ["T-2h"]}
    ),
]


def _day(value: Any) -> date:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        wrong(_("{value} is no day.").format(value=quoted(value)), _("Write such as 2026-03-04."))
    return found


def _day_or_offset(value: Any) -> date | int:
    if not isinstance(value, str) or value[:1] != "T":
        return _day(value)
    seconds = offset_s(value)
    if seconds % 86_400:
        wrong(
            _("{value} is not in whole days.").format(value=quoted(value)), _("Write such as T-7d.")
        )
    return seconds // 86_400


# A day of the calendar, or whole days from the day of T0 on.
PlanDay = Annotated[
    date | int,
    BeforeValidator(_day_or_offset),
    WithJsonSchema(
        {"type": "string", "pattern": f"^(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|{_OFFSET})$"}
    ),
]


def _clock(value: Any) -> time:
    if not isinstance(value, str) or not re.fullmatch(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", value):
        wrong(
            _("{value} is no time of day.").format(value=quoted(value)), _('Write such as "18:00".')
        )
    return time.fromisoformat(value)


Clock = Annotated[
    time,
    BeforeValidator(_clock),
    WithJsonSchema({"type": "string", "pattern": "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"}),
]


# --- whole lists ---------------------------------------------------------------------------

Fault = tuple[tuple, str, str]  # where, what is wrong, what would be right


def doubled(values: Iterable[Any], name: str, path: tuple) -> Iterable[Fault]:
    """A fault for each value whose ``name`` an earlier one has."""
    seen: set[Any] = set()
    for place, value in enumerate(values):
        one = getattr(value, name)
        if one in seen:
            text = _("{one} is the {name} of an earlier one too.").format(
                one=quoted(one), name=name
            )
            yield (*path, place, name), text, _("Give each its own.")
        seen.add(one)


def unknown(value: str | None, known: Iterable[str], path: tuple, noun: str) -> Iterable[Fault]:
    """A fault when ``value`` names none of ``known``."""
    known = list(known)
    if value and value not in known:
        shown = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")
        right = (
            _("Write one of {shown}.").format(shown=shown)
            if known
            else _("The file has no {noun}s.").format(noun=noun)
        )
        yield path, _("There is no {noun} {value}.").format(noun=noun, value=quoted(value)), right
