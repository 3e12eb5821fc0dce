"""What the public is told: no names, no metrics, and first whether the reader must act."""

from dataclasses import dataclass

from warroom.rules.lifecycle import LIVE


@dataclass(frozen=True)
class PublicState:
    """``key`` is a word for programs, ``tone`` one of ok, hold, bad, wait for the look."""

    key: str
    tone: str
    icon: str
    headline: str
    sentence: str


NOTHING_TO_DO = "You do not need to do anything."
_BY_LIFECYCLE = {
    "draft": ("planned", "wait", "v-wait", "Planned", "This release has not begun."),
    "preparing": ("planned", "wait", "v-wait", "Being prepared", "This release has not begun."),
    "stable": (
        "finished",
        "ok",
        "v-proceed",
        "Finished",
        "The new version serves everyone, and we no longer watch it specially.",
    ),
    "rolled_back": (
        "rolled-back",
        "hold",
        "v-hold",
        "Rolled back",
        "We went back to the previous version.",
    ),
    "aborted": ("aborted", "wait", "v-wait", "Called off", "This release does not take place."),
}
_BY_VERDICT = {
    "proceed": (
        "on-track",
        "ok",
        "v-proceed",
        "Going to plan",
        "What we measure is within our targets.",
    ),
    "hold": (
        "on-hold",
        "hold",
        "v-hold",
        "On hold",
        "We go no further until we have looked at something more closely.",
    ),
    "rollback": (
        "problem",
        "bad",
        "v-rollback",
        "Problem found",
        "We found a problem with the new version and are seeing to it now.",
    ),
    "": ("under-way", "wait", "i-run", "Under way", "The release has begun."),
}


def public_state(lifecycle: str, verdict: str, position: str, aged: bool = False) -> PublicState:
    """Return what the public reads. ``position`` is such as 'at 5 %' or ''.

    Before the release begins and after it has ended a verdict says nothing to the public.
    """
    if lifecycle not in LIVE:
        key, tone, icon, headline, sentence = _BY_LIFECYCLE[lifecycle]
        return PublicState(key, tone, icon, headline, f"{NOTHING_TO_DO} {sentence}")
    key, tone, icon, headline, sentence = _BY_VERDICT[verdict]
    if aged:
        sentence = "We do not know at the moment: measurements have stopped arriving."
    where = f"{headline} {position}".rstrip()
    return PublicState(key, tone, icon, where, f"{NOTHING_TO_DO} {sentence}")
