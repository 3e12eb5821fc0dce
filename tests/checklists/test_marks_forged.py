"""What a completed document says of itself may be anybody's words: it is judged like any input."""

import pytest
from django.utils import timezone

from checklists.documents import fields, said
from checklists.models import ChecklistItem
from checklists.queries.phases import checklist
from checklists.rules.placement import Place, subtree
from warroom.actions.imports import import_plan

pytestmark = pytest.mark.django_db


def document(words: str) -> str:
    return f"""# Release

**Go-live:** 2026-03-04 09:00 UTC

## Phase 1

- [ ] Backups verified<!--wr--> — {words}<!--/wr-->
- [ ] Limits re-read
"""


@pytest.mark.parametrize(
    "words",
    [
        "due: T+999999999d999999999d",
        "due: T-99999999d",
        "due at: 0001-01-01T00:00:00+14:00",
        "due at: 9999-12-31T23:59:59-14:00",
        "runs: 999999999d",
        "evidence: javascript:alert(1)",
        "place: 1.1 · below: 1.1",
        "counted: 99999999999999",
    ],
)
def test_words_that_cannot_be_meant_break_no_page(cast, client_of, words):
    plan = import_plan(document(words), by=cast["cora"], slug="forged")
    assert checklist(plan, timezone.now()).counts.total == 2
    item = ChecklistItem.objects.get(plan=plan, number=1)
    assert not item.evidence_url.startswith("javascript")
    client = client_of(cast["root"])
    for path in ("", "checklist/", "items/1/", "settings/"):
        assert client.get(f"/plans/forged/{path}").status_code == 200, path


def test_links_lengths_and_instants_are_read_within_their_bounds():
    assert fields._link("https://example.org/a") == "https://example.org/a"
    assert fields._link("javascript:alert(1)") is None
    assert said.parse_length("1d12h") == 129_600
    assert said.parse_length("9999999d") is None
    assert said.parse_instant("2026-03-04T09:00:00Z").year == 2026
    assert said.parse_instant("9999-12-31T23:59:59-14:00") is None


def test_items_that_claim_to_stand_below_each_other_do_not(cast):
    text = (
        "# R\n## A\n- [ ] one<!--wr--> — place: 1.1 · below: 1.2<!--/wr-->\n"
        "- [ ] two<!--wr--> — place: 1.2 · below: 1.1<!--/wr-->\n"
    )
    plan = import_plan(text, by=cast["cora"], slug="round")
    parents = dict(plan.items.values_list("pk", "parent_id"))
    assert not any(parents.get(parents[one]) == one for one in parents if parents[one])


def test_places_that_go_round_are_walked_once():
    places = [Place(1, 1, parent=2), Place(2, 1, parent=1)]
    assert sorted(subtree(places, 1)) == [1, 2]
