"""When somebody last looked for faults. Only scans that ended well look; nobody's word does.

Who writes one finding down has not looked for the others, so without a scan nothing is green.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.models import FindingState, Result, ResultKind
from checklists.queries.evidence import other_version
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.rules.wording import duration_text

SCANS = (ResultKind.SARIF, ResultKind.SCAN)
NO_LOOK = _l("nothing has looked for findings yet")


@dataclass(frozen=True)
class Look:
    """The newest whole scan of one prefix; ``why`` says why it is none of this release."""

    prefix: str
    observed_at: datetime
    valid_for_s: int
    why: str = ""

    def ends(self, valid_for_s: int | None = None) -> datetime:
        """Until when it counts (UTC), where no more than ``valid_for_s`` seconds are asked."""
        span = self.valid_for_s if valid_for_s is None else min(self.valid_for_s, valid_for_s)
        return self.observed_at + timedelta(seconds=span)


@dataclass(frozen=True)
class Seen:
    """Of all scanners the one that is the first to be too old; ``why`` it is no look now."""

    look: Look | None
    why: str


def counting(now: datetime) -> Q:
    """The findings that count at ``now`` (UTC), as ``rules.findings.counts`` says."""
    ended = Q(accepted_until__isnull=True) | Q(accepted_until__lte=now)
    return (
        Q(state=FindingState.OPEN)
        | Q(state=FindingState.ACCEPTED) & ended
        | Q(state=FindingState.FIXED, retest=True, confirmed_at=None)
    )


def looked(plan: DeploymentPlan, now: datetime, valid_for_s: int | None = None) -> Seen:
    """Whether every scanner has looked lately, as of ``now`` (UTC); one SQL statement.

    A look ages as its result says, or in ``valid_for_s`` seconds where that is less.
    """
    looks = once(plan, now, "looks", lambda: _newest(plan))
    if not looks:
        return Seen(None, str(NO_LOOK))
    first = min(looks, key=lambda one: (not one.why, one.ends(valid_for_s)))
    if not first.why and first.ends(valid_for_s) < now:
        span = duration_text(first.ends(valid_for_s) - first.observed_at)
        return Seen(
            first,
            _("the last scan “{prefix}” is older than {span}").format(
                prefix=first.prefix, span=span
            ),
        )
    return Seen(first, first.why)


def _newest(plan: DeploymentPlan) -> Sequence[Look]:
    place = Window(
        RowNumber(),
        partition_by="prefix",
        order_by=[F("observed_at").desc(), F("pk").desc()],
    )
    scans = Result.objects.filter(plan=plan, kind__in=SCANS, counts=True, whole=True)
    rows = scans.order_by().annotate(place=place).filter(place=1)
    fields = ("prefix", "observed_at", "valid_for_s", "commit")
    return [
        Look(prefix, at, span, other_version(plan, commit))
        for prefix, at, span, commit in rows.values_list(*fields)
    ]
