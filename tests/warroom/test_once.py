"""One request is carried out once; what differs in person, place or content is another request."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.conftest import make_item
from warroom.once import once

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(rf, cast):
    def _ask(address="/plans/genesis-4/timeline/", who="cora", **fields):
        request = rf.post(address, {"request_id": "k-1", "text": "seen", **fields})
        request.user = cast[who]
        return once(request)

    return _ask


def test_the_same_form_sent_twice_is_one_request(ask):
    assert ask() == ask(csrfmiddlewaretoken="another", back="/elsewhere/")


@pytest.mark.parametrize(
    "different", [{"text": "changed"}, {"who": "thon"}, {"address": "/plans/other/timeline/"}]
)
def test_the_same_key_with_anything_else_is_another_request(ask, different):
    assert ask(**different) != ask()


def test_without_a_key_nothing_is_held_to_be_the_same(ask):
    assert ask(request_id="") is None


def test_a_key_used_for_one_item_does_not_silence_another(plan, phase, cast, client_of):
    cora = client_of(cast["cora"])
    for number in (1, 2):
        make_item(phase, number, f"Item {number}")
        cora.post(f"/plans/{plan.slug}/items/{number}/state", {"state": "done", "request_id": "k"})
    assert set(plan.items.values_list("state", flat=True)) == {"done"}


def test_another_file_with_the_same_key_is_another_request(rf, cast):
    def key(text):
        data = {"request_id": "k", "file": SimpleUploadedFile("plan.yaml", text)}
        request = rf.post("/plans/new", data)
        request.user = cast["cora"]
        found = once(request)
        assert request.FILES["file"].read() == text, "who reads it next finds it whole"
        return found

    assert key(b"warroom: 1") == key(b"warroom: 1")
    assert key(b"warroom: 1") != key(b"warroom: 2")
