"""The worker's tick: every registered piece of due work, looked for in the database.

Due work is rows with ``due_at``. The tick only says "look now": to miss one loses nothing, and to
run two at once does the work once, because rows are claimed.
"""

import hashlib
import smtplib
import socket
import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext as _

from warroom.actions import invitations, messages, subscribers
from warroom.actions.places import send_places
from warroom.actions.status import tell_public_turns
from warroom.actions.turns import tell_turns
from warroom.live import byhand, snapshots
from warroom.models import Message, WorkerTick

log = structlog.get_logger()
_due: dict[str, Callable[[], int]] = {}


def register_due(name: str, work: Callable[[], int]) -> None:
    """Add due work. ``work`` claims and does what is due, and returns how many rows it did."""
    _due[name] = work


def run_due(who: str = "") -> int:
    """Do all that is due now. A failing kind of work is logged and stops no other kind.

    ``who`` looks, by which its last look is known; default: a worker of this host.
    """
    note_look(who or socket.gethostname())
    done = 0
    for name, work in _due.items():
        try:
            done += work()
        except Exception:
            log.exception("due work failed", work=name)
    return done


def note_look(who: str) -> None:
    """Keep that somebody looked now."""
    WorkerTick.objects.update_or_create(name=who[:80], defaults={"at": timezone.now()})


@shared_task(name="warroom.tick", ignore_result=True)
def tick() -> int:
    return run_due()


register_due("public turns", tell_public_turns)
register_due("status pages", snapshots.write_old)
register_due("second places", send_places)
register_due("unconfirmed subscribers", subscribers.forget_unconfirmed)
register_due("commands by hand", byhand.write_old)


# --- letters -------------------------------------------------------------------------------

_sending = threading.Lock()


def send_due() -> int:
    """Send the letters that are due; beside the tick where that runs, see MAIL_BESIDE."""
    if not messages.due(timezone.now()).exists():
        return 0
    if not settings.MAIL_BESIDE:
        return deliver()
    threading.Thread(target=_deliver_beside, name="mail", daemon=True).start()
    return 0


def _deliver_beside() -> None:
    if not _sending.acquire(blocking=False):
        return
    try:
        deliver()
    except Exception:
        log.exception("letters could not be sent")
    finally:
        connections.close_all()
        _sending.release()


def deliver(now: datetime | None = None) -> int:
    """Claim what is due and send it, outside any transaction. Returns how many went out."""
    waiting, sent = messages.claim(now or timezone.now()), 0
    with_server = get_connection()
    while waiting:
        letter = waiting.pop(0)
        try:
            sent += _send(letter, with_server)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            reason, for_good = _refusal(error)
            messages.note_failed(letter, reason, timezone.now(), for_good=for_good)
        except (smtplib.SMTPException, OSError) as error:
            reason = _("The mail server does not answer: {name}").format(name=type(error).__name__)
            messages.put_off([letter, *waiting], reason, timezone.now())
            break
        except Exception as error:
            log.exception("a letter cannot be written", message=letter.pk)
            reason = _("It cannot be written: {name}").format(name=type(error).__name__)
            messages.note_failed(letter, reason, timezone.now())
    return sent


def _send(letter: Message, with_server) -> int:
    text = messages.text_of(letter)
    if text is None:
        messages.note_dropped(letter, timezone.now())
        return 0
    EmailMessage(
        letter.subject, text, to=[letter.to], headers=_headers(letter), connection=with_server
    ).send()
    return int(messages.note_sent(letter, timezone.now()))


def _headers(letter: Message) -> dict[str, str]:
    # The same letter sent twice bears the same id, by which mail programs show it once.
    name = hashlib.sha256(f"{settings.SECRET_KEY}{letter.key}".encode()).hexdigest()[:32]
    host = settings.PUBLIC_URL.split("//")[1].split("/")[0].split(":")[0]
    own = {"Message-ID": f"<{name}@{host}>", "Auto-Submitted": "auto-generated"}
    return own | messages.headers_of(letter)


def _refusal(error: smtplib.SMTPException) -> tuple[str, bool]:
    """The server's own words, and whether (5xx) it will never take the letter."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    else:
        code, said = error.smtp_code, error.smtp_error
    words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return _("The mail server says {code} {words}").format(code=code, words=words), code >= 500


messages.register_link(subscribers.ASKED, subscribers.confirm_address)
messages.register_link(subscribers.TOLD, subscribers.leave_address)
messages.register_headers(subscribers.TOLD, subscribers.leave_headers)
messages.register_link(invitations.KIND, invitations.link_for)
register_due("mail", send_due)
register_due("seats", tell_turns)
