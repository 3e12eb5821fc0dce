"""What rests on a metric or a check, and falls still when nobody asks it any more."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from checklists.models import Criterion, DecisionWord, Source
from rollouts.models import (
    Guardrail,
    HealthCheck,
    ProcedureStep,
    PrometheusQuery,
    Rollout,
    RunStep,
    SuccessCriterion,
)
from warroom.models import DeploymentPlan

Watched = PrometheusQuery | HealthCheck


def rests_on(plan: DeploymentPlan, rows: Sequence[Watched]) -> list[tuple[Watched, str]]:
    """Each of ``rows`` with a sentence for everything of the plan that would wait for it in vain.

    Six SQL statements; none for no rows.
    """
    if not rows:
        return []
    queries = {row.pk: row for row in rows if isinstance(row, PrometheusQuery)}
    checks = {row.pk: row for row in rows if isinstance(row, HealthCheck)}
    own = Q(query__in=queries) | Q(health_check__in=checks)
    found: list[tuple[Watched, str]] = []
    for things, sentence in _using(plan, own):
        for thing in things:
            row = queries.get(thing.query_id) or checks[thing.health_check_id]
            found.append((row, sentence.format(thing)))
    return found + _of_traffic(plan, queries) + _of_gates(plan, rows)


def _using(plan: DeploymentPlan, own: Q) -> list[tuple[QuerySet, str]]:
    return [
        (Guardrail.objects.filter(own, plan=plan), _("The guardrail {} never trips.")),
        (
            RunStep.objects.filter(own, run__plan=plan, run__ended_at=None, done_at=None),
            _("The step “{}” of the run that is under way is never closed by it."),
        ),
        (
            ProcedureStep.objects.filter(own, procedure__plan=plan, procedure__retired_at=None),
            _("The step “{}” of a procedure is never closed by it."),
        ),
        (
            SuccessCriterion.objects.filter(own, plan=plan, evaluated_at=None),
            _("The success criterion “{}” has no data."),
        ),
    ]


def _of_traffic(
    plan: DeploymentPlan, queries: dict[int, PrometheusQuery]
) -> list[tuple[Watched, str]]:
    seen = Rollout.objects.filter(plan=plan, observed_by__in=queries).values_list("observed_by")
    return [(queries[pk], _("The share of the traffic is not seen any more.")) for (pk,) in seen]


def _of_gates(plan: DeploymentPlan, rows: Sequence[Watched]) -> list[tuple[Watched, str]]:
    by_key = {row.key: row for row in rows}
    asked = Criterion.objects.filter(
        gate__plan=plan, source=Source.EVIDENCE, evidence_key__in=by_key, report_only=False
    )
    final = (DecisionWord.GO, DecisionWord.NO_GO)
    undecided = asked.exclude(gate__decisions__word__in=final).select_related("gate")
    return [
        (
            by_key[one.evidence_key],
            _("{gate} asks it, and has no data then.").format(gate=one.gate.title),
        )
        for one in undecided
    ]
