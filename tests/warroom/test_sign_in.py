"""Sign-in: wrong passwords are counted, then a pause; the theme is a cookie."""

import pytest
from django.urls import reverse

from warroom.demo.accounts import make_admin
from warroom.views import password

pytestmark = pytest.mark.django_db
URL = "/sign-in/"


@pytest.fixture
def throttled(settings):
    settings.AXES_ENABLED = True


def test_a_signed_out_person_is_sent_to_sign_in_and_comes_back(plan, cast, client):
    wanted = reverse("room", args=[plan.slug])
    answer = client.get(wanted)
    assert answer["Location"] == f"{URL}?next={wanted}"
    answer = client.post(URL, {"username": "cora", "password": "pw", "next": wanted})
    assert answer["Location"] == wanted


def test_nobody_is_sent_elsewhere_after_sign_in(cast, client):
    answer = client.post(
        URL, {"username": "cora", "password": "pw", "next": "https://elsewhere.example/"}
    )
    assert answer["Location"] == "/"


def test_a_wrong_password_says_how_many_tries_are_left(cast, client, throttled):
    answer = client.post(URL, {"username": "cora", "password": "wrong"})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Name or password is wrong." in html
    assert "4 tries left" in html
    assert 'value="cora"' in html and "wrong&quot;" not in html


def test_after_five_wrong_ones_the_name_pauses_and_others_go_on(cast, client, throttled):
    for _ in range(5):
        answer = client.post(URL, {"username": "cora", "password": "wrong"})
    assert answer.status_code == 429
    assert "Too many wrong passwords" in answer.content.decode()
    assert client.post(URL, {"username": "cora", "password": "pw"}).status_code == 429
    assert client.post(URL, {"username": "thon", "password": "pw"}).status_code == 302


def test_a_name_that_nobody_has_is_answered_alike(cast, client, throttled):
    known = client.post(URL, {"username": "cora", "password": "wrong"}).content.decode()
    unknown = client.post(URL, {"username": "cory", "password": "wrong"}).content.decode()
    assert "Name or password is wrong." in known and "Name or password is wrong." in unknown


@pytest.mark.parametrize(("stay", "seconds"), [({"stay": "on"}, 86_400), ({}, None)])
def test_a_session_lasts_a_day_or_as_long_as_the_browser(cast, client, stay, seconds):
    client.post(URL, {"username": "cora", "password": "pw"} | stay)
    cookie = client.cookies["sessionid"]
    assert (cookie["max-age"] or None) == seconds


def test_signing_out_wants_a_post(cast, client_of):
    client = client_of(cast["cora"])
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == URL
    assert client.get("/").status_code == 302


def test_the_theme_is_kept_without_script_and_the_page_is_written_in_it(cast, client_of):
    client = client_of(cast["cora"])
    assert client.post("/theme/", {"theme": "dark", "back": "/"})["Location"] == "/"
    assert 'data-theme="dark"' in client.get("/").content.decode()
    client.post("/theme/", {"theme": "", "back": "https://elsewhere.example/"})
    assert "data-theme=" not in client.get("/").content.decode().partition("<head>")[0]


def test_a_made_up_theme_is_ignored(cast, client_of):
    client = client_of(cast["cora"])
    client.cookies["theme"] = '"><script>'
    assert "data-theme=" not in client.get("/").content.decode().partition("<head>")[0]


def test_the_demo_lists_its_accounts_on_this_machine_only(cast, client, settings):
    make_admin()
    assert "warroom-demo" not in client.get(URL).content.decode()
    settings.DEMO = True
    html = client.get(URL).content.decode()
    assert "warroom-demo" in html and "<b>admin</b>" in html and "cora" not in html
    assert "warroom-demo" not in client.get(URL, REMOTE_ADDR="192.0.2.7").content.decode()


def test_what_a_signed_in_person_sees_is_not_kept_by_the_browser(cast, client_of, client):
    assert "no-store" in client_of(cast["cora"]).get("/")["Cache-Control"]
    assert "public" in client.get("/status/genesis-4/")["Cache-Control"]


class _Asked:
    """A request of a signed-in person whose password is asked again."""

    def __init__(self, user):
        self.user, self.session = user, {}


def test_the_password_again_counts_wrong_ones_in_its_own_session_alone(cast):
    mine, other = _Asked(cast["cora"]), _Asked(cast["cora"])
    for _ in range(password.MOST_WRONG):
        assert not password._is_right(mine, "wrong")
    assert not password._is_right(mine, "pw")
    assert password._is_right(other, "pw")
    mine.session[password.WAIT] = 0
    assert password._is_right(mine, "pw")
