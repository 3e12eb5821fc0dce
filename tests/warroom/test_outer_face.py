"""Spoofed hosts and forwarding, forced errors, own figures (scenario 66)."""

import pytest
from structlog.testing import capture_logs

from warroom.views import plans


def test_own_figures_are_for_this_machine_only(db, client):
    assert b"warroom_streams_open" in client.get("/metrics").content
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.5").status_code == 404
    spoofed = client.get("/metrics", REMOTE_ADDR="10.0.0.5", HTTP_X_FORWARDED_FOR="127.0.0.1")
    assert spoofed.status_code == 404


@pytest.mark.parametrize("name", ["HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED"])
def test_a_proxy_on_this_machine_asks_for_somebody_else(db, client, name):
    assert client.get("/metrics", **{name: "203.0.113.7"}).status_code == 404


def test_a_host_that_is_not_ours_gets_a_plain_answer(db, client):
    answer = client.get("/healthz/../", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert b"evil.example" not in answer.content
    assert b"Traceback" not in answer.content


def test_an_error_inside_tells_nothing_about_the_inside(cast, client_of, monkeypatch):
    def broken(person):
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(plans, "plans_for", broken)
    browser = client_of(cast["cora"], raise_request_exception=False)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert b"secret of the house" not in answer.content
    assert b"Traceback" not in answer.content


def test_an_error_inside_is_logged_with_who_asked_and_not_with_who_they_say(
    cast, client_of, monkeypatch
):
    """Scenario 66: a forced 500 with a spoofed address; the page names the line in the log."""
    monkeypatch.setattr(plans, "plans_for", lambda person: 1 / 0)
    browser = client_of(cast["cora"], raise_request_exception=False)
    with capture_logs() as lines:
        answer = browser.get("/", REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="203.0.113.9")
    (line,) = [line for line in lines if line["event"] == "a request failed"]
    assert (line["address"], line["path"], line["error"]) == ("192.0.2.7", "/", "ZeroDivisionError")
    assert f"500, reference {line['reference']}" in answer.content.decode()
    assert "203.0.113.9" not in str(line)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "back", ["foo", "plans", "//evil.example.org/", "https://evil.example.org"]
)
def test_a_form_leads_back_only_to_a_path_of_ours(client, back):
    answer = client.post("/theme/", {"theme": "dark", "back": back})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
