"""Guardrails and the triggers that people declare, in a plan file."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from django.utils.translation import gettext as _
from pydantic import Field

from checklists.documents.parts import Line, has_lines
from rollouts.models import Guardrail, GuardrailKind, RollbackTrigger
from warroom.documents import fields as f
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.models import DeploymentPlan

DAY_S = 86_400


class GuardrailFields(f.Strict):
    """A rule that rolls back. ``watches``: the key of its metric or check, by ``kind``."""

    key: f.key(80)
    name: f.words(120)
    kind: Literal["metric", "check", "no_data", "drift"]
    watches: f.text(80) = ""
    window: f.a_length(1, DAY_S)
    mode: Literal["off", "recommend", "automatic"] = "recommend"
    line: int = Line


class GuardrailsPart(Part):
    key, order, schema = "guardrails", 96, f.many(GuardrailFields, 200)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        lined = has_lines(plan)
        rows = plan.guardrails.select_related("query", "health_check")
        return [_guardrail(row, lined) for row in rows.order_by("position", "pk")]

    def check(self, value: list[GuardrailFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "key", ("guardrails",))
        known = {
            "metric": [one.key for one in whole.get("metrics", ())],
            "check": [one.key for one in whole.get("checks", ())],
        }
        for n, rail in enumerate(value):
            if rail.kind in known:
                place = ("guardrails", n, "watches")
                if not rail.watches:
                    yield (
                        place,
                        _("Which {kind} it watches is missing.").format(kind=rail.kind),
                        _("Name it by its key."),
                    )
                yield from f.unknown(rail.watches, known[rail.kind], place, rail.kind)

    def create(
        self, plan: DeploymentPlan, value: list[GuardrailFields] | None, creation: Creation
    ) -> None:
        metrics = {row.key: row for row in plan.prometheusquery_set.all()}
        checks = {row.key: row for row in plan.healthcheck_set.all()}
        lined = creation.made.get("lined", False)
        Guardrail.objects.bulk_create(
            Guardrail(
                plan=plan,
                key=one.key,
                name=one.name,
                kind=one.kind,
                query=metrics.get(one.watches) if one.kind == GuardrailKind.METRIC else None,
                health_check=checks.get(one.watches) if one.kind == GuardrailKind.CHECK else None,
                window_s=one.window,
                mode=one.mode,
                position=place,
                source_line=one.line if lined else None,
            )
            for place, one in enumerate(value or [], start=1)
        )


def _guardrail(row: Guardrail, lined: bool) -> dict[str, Any]:
    watched = row.query or row.health_check
    return f.given(
        key=row.key,
        name=row.name,
        kind=row.kind,
        watches=watched.key if watched else "",
        window=f.length(row.window_s),
        mode=row.mode,
        line=row.source_line if lined else None,
    )


class TriggerFields(f.Strict):
    """Something that people see and that calls for a rollback."""

    text: f.words(500)
    priority: str = Field("P0", max_length=8)
    line: int = Line


class TriggersPart(Part):
    key, order, schema = "rollback_triggers", 97, f.many(TriggerFields, 200)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        lined = has_lines(plan)
        return [
            f.given(
                text=row.text,
                priority=None if row.priority == "P0" else row.priority,
                line=row.source_line if lined else None,
            )
            for row in plan.rollback_triggers.filter(retired_at=None)
        ]

    def create(
        self, plan: DeploymentPlan, value: list[TriggerFields] | None, creation: Creation
    ) -> None:
        lined = creation.made.get("lined", False)
        RollbackTrigger.objects.bulk_create(
            RollbackTrigger(
                plan=plan,
                text=one.text,
                priority=one.priority,
                position=place,
                source_line=one.line if lined else None,
            )
            for place, one in enumerate(value or [], start=1)
        )


for part in (GuardrailsPart(), TriggersPart()):
    register_part(part)
