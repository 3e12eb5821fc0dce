"""Which states an item may take, and what each of them wants. States as in checklists.models."""

STATES = ("open", "doing", "done", "failed", "blocked", "skipped", "not_applicable")
WANT_REASON = frozenset({"failed", "blocked", "skipped", "not_applicable"})
CLOSED = frozenset({"done", "skipped", "not_applicable"})

PAST = {
    "open": "reopened",
    "doing": "started",
    "done": "done",
    "failed": "failed",
    "blocked": "blocked",
    "skipped": "skipped",
    "not_applicable": "not applicable",
}


def objection(state: str, reason: str) -> tuple[str, str] | None:
    """Why an item may not be set to ``state``: (field, sentence), or None if it may."""
    if state not in STATES:
        return "state", f"{state!r} is no state of an item. One of: {', '.join(STATES)}."
    if state in WANT_REASON and not reason.strip():
        return "reason", f"To set an item to {PAST[state]} wants a reason."
    return None


def kind(state: str) -> str:
    """The timeline kind for the change to ``state``."""
    return f"item.{PAST[state].replace(' ', '_')}"
