"""Who must say go, in words and in every order of votes (S31, scenario 20)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules.gates import Facts, recommend
from checklists.rules.votes import (
    ALL,
    COUNT,
    Ballot,
    Quorum,
    against,
    quorum_words,
    standing_words,
    waited_for,
)

WORDS = ["go", "no-go", "abstain", ""]
RANK = {"go": 0, "hold": 1, "no-go": 2}


def ballots(*words, veto=()):
    return tuple(
        Ballot(f"R{n}", word, "because" if word == "no-go" else "", n in veto)
        for n, word in enumerate(words)
    )


quorums = st.one_of(st.just(Quorum(ALL)), st.integers(1, 5).map(lambda count: Quorum(COUNT, count)))
votes = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5)
vetoes = st.sets(st.integers(0, 4))


def word_of(cast, quorum, veto):
    return recommend(Facts(ballots=ballots(*cast, veto=veto), quorum=quorum)).word


@pytest.mark.parametrize(
    ("cast", "quorum", "veto", "word"),
    [
        (["go", "go", "go"], Quorum(), (), "go"),
        (["go", "go", ""], Quorum(), (), "hold"),
        (["go", "no-go", "go"], Quorum(), (), "no-go"),
        (["go", "abstain", "go"], Quorum(), (), "go"),
        (["abstain", "abstain"], Quorum(), (), "hold"),
        (["go", "go", ""], Quorum(COUNT, 2), (), "go"),
        (["go", "go", "no-go"], Quorum(COUNT, 2), (), "go"),
        (["go", "go", "no-go"], Quorum(COUNT, 2), (2,), "no-go"),
        (["go", "", ""], Quorum(COUNT, 2), (), "hold"),
        (["go", "no-go", "no-go"], Quorum(COUNT, 2), (), "no-go"),
        (["go", "abstain", "abstain"], Quorum(COUNT, 2), (), "hold"),
        (["go", "go", ""], Quorum(COUNT, 2), (2,), "hold"),
        (["go", "go", "abstain"], Quorum(COUNT, 2), (2,), "go"),
        (["go"], Quorum(COUNT, 2), (), "hold"),
        ([], Quorum(COUNT, 1), (), "hold"),
        (["go", "no-go"], Quorum(), (), "no-go"),  # scenario 20: at the same moment
    ],
)
def test_the_quorum_judges_the_votes(cast, quorum, veto, word):
    assert word_of(cast, quorum, veto) == word


@given(votes, quorums, vetoes, st.data())
def test_one_more_no_go_never_improves_the_word(cast, quorum, veto, data):
    place = data.draw(st.integers(0, len(cast) - 1))
    worse = [*cast[:place], "no-go", *cast[place + 1 :]]
    assert RANK[word_of(worse, quorum, veto)] >= RANK[word_of(cast, quorum, veto)]


@given(votes, quorums, vetoes, st.data())
def test_a_missing_vote_never_counts_as_yes(cast, quorum, veto, data):
    place = data.draw(st.integers(0, len(cast) - 1))
    missing = [*cast[:place], "", *cast[place + 1 :]]
    yes = [*cast[:place], "go", *cast[place + 1 :]]
    if word_of(missing, quorum, veto) == "go":
        assert word_of(yes, quorum, veto) == "go"
    if quorum.kind == ALL:
        assert word_of(missing, quorum, veto) != "go"


@given(votes, st.integers(1, 5), vetoes, st.data())
def test_n_of_m_gets_no_worse_with_one_more_go(cast, count, veto, data):
    place = data.draw(st.integers(0, len(cast) - 1))
    better = [*cast[:place], "go", *cast[place + 1 :]]
    quorum = Quorum(COUNT, count)
    assert RANK[word_of(better, quorum, veto)] <= RANK[word_of(cast, quorum, veto)]


@given(votes, quorums)
def test_silence_waits_only_for_votes_that_can_still_matter(cast, quorum):
    waited = waited_for(ballots(*cast), quorum)
    assert set(waited) <= {f"R{n}" for n, word in enumerate(cast) if not word}
    if waited:
        assert against(ballots(*cast), quorum)


def test_the_rule_is_said_in_words():
    words = quorum_words(Quorum(), ["Lead", "Ops", "Security"], silence_minutes=60)
    said = {word.label: word.text for word in words}
    assert list(said) == ["Proceed", "Hold", "Roll back", "Veto", "Silence"]
    assert said["Proceed"] == "3 of 3 roles, no no-go, no blocking item open"
    assert said["Hold"] == "Anyone who decides, with any number of votes"
    assert said["Silence"] == "is not a yes: after 60 min the gate holds by itself"


def test_so_many_of_the_roles_are_said_with_their_veto():
    words = quorum_words(Quorum(COUNT, 2), ["A", "B", "C"], ["C"], decider="Lead")
    said = {word.label: word.text for word in words}
    assert said["Proceed"] == "2 of 3 roles say go, no no-go of C, no blocking item open"
    assert said["Veto"] == "A no-go of C stops Proceed, also by a delegate; so does a missing vote"
    assert said["Hold"] == "Lead, with any number of votes"
    assert said["Silence"] == "is not a yes: the gate waits, and never goes on by itself"


def test_a_role_with_a_veto_is_waited_for_whatever_the_others_say():
    cast = ballots("go", "go", "", "", veto={2})
    assert waited_for(cast, Quorum(COUNT, 2)) == ["R2"]
    [reason] = against(cast, Quorum(COUNT, 2))
    assert reason.text == "A veto goes with a vote that is missing: R2."


def test_more_goes_than_roles_hold_and_say_so():
    [reason] = against(ballots("go"), Quorum(COUNT, 2))
    assert (reason.word, reason.text) == ("hold", "2 goes are wanted, but 1 role votes here.")
    [none] = against((), Quorum(COUNT, 1))
    assert none.text == "1 go is wanted, but no role votes here."
    words = {word.label: word.text for word in quorum_words(Quorum(COUNT, 2), ["A"])}
    assert words["Proceed"] == "Never: 2 goes are wanted, but 1 role votes here"


def test_what_the_votes_allow_is_one_sentence():
    assert standing_words(ballots("go", "go", ""), Quorum()) == (
        "2 of 3 votes: the gate can hold or roll back, it cannot proceed"
    )
    assert standing_words(ballots("go", "go"), Quorum()) == "2 of 2 votes: the quorum is met"
