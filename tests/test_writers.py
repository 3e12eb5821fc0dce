"""Fault 14: eight processes write to one plan at once. Nothing is refused, nothing is lost."""

import json

import pytest


@pytest.mark.process
def test_eight_writers_lose_nothing_and_none_meets_a_locked_database(make_product):
    product = make_product().migrated()
    said = product.run_python(
        "import json\n"
        "from tests.harness.writers import run\n"
        "print(json.dumps(run(writers=8, seconds=6)))"
    )
    result = json.loads(said.splitlines()[-1])
    assert result["failed"] == {}
    assert result["acknowledged"] > 8
    assert result["events"] == result["sequence"] == result["acknowledged"]
    numbers = product.run_python(
        "from warroom.models import TimelineEvent\n"
        "print('seqs', list(TimelineEvent.objects.order_by('seq').values_list('seq', flat=True)))"
    )
    assert numbers.split("seqs ")[1].strip() == str(list(range(1, result["events"] + 1)))
