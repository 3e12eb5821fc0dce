"""Items by API: counts, files, timers and targets."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from checklists.models import ItemFile
from tests.conftest import make_item
from warroom.actions.tokens import make_token

pytestmark = pytest.mark.django_db
BASE = "/api/v1/plans/genesis-4/items"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 5_000_000


@pytest.fixture
def ask(client, plan, cast):
    token = make_token(cast["forge"], ["read", "tick"], plan)[1]
    bearer = {"Authorization": f"Bearer {token}"}

    def ask(method, path="", body=None, kind="application/json", **more):
        send = getattr(client, method)
        answer = send(f"{BASE}{path}", body, content_type=kind, headers=bearer, **more)
        return answer.status_code, answer.json()

    ask.form = lambda path, sent: client.post(f"{BASE}{path}", sent, headers=bearer)
    return ask


def test_a_count_is_set_by_itself_or_with_the_state(ask, phase):
    make_item(phase, 1, "Rounds", count_of=7, count_unit="rounds")
    status, item = ask("put", "/1/state", {"count": 3})
    assert (status, item["state"]) == (200, "doing")
    assert item["count"] == {"done": 3, "of": 7, "unit": "rounds"}
    status, item = ask("put", "/1/state", {"state": "done", "count": 7})
    assert (status, item["state"], item["count"]["done"]) == (200, "done", 7)
    for wrong in (-1, 8, 10**12):
        assert ask("put", "/1/state", {"count": wrong})[0] == 422


def test_timer_and_target_are_told(ask, phase):
    make_item(phase, 1, "Soak", duration_s=86_400)
    make_item(phase, 2, "Coverage", target="70%+")
    ask("put", "/1/state", {"state": "doing"})
    ask("put", "/2/state", {"state": "done", "value": "62 %"})
    _, (soak, coverage) = ask("get")
    assert soak["timer"]["runs_s"] == 86_400 and soak["timer"]["ends"] > soak["timer"]["started"]
    assert (coverage["verdict"], coverage["target"], soak["verdict"]) == ("missed", "70%+", "")
    status, problem = ask("put", "/1/state", {"state": "done"})
    assert (status, problem["field"]) == (422, "reason")


def test_a_file_is_the_body_or_a_field_of_a_form(ask, phase):
    """Scenario 63: five megabytes pass here, and nowhere else."""
    make_item(phase, 1, "Screenshots", count_of=2, count_unit="attached")
    status, file = ask("post", "/1/files?name=panel.png", PNG, kind="image/png")
    assert (status, file["size"], file["content_type"]) == (201, len(PNG), "image/png")
    assert ask.form("/1/files", {"file": SimpleUploadedFile("b.txt", b"ok")}).status_code == 201
    _, (item,) = ask("get")
    assert [one["name"] for one in item["files"]] == ["panel.png", "b.txt"]
    assert item["count"]["done"] == 2
    assert ask("post", "/1/files", b"x", kind="text/plain")[1]["field"] == "name"
    assert ask("post", "/1/files?name=a.svg", b"<svg/>", kind="image/svg+xml")[0] == 422
    assert ask.form("/1/files", {}).status_code == 422
    assert ask("post", "/9/files?name=a.txt", b"x", kind="text/plain")[0] == 404
    assert ItemFile.objects.count() == 2
