"""Readers of the public status page who want letters: asked for, confirmed, told, gone.

These rows change outside the plan's lock and leave no event: who reads is no part of the record,
must be erasable (law 13), and a stranger at a public form must not hold up the room.
"""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from warroom.actions.messages import checked_address
from warroom.actions.refusals import Refused
from warroom.models import DeploymentPlan, Message, StatusUpdate, Subscriber
from warroom.rules.letters import one_line

ASKED, TOLD = "subscribe", "status"  # kinds of letters, with which their keys begin
CONFIRM_S = 48 * 60 * 60
ASK_AGAIN = timedelta(minutes=10)  # one letter per address in this time, however often it is typed
MOST_PER_HOUR, MOST = 200, 20_000  # of one release: unconfirmed, and in all
_CONFIRM = signing.TimestampSigner(salt="warroom.subscribe")
_LEAVE = signing.Signer(salt="warroom.unsubscribe")


def subscribe(plan: DeploymentPlan, email: str, now: datetime | None = None) -> None:
    """Send a letter that asks to confirm the address; nothing else says whether it is known.

    Raises Invalid for what is no mail address, Refused when too many ask or nothing is public.
    """
    now, email = now or timezone.now(), checked_address(email).lower()
    if not plan.is_public:
        raise Refused(_("This status page is not public."))
    with transaction.atomic():
        row = Subscriber.objects.filter(plan=plan, email=email).first()
        if row and (row.confirmed_at or now - row.asked_at < ASK_AGAIN):
            return
        _demand_room(plan, now)
        nonce = secrets.token_hex(8)
        row, _made = Subscriber.objects.update_or_create(
            plan=plan, email=email, defaults={"nonce": nonce, "asked_at": now}
        )
        _ask(plan, row, now)


def _demand_room(plan: DeploymentPlan, now: datetime) -> None:
    rows = Subscriber.objects.filter(plan=plan)
    lately = rows.filter(confirmed_at=None, asked_at__gt=now - timedelta(hours=1))
    if lately.count() >= MOST_PER_HOUR or rows.count() >= MOST:
        raise Refused(_("Too many have asked just now. Try again in an hour, or use the feed."))


def _ask(plan: DeploymentPlan, row: Subscriber, now: datetime) -> None:
    with translation.override(plan.language):
        subject = _("Confirm: updates on {name}").format(name=plan.name)
        text = _(
            "Somebody, probably you, asked for letters about {name} at this address.\n\n"
            "Confirm within two days:\n{link}\n\n"
            "If it was not you, do nothing: no other letter comes."
        ).replace("{name}", plan.name)
    key = f"{ASKED}:{row.pk}:{row.nonce}"
    _queue(plan, key, row, subject, text, now).save()


def _queue(plan, key: str, row: Subscriber, subject: str, text: str, at: datetime) -> Message:
    return Message(
        plan=plan, key=key, to=row.email, subject=one_line(subject), text=text, at=at, due_at=at
    )


def confirm(token: str) -> Subscriber | None:
    """Confirm an address by its link; None where it counts no more. Repeats change nothing."""
    row = of_confirmation(token)
    if row is not None and row.confirmed_at is None:
        row.confirmed_at = timezone.now()
        row.save(update_fields=["confirmed_at"])
    return row


def of_confirmation(token: str) -> Subscriber | None:
    """Whose link this is, while it counts."""
    try:
        pk, nonce = _CONFIRM.unsign(token, max_age=CONFIRM_S).split(".")
    except (signing.BadSignature, ValueError):
        return None
    return Subscriber.objects.select_related("plan").filter(pk=int(pk), nonce=nonce).first()


def of_leave(token: str) -> Subscriber | None:
    """Who leaves by this link; it never expires, and is void once they left."""
    try:
        pk, nonce = _LEAVE.unsign(token).split(".")
    except (signing.BadSignature, ValueError):
        return None
    return Subscriber.objects.select_related("plan").filter(pk=int(pk), nonce=nonce).first()


def leave(token: str) -> bool:
    """Forget the address and every letter to it. False when it was gone already."""
    row = of_leave(token)
    if row is None:
        return False
    with transaction.atomic():
        letters = Message.objects.filter(plan=row.plan, to=row.email)
        for kind in (ASKED, TOLD):
            letters.filter(key__startswith=f"{kind}:").delete()
        row.delete()
    return True


def forget_unconfirmed(now: datetime | None = None) -> int:
    """Forget addresses that nobody confirmed in time, with their letters."""
    before = (now or timezone.now()) - timedelta(seconds=CONFIRM_S)
    rows = Subscriber.objects.filter(confirmed_at=None, asked_at__lt=before)
    found = list(rows.values_list("pk", "email"))
    for pk, email in found:
        Message.objects.filter(key__startswith=f"{ASKED}:{pk}:", to=email).delete()
    rows.filter(pk__in=[pk for pk, _email in found]).delete()
    return len(found)


def tell_subscribers(plan: DeploymentPlan, update: StatusUpdate) -> None:
    """Put a letter about ``update`` to every confirmed address into the outbox. Within a change."""
    if not plan.is_public:
        return
    rows = Subscriber.objects.filter(plan=plan).exclude(confirmed_at=None)
    subject = f"{update.headline} · {plan.name}"
    page = f"{settings.PUBLIC_URL}{reverse('status', args=[plan.slug])}"
    text = "\n\n".join([update.headline, update.text, page, _("No more letters: {link}")])
    Message.objects.bulk_create(
        [
            _queue(plan, f"{TOLD}:{update.pk}:{row.pk}", row, subject, text, update.at)
            for row in rows.iterator()
        ],
        batch_size=500,
        ignore_conflicts=True,
    )


# --- what letters carry -------------------------------------------------------------------------


def confirm_address(message: Message) -> str | None:
    """The link that confirms; None when the address was forgotten or asked for anew."""
    _kind, pk, nonce = message.key.split(":")
    row = Subscriber.objects.select_related("plan").filter(pk=pk, nonce=nonce).first()
    if row is None or row.confirmed_at is not None:
        return None
    return _address(row, "status-confirm", _CONFIRM.sign(f"{row.pk}.{row.nonce}"))


def leave_address(message: Message) -> str | None:
    """The link that ends the letters; None when they ended."""
    row = _reader_of(message)
    return _address(row, "status-leave", _LEAVE.sign(f"{row.pk}.{row.nonce}")) if row else None


def leave_headers(message: Message) -> dict[str, str]:
    """RFC 8058: mail programs show a button that leaves the list by one POST."""
    address = leave_address(message)
    if address is None:
        return {}
    return {
        "List-Unsubscribe": f"<{address}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
    }


def _reader_of(message: Message) -> Subscriber | None:
    pk = message.key.rsplit(":", 1)[1]
    return Subscriber.objects.select_related("plan").filter(pk=pk).first()


def _address(row: Subscriber, name: str, token: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, args=[row.plan.slug, token])}"
