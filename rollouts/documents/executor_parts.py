"""Who moves the traffic and what shows it, in a plan file. Secrets are named, never written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from pydantic import Field

from rollouts.executors import KINDS, OptionError, read_options
from rollouts.models import HAND, Executor, PrometheusQuery, Rollout
from warroom.documents import fields as f
from warroom.documents.portable import Part, register_part
from warroom.documents.readers import Creation
from warroom.environment import refusal
from warroom.models import DeploymentPlan

EVERY_S, DRIFT_S, DRIFT_POINTS = 10, 120, 2.0


class ExecutorFields(f.Strict):
    """As the team wrote it; copies, templates and rehearsals bring it switched off."""

    key: f.key(80)
    name: f.words(120)
    kind: f.text(20) = HAND
    url: f.url(500) = ""
    secret_env: f.text(80) = ""
    options: dict[f.words(60), Any] = Field({}, max_length=20)
    command: f.text(4000) = ""
    rollback_command: f.text(4000) = ""
    enabled: bool = True


class ExecutorsPart(Part):
    key, order, schema = "executors", 95, f.many(ExecutorFields, 20)

    def write(self, plan: DeploymentPlan, *, states: bool) -> list[dict[str, Any]]:
        rows = plan.executors.order_by("position", "pk")
        return [_executor(row) for row in rows]

    def check(self, value: list[ExecutorFields], whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        yield from f.doubled(value, "key", ("executors",))
        for n, one in enumerate(value):
            yield from f.unknown(one.kind, KINDS, ("executors", n, "kind"), _("kind of executor"))
            if one.secret_env and (refused := refusal(one.secret_env)):
                where = ("executors", n, "secret_env")
                yield where, refused, _("Name a variable of the worker's environment.")
            yield from _options(n, one)

    def create(
        self, plan: DeploymentPlan, value: list[ExecutorFields] | None, creation: Creation
    ) -> None:
        Executor.objects.bulk_create(
            Executor(plan=plan, position=place, **one.model_dump())
            for place, one in enumerate(value or [], start=1)
        )


def _options(n: int, one: ExecutorFields) -> Iterable[f.Fault]:
    if one.kind not in KINDS:
        return
    try:
        read_options(KINDS[one.kind].options, one.options)
    except OptionError as error:
        yield ("executors", n, "options"), error.sentence, _("Correct the option.")


def _executor(row: Executor) -> dict[str, Any]:
    said = f.given(
        key=row.key,
        name=row.name,
        kind=row.kind,
        url=row.url,
        secret_env=row.secret_env,
        options=row.options,
        command=row.command,
        rollback_command=row.rollback_command,
    )
    return said if row.enabled else said | {"enabled": False}


class TrafficFields(f.Strict):
    """How the share is seen: by a metric's key, or at an address by a path in its answer."""

    metric: f.text(80) = ""
    url: f.url(500) = ""
    path: f.text(200) = ""
    token_env: f.text(80) = ""
    every: f.a_length(2, 3600) = EVERY_S
    drift_points: float = Field(DRIFT_POINTS, ge=0.5, le=100)
    drift: f.a_length(10, 86_400) = DRIFT_S


class TrafficPart(Part):
    key, order, schema = "traffic", 96, TrafficFields

    def write(self, plan: DeploymentPlan, *, states: bool) -> dict[str, Any] | None:
        row = Rollout.objects.filter(plan=plan).select_related("observed_by").first()
        if row is None:
            return None
        said = f.given(
            metric=row.observed_by.key if row.observed_by else "",
            url=row.observe_url,
            path=row.observe_path,
            token_env=row.observe_env,
        )
        if row.observe_every_s != EVERY_S:
            said["every"] = f.length(row.observe_every_s)
        if row.drift_points != DRIFT_POINTS:
            said["drift_points"] = row.drift_points
        if row.drift_s != DRIFT_S:
            said["drift"] = f.length(row.drift_s)
        return said or None

    def check(self, value: TrafficFields, whole: Mapping[str, Any]) -> Iterable[f.Fault]:
        known = [metric.key for metric in whole.get("metrics", ())]
        yield from f.unknown(value.metric, known, ("traffic", "metric"), "metric")
        if value.token_env and (refused := refusal(value.token_env)):
            name = _("Name a variable of the worker's environment.")
            yield ("traffic", "token_env"), refused, name

    def create(self, plan: DeploymentPlan, value: TrafficFields | None, creation: Creation) -> None:
        if value is None:
            return
        metric = PrometheusQuery.objects.filter(plan=plan, key=value.metric).first()
        Rollout.objects.update_or_create(
            plan=plan,
            defaults={
                "observed_by": metric,
                "observe_url": value.url,
                "observe_path": value.path,
                "observe_env": value.token_env,
                "observe_every_s": value.every,
                "drift_points": value.drift_points,
                "drift_s": value.drift,
                "observe_due_at": creation.at,
            },
        )


register_part(ExecutorsPart())
register_part(TrafficPart())
