"""What the public is told: no names, no metrics, and first whether the reader must act."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.rules.lifecycle import LIVE


@dataclass(frozen=True)
class PublicState:
    """``key`` is a word for programs, ``tone`` one of ok, hold, bad, wait for the look."""

    key: str
    tone: str
    icon: str
    headline: str
    sentence: str


NOTHING_TO_DO = _l("You do not need to do anything.")
_BY_LIFECYCLE = {
    "draft": ("planned", "wait", "v-wait", _l("Planned"), _l("This release has not begun.")),
    "preparing": (
        "planned",
        "wait",
        "v-wait",
        _l("Being prepared"),
        _l("This release has not begun."),
    ),
    "stable": (
        "finished",
        "ok",
        "v-proceed",
        _l("Finished"),
        _l("The new version serves everyone, and we no longer watch it specially."),
    ),
    "rolled_back": (
        "rolled-back",
        "hold",
        "v-hold",
        _l("Rolled back"),
        _l("We went back to the previous version."),
    ),
    "aborted": (
        "aborted",
        "wait",
        "v-wait",
        _l("Called off"),
        _l("This release does not take place."),
    ),
}
_BY_VERDICT = {
    "proceed": (
        "on-track",
        "ok",
        "v-proceed",
        _l("Going to plan"),
        _l("What we measure is within our targets."),
    ),
    "hold": (
        "on-hold",
        "hold",
        "v-hold",
        _l("On hold"),
        _l("We go no further until we have looked at something more closely."),
    ),
    "rollback": (
        "problem",
        "bad",
        "v-rollback",
        _l("Problem found"),
        _l("We found a problem with the new version and are seeing to it now."),
    ),
    "": ("under-way", "wait", "i-run", _l("Under way"), _l("The release has begun.")),
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
        sentence = _("We do not know at the moment: measurements have stopped arriving.")
    where = f"{headline} {position}".rstrip()
    return PublicState(key, tone, icon, where, f"{NOTHING_TO_DO} {sentence}")
