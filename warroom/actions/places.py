"""A second place of the status page: after each change its files are sent there, until they are.

What is wanted lies in the files and what arrived on the row, so nothing is lost by a worker that
dies or a place that is down: while both differ, the row is due.
"""

import re
import uuid
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from warroom import outbound
from warroom.actions.change import change
from warroom.actions.refusals import Invalid
from warroom.environment import NotGiven, refusal, secret
from warroom.live import snapshots
from warroom.models import DeploymentPlan, StatusPlace, User
from warroom.rules.lifecycle import ENDED

log = structlog.get_logger()

SENDER = "Status page"
AGAIN_S = 60  # a running release's page is sent again, so that its own time stays true there
LEASE = timedelta(seconds=60)
WAITS_S = (10, 30, 60, 120, 300)
_CONTENT = re.compile(rb'data-content="([0-9a-f]{64})"')
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")
TYPES = {
    ".json": "application/json; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}


def set_status_place(
    plan: DeploymentPlan, url: str, header: str, name: str, *, by: User, request_id: str = ""
) -> None:
    """Name where the files are sent (HTTP PUT); an empty ``url`` names none any more.

    ``header`` is sent with the value of the worker's variable ``name``. Raises Invalid.
    """
    url, header, name = url.strip().rstrip("/"), header.strip(), name.strip()
    _demand_good(url, header, name)
    with change(
        plan, by=by, right="edit", request_id=request_id or None, when_closed=True
    ) as naming:
        old = StatusPlace.objects.filter(plan=naming.plan).first()
        was = (old.url, old.header, old.secret) if old else ("", "", "")
        if naming.repeated or was == ((url, header, name) if url else ("", "", "")):
            return
        StatusPlace.objects.filter(plan=naming.plan).delete()
        if url:
            StatusPlace.objects.create(
                plan=naming.plan, url=url, header=header, secret=name, due_at=naming.at
            )
            text = _("The status page is also sent to {host}").format(host=urlsplit(url).hostname)
        else:
            text = _("The status page is sent nowhere else")
        naming.record("status.place_set", text)


def _demand_good(url: str, header: str, name: str) -> None:
    if not url:
        return
    try:
        outbound.checked(url)
    except outbound.OutboundError as error:
        raise Invalid(
            "url", _("It cannot be sent there: {why}.").format(why=error.reason)
        ) from error
    if len(url) > 500 or "?" in url or "#" in url:
        raise Invalid("url", _("Name a folder: an address without ? and #, up to 500 characters."))
    if bool(header) != bool(name):
        raise Invalid("header", _("A header and the variable of its value go together."))
    if header and not _HEADER.fullmatch(header):
        raise Invalid("header", _("That is not the name of a header."))
    if name and (why := refusal(name)):
        raise Invalid("secret", f"{why[:1].upper()}{why[1:]}.")


def send_places(now: datetime | None = None) -> int:
    """Send the files whose content is not there yet. Returns how many places took them."""
    now = now or timezone.now()
    rows = StatusPlace.objects.filter(due_at__lte=now).select_related("plan")
    return sum(_sent(place, now) for place in rows if _wants(place, now) and _claimed(place, now))


def _wants(place: StatusPlace, now: datetime) -> bool:
    content = _content(place)
    if not place.plan.is_public or not content:
        return False
    if content != place.sent_digest or place.sent_at is None:
        return True
    running = place.plan.lifecycle not in ENDED
    return running and now - place.sent_at >= timedelta(seconds=AGAIN_S)


def _content(place: StatusPlace) -> str:
    """What the page says, without its times; empty without a page."""
    try:
        found = _CONTENT.search(snapshots.path_of(place.plan.slug).read_bytes())
    except OSError:
        return ""
    return found[1].decode() if found else ""


def _claimed(place: StatusPlace, now: datetime) -> bool:
    token = uuid.uuid4().hex
    free = StatusPlace.objects.filter(pk=place.pk).exclude(lease_until__gt=now)
    place.lease_token = token
    return free.update(lease_token=token, lease_until=now + LEASE) > 0


def _sent(place: StatusPlace, now: datetime) -> int:
    content = _content(place)
    try:
        for suffix, kind in TYPES.items():
            _put(place, suffix, kind)
    except (outbound.OutboundError, NotGiven, OSError) as error:
        _note_failed(place, str(getattr(error, "reason", error))[:300], now)
        return 0
    _note_sent(place, content, now)
    return 1


def _put(place: StatusPlace, suffix: str, kind: str) -> None:
    headers = {"Content-Type": kind, "Cache-Control": "max-age=5"}
    if place.header:
        headers[place.header] = secret(place.secret)
    url = f"{place.url}/{place.plan.slug}{suffix}"
    data = snapshots.path_of(place.plan.slug, suffix).read_bytes()
    answer = outbound.call("PUT", url, headers=headers, data=data)
    if not 200 <= answer.status < 300:
        raise outbound.OutboundError(_("it answers {status}").format(status=answer.status))


def _held(place: StatusPlace):
    return StatusPlace.objects.filter(pk=place.pk, lease_token=place.lease_token)


def _note_sent(place: StatusPlace, content: str, now: datetime) -> None:
    noted = _held(place).update(
        sent_at=now, sent_digest=content, attempts=0, failure="", failing_since=None,
        lease_until=None, due_at=now,
    )  # fmt: skip
    if noted and place.failing_since is not None:
        _say(place, "status.place_reached", _("The status page arrives at its second place again"))


def _note_failed(place: StatusPlace, reason: str, now: datetime) -> None:
    wait = WAITS_S[min(place.attempts, len(WAITS_S) - 1)]
    noted = _held(place).update(
        attempts=min(place.attempts + 1, 1000), failure=reason, lease_until=None,
        failing_since=place.failing_since or now, due_at=now + timedelta(seconds=wait),
    )  # fmt: skip
    # Once for each time that it breaks: the tries after it change nothing that people could do.
    if noted and place.failing_since is None:
        text = _("The status page does not arrive at its second place: {reason}")
        _say(place, "status.place_failed", text.format(reason=reason))


def _say(place: StatusPlace, kind: str, text: str) -> None:
    with change(place.plan, by=SENDER) as saying:
        saying.record(kind, text)
