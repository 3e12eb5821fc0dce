"""Somebody is asked to take a role: by mail, or by a link that is handed over.

The link names the row and its nonce and is signed with the product's key. It is for one person,
once, for a week; a new nonce makes older links worthless.
"""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.actions.change import Change, change
from warroom.actions.messages import checked_address, queue_mail
from warroom.actions.people import sit
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Invitation, Message, Right, Role, Seat, User
from warroom.rules.letters import is_one_line
from warroom.rules.lifecycle import CLOSED

HOLDS = timedelta(days=7)
MOST_OPEN = 100  # of one release: nobody sends letters by the thousand from here
KIND = "invitation"
_SIGNER = signing.Signer(salt="warroom.invitation")
TEXT = _l(
    "{who} asks you to be {role} in the release {plan}.\n\n{may}\n\nAccept or decline "
    "here. The link holds until {until} UTC, for one person, once:\n\n{{link}}\n\n"
    "Whoever does not know what this is about leaves it alone: then nothing happens.\n"
)


def invite(
    plan: DeploymentPlan,
    role: Role,
    *,
    by: User,
    name: str = "",
    email: str = "",
    letter: bool = True,
    request_id: str | None = None,
) -> Invitation | None:
    """Ask somebody to take a role; with ``email`` a letter goes out. None when sent before.

    Without ``letter`` it waits until somebody asks again: nothing is sent from a draft unasked.

    Raises Invalid for a wrong address or name, Refused for one who is asked already.
    """
    name = _checked_name(name)
    email = checked_address(email) if email.strip() else ""
    if not name and not email:
        raise Invalid("name", _("Say whom you ask: a name, a mail address or both."))
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as asking:
        if asking.repeated:
            return None
        if role.plan_id != asking.plan.pk:
            raise Invalid("role", _("This release has no such role."))
        _demand_new(asking, role, name, email)
        invitation = Invitation.objects.create(
            plan=asking.plan,
            role=role,
            name=name,
            email=email,
            nonce=_nonce(),
            by=by,
            at=asking.at,
            expires_at=asking.at + HOLDS,
        )
        if letter:
            _send(asking, invitation)
        text = _("{shown} is asked to be {role}").format(
            shown=shown_name(invitation), role=role.name
        )
        asking.record("invitation.sent", text, role=role.key, invitation=invitation.pk)
        return invitation


def ask_again(invitation: Invitation, *, by: User, request_id: str | None = None) -> None:
    """Make a new link, and send it where there is an address; links given before are dead.

    An expired invitation lives again. Raises Refused for one that is answered or taken back.
    """
    with change(invitation.plan, by=by, right=Right.EDIT, request_id=request_id) as asking:
        if asking.repeated:
            return
        row = _row(asking, invitation)
        _demand_unanswered(row)
        row.nonce, row.expires_at = _nonce(), asking.at + HOLDS
        row.save(update_fields=["nonce", "expires_at"])
        _send(asking, row)
        text = _("{shown} is asked again to be {role}").format(
            shown=shown_name(row), role=row.role.name
        )
        asking.record("invitation.renewed", text, role=row.role.key, invitation=row.pk)


def revoke(invitation: Invitation, *, by: User) -> None:
    """Take an invitation back: its link is dead. To take it back twice changes nothing."""
    with change(invitation.plan, by=by, right=Right.EDIT) as revoking:
        row = _row(revoking, invitation)
        if row.revoked_at is not None:
            return
        _demand_unanswered(row)
        row.revoked_at = revoking.at
        row.save(update_fields=["revoked_at"])
        text = _("{shown} is not asked any more to be {role}").format(
            shown=shown_name(row), role=row.role.name
        )
        revoking.record("invitation.revoked", text, role=row.role.key, invitation=row.pk)


def accept(invitation: Invitation, *, by: User) -> Seat:
    """Take the seat that the link's holder is offered. The same person twice changes nothing.

    ``invitation`` comes from ``find``: its nonce is the link's. Raises Refused for a link that
    does not hold any more; of two at once, one has the seat.
    """
    with change(invitation.plan, by=by) as accepting:
        row = _row(accepting, invitation)
        if row.accepted_by_id == by.pk:
            return Seat.objects.own().filter(role=row.role, user=by).first()
        _demand_open(row, invitation.nonce, accepting.at)
        row.accepted_at, row.accepted_by = accepting.at, by
        row.save(update_fields=["accepted_at", "accepted_by"])
        text = _("{display_name} accepted and is now {role}").format(
            display_name=by.display_name, role=row.role.name
        )
        if row.name and row.name.casefold() not in (by.display_name.casefold(), by.username):
            text += _("; {row} was asked").format(row=row.name)
        return sit(accepting, row.role, by, text=text)


def accept_as_new(
    invitation: Invitation, *, username: str, name: str, password: str
) -> tuple[User, Seat]:
    """Make an account for who was asked, and seat it: both or nothing.

    Raises Invalid for the fields ``username``, ``name`` and ``password``, Refused as ``accept``.
    """
    # Hashing a password takes long: before the plan is locked.
    person = _account(username, _checked_name(name), password, invitation.email)
    with transaction.atomic():
        # The plan's lock first, as everywhere: of two with one link, one makes an account.
        with change(invitation.plan, by=username) as checking:
            _demand_open(_row(checking, invitation), invitation.nonce, checking.at)
        _save_account(person)
        return person, accept(invitation, by=person)


