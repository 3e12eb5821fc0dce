"""The due work of drills: post test alerts to their managers, give up on those that were lost."""

from __future__ import annotations

import json

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

JSON = {"Content-Type": "application/json"}


def post_due() -> int:
    """Post what is due, outside any transaction; the same alert twice is one to its manager."""
    now = timezone.now()
    return sum(_post(drill) for drill in claim_drills(now)) + give_up(now)


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
