"""What people may say of an item: the fields, how they are judged, and how an event shows them.

======================  ====================================================================
``text``                what must be true, at most 4,000 characters
``required blocking``   booleans
``role``                a Role of the plan, or None
``owner``               a name
``due``                 a ``rules.due_text.Due``
``command expected``    texts of at most 4,000 characters
``target``              the value to reach, such as 22/22
``count_of count_unit`` how many there are to be, and of what: 7, attached
``runs``                seconds that the work takes once begun, or None
======================  ====================================================================
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from checklists.models import ChecklistItem
from checklists.rules.due_text import Due, due_text, length_text
from checklists.rules.items import COUNT_MOST
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan

LIMITS = {
    "text": 4000,
    "owner": 120,
    "command": 4000,
    "expected": 4000,
    "target": 120,
    "count_unit": 40,
}
# What a signature stands for: to change one of these takes it back.
SIGNED = frozenset({"text", "required", "blocking", "role", "due", "target", "count_of"})
_NAMES = frozenset(LIMITS) | {"required", "blocking", "role", "due", "count_of", "runs"}


def checked(
    plan: DeploymentPlan, fields: Mapping[str, Any], *, new: bool = False
) -> dict[str, Any]:
    """The fields as they will be kept; what has no name here is left aside. Raises Invalid."""
    values = {name: value for name, value in fields.items() if name in _NAMES}
    for name, limit in LIMITS.items():
        if name in values:
            values[name] = _text(name, values[name], limit)
    if not values.get("text", "" if new else "-"):
        raise Invalid("text", _("Say what must be true."))
    role = values.get("role")
    if role is not None and role.plan_id != plan.pk:
        raise Invalid("role", _("This release has no such role."))
    count = values.get("count_of")
    if count is not None and not 1 <= count <= COUNT_MOST:
        raise Invalid(
            "count_of",
            _("Give a number from 1 to {count_most}, or none.").format(count_most=COUNT_MOST),
        )
    return values


def _text(name: str, value: str, limit: int) -> str:
    lines = name in ("command", "expected")
    text = value.replace("\0", "").replace("\r\n", "\n").strip()
    text = text if lines else " ".join(text.split())
    if len(text) > limit:
        raise Invalid(
            name,
            _("This has {count} characters; {limit} are allowed.").format(
                count=len(text), limit=limit
            ),
        )
    return text


def assign(item: ChecklistItem, values: Mapping[str, Any]) -> None:
    """Write checked fields into the row, unsaved."""
    for name, value in values.items():
        if name == "due":
            item.due_offset_s, item.due_at = value.offset_s, value.at
        elif name == "runs":
            item.duration_s = value
        else:
            setattr(item, name, value)
    if "count_of" not in values:
        return
    if item.count_of is None:
        item.count_done = None
    elif (item.count_done or 0) > item.count_of:
        raise Invalid(
            "count_of",
            _("{count_done} are counted already; give at least as many.").format(
                count_done=item.count_done
            ),
        )


def shown(item: ChecklistItem) -> dict[str, Any]:
    """The fields as an event keeps them: plain JSON, times as people type them."""
    return {
        "text": item.text,
        "required": item.required,
        "blocking": item.blocking,
        "role": item.role.key if item.role else "",
        "owner": item.owner,
        "due": due_text(Due(item.due_offset_s, item.due_at)),
        "command": item.command,
        "expected": item.expected,
        "target": item.target,
        "count_of": item.count_of,
        "count_unit": item.count_unit,
        "runs": length_text(item.duration_s),
    }
