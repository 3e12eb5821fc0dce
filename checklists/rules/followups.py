"""What starts by itself when a gate is decided, and the words of it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.words import GO, HOLD, NO_GO, SHOWN
from warroom.rules.typed import length_of

TASK, ANNOUNCEMENT, SCHEDULE = "task", "announcement", "schedule"
BLOCKERS, PLAN, NEW_DATE, NOTICE = "blockers", "plan", "new-date", "notice"
LONG = 300  # characters of a title


@dataclass(frozen=True)
class Step:
    """One thing that a branch starts. ``after_minutes``: due so long after the decision."""

    kind: str
    text: str
    role: str = ""
    after_minutes: int | None = None


# For a gate without steps of its own.
DEFAULTS: dict[str, tuple[Step, ...]] = {
    GO: (
        Step(SCHEDULE, "Confirm the schedule"),
        Step(ANNOUNCEMENT, "Tell everybody in the room"),
    ),
    HOLD: (Step(TASK, "Look again at the gate"),),
    NO_GO: (
        Step(BLOCKERS, "Clear what blocks"),
        Step(PLAN, "Write the remediation plan", after_minutes=24 * 60),
        Step(NEW_DATE, "Set a new date", after_minutes=24 * 60),
        Step(NOTICE, "Tell the stakeholders", after_minutes=60),
    ),
}


@dataclass(frozen=True)
class Blocker:
    """One thing that speaks against GO, and whose it is: an owner's name or a role's id."""

    text: str
    owner: str = ""
    role_id: int | None = None


@dataclass(frozen=True)
class Decided:
    """A decision in plain values. Times are texts of UTC."""

    release: str
    gate: str
    word: str
    by: str
    at: str
    reasons: Sequence[str]
    rationale: str
    how: str
    url: str
    t0: str = ""
    hold_until: str = ""


def title_of(text: str) -> str:
    """The first line of a follow-up; what stands under it is a draft."""
    return text.partition("\n")[0][:LONG]


def draft_of(text: str) -> str:
    return text.partition("\n")[2].strip()


def letter(decided: Decided) -> tuple[str, str]:
    """Subject and text of the announcement."""
    said = f"{decided.gate}: {SHOWN[decided.word]}"
    lines = [f"{decided.release}, {said}.", "", _who(decided)]
    lines += [decided.rationale, ""] if decided.rationale else [""]
    lines += [_("T0 is {t0} UTC.").format(t0=decided.t0)] if decided.t0 else []
    lines += (
        [_("Looked at again {hold_until} UTC.").format(hold_until=decided.hold_until)]
        if decided.hold_until
        else []
    )
    return f"{decided.release}: {said}", "\n".join([*lines, decided.url, ""])


def notice(decided: Decided) -> str:
    """The draft of what stakeholders are told. No reason that is not the rule's or written."""
    lines = [
        _("{release} does not go ahead as planned.").format(release=decided.release)
        if decided.word == NO_GO
        else _("{release}: {gate} says {word}.").format(
            release=decided.release, gate=decided.gate, word=SHOWN[decided.word]
        ),
        _("{gate} was decided {word} at {at} UTC.").format(
            gate=decided.gate, word=SHOWN[decided.word], at=decided.at
        ),
    ]
    lines += [_("Planned until now: {t0} UTC.").format(t0=decided.t0)] if decided.t0 else []
    lines += [_("Reasons:"), *(f"- {reason}" for reason in decided.reasons)]
    lines += [f"- {decided.rationale}"] if decided.rationale else []
    lines += [_("The new date follows as soon as it is set.")] if decided.word == NO_GO else []
    return "\n".join(lines)


def _who(decided: Decided) -> str:
    return _("Decided by {by} at {at} UTC, {how}.").format(
        by=decided.by, at=decided.at, how=decided.how
    )


_MEETINGS = (
    _l("{gate}, second meeting"),
    _l("{gate}, third meeting"),
    _l("{gate}, fourth meeting"),
    _l("{gate}, fifth meeting"),
    _l("{gate}, sixth meeting"),
    _l("{gate}, seventh meeting"),
    _l("{gate}, eighth meeting"),
    _l("{gate}, ninth meeting"),
)
_LATER = _l("{gate}, meeting {number}")


def _meeting_of(title: str) -> str:
    """The title without the words that say the how manyth meeting it is."""
    ends = [str(said).replace("{gate}", "") for said in _MEETINGS]
    later = (
        re.escape(str(_LATER)).replace(r"\{gate\}", "(?P<gate>.*)").replace(r"\{number\}", r"\d+")
    )
    if found := re.fullmatch(later, title):
        return found["gate"]
    return next((title.removesuffix(end) for end in ends if title.endswith(end)), title)


def next_meeting(title: str, key: str, taken: Sequence[str]) -> tuple[str, str]:
    """Title and key of the gate that is held after a NO-GO: '…, second meeting', 'gate-1-2'."""
    base = _meeting_of(title)
    base_key, number = re.sub(r"-\d+$", "", key) if base != title else key, 2
    while f"{base_key[:55]}-{number}" in taken:
        number += 1
    said = str(_MEETINGS[number - 2] if number - 2 < len(_MEETINGS) else _LATER)
    room = 200 - len(said.format(gate="", number=number))
    return said.format(gate=base[:room], number=number), f"{base_key[:55]}-{number}"


KINDS = (TASK, ANNOUNCEMENT, SCHEDULE, BLOCKERS, PLAN, NEW_DATE, NOTICE)
MOST_STEPS = 50


def read_step(line: str, roles: dict[str, str]) -> Step:
    """A step as people type it: ``kind | text | role | 60m``; ``roles``: keys by names and keys.

    The kind is left out for a task, role and length where there is none. Raises ValueError with a
    sentence for what is not understood.
    """
    parts = [part.strip() for part in line.split("|")]
    kind = parts[0] if parts[0] in KINDS else TASK
    text, *more = parts[1:] if parts[0] in KINDS else parts
    if not text:
        raise ValueError(_("{line!r} says nothing to do.").format(line=line.strip()))
    role, after = "", None
    for part in filter(None, more):
        if part.lower() in roles:
            role = roles[part.lower()]
        elif (seconds := length_of(part)) is not None:
            after = seconds // 60
        else:
            raise ValueError(
                _("{part!r} is neither a role of this release nor a length such as 60m.").format(
                    part=part
                )
            )
    return Step(kind, text[:2000], role, after)


def write_step(step: Step) -> str:
    """A step as ``read_step`` reads it."""
    after = f"{step.after_minutes}m" if step.after_minutes is not None else ""
    parts = [part for part in (step.text, step.role, after) if part]
    return " | ".join(parts if step.kind == TASK else [step.kind, *parts])
