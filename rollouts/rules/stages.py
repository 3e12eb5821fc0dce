"""When the next stage may begin: in order, after soak and GO, and only on green (laws 5, 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from warroom.rules.wording import duration_text, instant_text


@dataclass(frozen=True)
class Ahead:
    """What is known of the stage that is to begin.

    `gate` is the title of the gate at the end of the stage before it, empty without one;
    `verdict` is the word as read now: '' (nothing is measured), proceed, hold or rollback.
    `first`: no stage has begun, so there is nothing yet that could be measured. `watches`: the
    plan has queries or checks. `soaks_until` is when the running stage (`soaking`) has had its
    time, at the earliest; None without soak or once it is over. `soak_waits`: it begins when the
    share is seen. `now` is when it is asked (both UTC). `rolled_back`: a rollback stands. `held`
    is the hold that stands, as a sentence.
    """

    is_next: bool
    gate: str
    gate_said: str
    verdict: str
    verdict_sentence: str
    first: bool = False
    watches: bool = True
    soaking: int = 0
    soak_s: int = 0
    soaks_until: datetime | None = None
    now: datetime | None = None
    soak_waits: int | None = None
    rolled_back: bool = False
    held: str = ""


def objections(ahead: Ahead) -> tuple[str, ...]:
    """Why the stage may not begin now, a sentence each; empty when it may."""
    if ahead.rolled_back:
        return (_("A rollback stands. Resume the rollout before it goes on."),)
    if not ahead.is_next:
        return (_("Another stage comes before it."),)
    missing = [ahead.held] if ahead.held else []
    if ahead.gate and ahead.gate_said != "go":
        said = _("said NO-GO") if ahead.gate_said == "no-go" else _("is not decided")
        missing.append(f"{ahead.gate} {said}.")
    if ahead.verdict in ("hold", "rollback") and not _is_said(ahead):
        missing.append(
            _("The verdict is {verdict}: {verdict_sentence}").format(
                verdict=ahead.verdict.upper(), verdict_sentence=ahead.verdict_sentence
            )
        )
    elif not ahead.verdict and ahead.watches and not ahead.first:
        missing.append(_("Nothing is measured: no data is never green."))
    return (*missing, *_soak(ahead))


def _is_said(ahead: Ahead) -> bool:
    """Whether the verdict only repeats the hold that was named."""
    return bool(ahead.held) and ahead.verdict_sentence.startswith(ahead.held)


def _soak(ahead: Ahead) -> tuple[str, ...]:
    if ahead.soak_waits is not None:
        return (
            _("The soak of stage {soaking} begins when {soak_waits} % is seen.").format(
                soaking=ahead.soaking, soak_waits=ahead.soak_waits
            ),
        )
    until, now = ahead.soaks_until, ahead.now
    if until is None or now is None or now >= until:
        return ()
    length, left = duration_text(timedelta(seconds=ahead.soak_s)), duration_text(until - now)
    at = instant_text(until, now)
    return (
        _("Stage {soaking} soaks until {at} UTC: {length}, {left} left.").format(
            soaking=ahead.soaking, at=at, length=length, left=left
        ),
    )
