"""The outbox: letters are written with the change that causes them, and sent by the tick (law 8).

At least once: a worker that dies between sending and noting it sends again, with the same
Message-ID.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid
from warroom.models import Message
from warroom.rules.letters import is_one_line, next_try, one_line
from warroom.rules.rehearsal import MARK

# Longer than a mail server may take for one letter (5 s), times the letters of one claim.
LEASE = timedelta(seconds=120)
TEXT_LIMIT = 10_000
SENDER = _l("Mail")
HELD = _l("held since a restore")

Link = Callable[[Message], str | None]
_links: dict[str, Link] = {}


def register_link(kind: str, link: Link) -> None:
    """``link`` gives what ``{link}`` stands for in letters whose key begins with ``kind:``.

    None says that the letter is not wanted any more: it is dropped.
    """
    _links[kind] = link


Headers = Callable[[Message], dict[str, str]]
_headers: dict[str, Headers] = {}


def register_headers(kind: str, headers: Headers) -> None:
    """``headers`` gives more headers for letters whose key begins with ``kind:``."""
    _headers[kind] = headers


def headers_of(message: Message) -> dict[str, str]:
    """The headers that the kind of a letter wants, such as the way to leave a list."""
    more = _headers.get(message.key.partition(":")[0])
    return more(message) if more else {}


def queue_mail(change: Change, *, key: str, to: str, subject: str, text: str) -> Message:
    """Put a letter into the outbox of an open change. The same ``key`` makes one letter only.

    Raises Invalid for an address that is none; line breaks in the subject are folded, so that
    nothing typed becomes a header.
    """
    row, _unused = Message.objects.get_or_create(
        key=key,
        defaults={
            "plan": change.plan,
            "to": checked_address(to),
            "subject": one_line(f"{_mark(change)}{subject}"),
            "text": text[:TEXT_LIMIT],
            "at": change.at,
            "due_at": change.at,
        },
    )
    return row


def _mark(change: Change) -> str:
    return f"[{MARK}] " if change.plan.rehearsal else ""


def checked_address(text: str) -> str:
    """A mail address without what could begin a header. Raises Invalid for the field ``email``."""
    text = text.strip()
    try:
        validate_email(text)
    except ValidationError as error:
        raise Invalid(
            "email", _("{one_line!r} is no mail address.").format(one_line=one_line(text, 60))
        ) from error
    if not is_one_line(text) or "," in text:
        raise Invalid("email", _("A mail address stands on one line, and alone."))
    return text


def due(now: datetime):
    """The letters that wait at an instant (UTC) and that no worker holds."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    return Message.objects.filter(
        free, way="mail", sent_at=None, given_up_at=None, due_at__lte=now
    ).order_by("due_at", "pk")


def claim(now: datetime, limit: int = 20) -> list[Message]:
    """Take due letters for this worker. The write repeats the condition: nobody gets one twice."""
    token = uuid.uuid4().hex
    with transaction.atomic():
        ids = list(due(now).values_list("pk", flat=True)[:limit])
        if not ids:
            return []
        due(now).filter(pk__in=ids).order_by().update(lease_token=token, lease_until=now + LEASE)
    return list(Message.objects.filter(lease_token=token).select_related("plan"))


def hold_all(at: datetime) -> int:
    """Hold every letter that still waits: after a restore they may have gone out long ago (R24)."""
    waiting = Message.objects.filter(sent_at=None, given_up_at=None)
    return waiting.update(given_up_at=at, lease_until=None, lease_token="", failure=HELD)


def release_all(at: datetime) -> int:
    """Let the held letters go out after all; a person has looked at them."""
    held = Message.objects.filter(sent_at=None, failure=HELD)
    return held.update(given_up_at=None, due_at=at, failure="")


def text_of(message: Message) -> str | None:
    """The letter as it goes out, its link put in; None when it is not wanted any more."""
    link = _links.get(message.key.partition(":")[0])
    if link is None:
        return message.text
    address = link(message)
    return None if address is None else message.text.replace("{link}", address)


def note_sent(message: Message, at: datetime) -> bool:
    """Note that a letter went out. False when somebody else holds it by now."""
    return _held(message).update(sent_at=at, lease_until=None, failure="") > 0


def note_dropped(message: Message, at: datetime) -> None:
    """Note that nobody wants the letter any more: it was superseded or taken back."""
    _held(message).update(given_up_at=at, lease_until=None, failure=_("not wanted any more"))


def note_failed(message: Message, reason: str, at: datetime, *, for_good: bool = False) -> None:
    """Note a failed try: again later, or, after the last one, given up and said in the room."""
    reason = one_line(reason, 300)
    wait = None if for_good else next_try(message.attempts + 1)
    if wait is not None:
        _held(message).update(
            attempts=F("attempts") + 1, failure=reason, due_at=at + wait, lease_until=None
        )
        return
    with transaction.atomic():
        gone = _held(message).update(
            attempts=F("attempts") + 1, failure=reason, given_up_at=at, lease_until=None
        )
        if gone and message.plan is not None:
            _say(message, reason)


def put_off(messages: list[Message], reason: str, at: datetime) -> None:
    """The mail server does not answer: what was not tried waits as long as what was."""
    for message in messages:
        note_failed(message, reason, at)


def _held(message: Message):
    # Compare and set: a worker whose lease ran out changes nothing that another works on.
    return Message.objects.filter(
        pk=message.pk, lease_token=message.lease_token, sent_at=None, given_up_at=None
    )


def _say(message: Message, reason: str) -> None:
    # The address stays out of the timeline, which is kept for good and shown to everybody here.
    with change(message.plan, by=SENDER) as failing:
        text = _("A letter could not be delivered: “{subject}”. {reason}").format(
            subject=message.subject, reason=reason
        )
        failing.record("message.failed", text, message=message.pk)
