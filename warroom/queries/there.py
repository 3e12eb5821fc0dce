"""Which of the many things that a release may have it has at all: one statement instead of thirty.

Most rooms use a few of them. A page looks once; after that, what has no rows is not asked for.
"""

from datetime import datetime
from typing import TypeVar

from django.db import connection
from django.db.models import Exists, Model, OuterRef, QuerySet

from warroom.models import (
    DeploymentPlan,
    Escalation,
    EscalationContact,
    EscalationLevel,
    Presence,
)

M = TypeVar("M", bound=Model)
_paths: dict[type[Model], str] = {}
_compiled: dict[tuple[str, int], tuple[str, tuple, int]] = {}
_NO_PLAN = -7_403_911  # stands for the plan's number while the statement is put together


def register_there(model: type[Model], path: str = "plan") -> None:
    """Let pages ask whether a release has rows of ``model``; ``path`` leads to the plan."""
    _paths[model] = path


def look_round(plan: DeploymentPlan, now: datetime) -> None:
    """See what ``plan`` has, once for all that is rendered for ``now`` (UTC); one SQL statement.

    Only where nothing is written any more: what an action adds first would go unseen. It counts on
    this instance until the plan has a newer event.
    """
    mark = (plan.timeline_seq, now)
    if getattr(plan, "_is_there", (None,))[0] != mark:
        plan._is_there = (mark, _read(plan))


def there(plan: DeploymentPlan, rows: QuerySet[M]) -> QuerySet[M]:
    """``rows``, or none of them at no cost if somebody looked round and the release has none.

    ``rows`` are of a registered model and all of this plan.
    """
    return rows if may_have(plan, rows.model) else rows.none()


def may_have(plan: DeploymentPlan, model: type[Model]) -> bool:
    """False if somebody looked round and there are no rows of a registered model."""
    mark, seen = getattr(plan, "_is_there", ((None, None), {}))
    return mark[0] != plan.timeline_seq or seen[model]


def _read(plan: DeploymentPlan) -> dict[type[Model], bool]:
    sql, params, place = _statement()
    with connection.cursor() as cursor:
        cursor.execute(sql, (*params[:place], plan.pk, *params[place + 1 :]))
        row = cursor.fetchone() or [True] * len(_paths)
    return dict(zip(_paths, map(bool, row), strict=True))


def _statement() -> tuple[str, tuple, int]:
    """Put together once: doing it anew would cost more than asking."""
    key = (connection.vendor, len(_paths))
    if key not in _compiled:
        asked = [
            Exists(model._base_manager.filter(**{path: OuterRef("pk")}))
            for model, path in _paths.items()
        ]
        rows = DeploymentPlan.objects.filter(pk=_NO_PLAN).order_by().values_list(*asked)
        sql, params = rows.query.get_compiler(connection=connection).as_sql()
        _compiled[key] = (sql, params, params.index(_NO_PLAN))
    return _compiled[key]


for model in (Escalation, EscalationContact, EscalationLevel, Presence):
    register_there(model)
