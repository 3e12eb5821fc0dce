"""Who has the room open: written by each web process now and then, shown on the deck."""

import asyncio
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from tests.conftest import make_plan, make_user
from tests.warroom.test_live_hub import Reader, in_a_loop
from warroom.live import hub, panels, presence, streams
from warroom.live.fragments import Answer, Newcomer
from warroom.live.passes import Pass, held_by
from warroom.models import Presence, Seat
from warroom.rules.presence import presence_text


@pytest.fixture
def notes(monkeypatch):
    """What the hub would write, with the thread that would; no database is asked."""
    written: list[tuple[set, str]] = []

    def note(pairs):
        written.append((set(pairs), threading.current_thread().name))

    monkeypatch.setattr(hub.presence, "note", note)
    monkeypatch.setattr(hub, "look", lambda asked: {one.plan_id: Answer(1) for one in asked})
    monkeypatch.setattr(hub, "_judged", lambda passes: (set(), {}))
    return written


def stream_of(person, plan=7):
    entry = Pass(f"session-{person}", person, "proof", plan)
    return streams.Stream(Newcomer("room", 1), Reader().send, entry)


async def until(condition):
    while not condition():
        await asyncio.sleep(0.02)


def test_all_who_are_here_are_one_note_from_a_thread_of_its_own(notes, monkeypatch):
    monkeypatch.setattr(hub, "NOTE_EVERY_S", 0.5)

    async def story(house):
        for person in range(1, 1001):
            house.join(7, stream_of(person))
        await until(lambda: len(notes) >= 2)

    in_a_loop(story)
    assert notes[-1][0] == {(7, person) for person in range(1, 1001)}
    assert {name.rpartition("_")[0] for _, name in notes} == {"presence"}


def test_who_comes_in_is_noted_soon_and_who_leaves_no_more(notes, monkeypatch):
    monkeypatch.setattr(hub, "NOTE_NEW_S", 0.3)

    async def story(house):
        first, second = stream_of(1), stream_of(2)
        house.join(7, first)
        await until(lambda: notes)
        house.join(7, second)
        await until(lambda: len(notes) > 1)
        assert notes[1][0] == {(7, 2)}
        house.leave(7, first)
        house._noted_at = 0.0
        await until(lambda: len(notes) > 2)
        assert notes[2][0] == {(7, 2)}

    in_a_loop(story)


def test_while_a_note_waits_for_the_database_no_other_begins_and_streams_go_on(monkeypatch, notes):
    began, free = [], threading.Event()

    def slow(pairs):
        began.append(pairs)
        free.wait(5)

    monkeypatch.setattr(hub.presence, "note", slow)
    monkeypatch.setattr(hub, "NOTE_EVERY_S", 0.1)
    monkeypatch.setattr(hub, "BEAT_EVERY_S", 0.2)

    async def story(house):
        stream = stream_of(1)
        house.join(7, stream)
        await asyncio.sleep(1.0)
        free.set()
        assert len(began) == 1
        assert not stream.ended

    in_a_loop(story)


def test_whose_roles_changed_loads_the_page_anew(monkeypatch, notes):
    held = {(1, 7): frozenset({"on-call"})}
    monkeypatch.setattr(hub, "_judged", lambda passes: (set(), dict(held)))
    monkeypatch.setattr(hub, "CHECK_EVERY_S", 0.1)
    reader = Reader()

    async def story(house):
        stream = streams.Stream(Newcomer("room", 1), reader.send, Pass("s", 1, "p", 7))
        house.join(7, stream)
        await asyncio.sleep(0.8)
        assert "shape" not in [message.kind for message in reader.messages]
        held[1, 7] = frozenset()
        await until(lambda: "shape" in [message.kind for message in reader.messages])
        await asyncio.sleep(0.5)
        assert [message.kind for message in reader.messages].count("shape") == 1

    in_a_loop(story)


