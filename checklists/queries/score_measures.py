"""The readiness score where others read it: as a criterion's value, and in frozen evidence."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from checklists.models import Criterion, Source
from checklists.queries.frozen import register_frozen
from checklists.queries.gates import GateSheet
from checklists.queries.measures import Measured, register_measure
from checklists.queries.readiness import frozen_score, score_now
from checklists.rules import readiness
from checklists.rules.bands import Band
from checklists.rules.readiness import Standing
from warroom.models import DeploymentPlan


def _frozen(sheet: GateSheet) -> dict[str, Any] | None:
    found = score_now(sheet.gate.plan, sheet.at)
    return frozen_score(found) if found else None


register_frozen("readiness", _frozen)


# --- as a criterion --------------------------------------------------------------------------


def _measure(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured:
    sheet = score_now(plan, now)
    origin = _("Readiness score")
    if sheet is None:
        return Measured(why=_("the plan has no readiness categories"), origin=origin)
    score = sheet.score
    if score.standing is Standing.NO_DATA:
        return Measured(why=readiness.sentence(score).rstrip("."), origin=origin)
    ruled = bool(score.vetoes)
    return Measured(
        value=float(score.total),
        text=_("{total} of {short}").format(
            total=readiness.total_text(score), short=readiness.short(score.best)
        ),
        origin=origin,
        observed_at=now,
        band=Band.RED.value if ruled else "",
        reason=f"{readiness.veto_text(score)}." if ruled else "",
        ruled=ruled,
    )


register_measure(Source.SCORE, _measure)
