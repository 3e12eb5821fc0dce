"""Somebody is asked to take a role: links that hold once, for a week, for nothing else."""

import threading
from datetime import timedelta

import pytest
from django.core import signing
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.conftest import make_plan, make_user, seat
from warroom.actions.invitations import (
    accept,
    accept_as_new,
    ask_again,
    decline,
    find,
    invite,
    link_of,
    revoke,
)
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import Invitation, Message, Seat, User
from warroom.queries.seats import invitations

pytestmark = pytest.mark.django_db
GOOD = {"name": "Rin Sato", "username": "rin", "password": "hold the line 42"}


@pytest.fixture(autouse=True)
def _no_tries_counted():
    cache.clear()


@pytest.fixture
def asked(plan, cast):
    """Rin is asked by mail to be On-Call."""
    role = plan.roles.get(key="on-call")
    return invite(plan, role, name="Rin", email="rin@example.org", by=cast["cora"])


def path_of(invitation):
    return "/" + link_of(invitation).split("/", 3)[3]


def form(**fields):
    return {"answer": "join", "password_again": GOOD["password"]} | GOOD | fields


def test_who_has_no_account_makes_one_and_is_seated(plan, cast, asked):
    browser, page = Client(), path_of(asked)
    shown = browser.get(page)
    assert shown.status_code == 200
    assert "Cora asks you to be On-Call" in shown.text
    answer = browser.post(page, form())
    assert (answer.status_code, answer["Location"]) == (302, f"/plans/{plan.slug}/")
    assert browser.get(answer["Location"]).status_code == 200
    rin = User.objects.get(username="rin")
    assert (rin.first_name, rin.email, rin.is_staff) == ("Rin Sato", "rin@example.org", False)
    assert Seat.objects.own().get(user=rin).role.key == "on-call"
    assert [event.kind for event in plan.events.order_by("seq")] == [
        "invitation.sent",
        "seat.taken",
    ]
    assert plan.events.last().text.startswith("Rin Sato accepted and is now On-Call")


def test_who_has_an_account_accepts_signed_in(plan, cast, asked, client_of):
    stranger, page = client_of(cast["stranger"]), path_of(asked)
    assert stranger.get(f"/plans/{plan.slug}/").status_code == 404
    assert stranger.post(page, {"answer": "accept"}).status_code == 302
    assert stranger.get(f"/plans/{plan.slug}/").status_code == 200
    # Sent twice, it stands once.
    assert stranger.post(page, {"answer": "accept"}).status_code == 302
    assert plan.events.filter(kind="seat.taken").count() == 1


def test_nothing_but_the_answer_is_read_from_the_form(plan, cast, asked, client_of):
    """Scenario 53: extra fields change nothing."""
    boss = plan.roles.get(key="deployment-lead")
    extra = {"role": boss.pk, "accepted_by": cast["cora"].pk, "plan": 99, "is_superuser": "on"}
    Client().post(path_of(asked), form(is_staff="1", **extra))
    rin = User.objects.get(username="rin")
    asked.refresh_from_db()
    assert (asked.accepted_by, asked.role.key) == (rin, "on-call")
    assert not rin.is_superuser and not rin.is_staff
    assert [one.role.key for one in rin.seats.all()] == ["on-call"]
    cora = client_of(cast["cora"])
    cora.post(
        f"/plans/{plan.slug}/invitations",
        {"role": "member", "name": "Ada", "accepted_by": rin.pk, "by": rin.pk, "nonce": "x"},
    )
    ada = Invitation.objects.get(name="Ada")
    assert (ada.by, ada.accepted_by) == (cast["cora"], None)
    assert ada.nonce != "x"


def test_a_link_is_used_once_and_a_stolen_one_is_worth_nothing(plan, cast, asked, client_of):
    page = path_of(asked)
    assert client_of(cast["stranger"]).post(page, {"answer": "accept"}).status_code == 302
    thief = make_user("thief")
    for browser in (client_of(thief), Client()):
        assert browser.get(page).status_code == 410
        assert browser.post(page, form(username="thief-2")).status_code == 410
    assert not thief.seats.exists()
    assert not User.objects.filter(username="thief-2").exists()


def test_a_link_sent_anew_makes_the_old_one_worthless(plan, cast, asked, client_of):
    old = path_of(asked)
    ask_again(asked, by=cast["cora"])
    asked.refresh_from_db()
    assert Client().get(old).status_code == 404
    assert Client().get(path_of(asked)).status_code == 200
    assert plan.events.last().kind == "invitation.renewed"


