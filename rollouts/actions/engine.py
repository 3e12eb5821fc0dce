"""What workers note about their own looks: how much was asked, how late, how many slots missed."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F

from rollouts.models import EngineSpan, Probing
from rollouts.rules import engine
from rollouts.rules.readings import missed

KEEP = timedelta(days=1)


def note_look(
    asked: Sequence[tuple[Probing, datetime]], kept: int, at: datetime, took_s: float
) -> EngineSpan | None:
    """Keep one look of this process: each row with the instant at which it was asked (UTC).

    What was never read before has no cadence yet that it could be late for. No event: nothing of
    a release is changed by it. None where nothing was asked.
    """
    if not asked:
        return None
    known = [(row, when) for row, when in asked if row.read_at is not None]
    lags = [max(0.0, (when - row.due_at).total_seconds()) for row, when in known]
    spread = engine.spread(lags)
    return EngineSpan.objects.create(
        at=at,
        worker=f"{socket.gethostname()}/{os.getpid()}"[:120],
        asked=len(asked),
        kept=kept,
        missed=sum(missed(row.due_at, row.look_s, when) for row, when in known),
        lag_p50_s=spread.p50,
        lag_p99_s=spread.p99,
        lag_max_s=spread.most,
        took_s=took_s,
    )


def note_late(span: EngineSpan | None, kept: int) -> None:
    """Add answers that came after the look had ended."""
    if span is not None and kept:
        EngineSpan.objects.filter(pk=span.pk).update(kept=F("kept") + kept)


def forget_spans(now: datetime) -> int:
    """Delete what is older than a day; return how many."""
    return EngineSpan.objects.filter(at__lt=now - KEEP).delete()[0]
