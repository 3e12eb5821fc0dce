"""Severity and probability as people write them, the matrix, the level. S16 S41 S77 S118."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules.ratings import Level, chance_of, level_of, severity_of, severity_of_impact
from checklists.rules.risks import Said, Word, guess_word, matrix, overall, rate

LOW, MEDIUM, HIGH = Level.LOW, Level.MEDIUM, Level.HIGH


@pytest.mark.parametrize(
    ("text", "rank"),
    [
        ("HIGH (P1)", 1),
        ("MEDIUM (P2)", 2),
        ("P1 (High)", 1),
        ("P0", 0),
        ("p4", 4),
        ("critical", 0),
        ("Blocker", 0),
        ("Major", 1),
        ("minor", 3),
        ("Sev 2", 2),
        ("SEV-1", 1),
        ("9 (Critical)", 0),
        ("6 (High)", 1),
        ("1-2 (Low)", 3),
        ("High / Medium", 1),  # of two the worse
        ("HIGH (P2)", 1),
        ("5", 0),
        ("3", 2),
        ("1", 4),
        ("4/5", 1),
        ("hoch", 1),
        ("", None),
        ("12", None),  # a score of an unknown scale
        ("6", None),
        ("TBD", None),
        ("not high", None),
        ("non-critical", None),
        ("unknown", None),
        ("NONE", None),
        ("higher", None),
    ],
)
def test_severity_is_read_as_people_write_it(text, rank):
    found = severity_of(text)
    assert (found.rank if found else None) == rank


@pytest.mark.parametrize(
    ("text", "level", "shown"),
    [
        ("MEDIUM (50%)", HIGH, "50 %"),  # the number goes before the word
        ("LOW (20%)", MEDIUM, "20 %"),
        ("VERY LOW (5%)", LOW, "5 %"),
        ("MEDIUM (30%)", MEDIUM, "30 %"),
        ("LOW (10%)", LOW, "10 %"),
        ("High (70-90%)", HIGH, "high"),
        ("10–20 %", MEDIUM, "medium"),  # the worst end of a range
        ("between 5 and 10 percent", LOW, "low"),
        ("40%", MEDIUM, "40 %"),
        ("40.1 %", HIGH, "40.1 %"),
        ("15 %", MEDIUM, "15 %"),
        ("< 15 %", LOW, "low"),
        ("under 40 %", MEDIUM, "medium"),
        ("> 10 %", HIGH, "high"),  # open upwards
        ("at least 5%", HIGH, "high"),
        ("0.3", MEDIUM, "30 %"),
        ("0,05", LOW, "5 %"),
        ("1.0", HIGH, "100 %"),
        ("1 in 20", LOW, "5 %"),
        ("3", MEDIUM, "medium"),
        ("4", HIGH, "high"),
        ("2", LOW, "low"),
        ("Medium", MEDIUM, "medium"),
        ("unlikely", LOW, "low"),
        ("very likely", HIGH, "high"),
        ("almost certain", HIGH, "high"),
        ("High / Medium", HIGH, "high"),
        ("Possible", MEDIUM, "medium"),
        ("niedrig", LOW, "low"),
        ("", None, ""),
        ("150%", None, ""),
        ("not likely", None, ""),
        ("unknown", None, ""),
        ("[TBD]", None, ""),
        ("7", None, ""),
    ],
)
def test_probability_is_read_as_people_write_it(text, level, shown):
    found = chance_of(text)
    assert (found and found.level, found.shown if found else "") == (level, shown)


def test_an_impact_is_a_severity_only_where_it_is_nothing_but_a_rating():
    """S118: likelihood x impact, where no severity is given."""
    assert severity_of_impact("High").rank == 1
    assert severity_of_impact("High (Major schedule impact)").rank == 1
    assert severity_of_impact("4").rank == 1
    assert severity_of_impact("High latency for some users") is None
    assert severity_of_impact("") is None


def said(name, severity, before, after="", state="watched", impact=""):
    return rate(Said(name, severity, before, after, impact, state))


ROLLOUT = [
    said("R1", "HIGH (P1)", "MEDIUM (50%)", "LOW (20%)", "closed"),
    said("R2", "MEDIUM (P2)", "LOW (20%)", "VERY LOW (5%)"),
    said("R3", "MEDIUM (P2)", "MEDIUM (30%)", "LOW (10%)"),
]


def test_the_matrix_shows_before_and_after():
    """S80: the three risks of the rollout, dashed and solid."""
    rows = {label: cells for label, cells in matrix(ROLLOUT)}
    assert [cell.word for cell in rows["Over 40 %"]] == [Word.ACT, Word.STOP, Word.STOP]
    assert [cell.word for cell in rows["15 to 40 %"]] == [Word.WATCH, Word.ACT, Word.STOP]
    assert [cell.word for cell in rows["Under 15 %"]] == [Word.WATCH, Word.WATCH, Word.ACT]
    assert rows["Over 40 %"][2].before == ("R1",)
    assert rows["15 to 40 %"][2].after == ("R1",)
    assert rows["15 to 40 %"][1].before == ("R2", "R3")
    assert rows["Under 15 %"][1].after == ("R2", "R3")


def test_the_overall_level_is_the_worst_of_what_is_open():
    """S16 S41: residual risk in one sentence."""
    assert overall(ROLLOUT).sentence == "Overall: low after mitigation."
    still = [said("R1", "HIGH (P1)", "MEDIUM (50%)", "LOW (20%)"), *ROLLOUT[1:]]
    assert overall(still).sentence == "Overall: high after mitigation."
    assert overall([said("R1", "P3", "10 %")]).sentence == "Overall: low."


def test_what_happened_counts_as_its_worst_and_what_is_closed_does_not():
    happened = said("R1", "P2", "5 %", "1 %", "occurred")
    assert (happened.word, overall([happened]).level) == (Word.STOP, "high")
    assert overall([ROLLOUT[0]]).sentence == "No risk is open."
    assert overall([]).sentence == "No risk is on the list."


def test_what_is_not_rated_is_never_low():
    odd = said("R4", "12", "Low")
    assert odd.level == "not rated" and odd.unread == ("severity",)
    found = overall([*ROLLOUT, odd])
    assert found.level == ""
    assert found.sentence == (
        "Overall: cannot be told, R4 is not rated; the others are low after mitigation."
    )
    high = said("R5", "P1", "60 %")
    assert overall([odd, high]).sentence == "Overall: high; R4 is not rated."
    assert overall([odd, said("R6", "P1", "?")]).sentence == (
        "Overall: cannot be told, R4 and R6 are not rated."
    )


def test_a_mitigation_that_cannot_be_read_does_not_fall_back_to_what_was_before():
    assert said("R1", "P2", "5 %", "much better").level == "not rated"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Continue with Prometheus/Grafana monitoring", "proceed"),
        ("Continue with health check fallback", "proceed"),
        ("ROLLBACK and investigate", "rollback"),
        ("Rollback correct, investigate root cause", "rollback"),
        ("Re-deploy after Thon assessment", ""),
        ("Continue to Day 2", "proceed"),
        ("HOLD at 10%, investigate, proceed after resolution", "hold"),
        ("Abort deployment, root cause analysis, reschedule", "rollback"),
        ("Proceed if health checks passing, HOLD if failing", "proceed"),
        ("Threshold is met", ""),
        ("", ""),
    ],
)
def test_the_word_of_a_criterion_is_the_first_that_is_said(text, word):
    """S78: decision criteria per risk."""
    assert guess_word(text) == word


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_words_are_read_or_said_not_to_be(severity, before, after, impact):
    risk = rate(Said("R1", severity, before, after, impact))
    assert (risk.word is None) == bool(risk.unread)
    assert overall([risk]).level == (risk.level if risk.word else "")
    cells = [cell for _, row in matrix([risk]) for cell in row]
    assert sum("R1" in cell.after for cell in cells) == (risk.word is not None)


@given(st.floats(0, 100), st.floats(0, 100), st.integers(0, 4))
def test_what_is_likelier_or_graver_is_never_rated_lower(one, other, rank):
    less, more = sorted((one, other))
    words = list(Word)
    lower, upper = (rate(Said("R1", f"P{rank}", f"{p:.6f}%")).word for p in (less, more))
    assert words.index(lower) <= words.index(upper)
    assert level_of(less) <= level_of(more)
    graver = rate(Said("R1", f"P{max(0, rank - 1)}", f"{less:.6f}%")).word
    assert words.index(graver) >= words.index(lower)


def test_every_rating_of_the_real_documents_is_pinned_in_the_tables_above():
    """The words that stand in the rows of real documents, each read to one thing."""
    rows = [
        ("", "Medium", "High", Word.STOP),
        ("", "Low", "High", Word.ACT),
        ("", "Low", "Medium", Word.WATCH),
        ("12", "3", "4", Word.STOP),
        ("20", "4", "5", Word.STOP),
        ("8", "2", "4", Word.ACT),
        ("9", "", "", None),
    ]
    for severity, chance, impact, word in rows:
        assert rate(Said("R", severity, chance, impact=impact)).word == word
