"""The outbox: letters go out after their change, once, and their failure is seen in the room."""

import smtplib
import socket
from datetime import timedelta
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from warroom import tasks
from warroom.actions import messages
from warroom.actions.change import change
from warroom.actions.invitations import ask_again, invite, link_of, revoke
from warroom.actions.people import hand_over, take_back
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan, Message, Seat
from warroom.rules.letters import WAITS, is_one_line, next_try, one_line

pytestmark = pytest.mark.django_db


class Box:
    """What a mail server was given; ``refuse`` answers recipients with a code."""

    def __init__(self) -> None:
        self.letters, self.refuse = [], ""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 OK"


@pytest.fixture
def server(settings):
    """A real mail server on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    box = Box()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.PUBLIC_URL = "https://warroom.example"
    yield box
    controller.stop()


@pytest.fixture
def asked(plan, cast):
    role = plan.roles.get(key="on-call")
    return invite(plan, role, name="Rin", email="rin@example.org", by=cast["cora"])


def later(seconds):
    return timezone.now() + timedelta(seconds=seconds)


def test_a_letter_goes_through_a_real_server_and_holds_its_link(server, plan, asked):
    """The link is put in as the letter goes out: no row of the database holds it."""
    row = Message.objects.get()
    assert "{link}" in row.text
    assert tasks.run_due() > 0
    [(to, letter)] = server.letters
    assert to == ["rin@example.org"]
    assert letter["To"] == "rin@example.org"
    assert letter["Subject"] == "Be On-Call in Genesis Phase 4"
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_payload(decode=True).decode()
    assert link_of(asked) in text.replace("=\n", "")
    assert "tick items, sign off, vote, run the rollout" in text
    row.refresh_from_db()
    assert row.sent_at is not None
    tasks.run_due()
    assert len(server.letters) == 1


def test_line_breaks_in_names_become_no_headers(server, plan, cast):
    """Scenario 59."""
    name = "Genesis\r\nBcc: all@example.org\r\n\r\nHello"
    DeploymentPlan.objects.filter(pk=plan.pk).update(name=name)
    cast["cora"].first_name = "Cora\r\nBcc: boss@example.org"
    cast["cora"].save()
    plan.refresh_from_db()
    invite(plan, plan.roles.get(key="on-call"), email="rin@example.org", by=cast["cora"])
    tasks.deliver()
    [(to, letter)] = server.letters
    assert to == ["rin@example.org"]
    assert letter["Bcc"] is None
    assert letter["Subject"].startswith("Be On-Call in Genesis Bcc: all@example.org Hello")


@pytest.mark.parametrize("to", ["a@example.org\nBcc: b@example.org", "a", "", "a@b.org, c@d.org"])
def test_a_wrong_address_gets_no_letter(plan, cast, to):
    with pytest.raises(Invalid), change(plan, by=cast["cora"]) as telling:
        messages.queue_mail(telling, key="x", to=to, subject="S", text="T")
    assert not Message.objects.exists()


def test_the_same_key_is_one_letter_and_a_change_that_fails_sends_none(plan, cast):
    with change(plan, by=cast["cora"]) as telling:
        for _ in range(2):
            messages.queue_mail(telling, key="x", to="a@example.org", subject="S", text="T")
    assert Message.objects.count() == 1
    with pytest.raises(RuntimeError), change(plan, by=cast["cora"]) as telling:
        messages.queue_mail(telling, key="y", to="a@example.org", subject="S", text="T")
        raise RuntimeError
    assert tasks.deliver() == 1
    assert len(mail.outbox) == 1


def test_two_workers_send_one_letter(plan, asked):
    now = timezone.now()
    mine, theirs = messages.claim(now), messages.claim(now)
    assert (len(mine), len(theirs)) == (1, 0)
    # A worker that died: its lease runs out, and its late word counts no more.
    [again] = messages.claim(now + messages.LEASE + timedelta(seconds=1))
    assert not messages.note_sent(mine[0], now)
    messages.note_failed(mine[0], "late", now)
    assert messages.note_sent(again, now)
    assert Message.objects.get().attempts == 0


def test_a_server_that_is_away_is_tried_again_and_then_given_up_in_the_room(
    plan, asked, settings, client_of, cast
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert tasks.deliver() == 0
    row = Message.objects.get()
    assert (row.attempts, row.sent_at, row.given_up_at) == (1, None, None)
    assert row.due_at > later(25)
    assert tasks.deliver() == 0  # not due yet
    assert Message.objects.get().attempts == 1
    for wait in WAITS:
        assert tasks.deliver(Message.objects.get().due_at + wait) == 0
        if Message.objects.get().given_up_at:
            break
    row.refresh_from_db()
    assert row.given_up_at is not None
    assert row.attempts == len(WAITS) + 1
    event = plan.events.last()
    assert event.kind == "message.failed"
    assert "The mail server does not answer: ConnectionRefusedError" in event.text
    assert "rin@" not in event.text
    shown = client_of(cast["cora"]).get(f"/plans/{plan.slug}/settings/").text
    assert "letter not delivered" in shown


def test_a_recipient_who_is_refused_for_good_is_given_up_at_once(server, plan, asked):
    server.refuse = "550 No such person"
    tasks.deliver()
    row = Message.objects.get()
    assert row.given_up_at is not None
    assert "550 No such person" in row.failure
    assert plan.events.last().kind == "message.failed"


def test_a_recipient_who_is_refused_for_now_is_tried_again(server, plan, asked):
    server.refuse = "450 Come again"
    tasks.deliver()
    assert Message.objects.get().given_up_at is None
    server.refuse = ""
    Message.objects.update(due_at=timezone.now())
    assert tasks.deliver() == 1


def test_a_letter_that_nobody_wants_any_more_does_not_go_out(plan, cast, asked):
    ask_again(asked, by=cast["cora"])
    assert Message.objects.count() == 2
    assert tasks.deliver() == 1  # the newer one alone
    ask_again(asked, by=cast["cora"])
    revoke(asked, by=cast["cora"])
    assert tasks.deliver() == 0
    assert len(mail.outbox) == 1


def test_a_stand_in_is_told_by_mail_if_they_have_an_address(plan, cast):
    seat, ends = Seat.objects.get(user=cast["thon"]), later(7200)
    hand_over(seat, cast["forge"], None, ends, by=cast["thon"])
    assert not Message.objects.exists()
    cast["vera"].email = "vera@example.org"
    cast["vera"].save()
    seat.refresh_from_db()
    stand_in = hand_over(seat, cast["vera"], ends, later(9000), "All quiet.", by=cast["thon"])
    take_back(stand_in, by=cast["cora"])
    assert tasks.deliver() == 2
    assert "All quiet." in mail.outbox[0].body
    assert f"/plans/{plan.slug}/" in mail.outbox[0].body
    assert "do not stand in any more" in mail.outbox[1].subject


def test_the_password_of_the_mail_server_stands_nowhere(plan, asked, monkeypatch):
    def fails(*args, **kwargs):
        raise smtplib.SMTPAuthenticationError(535, b"secret-word is wrong")

    monkeypatch.setattr(tasks, "_send", fails)
    tasks.deliver()
    assert "secret-word" not in Message.objects.get().failure


def test_a_letter_that_cannot_be_written_holds_up_no_other(plan, cast, monkeypatch):
    with change(plan, by=cast["cora"]) as telling:
        for key in ("a", "b"):
            messages.queue_mail(telling, key=key, to="a@example.org", subject=key, text="T")
    real = messages.text_of
    monkeypatch.setattr(messages, "text_of", lambda m: 1 / 0 if m.key == "a" else real(m))
    with transaction.atomic():
        assert tasks.deliver() == 1
    assert Message.objects.get(key="a").failure.startswith("It cannot be written")


def test_what_stands_in_a_head_is_one_line():
    assert one_line("a\r\n b\x00c\u2028d") == "a b c d"
    assert len(one_line("x" * 500)) == 200
    assert not is_one_line("a\x85b") and is_one_line("Größe")
    assert next_try(1) == timedelta(seconds=30)
    assert next_try(len(WAITS) + 1) is None


def test_scenario_16_after_a_restore_old_letters_are_held_and_the_timeline_stands(
    plan, cast, capsys
):
    """A backup made mid-release holds a letter that went out afterwards."""
    with change(plan, by=cast["cora"]) as asking:
        messages.queue_mail(
            asking, key="k:1", to="rin@example.org", subject="Take a seat", text="Hello"
        )
        asking.record("seat.asked", "Rin is asked")
    backup = list(Message.objects.values())
    assert tasks.deliver() == 1
    Message.objects.all().delete()
    Message.objects.bulk_create(Message(**row) for row in backup)  # as the backup has it
    call_command("after_restore")
    assert "1 letter is held" in capsys.readouterr().out
    assert (tasks.deliver(), len(mail.outbox)) == (0, 1)
    call_command("verify_timeline", plan.slug)
    call_command("after_restore", "--release")
    assert (tasks.deliver(), len(mail.outbox)) == (1, 2)