def test_a_link_is_dead_when_it_is_taken_back_declined_or_a_week_old(plan, cast, asked):
    page = path_of(asked)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(page).status_code == 410
    with pytest.raises(Refused):
        accept(asked, by=cast["stranger"])
    ask_again(asked, by=cast["cora"])
    asked.refresh_from_db()
    page = path_of(asked)
    assert asked.expires_at - timezone.now() > timedelta(days=6)
    for _ in range(2):
        revoke(asked, by=cast["cora"])
    assert Client().get(page).status_code == 410
    assert Client().post(page, form()).status_code == 410
    assert not User.objects.filter(username="rin").exists()
    with pytest.raises(Refused, match="taken back"):
        ask_again(asked, by=cast["cora"])
    assert plan.events.filter(kind="invitation.revoked").count() == 1


def test_a_closed_release_takes_nobody_in(plan, cast, asked, client_of):
    type(plan).objects.filter(pk=plan.pk).update(lifecycle="aborted")
    page = path_of(asked)
    assert Client().get(page).status_code == 410
    for browser in (client_of(cast["stranger"]), Client()):
        for answer in ("accept", "decline", "join"):
            assert browser.post(page, form(answer=answer)).status_code == 410
    with pytest.raises(Refused):
        decline(asked)
    assert plan.events.count() == 1


def test_who_declines_needs_no_account(plan, cast, asked):
    browser, page = Client(), path_of(asked)
    assert "You declined" in browser.post(page, {"answer": "decline"}).text
    assert browser.post(page, {"answer": "decline"}).status_code == 410
    assert plan.events.last().text == "Rin does not want to be On-Call"
    with pytest.raises(Refused):
        accept(find(page.split("/")[2]), by=cast["stranger"])


@pytest.mark.parametrize("token", ["x", "x:y:z", "..%2f", "W10:1abcde:AAAA", "0" * 3000])
def test_a_link_that_was_never_given_out_is_no_link(db, token):
    assert Client().get(f"/invitations/{token}/").status_code in (404, 410)
    assert find(token) is None


def test_a_token_signed_for_something_else_is_no_invitation(asked):
    ours, other = (signing.Signer(salt=salt) for salt in ("warroom.invitation", "other"))
    assert find(ours.sign_object([asked.pk, asked.nonce])) == asked
    assert find(other.sign_object([asked.pk, asked.nonce])) is None
    for content in ([asked.pk, "another"], [asked.pk], {"pk": 1}, ["x", "y"], [asked.pk, 7], 5):
        assert find(ours.sign_object(content)) is None
    assert find(signing.dumps([asked.pk, asked.nonce], salt="warroom.invitation")) is None


def test_the_page_tells_nobody_who_has_an_account(plan, cast, asked):
    page, browser = path_of(asked), Client()
    shown = browser.get(page).text
    assert "datalist" not in shown
    assert "rin@example.org" not in shown and "thon" not in shown.casefold()
    for name in ("thon", "THON"):
        answer = browser.post(page, form(username=name))
        assert answer.status_code == 422
        assert "This user name cannot be had. Choose another." in answer.text
    assert "does not hold any more" in browser.get("/invitations/x/").text


def test_by_one_link_nobody_tries_many_names(plan, cast, asked):
    page, browser = path_of(asked), Client()
    tried = [browser.post(page, form(username="thon")).status_code for _ in range(12)]
    assert tried == [422] * 10 + [429] * 2
    assert browser.post(page, form()).status_code == 429


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"password": "1234", "password_again": "1234"}, "too short"),
        ({"password": "password", "password_again": "password"}, "too common"),
        ({"password_again": "other"}, "differ"),
        ({"username": "a b<"}, "valid username"),
        ({"name": ""}, "required"),
    ],
)
def test_an_account_keeps_the_rules_and_what_was_typed_stays(plan, cast, asked, fields, said):
    answer = Client().post(path_of(asked), form(**fields))
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="rin"' in answer.text or fields.get("username")
    assert GOOD["password"] not in answer.text
    assert not User.objects.filter(first_name="Rin Sato").exists()


