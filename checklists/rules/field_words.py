"""Fields as sentences name them: 'due, count of and blocking were changed'. Pure."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _l

from warroom.rules.wording import listed

_WORDS = {
    "action": _l("action"),
    "after": _l("after"),
    "before": _l("before"),
    "blocking": _l("blocking"),
    "cause": _l("cause"),
    "command": _l("command"),
    "count_of": _l("count of"),
    "count_unit": _l("count unit"),
    "criteria": _l("criteria"),
    "decide": _l("decide"),
    "description": _l("description"),
    "due": _l("due"),
    "duration": _l("duration"),
    "during": _l("during"),
    "ends": _l("ends"),
    "exit_criteria": _l("exit criteria"),
    "expected": _l("expected"),
    "impact": _l("impact"),
    "items": _l("items"),
    "mitigation": _l("mitigation"),
    "mitigations": _l("mitigations"),
    "optional": _l("optional"),
    "owner": _l("owner"),
    "place": _l("place"),
    "probability": _l("probability"),
    "probability_after": _l("probability after"),
    "required": _l("required"),
    "risk": _l("risk"),
    "role": _l("role"),
    "runs": _l("runs"),
    "severity": _l("severity"),
    "starts": _l("starts"),
    "target": _l("target"),
    "text": _l("text"),
    "title": _l("title"),
    "trigger": _l("trigger"),
    "until": _l("until"),
    "watch": _l("watch"),
}


def field_word(name: str) -> str:
    """``count of`` for ``count_of``; a field that has no words of its own is named as it is."""
    return str(_WORDS.get(name, name.replace("_", " ")))


def field_words(names: Iterable[str]) -> str:
    return listed([field_word(name) for name in names])
