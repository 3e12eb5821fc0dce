"""What a gate answers to those who wait for it, in the words of each controller. Pure."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from checklists.rules.words import GO, HOLD, NO_GO, SHOWN

CLOSED = "closed"  # the release is over and this gate was never decided: nobody need wait
STATUS = {GO: 200, NO_GO: 403, HOLD: 423, CLOSED: 403, "": 408}
# Controllers give up on a call after ten seconds unless told otherwise.
WAIT_S = {"": 30, "text": 30, "github": 30, "flagger": 5, "argo": 5, "spinnaker": 5}
LONGEST_S = 300


@dataclass(frozen=True)
class Verdict:
    """A gate as somebody who waits is told it; ``decision`` is "" while it is not decided, and
    CLOSED where it never will be.

    Times are ISO texts in UTC. ``reasons`` and ``recommendation`` are those of the decision, or of
    this moment where there is none.
    """

    plan: str
    gate: str
    title: str
    url: str
    decision: str = ""
    by: str = ""
    role: str = ""
    at: str | None = None
    rationale: str = ""
    override: bool = False
    recommendation: str = ""
    reasons: tuple[str, ...] = ()
    evidence_sha256: str = ""
    hold_until: str | None = None
    opens_at: str | None = None
    rehearsal: bool = False

    @property
    def sentence(self) -> str:
        """'5 to 10 %: HOLD, Cora. P95 is high.'"""
        if not self.decision:
            return _("{title} is not decided yet.").format(title=self.title)
        if self.decision == CLOSED:
            return (
                _("{title} was not decided. {reasons}")
                .format(title=self.title, reasons=" ".join(self.reasons))
                .strip()
            )
        said = f"{self.title}: {SHOWN[self.decision]}, {self.by}."
        return f"{said} {self.rationale or ' '.join(self.reasons)}".strip()


@dataclass(frozen=True)
class Spoken:
    """An HTTP answer."""

    status: int
    body: bytes
    kind: str = "application/json"


def asked_wait(text: str | None, style: str) -> int:
    """Seconds to wait. Raises ValueError with a sentence for what is none."""
    if text is None:
        return WAIT_S[style]
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and int(text) <= LONGEST_S):
        raise ValueError(f"'timeout' is a number of seconds from 0 to {LONGEST_S}.")
    return int(text)


def asked_style(text: str) -> str:
    """The dialect. Raises ValueError with a sentence for one that is not spoken."""
    if text not in WAIT_S:
        known = ", ".join(style for style in WAIT_S if style)
        raise ValueError(f"{text[:40]!r} is no style. Styles are {known}.")
    return text


def speak(style: str, verdict: Verdict) -> Spoken:
    """The answer in a dialect."""
    return _DIALECTS[style](verdict)


def _plain(verdict: Verdict) -> Spoken:
    closed = verdict.decision == CLOSED
    body = asdict(verdict) | {
        "decision": None if closed else verdict.decision or None,
        "state": verdict.decision or "pending",
        "usable_as_evidence": not verdict.rehearsal,
    }
    return _json(STATUS[verdict.decision], body)


def _flagger(verdict: Verdict) -> Spoken:
    """Flagger goes on at 200 and waits at anything else."""
    status = 200 if verdict.decision == GO else 403
    return Spoken(status, f"{verdict.sentence}\n".encode(), "text/plain; charset=utf-8")


def _argo(verdict: Verdict) -> Spoken:
    """A web metric of Argo Rollouts: an answer that is not 200 would count as an error of it."""
    phases = {GO: "Successful", HOLD: "Inconclusive", "": "Running"}
    data = {
        "decision": verdict.decision or "pending",
        "ok": verdict.decision == GO,
        "phase": phases.get(verdict.decision, "Failed"),
        "sentence": verdict.sentence,
    }
    return _json(200, {"data": data})


def _spinnaker(verdict: Verdict) -> Spoken:
    """A webhook stage that waits for completion; a status of 4xx would end it at once."""
    words = {GO: "SUCCEEDED", HOLD: "PAUSED", "": "RUNNING"}
    return _json(
        200, {"status": words.get(verdict.decision, "TERMINAL"), "message": verdict.sentence}
    )


def _github(verdict: Verdict) -> Spoken:
    """What GitHub's deployment protection wants to hear: state and comment."""
    states = {GO: "approved", NO_GO: "rejected", CLOSED: "rejected"}
    state = states.get(verdict.decision, "pending")
    return _json(200, {"state": state, "comment": f"{verdict.sentence} {verdict.url}"})


def _text(verdict: Verdict) -> Spoken:
    """For shells: decision, the rule's word, digest and time, a line each; '-' for nothing."""
    lines = (
        verdict.decision or "pending",
        verdict.recommendation or "-",
        verdict.evidence_sha256 or "-",
        verdict.at or "-",
    )
    body = "".join(f"{line}\n" for line in lines).encode()
    return Spoken(STATUS[verdict.decision], body, "text/plain; charset=utf-8")


def _json(status: int, body: dict[str, Any]) -> Spoken:
    return Spoken(status, json.dumps(body, ensure_ascii=False).encode())


_DIALECTS: dict[str, Callable[[Verdict], Spoken]] = {
    "": _plain,
    "text": _text,
    "github": _github,
    "flagger": _flagger,
    "argo": _argo,
    "spinnaker": _spinnaker,
}