def test_only_who_may_edit_asks_renews_and_takes_back(plan, cast, asked, client_of):
    role = plan.roles.get(key="on-call")
    for name in ("thon", "hudson", "forge", "vera"):
        with pytest.raises(NotAllowed):
            invite(plan, role, name="Ada", by=cast[name])
        with pytest.raises(NotAllowed):
            ask_again(asked, by=cast[name])
        with pytest.raises(NotAllowed):
            revoke(asked, by=cast[name])
    shown = client_of(cast["vera"]).get(f"/plans/{plan.slug}/people/").text
    assert "Rin" in shown
    assert "/invitations/" not in shown and "rin@example.org" not in shown
    assert path_of(asked) in client_of(cast["cora"]).get(f"/plans/{plan.slug}/people/").text


def test_an_invitation_is_not_reached_from_another_release(plan, cast, asked, client_of):
    """Scenario 52."""
    other = make_plan("other", "Other")
    seat(other, cast["cora"], "lead", "Lead", ["edit"])
    cora = client_of(cast["cora"])
    for verb in ("renew", "revoke"):
        assert cora.post(f"/plans/other/invitations/{asked.pk}/{verb}").status_code == 404
    sent = {"role": "on-call", "name": "Ada"}
    assert cora.post("/plans/other/invitations", sent).status_code == 422
    with pytest.raises(Invalid):
        invite(other, plan.roles.get(key="on-call"), name="Ada", by=cast["cora"])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "name"),
        ({"email": "not an address"}, "email"),
        ({"email": "rin@example.org\r\nBcc: all@example.org"}, "email"),
        ({"email": "a@example.org,b@example.org"}, "email"),
        ({"name": "Rin\nBcc: all@example.org"}, "name"),
        ({"name": "R" * 151}, "name"),
    ],
)
def test_whom_to_ask_is_checked_and_nothing_becomes_a_header(plan, cast, fields, field):
    """Scenario 59."""
    with pytest.raises(Invalid) as refused:
        invite(plan, plan.roles.get(key="on-call"), by=cast["cora"], **fields)
    assert refused.value.field == field
    assert not Message.objects.exists() and not plan.events.exists()


def test_who_is_asked_already_is_not_asked_twice(plan, cast, asked, client_of):
    sent = {"role": "on-call", "email": "RIN@example.org", "name": "Rin"}
    answer = client_of(cast["cora"]).post(f"/plans/{plan.slug}/invitations", sent)
    assert answer.status_code == 409
    assert "is asked already" in answer.text
    assert 'value="RIN@example.org"' in answer.text
    assert Invitation.objects.count() == 1


def test_the_section_says_what_became_of_each(plan, cast, asked, client_of):
    now = timezone.now()
    assert [one.state for one in invitations(plan, now)] == ["open"]
    assert [one.state for one in invitations(plan, now + timedelta(days=8))] == ["expired"]
    shown = client_of(cast["cora"]).get(f"/plans/{plan.slug}/settings/").text
    assert "not answered" in shown and "letter waits to be sent" in shown
    decline(find(path_of(asked).split("/")[2]))
    assert [one.state for one in invitations(plan, now)] == ["declined"]


def test_no_address_and_no_link_is_kept_in_the_timeline(plan, cast):
    asked = invite(plan, plan.roles.get(key="on-call"), email="ada@example.org", by=cast["cora"])
    event = plan.events.get()
    assert "ada@" not in event.text + str(event.data)
    assert event.text == "Somebody by mail is asked to be On-Call"
    assert asked.nonce not in event.text + str(event.data)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_is_seated(plan, cast, asked):
    people = [make_user("ada"), make_user("bob")]
    said: list = []
    start = threading.Barrier(3)

    def answer(act):
        start.wait()
        try:
            said.append(act())
        except Refused as refused:
            said.append(refused.sentence)
        finally:
            connections.close_all()

    new = {"username": "carl", "name": "Carl", "password": GOOD["password"]}
    acts = [lambda p=p: accept(asked, by=p) for p in people]
    acts.append(lambda: accept_as_new(asked, **new))
    threads = [threading.Thread(target=answer, args=[act]) for act in acts]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(isinstance(one, str) and "accepted already" in one for one in said) == 2
    seated = Seat.objects.filter(role__key="on-call").exclude(user=cast["thon"])
    assert seated.count() == 1
    if seated.get().user.username != "carl":  # no account without a seat
        assert not User.objects.filter(username="carl").exists()
