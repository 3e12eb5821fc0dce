"""A red board leads somewhere: what it asks of those who run the rollout."""

import pytest
from django.utils import timezone

from warroom.live.needs import needs
from warroom.models import Lifecycle


@pytest.mark.parametrize(
    ("word", "title", "key", "page"),
    [
        ("rollback", "Roll the release back", "lead", "rollback"),
        ("hold", "Look at P95 latency", "run", "checks"),
    ],
)
def test_who_can_help_is_asked_first(plan, item, word, title, key, page):
    plan.lifecycle, plan.verdict, plan.verdict_leading = Lifecycle.WATCHING, word, "P95 latency:red"
    plan.verdict_sentence = "P95 latency is 240 ms."
    first = needs(plan, timezone.now())[0]
    assert (first.key, first.title) == (key, title)
    assert first.note.startswith("P95 latency is 240 ms.")
    assert first.url == f"/plans/{plan.slug}/{page}/"


@pytest.mark.parametrize("word", ["", "proceed"])
def test_green_asks_nothing(plan, word):
    plan.lifecycle, plan.verdict = Lifecycle.WATCHING, word
    assert not [need for need in needs(plan, timezone.now()) if need.key == "run"]
