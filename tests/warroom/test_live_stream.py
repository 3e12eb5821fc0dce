"""The event stream over real sockets, against a real web process."""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from django.conf import settings

from tests.web_process import Viewer, house, valkey

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with house(tmp_path_factory.mktemp("live")) as place:
        place.open()
        yield place


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 60))


def head(place) -> int:
    return place.do("plan.refresh_from_db(); answer = plan.timeline_seq")


def viewer(place, query="", **more) -> Viewer:
    return Viewer(place.port, place.cookie, query, **more)


def test_a_change_in_another_process_arrives_without_redis(place):
    async def story():
        async with viewer(place, f"?after={head(place)}") as one:
            await one.next("beat")
            begun = time.monotonic()
            place.note("The canary looks well")
            message = await one.saying("The canary looks well")
            assert time.monotonic() - begun < 10
            assert "feed" in message.fragments
            assert message.id == str(head(place))

    run(story())


@pytest.mark.once("sockets and headers ask none")
def test_the_stream_may_not_be_cached_buffered_or_compressed(place):
    async def story():
        async with viewer(place) as one:
            assert one.status == 200
            assert "text/event-stream" in one.head
            assert "cache-control: no-store, no-transform" in one.head
            assert "x-accel-buffering: no" in one.head

    run(story())


def test_fifty_viewers_get_the_same_bytes(place):
    async def story():
        async with contextlib.AsyncExitStack() as stack:
            after = head(place)
            viewers = [
                await stack.enter_async_context(viewer(place, f"?after={after}")) for _ in range(50)
            ]
            for one in viewers:
                await one.next("beat")
            await asyncio.sleep(0.5)
            place.note("Everybody reads this")
            heard = [await one.saying("Everybody reads this") for one in viewers]
            assert len({message.data for message in heard}) == 1

    run(story())


def test_a_returning_reader_gets_each_stale_panel_once(place):
    async def story():
        seen = head(place)
        for number in range(5):
            place.note(f"While you were away {number}")
        async with viewer(place, "?place=room", Last_Event_ID=seen) as one:
            message = await one.next()
            assert message.id == str(seen + 5)
            assert message.fragments.count("feed") == 1
            assert "While you were away 4" in message.data
            await one.nothing()

    run(story())


def test_a_reader_who_has_seen_all_is_told_nothing_at_first(place):
    async def story():
        async with viewer(place, f"?place=timeline&after={head(place)}") as one:
            with contextlib.suppress(TimeoutError):
                message = await one.next(within=0.6)
                assert "feed" not in message.fragments  # at most what ages with time

    run(story())


def test_a_reader_ahead_of_a_restored_database_gets_everything(place):
    async def story():
        async with viewer(place, f"?place=room&after={head(place) + 50}") as one:
            message = await one.next()
            assert {"feed", "strip", "verdict"} <= set(message.fragments)
            assert message.id == str(head(place))
            await one.next("shape")

    run(story())


def test_only_the_stale_panels_of_the_place_are_sent(place):
    async def story():
        async with viewer(place, f"?place=timeline&after={head(place)}") as one:
            await asyncio.sleep(0.8)
            while not one.messages.empty():
                one.messages.get_nowait()
            place.note("For the timeline page")
            message = await one.next()
            assert "timeline" in message.fragments
            assert "feed" not in message.fragments

    run(story())


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [("nobody", "genesis-4", 401), ("stranger", "genesis-4", 404), ("cora", "other", 404)],
)
def test_who_may_not_see_a_plan_is_turned_away(place, who, path, status):
    cookie = {"nobody": "", "stranger": place.strangers_cookie, "cora": place.cookie}[who]

    async def story():
        async with Viewer(place.port, cookie, slug=path) as one:
            assert one.status == status

    run(story())


def test_a_lost_seat_counts_when_the_stream_is_opened_again(place):
    async def status():
        async with viewer(place) as one:
            return one.status

    place.do("Seat.objects.filter(user=cora).delete()")
    try:
        assert run(status()) == 404
    finally:
        place.do("Seat.objects.create(role=role, user=cora)")
    place.do("User.objects.filter(pk=cora.pk).update(is_active=False)")
    try:
        assert run(status()) == 401
    finally:
        place.do("User.objects.filter(pk=cora.pk).update(is_active=True)")
    assert run(status()) == 200


