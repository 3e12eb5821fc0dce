"""Real documents, where they lie beside the checkout; own samples cover every form without them."""

import json
import pathlib
import time

import pytest
from django.conf import settings

from tests.bench import documents
from warroom.actions.imports import import_plan
from warroom.documents.choices import every_item
from warroom.documents.parse import decode, parse
from warroom.documents.readers import read_all
from warroom.documents.reading import understand

SHARED = pathlib.Path(settings.BASE_DIR).parent / "shared"
CORPUS = SHARED / "corpus" / "expected.json"
KNOWN = json.loads(CORPUS.read_text())["documents"] if CORPUS.exists() else {}
# Counted by hand in each source document.
SEEDS = {
    "000": {"task_items": 47, "items": 47, "done": 47, "roles": 4, "queries": 0, "stages": 0},
    "001": {
        "task_items": 25,
        "items": 25,
        "done": 16,
        "phases": 2,
        "contacts": 3,
        "criteria": 13,
        "queries": 7,
        "stages": 6,
        "risks": 3,
    },
    "002": {"task_items": 61, "items": 61, "done": 0, "risks": 4},
    "003": {"task_items": 101, "items": 96, "done": 0, "phases": 6, "roles": 3},
}


def read(path):
    began = time.process_time()
    plan = read_all(parse(decode(path.read_bytes()).text))
    assert time.process_time() - began < 2
    assert [line.number for line in plan.lines] == list(range(1, len(plan.lines) + 1))
    return plan


@pytest.mark.parametrize("number", SEEDS)
def test_a_source_document_is_understood_as_counted_by_hand(number):
    paths = [*SHARED.glob(f"seeds/{number}_*.txt")]
    if not paths:
        pytest.skip(f"source document {number} does not lie beside the checkout")
    plan = read(paths[0])
    assert {key: plan.counts[key] for key in SEEDS[number]} == SEEDS[number]


@pytest.mark.parametrize("name", KNOWN or ["no corpus"])
def test_every_task_item_of_a_real_document_is_counted(name):
    if name not in KNOWN:
        pytest.skip("the corpus does not lie beside the checkout")
    path = CORPUS.parent / "documents" / name
    plan = read(path)
    assert plan.counts["task_items"] == KNOWN[name]["task_items"]
    assert plan.counts["items"] <= plan.counts["task_items"] + KNOWN[name]["tables"]["rows"]


@pytest.mark.skipif(not KNOWN, reason="the corpus does not lie beside the checkout")
def test_no_item_of_a_real_document_is_wrong_or_missed_and_the_rest_is_found():
    """What a careful person finds: items, contacts, criteria and risks wholly; of 32 signers 5
    stand in templates in code or in prose, where they are offered or left."""
    figures = documents.read(CORPUS.parent / "documents")
    sums = documents.totals(figures)
    assert (sums["wrong"], sums["missed"]) == (0, 0)
    found = {kind: sums[kind].split(" ")[0] for kind in documents.KINDS}
    assert found == {
        "signers": "27/32",
        "contacts": "27/27",
        "criteria": "19/19",
        "risks": "14/14",
    }


@pytest.mark.parametrize("name", KNOWN or ["no corpus"])
def test_every_offer_of_an_item_can_be_taken(name):
    if name not in KNOWN:
        pytest.skip("the corpus does not lie beside the checkout")
    data = (CORPUS.parent / "documents" / name).read_bytes()
    before = understand(data).understanding
    after = understand(data, make_items=True).understanding
    assert after.counts["items"] == before.counts["items"] + len(every_item(before))
    assert "choice_unused" not in {finding.code for finding in after.findings}


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(4))
def test_every_real_document_becomes_a_room(part):
    paths = [*(CORPUS.parent / "documents").glob("*.md"), *SHARED.glob("seeds/*.txt")]
    if not paths:
        pytest.skip("the corpus does not lie beside the checkout")
    for number, path in enumerate(sorted(paths)[part::4]):
        plan = import_plan(path.read_bytes(), by="test", slug=f"real-{part}-{number}")
        assert plan.items.count() == plan.events.get().data["counts"]["items"]