@pytest.mark.django_db
def test_a_note_is_one_statement_and_the_next_moves_it(plan, cast, django_assert_num_queries):
    pairs = {(plan.pk, person.pk) for person in cast.values()}
    with django_assert_num_queries(1):
        presence._write(pairs)
    before = Presence.objects.get(user=cast["cora"]).seen_at
    presence._write(pairs)
    assert Presence.objects.count() == len(cast)
    assert Presence.objects.get(user=cast["cora"]).seen_at > before


@pytest.mark.django_db(transaction=True)
def test_a_deleted_account_keeps_nobody_elses_presence_from_being_written(plan, cast, monkeypatch):
    pairs = {(plan.pk, cast["cora"].pk), (plan.pk, 99_999)}
    assert presence._existing(pairs) == [(plan.pk, cast["cora"].pk)]
    real, tries = presence._write, []

    def write(wanted):
        tries.append(set(wanted))
        if len(tries) == 1:
            raise IntegrityError
        real(wanted)

    monkeypatch.setattr(presence, "_write", write)
    presence.note(pairs)
    assert Presence.objects.get().user == cast["cora"]


@pytest.mark.parametrize(
    ("ago_s", "words"),
    [(5, "here"), (49, "here"), (60, "away 1 min"), (840, "away 14 min"), (7500, "away 2 h 5 min")],
)
def test_presence_is_said_in_words(ago_s, words):
    now = timezone.now()
    assert presence_text(now - timedelta(seconds=ago_s), now) == words
    assert presence_text(None, now) == "not seen yet"


@pytest.mark.django_db
def test_the_deck_says_who_is_here_away_or_was_never_seen(plan, cast):
    now = timezone.now()
    seen = {"cora": 5, "hudson": 14 * 60, "stranger": 3, "root": 3000}
    for name, ago in seen.items():
        Presence.objects.create(plan=plan, user=cast[name], seen_at=now - timedelta(seconds=ago))
    elsewhere = make_plan("other", "Other")
    Presence.objects.create(plan=elsewhere, user=cast["thon"], seen_at=now)
    html = panels.render(panels.get("presence"), plan, now)
    rows = [" ".join(row.split("<")[0] for row in line.split(">")) for line in html.split("<li>")]
    said = {name: next(row for row in rows if name in row) for name in ("Cora", "Hudson", "Thon")}
    assert "here" in said["Cora"]
    assert "away 14 min" in said["Hudson"]
    assert "not seen yet" in said["Thon"]
    assert "Stranger" in html and "observing" in html
    assert "Root" not in html


@pytest.mark.django_db
def test_the_deck_costs_the_same_for_many(plan, cast, django_assert_num_queries):
    now = timezone.now()
    for n in range(40):
        person = make_user(f"p{n}")
        role = plan.roles.create(key=f"r{n}", name=f"R{n}", rights=[])
        Seat.objects.create(role=role, user=person)
        Presence.objects.create(plan=plan, user=person, seen_at=now)
    with django_assert_num_queries(4):
        panels.render(panels.get("presence"), plan, now)


@pytest.mark.django_db
def test_what_people_hold_is_one_statement_and_follows_the_clock(
    plan, cast, django_assert_num_queries
):
    passes = {Pass("s", person.pk, "p", plan.pk) for person in cast.values()}
    with django_assert_num_queries(1):
        before = held_by(passes)
    assert before[cast["stranger"].pk, plan.pk] == frozenset()
    now, seat = timezone.now(), Seat.objects.get(user=cast["thon"])
    Seat.objects.create(
        role=seat.role,
        user=cast["forge"],
        stands_in_for=seat,
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=1),
    )
    after = held_by(passes)
    assert after[cast["thon"].pk, plan.pk] == frozenset()
    assert len(after[cast["forge"].pk, plan.pk]) == 2
    assert after[cast["cora"].pk, plan.pk] == before[cast["cora"].pk, plan.pk]
