"""The life of a release: which step leads from where to where, and who may take it. Pure.

draft → preparing → deploying → watching → stable; it is left by rolling back or aborting.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

DRAFT, PREPARING, DEPLOYING = "draft", "preparing", "deploying"
WATCHING, STABLE = "watching", "stable"
ROLLED_BACK, ABORTED = "rolled_back", "aborted"
REOPEN, RESUMED = "reopen", "resumed"

# Nothing is ticked, voted or changed any more: a record that is read.
CLOSED = frozenset({STABLE, ABORTED})
# Nothing goes on, although after a rollback the room is still worked in.
ENDED = CLOSED | {ROLLED_BACK}
# The new version serves somebody.
LIVE = frozenset({DEPLOYING, WATCHING})
LINE = (DRAFT, PREPARING, DEPLOYING, WATCHING, STABLE)

SHOWN = {
    DRAFT: _l("a draft"),
    PREPARING: _l("being prepared"),
    DEPLOYING: _l("deploying"),
    WATCHING: _l("being watched"),
    STABLE: _l("stable"),
    ROLLED_BACK: _l("rolled back"),
    ABORTED: _l("aborted"),
}


@dataclass(frozen=True)
class Step:
    """One step. ``word`` names it: the lifecycle that it sets, or reopen.

    ``start`` holds the lifecycles it leads from, each with the one it leads to. ``right`` is who
    may take it. ``doing`` is for sentences: 'Going live is over.'
    """

    word: str
    start: dict[str, str]
    right: str
    event: str
    button: str
    says: str
    done: str
    doing: str
    wants_reason: bool = False


def _from(target: str, *starts: str) -> dict[str, str]:
    return dict.fromkeys(starts, target)


STEPS = {
    step.word: step
    for step in (
        Step(
            PREPARING, _from(PREPARING, DRAFT), "edit", "plan.opened", _l("Open the room"),
            _l("The draft becomes a release that people prepare."),
            _l("The room is open: the release is being prepared."), _l("Opening the room"),
        ),
        Step(
            DEPLOYING, _from(DEPLOYING, DRAFT, PREPARING), "run", "plan.went_live", _l("Go live"),
            _l("Deploying begins."),
            _l("Live: deploying has begun."), _l("Going live"),
        ),
        Step(
            WATCHING, _from(WATCHING, DEPLOYING), "run", "plan.watching", _l("Begin to watch"),
            _l("The work is done; the release is watched until it is declared stable."),
            _l("Deployed: the release is being watched."), _l("Beginning to watch"),
        ),
        Step(
            STABLE, _from(STABLE, WATCHING), "sign", "plan.stable", _l("Declare stable"),
            _l("The last signature closes the release."),
            _l("The release is stable."), _l("Declaring it stable"),
        ),
        Step(
            ROLLED_BACK, _from(ROLLED_BACK, DEPLOYING, WATCHING), "run", "plan.rolled_back",
            _l("Record the rollback"),
            _l("Traffic is back on the previous version: this records it and ends the " "release."),
            _l("Rolled back: the previous version serves everyone."), _l("Rolling back"),
            wants_reason=True,
        ),
        Step(
            ABORTED, _from(ABORTED, DRAFT, PREPARING, DEPLOYING, WATCHING), "decide",
            "plan.aborted", _l("Abort the release"),
            _l("The release does not take place. Its record stays and can be read."),
            _l("The release is aborted."), _l("Aborting"), wants_reason=True,
        ),
        Step(
            REOPEN, {STABLE: WATCHING, ABORTED: PREPARING}, "edit", "plan.reopened",
            _l("Reopen the release"),
            _l("People can tick, sign and change again. That it was closed stays on " "record."),
            _l("The release is open again."), _l("Reopening"), wants_reason=True,
        ),
        Step(
            RESUMED, _from(DEPLOYING, ROLLED_BACK), "run", "plan.resumed", _l("Resume the rollout"),
            _l("Deploying goes on after the rollback."),
            _l("Resumed: deploying goes on."), _l("Resuming"), wants_reason=True,
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Objection:
    """What speaks against a step. It refuses, or only warns: then a reason overrides it.

    ``code`` is for programs; 'window' marks the event as outside the window.
    """

    sentence: str
    refuses: bool = True
    code: str = ""


def already(step: Step, lifecycle: str) -> bool:
    """Whether the step was taken before, so that nothing is left to do."""
    if step.word == REOPEN:
        return lifecycle not in ENDED
    return lifecycle == step.word


def stands(lifecycle: str, since: str) -> str:
    """``The release is stable since 12:00.``; ``since``: 'since 12:00' or ''."""
    return _("The release is {state}.").format(state=f"{SHOWN[lifecycle]} {since}".rstrip())


def late(step: Step, lifecycle: str, since: str) -> str:
    """Why the step does not lead from ``lifecycle``; '' when it does. ``since``: 'since 12:00'."""
    if lifecycle in step.start:
        return ""
    there = stands(lifecycle, since)
    if lifecycle in CLOSED and step.word != ABORTED:
        return _("{there} Reopen it in the settings first.").format(there=there)
    if lifecycle in (DRAFT, PREPARING) or (lifecycle == DEPLOYING and step.word == STABLE):
        return _("{there} {doing} comes later.").format(there=there, doing=step.doing)
    return _("{there} {doing} is over.").format(there=there, doing=step.doing)


def closed(lifecycle: str, since: str) -> str:
    """Why nothing changes in a closed release, and the way back; '' while it is open."""
    if lifecycle not in CLOSED:
        return ""
    state = f"{SHOWN[lifecycle]} {since}".rstrip()
    there = _("This release is closed: {state}.").format(state=state)
    return _("{there} Reopen it in the settings to change anything.").format(there=there)


def possible(lifecycle: str) -> list[Step]:
    """The steps that lead on from here, the usual one first; resuming is the rollout's own."""
    return [step for step in STEPS.values() if lifecycle in step.start and step.word != RESUMED]


def marks(lifecycle: str) -> list[tuple[str, str]]:
    """The line as (word, done | now | next); nothing once it was left by an off-ramp."""
    if lifecycle not in LINE:
        return []
    place = LINE.index(lifecycle)
    last = len(LINE) - 1
    return [
        (word, "now" if n == place != last else "done" if n <= place else "next")
        for n, word in enumerate(LINE)
    ]
