"""The rules of a go/no-go, up to ten thousand rows: four times as many, four times the steps."""

from decimal import Decimal

import pytest

from checklists.rules import delegation, readiness, risks
from checklists.rules.bands import Band
from checklists.rules.gates import GO, Facts, Reading, recommend
from checklists.rules.votes import Ballot, Quorum
from tests.warroom.growth import assert_linear

MANY, FEWER = 2500, 500  # and four times as many; fewer where a row is much work
BANDS = (Band.GREEN, Band.YELLOW, Band.RED, Band.NO_DATA)


def facts(count: int, quorum: Quorum) -> Facts:
    """Of everything so much: criteria of each band, some weighted, some accepted."""
    readings = tuple(
        Reading(
            f"C{n}",
            BANDS[n % 4],
            f"C{n} is so.",
            waived="accepted" if n % 7 == 0 else "",
            weight=float(n) if n % 3 == 0 else None,
        )
        for n in range(count)
    )
    words = ("go", "no-go", "", "abstain")
    ballots = tuple(Ballot(f"R{n}", words[n % 4], "so", n % 5 == 0) for n in range(count))
    return Facts(readings, ballots, tuple(f"1.{n}" for n in range(count)), ("a",) * count, quorum)


@pytest.mark.parametrize("quorum", [Quorum(), Quorum("count", 5000)], ids=["all", "count"])
def test_what_the_rule_says_of_a_gate_is_linear(quorum):
    assert_linear(lambda count: recommend(facts(count, quorum)).sentence, MANY)


def test_a_gate_that_says_go_is_linear():
    def go(count):
        found = recommend(
            Facts(
                tuple(Reading(f"C{n}", Band.GREEN, "") for n in range(count)),
                tuple(Ballot(f"R{n}", "go") for n in range(count)),
            )
        )
        assert found.word == GO

    assert_linear(go, MANY)


def test_the_readiness_score_is_linear():
    def score(count):
        rows = [
            readiness.Category(
                f"c{n}", f"C{n}", Decimal(n % 40 + 1) / 4, Decimal(n % 101), veto=n % 9 == 0
            )
            for n in range(count)
        ]
        before = readiness.Before("Monday", None, {})
        found = readiness.assess(rows, best=Decimal(100), bar=Decimal(95), before=before)
        return readiness.sentence(found), readiness.sum_text(found)

    assert_linear(score, FEWER)


def test_who_may_vote_for_somebody_absent_is_linear():
    def judge(count):
        for n in range(count):
            one = delegation.Candidate(f"P{n}", voted_as=("On-Call",) if n % 2 else ())
            delegation.may_vote_for(one, "Hudson").shown("Hudson")

    assert_linear(judge, MANY)


def test_the_matrix_of_risks_and_its_level_are_linear():
    """Most of them in one cell, where each is told apart from those that stand there after."""

    def draw(count):
        rated = [
            risks.rate(risks.Said(f"R{n}", "P1", "High", "High" if n % 2 else "Low"))
            for n in range(count)
        ]
        return risks.matrix(rated), risks.overall(rated).sentence

    assert_linear(draw, FEWER)
