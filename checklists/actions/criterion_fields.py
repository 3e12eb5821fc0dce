"""What people may say of a criterion: the fields, how they are judged, how an event keeps them.

=========================  =================================================================
``label``                  its name
``target acceptable fail`` the three texts, as people read them
``green red``              a Bound each, or None
``unit``                   of the bounds
``source params``          where the value comes from (``models.Source``), and what that wants
``evidence_key``           of a reading
``report_only weight``     shown and not counted; None: a veto
``area``                   ``models.Area``, or ""
``valid_for_s``            how long a reading counts, in seconds, or None
=========================  =================================================================
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext as _

from checklists.models import Area, Criterion, Source
from checklists.rules.bands import Bound
from checklists.rules.numbers import whole_number
from warroom.actions.refusals import Invalid

LIMITS = {
    "label": 200,
    "target": 200,
    "acceptable": 200,
    "fail": 200,
    "unit": 20,
    "evidence_key": 80,
}
_COLUMNS = {"target": "target_text", "acceptable": "acceptable_text", "fail": "fail_text"}
_PLAIN = ("source", "params", "report_only", "weight", "area", "valid_for_s")
NAMES = frozenset(LIMITS) | {"green", "red", *_PLAIN}
MOST_DAYS = 365
MOST_WEIGHT = 10_000
# What the vote of a person was given on. The texts count too where no bound says the target, and
# the name where nothing else says what a person is to judge.
JUDGED = ("green_op", "green_value", "red_op", "red_value", "unit", "source", "params")
JUDGED += ("evidence_key", "report_only", "weight")
WORDS = ("target_text", "acceptable_text", "fail_text")


def checked(fields: Mapping[str, Any], *, new: bool = False) -> dict[str, Any]:
    """The fields as they will be kept; what has no name here is left aside. Raises Invalid."""
    values = {name: value for name, value in fields.items() if name in NAMES}
    for name, limit in LIMITS.items():
        if name in values:
            values[name] = _text(name, values[name], limit)
    if not values.get("label", "" if new else "-"):
        raise Invalid("label", _("Say what is asked."))
    if "source" in values and values["source"] not in Source.values:
        raise Invalid(
            "source", _("No such source. One of: {values}.").format(values=", ".join(Source.values))
        )
    if values.get("area") and values["area"] not in Area.values:
        raise Invalid(
            "area", _("No such area. One of: {values}.").format(values=", ".join(Area.values))
        )
    _check_numbers(values)
    if "params" in values:
        values["params"] = _params(values.get("source", ""), values["params"])
    return values


def _check_numbers(values: dict[str, Any]) -> None:
    weight, valid = values.get("weight"), values.get("valid_for_s")
    if weight is not None:
        values["weight"] = _weight(weight)
    if valid is not None and not 1 <= valid <= MOST_DAYS * 86_400:
        raise Invalid(
            "valid_for_s", _("Give a length up to {most_days} days.").format(most_days=MOST_DAYS)
        )
    if values.get("red") is not None and values.get("green", Bound("=", 0)) is None:
        raise Invalid("target", _("Say what is green as well: the target as a number."))


def hundredths(value: Decimal | float) -> Decimal:
    """A weight or a share as its column keeps it. Raises ValueError for what is no number."""
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) >= MOST_WEIGHT * 10:
        raise ValueError(value)
    return number.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _weight(value: Any) -> Decimal:
    """Judged as it is kept: what rounds to nothing would not count at all."""
    try:
        weight = hundredths(value)
    except (ValueError, ArithmeticError):
        weight = Decimal(0)
    if not 0 < weight < MOST_WEIGHT:
        raise Invalid("weight", _("A weight lies between 0.01 and 9,999.99."))
    return weight


def _text(name: str, value: Any, limit: int) -> str:
    text = " ".join(str(value or "").replace("\0", "").split())
    if len(text) > limit:
        raise Invalid(
            name,
            _("This has {count} characters; {limit} are allowed.").format(
                count=len(text), limit=limit
            ),
        )
    return text


_LISTS = {"phases", "groups", "scopes", "checks"}
_KNOWN = {
    Source.ITEMS: ("phases", "groups"),
    Source.SIGNOFFS: ("scopes",),
    Source.CHECKS: ("checks",),
    Source.ALERTS: ("severity",),
    Source.FINDINGS: ("severity",),
    Source.AGE: ("key",),
}


def _params(source: str, params: Any) -> dict[str, Any]:
    """Only what the source wants, in the form in which it reads it."""
    if not isinstance(params, Mapping):
        raise Invalid("params", _("This is no object."))
    kept: dict[str, Any] = {}
    for name in _KNOWN.get(source, ()):
        value = params.get(name)
        if value is not None and not isinstance(value, list if name in _LISTS else str):
            raise Invalid(
                name,
                (_("{name} is a list.") if name in _LISTS else _("{name} is a text.")).format(
                    name=name
                ),
            )
        if name in _LISTS and (value or name != "groups"):
            kept[name] = [_listed(name, one) for one in (value or [])[:100]]
        elif value:
            kept[name] = _text(name, value, 80)
    return kept


def _listed(name: str, value: Any) -> str | int:
    if name != "phases":
        return _text(name, value, 300 if name == "groups" else 80)
    number = whole_number(str(value))
    if number is None:
        raise Invalid(
            "phases", _("{value!r} is no number of a phase.").format(value=str(value)[:40])
        )
    return number


def assign(criterion: Criterion, values: Mapping[str, Any]) -> None:
    """Write checked fields into the row, unsaved."""
    for name, value in values.items():
        if name in ("green", "red"):
            setattr(criterion, f"{name}_op", value.op if value else "")
            setattr(criterion, f"{name}_value", value.value if value else None)
        elif name == "weight":
            criterion.weight = None if value is None else hundredths(value)
        else:
            setattr(criterion, _COLUMNS.get(name, name), value)


def shown(criterion: Criterion) -> dict[str, Any]:
    """The fields as an event and an older version keep them: plain JSON."""
    return {
        "label": criterion.label,
        "target": criterion.target_text,
        "acceptable": criterion.acceptable_text,
        "fail": criterion.fail_text,
        "green": _bound(criterion.green_op, criterion.green_value),
        "red": _bound(criterion.red_op, criterion.red_value),
        "unit": criterion.unit,
        "source": criterion.source,
        "params": criterion.params,
        "evidence_key": criterion.evidence_key,
        "report_only": criterion.report_only,
        "weight": float(criterion.weight) if criterion.weight is not None else None,
        "area": criterion.area,
        "valid_for_s": criterion.valid_for_s,
    }


def _bound(op: str, value: float | None) -> list | None:
    return [op, value] if op and value is not None else None


def changes(before: Criterion, after: Criterion) -> bool:
    """Whether what people voted on is another one: more than its words."""
    bounded = after.green_op and before.green_op
    names = JUDGED if bounded else (*JUDGED, *WORDS)
    if not bounded and _only_named(before) and _only_named(after):
        names = (*names, "label")
    return any(getattr(before, name) != getattr(after, name) for name in names)


def _only_named(criterion: Criterion) -> bool:
    read = criterion.source == Source.EVIDENCE and criterion.evidence_key
    by_person = criterion.source in (Source.EVIDENCE, Source.PERSON) and not read
    return by_person and not any(getattr(criterion, name) for name in WORDS)