@pytest.mark.once("sockets and headers ask none")
def test_a_senseless_sequence_number_is_answered_in_words(place):
    async def story():
        async with viewer(place, "?after=x1") as one:
            assert one.status == 400

    run(story())


def test_neither_threads_nor_connections_grow_with_viewers(place):
    async def counted(number):
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(number):
                one = await stack.enter_async_context(viewer(place, f"?after={head(place)}"))
                await one.next("beat")
            place.note("Counted")
            await asyncio.sleep(0.5)
            return place.threads(), await settled(place), server_connections(place)

    few = run(counted(2))
    many = run(counted(60))
    assert many[0] <= few[0] + 2  # the pool of the doors, at most
    assert many[1] <= few[1] + 1
    assert many[2] <= few[2]


async def settled(place) -> int:
    """The database files that stay open: whoever writes down who is here opens its own briefly."""
    seen = []
    for _ in range(5):
        seen.append(place.database_files())
        await asyncio.sleep(0.2)
    return min(seen)


def server_connections(place) -> int:
    return place.do(
        "from django.db import connection\n"
        "answer = 0\n"
        "if connection.vendor == 'postgresql':\n"
        "    with connection.cursor() as cursor:\n"
        "        cursor.execute('SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database()')\n"
        "        answer = cursor.fetchone()[0]\n"
    )


def test_the_doorbell_of_another_process_is_heard_through_redis(tmp_path):
    with valkey(tmp_path / "broker") as (_, url), house(tmp_path, REDIS_URL=url) as place:
        place.open()

        async def story():
            async with viewer(place, f"?after={head(place)}") as one:
                await one.next("beat")
                await asyncio.sleep(1)
                for number in range(10):
                    place.note(f"Ring {number}")
                    await one.saying(f"Ring {number}")

        run(story())


def test_updates_go_on_when_redis_is_killed_and_when_it_is_frozen(tmp_path):
    with valkey(tmp_path / "broker") as (child, url), house(tmp_path, REDIS_URL=url) as place:
        place.open()

        async def story():
            async with viewer(place, f"?after={head(place)}") as one:
                await one.next("beat")
                for name, number in (("frozen", 19), ("thawed", 18), ("killed", 9)):
                    child.send_signal(number)
                    begun = time.monotonic()
                    place.note(f"Redis is {name}")
                    assert time.monotonic() - begun < 10  # the one who acts does not wait
                    await one.saying(f"Redis is {name}")
                    assert time.monotonic() - begun < 20

        run(story())


@pytest.mark.once("sockets and headers ask none")
def test_a_reader_who_does_not_read_is_cut_off_and_holds_up_nobody(tmp_path):
    with valkey(tmp_path / "broker") as (_, url), house(tmp_path, REDIS_URL=url) as place:
        place.open()

        async def story():
            with socket.socket() as slow:
                slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                slow.connect(("127.0.0.1", place.port))
                slow.sendall(
                    f"GET /plans/genesis-4/live HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    f"Cookie: sessionid={place.cookie}\r\n\r\n".encode()
                )
                async with viewer(place, f"?after={head(place)}") as one:
                    await one.next("beat")
                    slowest = 0.0
                    for number in range(150):
                        begun = time.monotonic()
                        place.note(f"{number} " + "x" * 3900)
                        await one.saying(f"{number} xx")
                        slowest = max(slowest, time.monotonic() - begun)
                        if cut_so_far(place):
                            break
                    assert cut_so_far(place) == 1
                    assert slowest < 15
                    assert "\nwarroom_streams_open 1.0" in metrics(place)

        run(story())


def cut_so_far(place) -> int:
    return int(float(metrics(place).split("\nwarroom_streams_cut_total ")[1].split("\n")[0]))


def test_streams_end_first_when_the_server_stops(tmp_path):
    with house(tmp_path) as place:
        place.open()

        async def story():
            async with viewer(place) as one, viewer(place) as two:
                await one.next("beat")
                await two.next("beat")
                took = await asyncio.to_thread(place.shut)
                assert took < 2.5
                assert (await one.next("end")).data == "the server stops"
                assert (await two.next("end")).data == "the server stops"

        run(story())
        assert "Traceback" not in place.complaints()


def test_a_tab_that_is_closed_leaves_nothing_behind(place):
    async def story():
        for _ in range(20):
            async with viewer(place) as one:
                await one.next("beat")
        await asyncio.sleep(0.5)
        assert "\nwarroom_streams_open 0.0" in metrics(place)

    run(story())


