from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from warroom.live.readiness import readiness
from warroom.queries.work import last_looks

TICK_LATE = timedelta(seconds=10)


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, broker, watchdog and the age of the newest worker tick (seconds).

    503 unless the first holds.

    A missing broker or a late tick is told but does not take the web away from people.
    """
    state: dict[str, object] = {"broker": _broker()}
    try:
        newest, watched = last_looks()
        state["database"] = "ok"
    except DatabaseError:
        return JsonResponse({**state, "database": "no answer"}, status=503)
    age = timezone.now() - newest if newest else None
    state["tick_age_s"] = round(age.total_seconds(), 1) if age is not None else None
    state["worker"] = "ok" if age is not None and age < TICK_LATE else "late"
    state["watchdog"] = _watchdog(watched)
    return JsonResponse(state | readiness(timezone.now()))


def _watchdog(last: datetime | None) -> str:
    if last is None:
        return "none"
    return "ok" if timezone.now() - last < TICK_LATE else "late"


def _broker() -> str:
    client = redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_timeout=0.2, socket_connect_timeout=0.2
    )
    try:
        client.ping()
    except redis.RedisError:
        return "no answer"
    finally:
        client.close()
    return "ok"