def decline(invitation: Invitation) -> None:
    """Say no by the link; nobody has to sign in for it. Twice changes nothing."""
    with change(invitation.plan, by=shown_name(invitation)) as declining:
        row = _row(declining, invitation)
        if row.declined_at is not None:
            return
        _demand_open(row, invitation.nonce, declining.at)
        row.declined_at = declining.at
        row.save(update_fields=["declined_at"])
        text = _("{shown} does not want to be {role}").format(
            shown=shown_name(row), role=row.role.name
        )
        declining.record("invitation.declined", text, role=row.role.key, invitation=row.pk)


def link_of(invitation: Invitation) -> str:
    """The whole address by which an invitation is answered. A secret: it is kept nowhere."""
    token = _SIGNER.sign_object([invitation.pk, invitation.nonce])
    return settings.PUBLIC_URL + reverse("invitation", args=[token])


def find(token: str) -> Invitation | None:
    """The invitation of a link, whatever became of it; None for one that was never given out."""
    try:
        pk, nonce = _SIGNER.unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if not (isinstance(pk, int) and isinstance(nonce, str)):
        return None
    found = Invitation.objects.select_related("plan", "role", "by").filter(pk=pk).first()
    return found if found is not None and secrets.compare_digest(found.nonce, nonce) else None


def is_open(invitation: Invitation, at: datetime) -> bool:
    """Whether the link may still be answered at an instant (UTC)."""
    return invitation.expires_at > at and not _answer_of(invitation)


def shown_name(invitation: Invitation) -> str:
    """What the timeline calls who was asked: never an address, which would stay there for good."""
    return invitation.name or _("Somebody by mail")


def _answer_of(row: Invitation) -> str:
    if row.accepted_at is not None:
        return _("It was accepted already.")
    if row.declined_at is not None:
        return _("It was declined.")
    if row.revoked_at is not None:
        return _("It was taken back.")
    return _("The release is closed.") if row.plan.lifecycle in CLOSED else ""


def _demand_unanswered(row: Invitation) -> None:
    if answer := _answer_of(row):
        raise Refused(
            _("This invitation does not wait for an answer any more. {answer}").format(
                answer=answer
            )
        )


def _demand_open(row: Invitation, nonce: str, at: datetime) -> None:
    _demand_unanswered(row)
    if row.nonce != nonce or row.expires_at <= at:
        raise Refused(_("This link does not hold any more. Ask for a new one."))


def _demand_new(asking: Change, role: Role, name: str, email: str) -> None:
    waiting = [row for row in asking.plan.invitations.all() if is_open(row, asking.at)]
    if len(waiting) >= MOST_OPEN:
        raise Refused(
            _("{most_open} invitations wait for an answer. Take some back first.").format(
                most_open=MOST_OPEN
            )
        )
    for row in waiting:
        same = row.email.casefold() == email.casefold() if email else row.name == name
        if row.role_id == role.pk and same:
            raise Refused(
                _("{name} is asked already to be {role}. Ask again there.").format(
                    name=name or email, role=role.name
                )
            )


def _row(changing: Change, invitation: Invitation) -> Invitation:
    row = changing.plan.invitations.select_related("role").filter(pk=invitation.pk).first()
    if row is None:
        raise Refused(_("The role is no more, and the invitation with it."))
    return row


def _checked_name(name: str) -> str:
    name = name.strip()
    if not is_one_line(name) or len(name) > 150:
        raise Invalid("name", _("A name is one line of at most 150 characters."))
    return name


def _nonce() -> str:
    return secrets.token_urlsafe(18)


def _send(asking: Change, row: Invitation) -> None:
    if not row.email:
        return
    plan, role = asking.plan, row.role
    text = TEXT.format(
        who=asking.author_name,
        role=role.name,
        plan=f"{plan.name} {plan.version}".strip(),
        may=_may(role.rights),
        until=f"{row.expires_at.astimezone(UTC):%Y-%m-%d %H:%M}",
    )
    subject = _("Be {role} in {plan}").format(role=role.name, plan=plan.name)
    queue_mail(asking, key=_key(row), to=row.email, subject=subject, text=text)


def _may(rights: Iterable[str]) -> str:
    labels = dict(Right.choices)
    words = ", ".join(str(labels[right]) for right in Right.values if right in rights)
    return _("This role may {words}.").format(words=words) if words else _("This role reads along.")


def _key(row: Invitation) -> str:
    return f"{KIND}:{row.pk}:{row.nonce}"


def link_for(message: Message) -> str | None:
    """What a letter's link is when it goes out; None once another letter or an answer came."""
    pk = message.key.split(":")[1]
    row = Invitation.objects.select_related("plan").filter(pk=pk).first()
    wanted = row is not None and _key(row) == message.key and not _answer_of(row)
    return link_of(row) if wanted else None


def _account(username: str, name: str, password: str, email: str) -> User:
    person = User(username=User.normalize_username(username.strip()), first_name=name, email=email)
    if not any(letter.isalnum() for letter in person.username):
        # ".." would be a step back in every address that holds it.
        raise Invalid("username", _("A user name holds at least one letter or digit."))
    try:
        person.set_password(password)
        person.clean_fields()
    except ValidationError as error:
        field = "username" if "username" in error.message_dict else "name"
        raise Invalid(field, " ".join(error.messages)) from error
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid("password", " ".join(error.messages)) from error
    return person


def _save_account(person: User) -> None:
    try:
        with transaction.atomic():
            if User.objects.filter(username__iexact=person.username).exists():
                raise IntegrityError
            person.save()
    except IntegrityError as error:
        # No word about whose it is, or whether it is anybody's at all.
        raise Invalid("username", _("This user name cannot be had. Choose another.")) from error
