"""One hold length is taken from a document that names several, and all are told (S52, S53, S58)."""

from pathlib import Path

import pytest

from rollouts.models import Stage
from rollouts.rules.oddities import Step, of_stages
from warroom.actions.imports import import_plan
from warroom.documents.reading import understand

SEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "seeds"
HEAD = """# Plan

- **Stage 1:** 0% → 5% (12-hour soak)
- **Stage 2:** 5% → 10% (12-hour soak)

"""


def found(text):
    return understand(HEAD + text).understanding


def lengths(text):
    return [(one.least_s // 3600, one.most_s // 3600) for one in found(text).parts["hold_lengths"]]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("- **ANY YELLOW:** HOLD at 5%, extend monitoring 6 hours, re-evaluate", [(6, 6)]),
        ("- Hold at 10% for additional 12-24 hours", [(12, 24)]),
        ("- **Duration:** Extended monitoring 6-12 hours", [(6, 12)]),
        ("- HOLD at 5% for 30 minutes", [(0, 0)]),
        ("- The soak is 12 hours", []),
        ("- Hold the line. It takes 6 hours", []),
        ("```\nHOLD at 5%, extend monitoring 6 hours\n```", []),
    ],
)
def test_which_lengths_a_document_names(text, hours):
    assert lengths(text) == hours


def test_several_lengths_are_a_finding_and_one_is_taken(db, cast):
    text = "- Hold at 10% for 12-24 hours\n- HOLD at 5%, extend monitoring 8 hours\n"
    said = next(one for one in found(text).findings if one.code == "hold_lengths")
    assert said.text == (
        "A HOLD lasts line 6: 12 h to 1 d; line 7: 8 h. 8 h is taken for every stage."
    )
    plan = import_plan((HEAD + text).encode(), by=cast["cora"], slug="taken")
    assert set(Stage.objects.filter(plan=plan).values_list("hold_s", flat=True)) == {8 * 3600}
    assert not Stage.objects.filter(plan=plan, auto_advance=True).exists()


def test_the_release_of_document_b_holds_for_six_hours_and_goes_on_for_five_days():
    paths = sorted(SEEDS.glob("001_*"))
    if not paths:
        pytest.skip("the source documents are not here")
    said = understand(paths[0].read_bytes()).understanding
    assert {one.code for one in said.findings} >= {"hold_lengths"}
    from_to = [(round(one.start), round(one.end)) for one in said.parts["stages"]]
    assert from_to == [(0, 5), (5, 10), (10, 25), (25, 50), (50, 75), (75, 100)]
    assert [one.soak_s // 3600 for one in said.parts["stages"]] == [12, 12, 24, 24, 24, 24]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"soak_s": 0}, "stage-no-soak"),
        ({"hold_s": 0}, "stage-hold"),
        ({"end": 0}, "stage-share"),
    ],
)
def test_what_is_odd_in_a_stage_is_found(fields, code):
    steps = [Step(**{"number": 1, "start": 0, "end": 5, "soak_s": 60} | fields), Step(2, 5, 10, 0)]
    assert code in {odd.code for odd in of_stages(steps)}
