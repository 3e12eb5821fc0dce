"""Which states an item may take, and what each of them wants. States as in checklists.models."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.rules.wording import duration_text

STATES = ("open", "doing", "done", "failed", "blocked", "skipped", "not_applicable")
WANT_REASON = frozenset({"failed", "blocked", "skipped", "not_applicable"})
CLOSED = frozenset({"done", "skipped", "not_applicable"})
LEFT_OUT = frozenset({"skipped", "not_applicable"})
COUNT_MOST = 100_000

# Kinds of the timeline and words of documents; what people read is PAST_SAID.
PAST = {
    "open": "reopened",
    "doing": "started",
    "done": "done",
    "failed": "failed",
    "blocked": "blocked",
    "skipped": "skipped",
    "not_applicable": "not applicable",
}
PAST_SAID = {
    "open": _l("reopened"),
    "doing": _l("started"),
    "done": _l("done"),
    "failed": _l("failed"),
    "blocked": _l("blocked"),
    "skipped": _l("skipped"),
    "not_applicable": _l("not applicable"),
}


def objection(state: str, reason: str) -> tuple[str, str] | None:
    """Why an item may not be set to ``state``: (field, sentence), or None if it may."""
    if state not in STATES:
        return "state", _("{state!r} is no state of an item. One of: {states}.").format(
            state=state, states=", ".join(STATES)
        )
    if state in WANT_REASON and not reason.strip():
        return "reason", _("To set an item to {state} wants a reason.").format(
            state=PAST_SAID[state]
        )
    return None


def kind(state: str) -> str:
    """The timeline kind for the change to ``state``."""
    return f"item.{PAST[state].replace(' ', '_')}"


def left_out(required: bool, state: str, by: str, reason: str) -> str:
    """``required, skipped by Cora: no staging today``; "" for what was not left out (S9).

    What is required is never left out silently: rows, statements and the document say it.
    """
    if not required or state not in LEFT_OUT:
        return ""
    verb = "skipped" if state == "skipped" else _("set not applicable")
    who = _(" by {by}").format(by=by) if by else ""
    return (
        _("required, {verb}{who}: {reason}").format(verb=verb, who=who, reason=reason)
        if reason
        else _("required, {verb}{who}").format(verb=verb, who=who)
    )


def left_out_list(items: list[tuple[str, str]]) -> str:
    """What a statement says of required items that were left out: `` Left out: 4.3 (…).``

    ``items``: the ref of each item and its ``left_out``.
    """
    named = [f"{ref} ({why})" for ref, why in items if why]
    return _(" Left out: {named}.").format(named="; ".join(named)) if named else ""


# --- N of M (S36) ----------------------------------------------------------------------------


def count_text(done: int | None, of: int | None, unit: str) -> str:
    """``3 of 7 attached``; "" for an item that counts nothing."""
    return (
        _("{done} of {of} {unit}").format(done=done or 0, of=of, unit=unit).rstrip() if of else ""
    )


def count_objection(done: int, of: int | None, least: int) -> str | None:
    """Why a count may not be set to ``done``; ``least``: what counts by itself already."""
    if not of:
        return _("This item counts nothing: it has no number to reach.")
    if done > of:
        return _("{done} of {of} is too many: at most {of}.").format(done=done, of=of)
    if done < least:
        return _("{least} are attached here already, so it is at least {least}.").format(
            least=least
        )
    return None


# --- work that runs for hours (S131) ---------------------------------------------------------


def ends_at(started: datetime | None, duration_s: int | None) -> datetime | None:
    """When work that was begun is over (UTC); None before it is begun, or if it has no length."""
    if started is None or not duration_s:
        return None
    return started + timedelta(seconds=duration_s)


def started_at(state: str, before: str, started: datetime | None, now: datetime) -> datetime | None:
    """Since when the work runs, once an item goes from ``before`` to ``state``.

    It begins with 'doing', and anew after it failed. What was blocked or done goes on.
    """
    if state == "open":
        return None
    if state == "doing" and (started is None or before in ("open", "failed")):
        return now
    return started


def too_early(
    reason: str,
    count: tuple[int | None, int | None, str],
    started: datetime | None,
    duration_s: int | None,
    now: datetime,
) -> str | None:
    """Why an item is not done yet, unless a reason says why it is; the sentence, or None.

    ``count``: done, of how many, of what.
    """
    if reason.strip():
        return None
    done, of, unit = count
    if of and (done or 0) < of:
        return _("It is at {done}. Give the number, or say why it is done.").format(
            done=count_text(done, of, unit)
        )
    if not duration_s:
        return None
    end, whole = ends_at(started, duration_s), duration_text(duration_s)
    if end is None:
        return _(
            "It runs {whole} and was not started. Start it, or say why it is done already."
        ).format(whole=whole)
    if now < end:
        left = duration_text(end - now)
        return _(
            "It runs {whole} and has {left} to go. Wait, or say why it is done already."
        ).format(whole=whole, left=left)
    return None
