"""Which of its three shapes the room has. Pure.

Before go-live it shows what is missing; while all is well it is short and quiet; in all else it
shows everything that a decision may want.
"""

from warroom.rules import lifecycle as life

BEFORE, WATCH, CALM = "before", "watch", "calm"
SHAPES = (BEFORE, WATCH, CALM)
PROCEED = "proceed"


def is_before(lifecycle: str, *, begun: bool, judged: bool) -> bool:
    """Whether nothing serves anybody yet. ``begun``: T0 has come; ``judged``: a verdict stands.

    A release whose T0 has passed and that is judged is live, whatever nobody has set yet.
    """
    return lifecycle in (life.DRAFT, life.PREPARING) and not (begun and judged)


def shape(lifecycle: str, verdict: str, *, begun: bool, calls: int) -> str:
    """``verdict`` as it counts now ('' without one); ``calls``: open calls for help."""
    if is_before(lifecycle, begun=begun, judged=bool(verdict)):
        return BEFORE
    if lifecycle in life.ENDED:
        return CALM if lifecycle == life.STABLE else WATCH
    return CALM if verdict == PROCEED and not calls else WATCH
