"""Waiting for a gate where no server stands in front, and its place in the API's description."""

import time

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from checklists.models import Gate
from checklists.queries.waits import advised, verdicts
from checklists.rules.dialects import Verdict, asked_style, asked_wait, speak
from warroom.actions.refusals import Invalid
from warroom.api import plan_of

router = Router(tags=["checklists"])
LOOK_EVERY_S = 0.25


@router.get("plans/{slug}/gates/{key}/wait", response={200: dict})
def wait(request: HttpRequest, slug: str, key: str, timeout: str | None = None, style: str = ""):
    """Answer as soon as the gate is decided: 200 go, 403 no-go, 423 hold, 408 not yet.

    ``timeout``: seconds, 0 to 300. ``style``: flagger, argo, spinnaker, github or text.
    """
    return _waited(request, slug, key, timeout, style)


@router.post("plans/{slug}/gates/{key}/wait", response={200: dict})
def post_wait(
    request: HttpRequest, slug: str, key: str, timeout: str | None = None, style: str = ""
):
    """The same for controllers that post; what they send changes nothing."""
    return _waited(request, slug, key, timeout, style)


def _waited(
    request: HttpRequest, slug: str, key: str, timeout: str | None, style: str
) -> HttpResponse:
    field = "style"
    try:
        asked_style(style)
        field = "timeout"
        until = time.monotonic() + asked_wait(timeout, style)
    except ValueError as wrong:
        raise Invalid(field, str(wrong)) from wrong
    plan = plan_of(request, slug, "read")
    gate = Gate.objects.filter(plan=plan, key=key).only("pk").first()
    if gate is None:
        raise Http404
    spoken = speak(style, _verdict(gate.pk, until))
    answer = HttpResponse(spoken.body, status=spoken.status, content_type=spoken.kind)
    answer["Cache-Control"] = "no-store"
    return answer


def _verdict(gate_id: int, until: float) -> Verdict:
    while True:
        found = verdicts([gate_id], timezone.now())[gate_id]
        if found.decision:
            return found
        if time.monotonic() >= until:
            return advised(found, gate_id, timezone.now())
        time.sleep(LOOK_EVERY_S)
