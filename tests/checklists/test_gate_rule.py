"""The rule of a gate. Scenario 20: go and no-go together, no-go wins. No data is never go."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules.bands import Band
from checklists.rules.gates import (
    GO,
    HOLD,
    NO_GO,
    Ballot,
    Bar,
    Facts,
    Reading,
    decision_objection,
    recommend,
)
from checklists.rules.votes import Quorum, vote_objection

GREEN = Reading("Error rate", Band.GREEN, "Error rate is 0.04 %")
YELLOW = Reading("P95 latency", Band.YELLOW, "P95 latency is 236 ms, above its 200 ms target")
RED = Reading("Uptime", Band.RED, "Uptime is 97 %, below its 99.9 % limit")
NONE = Reading("Tests", Band.NO_DATA, "Tests has no data: nothing measures it yet")
AYE, NAY = Ballot("Deployment Lead", "go"), Ballot("On-Call", "no-go", "Not tonight")
MISSING = Ballot("Security Lead")


@pytest.mark.parametrize(
    ("facts", "word", "reason"),
    [
        (Facts((GREEN,), (AYE,)), GO, "Its one criterion is green and its one vote is in"),
        (Facts((GREEN,)), GO, "Its one criterion is green."),
        (Facts((), (AYE,)), GO, "Its one vote is in, none against."),
        (Facts(), HOLD, "nothing says go"),
        (Facts((GREEN, YELLOW), (AYE,)), HOLD, "above its 200 ms target"),
        (Facts((GREEN, NONE), (AYE,)), HOLD, "nothing measures it yet"),
        (Facts((GREEN, NONE, RED), (AYE,)), NO_GO, "below its 99.9 % limit"),
        (Facts((GREEN,), (AYE, NAY)), NO_GO, "On-Call votes no-go: Not tonight."),
        (Facts((GREEN,), (AYE, NAY, MISSING)), NO_GO, "On-Call votes no-go"),
        (Facts((GREEN,), (AYE, MISSING)), HOLD, "1 vote is missing: Security Lead."),
        (Facts((GREEN,), (Ballot("On-Call", "abstain"),)), HOLD, "Everybody abstained"),
        (Facts((GREEN,), (AYE, Ballot("On-Call", "abstain"))), GO, "none against"),
        (Facts((GREEN,), (AYE,), items=("4.8", "4.12")), HOLD, "2 blocking items are open: 4.8"),
        (Facts((GREEN,), (AYE,), conditions=("P95 < 200",)), HOLD, "1 blocking condition is open"),
    ],
)
def test_the_worst_fact_decides_and_gives_the_reason(facts, word, reason):
    answer = recommend(facts)
    assert answer.word == word
    assert reason in answer.sentence
    assert answer.reasons


def test_the_worst_reason_comes_first():
    answer = recommend(Facts((YELLOW, RED), (AYE, MISSING)))
    assert answer.reasons[0].startswith("Uptime")
    assert answer.counts == "0 green, 1 yellow, 1 red"


def test_what_somebody_accepted_says_go_only_with_a_value():
    nothing = recommend(Facts((replace(NONE, waived="no data, accepted"),)))
    assert (nothing.word, "nothing says go" in nothing.sentence) == (HOLD, True)
    assert recommend(Facts((replace(YELLOW, waived="yellow, accepted"),))).word == GO
    assert recommend(Facts((replace(NONE, waived="no data, accepted"),), (AYE,))).word == GO


def test_weighted_criteria_without_a_green_one_say_nothing():
    assert recommend(Facts((replace(YELLOW, weight=1.0),), bar=Bar(50.0))).word == HOLD


def test_a_veto_of_the_score_decides_alone_though_it_has_a_weight():
    weighted = (replace(RED, weight=1.0), replace(GREEN, weight=99.0))
    assert recommend(Facts(weighted, (AYE,), bar=Bar(90.0))).word == GO
    ruled = (replace(weighted[0], ruled=True), weighted[1])
    assert recommend(Facts(ruled, (AYE,), bar=Bar(90.0))).word == NO_GO


def test_a_report_only_criterion_counts_neither_way():
    red = Reading("Cost", Band.RED, "Cost is high", report_only=True)
    assert recommend(Facts((GREEN, red), (AYE,))).word == GO
    assert recommend(Facts((red,), ())).word == HOLD


readings = st.lists(
    st.builds(Reading, label=st.just("c"), band=st.sampled_from(Band), report_only=st.booleans()),
    max_size=6,
)
ballots = st.lists(
    st.builds(Ballot, role=st.just("r"), word=st.sampled_from(["go", "no-go", "abstain", ""])),
    max_size=5,
)
RANK = {GO: 0, HOLD: 1, NO_GO: 2}
WORSE = {Band.GREEN: 0, Band.NO_DATA: 1, Band.YELLOW: 1, Band.RED: 2}


@given(readings, ballots)
def test_never_go_with_any_counting_criterion_that_is_not_green(readings, ballots):
    answer = recommend(Facts(tuple(readings), tuple(ballots)))
    if any(r.band is not Band.GREEN and not r.report_only for r in readings):
        assert answer.word != GO
    if any(ballot.word == "no-go" for ballot in ballots):
        assert answer.word == NO_GO
    if any(not ballot.word for ballot in ballots):
        assert answer.word != GO


@given(st.lists(st.sampled_from(Band), min_size=1, max_size=6), ballots, st.data())
def test_a_worse_reading_never_improves_the_answer(bands, ballots, data):
    at = data.draw(st.integers(0, len(bands) - 1))
    worse = data.draw(st.sampled_from([b for b in Band if WORSE[b] >= WORSE[bands[at]]]))
    changed = [*bands[:at], worse, *bands[at + 1 :]]

    def word(found):
        return recommend(Facts(tuple(Reading("c", b) for b in found), tuple(ballots))).word

    assert RANK[word(changed)] >= RANK[word(bands)]


@given(st.lists(st.sampled_from(Band), min_size=1, max_size=6), ballots, st.sampled_from(Band))
def test_one_more_reading_that_is_not_green_never_improves_the_answer(bands, ballots, more):
    def word(found):
        return recommend(Facts(tuple(Reading("c", b) for b in found), tuple(ballots))).word

    if more is not Band.GREEN:
        assert RANK[word([*bands, more])] >= RANK[word(bands)]


@pytest.mark.parametrize(
    ("word", "recommended", "rationale", "is_open", "field"),
    [
        ("go", "go", "", True, None),
        ("go", "go", "", False, "decision"),
        ("hold", "hold", "", False, None),
        ("no-go", "hold", "We stop here for today", False, None),
        ("no-go", "hold", "We stop here", False, "rationale"),
        ("go", "hold", "", True, "rationale"),
        ("go", "hold", "  ", True, "rationale"),
        ("go", "hold", "The yellow is a known job", True, None),
        ("maybe", "hold", "x", True, "decision"),
    ],
)
def test_a_decision_against_the_rule_wants_a_reason_and_go_waits_for_its_time(
    word, recommended, rationale, is_open, field
):
    wrong = decision_objection(word, recommended, rationale, is_open=is_open, opens="21:00 UTC")
    assert (wrong[0] if wrong else None) == field


def test_a_no_go_wants_a_reason_and_conditions_go_with_a_go():
    assert vote_objection("no-go", " ", 0)[0] == "reason"
    assert vote_objection("no-go", "because", 1)[0] == "conditions"
    assert vote_objection("go", "", 2) is None
    assert vote_objection("perhaps", "", 0)[0] == "vote"


def test_a_gate_whose_named_voters_may_not_vote_holds():
    """Law 5: that nobody could vote is no consent."""
    facts = Facts((GREEN,), quorum=Quorum(named=2))
    answer = recommend(facts)
    assert answer.word == HOLD
    assert answer.reasons == ("2 roles are named to vote here, and 0 may vote.",)
    assert recommend(Facts((GREEN,), (AYE, AYE), quorum=Quorum(named=2))).word == GO
