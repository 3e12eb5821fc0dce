"""Letters about a status page: only to addresses that were confirmed, and none after leaving."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from warroom import tasks
from warroom.actions import subscribers
from warroom.actions.refusals import Invalid, Refused
from warroom.actions.status import APART, SETTLED, post_status_update, tell_public_turns
from warroom.models import Lifecycle, Message, Subscriber

ADDRESS = "reader@example.org"
FORM = "/status/genesis-4/subscribe/"


@pytest.fixture(autouse=True)
def _fresh(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()


@pytest.fixture
def live(plan):
    """A release that has gone to plan for ten minutes."""
    plan.lifecycle, plan.lifecycle_at = Lifecycle.WATCHING, timezone.now() - timedelta(hours=1)
    plan.save()
    turn(plan, "proceed", ago=timedelta(minutes=10))
    return plan


def turn(plan, word: str, ago: timedelta = SETTLED) -> None:
    now = timezone.now()
    plan.refresh_from_db()
    plan.verdict, plan.verdict_since = word, now - ago
    plan.verdict_valid_until = now + timedelta(days=1)
    plan.save()


def path_in(text: str) -> str:
    return re.search(r"https?://[^/\s]+(/status/\S+/(?:confirm|unsubscribe)/\S+)", text)[1]


@pytest.fixture
def subscribed(client, live):
    """A confirmed reader; gives the path that ends the letters."""
    client.post(FORM, {"email": ADDRESS})
    tasks.deliver()
    client.post(path_in(mail.outbox.pop().body))
    return Subscriber.objects.get(confirmed_at__isnull=False)


def test_nothing_is_sent_before_the_address_is_confirmed(client, live, cast):
    assert client.get(FORM).status_code == 200
    assert client.post(FORM, {"email": f" {ADDRESS.upper()} "}).status_code == 200
    post_status_update(live, "We go on at noon.", by=cast["cora"])
    assert tasks.deliver() == 1
    (letter,) = mail.outbox
    assert letter.to == [ADDRESS] and "{" not in letter.body
    path = path_in(letter.body)
    assert client.get(path).status_code == 200  # as programs do that look through mail
    assert Subscriber.objects.get().confirmed_at is None
    assert client.post(path).status_code == client.post(path).status_code == 200
    post_status_update(live, "It is noon.", by=cast["cora"])
    tasks.deliver()
    assert len(mail.outbox) == 2 and "It is noon." in mail.outbox[1].body


def test_each_letter_can_be_ended_by_one_post(client, subscribed, live, cast):
    """RFC 8058, by a program without cookies or tokens; the address is forgotten altogether."""
    post_status_update(live, "All is well.", by=cast["cora"])
    tasks.deliver()
    headers = mail.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = path_in(headers["List-Unsubscribe"].strip("<>"))
    assert client.get(path).status_code == 200 and Subscriber.objects.exists()
    strict = type(client)(enforce_csrf_checks=True)
    for _ in range(2):
        assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Subscriber.objects.exists()
    assert not Message.objects.filter(to=ADDRESS).exists()
    post_status_update(live, "Better still.", by=cast["cora"])
    assert tasks.deliver() == 0


def test_letters_that_wait_are_not_sent_to_who_left(subscribed, live, cast):
    post_status_update(live, "All is well.", by=cast["cora"])
    Subscriber.objects.all().delete()
    assert tasks.deliver() == 0
    assert mail.outbox == []


def test_the_form_tells_nobody_who_reads(client, subscribed):
    known = client.post(FORM, {"email": ADDRESS})
    new = client.post(FORM, {"email": "other@example.org"})
    plain = re.compile(r'value="[^"]*"|nonce="[^"]*"|data-now="[^"]*"')
    assert plain.sub("", known.text) == plain.sub("", new.text)
    assert Message.objects.filter(to=ADDRESS).count() == 1


def test_an_address_is_asked_once_however_often_it_is_typed(client, live):
    for _ in range(3):
        subscribers.subscribe(live, ADDRESS)
    assert Message.objects.count() == 1
    first = Message.objects.get()
    subscribers.subscribe(live, ADDRESS, timezone.now() + timedelta(minutes=11))
    assert subscribers.confirm_address(first) is None  # the newer letter counts
    assert Message.objects.count() == 2


def test_one_host_asks_ten_times_an_hour(client, live):
    answers = [client.post(FORM, {"email": f"r{n}@example.org"}).status_code for n in range(12)]
    assert answers == [200] * 10 + [409] * 2


@pytest.mark.parametrize("typed", ["", "no address", "a@b.de,c@d.de", "a@b.de\nBcc: c@d.de"])
def test_what_is_no_address_is_said_and_kept(client, live, typed):
    with pytest.raises(Invalid):
        subscribers.subscribe(live, typed)
    answer = client.post(FORM, {"email": typed})
    assert answer.status_code == 422
    assert not Message.objects.exists()


def test_a_page_that_is_not_public_has_no_readers(client, live):
    live.status_public = False
    live.save()
    with pytest.raises(Refused):
        subscribers.subscribe(live, ADDRESS)
    assert client.get(FORM).status_code == 404


def test_links_that_were_made_up_are_void(client, subscribed):
    for path in ("confirm", "unsubscribe"):
        client.post(f"/status/genesis-4/{path}/1.0000000000000000:abc/")
        client.post(f"/status/genesis-4/{path}/x/")
    assert Subscriber.objects.count() == 1


def test_what_nobody_confirms_is_forgotten_after_two_days(live):
    subscribers.subscribe(live, ADDRESS)
    assert subscribers.forget_unconfirmed() == 0
    assert subscribers.forget_unconfirmed(timezone.now() + timedelta(hours=49)) == 1
    assert not Subscriber.objects.exists() and not Message.objects.exists()


def test_a_turn_of_the_state_is_told_once_when_it_has_settled(subscribed, live):
    assert tell_public_turns() == 1  # going to plan
    assert tell_public_turns() == 0
    turn(live, "hold", ago=timedelta(0))
    assert tell_public_turns() == 0  # it may be over at once
    later = timezone.now() + APART
    assert tell_public_turns(later) == 1
    assert tell_public_turns(later) == 0
    told = list(live.status_updates.values_list("state", "by"))
    assert told == [("on-hold", None), ("on-track", None)]
    assert tasks.deliver() == 2
    assert [letter.subject for letter in mail.outbox] == [
        "Going to plan · Genesis Phase 4",
        "On hold · Genesis Phase 4",
    ]


def test_a_problem_is_told_at_once(subscribed, live):
    tell_public_turns()
    turn(live, "rollback", ago=timedelta(0))
    assert tell_public_turns() == 1


def test_addresses_are_shown_to_nobody(subscribed, live, client_of, cast):
    post_status_update(live, "All is well.", by=cast["cora"])
    for path in ("/plans/genesis-4/status/", "/plans/genesis-4/timeline/", "/status/genesis-4/"):
        page = client_of(cast["cora"]).get(path)
        assert page.status_code == 200 and ADDRESS not in page.text
    assert "1 subscriber" in client_of(cast["cora"]).get("/plans/genesis-4/status/").text


def test_an_update_is_previewed_before_it_is_published(client_of, cast, live):
    client = client_of(cast["cora"])
    page = client.get("/plans/genesis-4/status/")
    assert "What we measure is within our targets." in page.text  # the draft, made of the room
    sent = {"text": "Soon done.", "do": "preview", "request_id": "p1"}
    shown = client.post("/plans/genesis-4/status/", sent)
    assert shown.status_code == 200 and 'id="preview"' in shown.text
    assert not live.status_updates.exists()
    client.post("/plans/genesis-4/status/", sent | {"do": "publish"})
    assert live.status_updates.get().headline == "Going to plan"
