"""The readiness score on the page of a gate, on its own page, and in the room before go-live."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from checklists.models import SignOff
from checklists.queries.gates import final_of, gates_now
from checklists.queries.readiness import ScoreSheet, history, score_now, score_with_change
from checklists.rules import readiness
from checklists.rules.score_scale import scale_of
from warroom.live import panels
from warroom.models import DeploymentPlan

Context = dict[str, Any]

# What a score can rest on: what people say, items, evidence, findings, criteria, and weights.
KINDS = ("readiness.", "item", "phase.", "section.", "group.", "evidence.", "finding.")
KINDS += ("criterion.", "waiver.", "gate.decided", "gate.held", "plan.")


def score_context(plan: DeploymentPlan, sheet: ScoreSheet) -> Context:
    """What the templates of the score need."""
    return {
        "sheet": sheet,
        "score": sheet.score,
        "total": readiness.total_text(sheet.score),
        "sentence": readiness.sentence(sheet.score),
        "sum": readiness.sum_text(sheet.score),
        "adds_up": readiness.adds_up([row.category.weight for row in sheet.rows]),
        "low": sheet.scale.best * 6 / 10,
        "high": sheet.scale.best * 8 / 10,
        "raises": sheet.raises[:5],
        "claims": told(sheet),
    }


def told(sheet: ScoreSheet) -> list[str]:
    """What the document says otherwise than its own rows; nothing once people have scored."""
    if not sheet.of_document:
        return []
    return [
        f"{readiness.claim_text(one['value'], sheet.score)} ({one['label']}"
        + (_(", line {line})").format(line=one["line"]) if one.get("line") else ")")
        for one in sheet.wrong_claims
    ]


class Score(panels.Panel):
    """The score with every category: what it adds, why, and what changed since the last gate."""

    name = "score"
    template = "checklists/_score.html"
    kinds = KINDS
    places = ("gate", "readiness")
    slot = "score"
    refresh_s = 30  # a reading grows old without anything being written

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        sheet = score_with_change(plan, now)
        return score_context(plan, sheet) if sheet else None


class ScoreAhead(panels.Panel):
    """The score in the room while the first gate is still to come: what would raise it."""

    name = "score-ahead"
    template = "checklists/_score_ahead.html"
    kinds = KINDS
    slot = "system"
    order = 60
    refresh_s = 30

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        if not is_ahead(plan, now):
            return None
        sheet = score_now(plan, now)
        if sheet is None:
            return None
        return score_context(plan, sheet) | {"drawn": scale_of(sheet.score)}


def is_ahead(plan: DeploymentPlan, now: datetime) -> bool:
    """Whether go-live is still to come: before T0, and the first gate is not decided."""
    if plan.is_closed or (plan.t0 is not None and now >= plan.t0):
        return False
    first = next(iter(gates_now(plan, now)), None)
    return first is None or final_of(first) is None


class ScoreHistory(panels.Panel):
    """Every score of each category, newest first, and those that came with signatures."""

    name = "score-history"
    template = "checklists/_score_history.html"
    kinds = ("readiness.", "signoff.", "plan.")
    places = ("readiness",)
    slot = "history"

    def context(self, plan: DeploymentPlan, now: datetime, key: str = "") -> Context | None:
        sheet = score_now(plan, now)
        if sheet is None:
            return None
        given = history(plan)
        signed = SignOff.objects.filter(plan=plan, score__isnull=False)
        return {
            "histories": [(row, given.get(row.category.pk, [])) for row in sheet.rows],
            "best": sheet.scale.best,
            "signed": list(signed.select_related("role", "revocation", "superseded_by")),
        }


for panel in (Score(), ScoreAhead(), ScoreHistory()):
    panels.register(panel)
