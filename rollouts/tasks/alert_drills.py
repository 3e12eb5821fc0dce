"""The due work of drills: post test alerts to their managers, give up on those that were lost."""

from __future__ import annotations

import json
import threading

import structlog
from django.conf import settings
from django.db import connections
from django.utils import timezone

from rollouts.actions.alert_drills import (
    as_posted,
    claim_drills,
    give_up,
    note_posted,
    note_unposted,
)
from rollouts.models import AlertDrill
from warroom.outbound import OutboundError, call
from warroom.tasks import register_due

log = structlog.get_logger()
JSON = {"Content-Type": "application/json"}


def post_due() -> int:
    """Post what is due, beside the tick where that runs: a manager may take its time to answer."""
    now = timezone.now()
    waiting = claim_drills(now)
    if waiting and settings.MAIL_BESIDE:
        threading.Thread(target=_beside, args=(waiting,), name="drills", daemon=True).start()
        return len(waiting) + give_up(now)
    return sum(_post(drill) for drill in waiting) + give_up(now)


def _beside(waiting: list[AlertDrill]) -> None:
    try:
        for drill in waiting:
            _post(drill)
    except Exception:
        log.exception("test alerts could not be posted")
    finally:
        connections.close_all()


def _post(drill: AlertDrill) -> int:
    url = f"{drill.hook.manager_url.rstrip('/')}/api/v2/alerts" if drill.hook else ""
    body = json.dumps(as_posted(drill, drill.fired_at)).encode()
    try:
        answer = call("POST", url, headers=JSON, data=body)
    except OutboundError as error:
        note_unposted(drill, error.reason, timezone.now())
        return 0
    if answer.status >= 300:
        said = answer.body[:120].decode(errors="replace").replace("\0", "")
        reason = f"{drill.hook.name} answered {answer.status} {said}".strip()
        note_unposted(drill, reason, timezone.now())
        return 0
    note_posted(drill, timezone.now())
    return 1


register_due("test alerts", post_due)