def metrics(place) -> str:
    with urllib.request.urlopen(place.url("/metrics")) as page:
        return page.read().decode()


@pytest.mark.once("sockets and headers ask none")
def test_viewers_who_vanish_without_a_word_are_let_go(tmp_path):
    """Scenario 44, in a network of its own whose cable is cut."""
    if shutil.which("ip") is None or subprocess.run(["unshare", "-n", "true"]).returncode:
        pytest.skip("making a network wants root and iproute2")
    # A database server is out of reach from in there; SQLite is not.
    env = {name: text for name, text in os.environ.items() if not name.startswith("DATABASE")}
    said = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "tests.half_open", str(tmp_path)],
        cwd=settings.BASE_DIR,
        env=env,
        stdout=subprocess.PIPE,
        timeout=120,
        check=True,
    )
    held = json.loads(said.stdout)
    assert held["meanwhile"]["streams"] == 60
    # However many watch: hub, two doors, presence, and a few for requests and the status page.
    assert held["meanwhile"]["threads"] <= held["before"]["threads"] + 8
    assert held["meanwhile"]["database_files"] <= 15  # three for each thread that asks
    assert held["after"]["streams"] == 0
    assert held["after"]["sockets"] <= held["before"]["sockets"] + 4
    assert held["after"]["rss_mb"] <= held["meanwhile"]["rss_mb"] + 5


GUEST = """
from warroom.actions.people import leave_seat, take_seat
guest = User.objects.create_user({name!r}, password="pw")
wanted = {{"name": "Desk", "rights": ["tick"]}}
desk, _ = Role.objects.get_or_create(plan=plan, key="desk", defaults=wanted)
take_seat(plan, desk, guest, by=cora)
answer = cookie_of(guest)
"""
SIGN_OUT = """
browser = Client()
browser.cookies["sessionid"] = COOKIE
answered = browser.post("/sign-out/", headers={"host": "127.0.0.1"}).status_code
assert answered == 302, answered
"""


@pytest.mark.parametrize(
    ("name", "loses"),
    [
        ("unseated", "leave_seat(plan, desk, guest, by=cora)"),
        ("quietly-unseated", "Seat.objects.filter(user=guest).delete()"),
        ("no-longer-standing-in", "Seat.objects.filter(user=guest).update(ends_at=timezone.now())"),
        ("disabled", "User.objects.filter(pk=guest.pk).update(is_active=False)"),
        ("signed-out", SIGN_OUT),
        ("new-password", "guest.set_password('other'); guest.save()"),
    ],
)
def test_who_loses_the_right_is_told_nothing_more(place, name, loses):
    cookie = place.do(GUEST.format(name=name))

    async def story():
        async with Viewer(place.port, cookie) as guest, viewer(place) as stays:
            await guest.next("beat")
            await stays.next("beat")
            place.do(loses.replace("COOKIE", repr(cookie)))
            assert (await guest.next("end", within=30)).data == "open me again"
            place.note(f"Not for {name}")
            await stays.saying(f"Not for {name}")
            await asyncio.wait_for(guest.closed.wait(), 10)
            while not guest.messages.empty():
                assert f"Not for {name}" not in guest.messages.get_nowait().data

    run(story())


def test_who_has_the_room_open_is_written_down(place):
    seen = "answer = Presence.objects.filter(plan=plan, user=cora).count()"

    async def story():
        async with viewer(place) as watching:
            await watching.next("beat")
            for _ in range(100):
                if place.do(seen):
                    break
                await asyncio.sleep(0.2)
            assert place.do(seen) == 1

    run(story())


def test_a_seat_that_is_left_ends_the_stream_before_the_news_of_it(place):
    cookie = place.do(GUEST.format(name="leaver"))

    async def story():
        async with Viewer(place.port, cookie) as guest:
            await guest.next("beat")
            await asyncio.sleep(1)
            place.do("leave_seat(plan, desk, guest, by=cora)")
            await asyncio.wait_for(guest.closed.wait(), 30)
            heard = [guest.messages.get_nowait() for _ in range(guest.messages.qsize())]
            assert "end" in [message.kind for message in heard]
            assert "leaver is no longer Desk" not in "".join(message.data for message in heard)

    run(story())
