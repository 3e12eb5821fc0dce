"""How weighted categories make one score: S13, S29, S81, S119."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklists.rules import readiness
from checklists.rules.readiness import Before, Category, Standing, assess
from checklists.rules.score_params import NotUnderstood, checked, parse, show, target_of
from checklists.rules.score_scale import scale_of

TEN = Decimal(10)
# The ten categories of a document that says 9.40 and then 9.0 (S81): score, weight.
GENESIS = [
    (10, 20), (8, 15), (9, 15), (9, 10), (10, 10), (10, 10), (8, 10), (7, 5), (10, 5), (7, 5),
]  # fmt: skip


def categories(pairs, **fields):
    return [
        Category(f"c{n}", f"Category {n}", Decimal(weight), None if s is None else Decimal(str(s)))
        for n, (s, weight) in enumerate(pairs, start=1)
    ]


def scored(pairs, best=TEN, **more):
    return assess(categories(pairs), best=best, **more)


def test_weights_of_105_percent_are_normalised_and_all_three_figures_are_shown():
    """S81: rows make 9.45, divided by 1.05 they make 9.00, and the document says 9.40."""
    score = scored(GENESIS, bar=Decimal("8.5"))
    assert (score.weights, score.added, score.total) == (105, Fraction("9.45"), 9)
    assert score.standing is Standing.ABOVE
    assert readiness.sum_text(score) == "9.45 ÷ 1.05 = 9.00"
    assert readiness.sentence(score) == "9.00 of 10, above its bar of 8.50."
    assert readiness.differs(Decimal("9.40"), TEN, score)
    assert not readiness.differs(Decimal("9.0"), TEN, score)
    assert not readiness.differs(Decimal("9.45"), TEN, score)
    assert not readiness.differs(Decimal("90"), Decimal(100), score)
    told = readiness.claim_text(Decimal("9.40"), score)
    assert told == "The document says 9.40; its own rows make 9.45, normalised 9.00."


def test_five_parts_of_twenty_points_make_95_40():
    """S13."""
    pairs = [(100, 20), (100, 20), (90, 20), (100, 20), (87, 20)]
    score = scored(pairs, Decimal(100), bar=Decimal(90))
    assert readiness.shown(score.total) == "95.40" and not score.normalised
    assert not readiness.differs(Decimal("95.40"), Decimal(100), score)
    assert readiness.shown(score.margin) == "5.40"


def test_a_typed_overall_figure_is_not_what_its_rows_average():
    """S29: eight rows average 97.125, and the document types 95.40 below them."""
    pairs = [(s, "12.5") for s in (100, 100, 90, 100, 87, 100, 100, 100)]
    score = scored(pairs, Decimal(100))
    assert score.total == Fraction("97.125") and readiness.shown(score.total) == "97.13"
    assert readiness.differs(Decimal("95.40"), Decimal(100), score)


@pytest.mark.parametrize(
    ("score", "target", "verdict", "margin"),
    [(87, 80, "EXCEEDS", "+7"), (100, 100, "MEETS", "0"), (79, 80, "BELOW", "−1")],
)
def test_a_score_exceeds_meets_or_is_below_its_target(score, target, verdict, margin):
    """S29: the document says MEETS of 87 against 80."""
    one = Category("a", "A", Decimal(100), Decimal(score), Decimal(target))
    row = assess([one], best=Decimal(100)).rows[0]
    assert (row.verdict, readiness.signed(row.margin)) == (verdict, margin)


def test_a_missing_score_is_no_data_and_is_named():
    score = scored([(10, 50), (None, 30), (8, 20)], bar=Decimal(8))
    assert score.standing is Standing.NO_DATA and not score.complete
    assert readiness.sentence(score).endswith("over 2 of 3 categories; no score: Category 2.")
    assert readiness.shown(score.total) == "9.43"
    nothing = scored([(None, 50), (None, 50)])
    assert (nothing.total, nothing.possible, scale_of(nothing)) == (None, None, None)
    assert readiness.sentence(nothing) == "No category has a score yet."
    assert scored([(9, 0)]).total is None
    assert scored([(9, 100), (None, 0)]).complete  # what weighs nothing is not asked


def test_a_veto_under_its_target_stays_one_whatever_the_score():
    parts = [
        Category("a", "A", Decimal(99), Decimal(10)),
        Category("b", "Security", Decimal(1), Decimal(6), Decimal(8), veto=True),
    ]
    score = assess(parts, best=TEN, bar=Decimal(9))
    assert score.total > 9 and score.standing is Standing.BELOW
    assert "Security is a veto and stands at 6" in readiness.sentence(score)
    bare = [Category("b", "B", Decimal(0), Decimal(6), veto=True)]
    assert assess([*parts[:1], *bare], best=TEN, bar=Decimal(9)).vetoes
    assert not assess([*parts[:1], *bare], best=TEN).vetoes  # nothing to hold it to
    unknown = Category("b", "B", Decimal(0), None, Decimal(8), veto=True)
    assert assess([parts[0], unknown], best=TEN).standing is Standing.NO_DATA


def test_what_would_raise_it_most_stands_first():
    score = scored(GENESIS)
    steps = [(row.category.key, readiness.shown(row.gain)) for row in score.raises]
    assert steps[:2] == [("c2", "0.29"), ("c7", "0.19")] and len(steps) == 6
    assert score.possible == 10
    held = [Category("a", "A", Decimal(100), Decimal(5), Decimal(8))]
    assert assess(held, best=TEN).rows[0].goal == 8  # to its target first


def test_the_change_is_against_what_a_decision_froze():
    before = Before("Gate 0", Fraction("8.5"), {"c1": Fraction(9)})
    score = scored([(10, 50), (8, 50)], before=before)
    assert (score.change, score.rows[0].change, score.rows[1].change) == (Fraction("0.5"), 1, None)


def test_a_total_that_misses_its_bar_never_looks_as_if_it_reached_it():
    score = scored([("8.496", 100)], bar=Decimal("8.50"))
    assert readiness.total_text(score) == "8.496"
    assert score.standing is Standing.BELOW
    thin = assess(
        [Category("a", "A", Decimal(100), Fraction("8.499999"))], best=TEN, bar=Decimal("8.5")
    )
    assert readiness.total_text(thin) == "8.49"
    assert readiness.total_text(scored([("8.5", 100)], bar=Decimal("8.5"))) == "8.50"


@pytest.mark.parametrize(
    ("value", "text"),
    [("0.005", "0.01"), ("8.945", "8.95"), ("-0.005", "−0.01"), ("-0.001", "0.00"), ("7", "7.00")],
)
def test_figures_are_rounded_half_up(value, text):
    assert readiness.shown(Decimal(value)) == text


def test_equal_weights_add_up_though_thirds_are_rounded():
    assert readiness.adds_up([Decimal("33.33")] * 3)
    assert not readiness.adds_up([Decimal(33)] * 3)
    assert not readiness.adds_up([Decimal("50"), Decimal("49.99")])


PARTS = st.lists(
    st.tuples(st.decimals(0, 10, places=2), st.decimals(min_value="0.01", max_value=200, places=2)),
    min_size=1,
    max_size=8,
)


@given(PARTS)
def test_the_total_lies_between_the_lowest_and_the_highest_score(pairs):
    total = scored(pairs).total
    assert min(s for s, _ in pairs) <= total <= max(s for s, _ in pairs)


@given(PARTS, st.integers(1, 50))
def test_only_the_proportions_of_weights_count(pairs, factor):
    assert scored(pairs).total == scored([(s, w * factor) for s, w in pairs]).total


@given(PARTS, st.data())
def test_raising_a_score_never_lowers_the_total(pairs, data):
    n = data.draw(st.integers(0, len(pairs) - 1))
    score, weight = pairs[n]
    higher = data.draw(st.decimals(min_value=score, max_value=10, places=2))
    before, after = scored(pairs), scored([*pairs[:n], (higher, weight), *pairs[n + 1 :]])
    assert after.total >= before.total
    assert after.total <= before.possible == 10


@given(PARTS)
def test_every_gain_is_what_the_total_would_really_gain(pairs):
    score = scored(pairs)
    for n, row in enumerate(score.rows):
        raised = [*pairs[:n], (Decimal(10), pairs[n][1]), *pairs[n + 1 :]]
        assert scored(raised).total - score.total == row.gain


def test_the_scale_is_drawn_round_score_and_bar():
    drawn = scale_of(scored(GENESIS, bar=Decimal("8.5")))
    assert (drawn.low, drawn.high, drawn.bar.x, drawn.now.x) == ("8", "10", "25.000", "50.000")
    assert (drawn.more, drawn.filled, drawn.possible.anchor) == ("50.000", "25.000", "end")
    below = scale_of(scored([(2, 100)], bar=Decimal("8.5")))
    assert (below.low, below.now.x, below.filled) == ("1", "11.111", "11.111")
    assert scale_of(scored([(0, 100)])).now.x == "0.000"


# --- sources ---------------------------------------------------------------------------------


def test_a_score_out_of_measurements():
    assert readiness.share(7, 14, TEN) == 5 and readiness.share(0, 0, TEN) is None
    assert readiness.between(75, 60, 90, TEN) == 5
    assert readiness.between(120, 200, 100, TEN) == 8  # less is better
    assert readiness.between(95, 60, 90, TEN) == 10 and readiness.between(1, 60, 90, TEN) == 0
    assert readiness.between(1, 2, 2, TEN) is None
    assert readiness.less({"high": 2, "low": 1}, {"high": 2, "low": 0.5}, TEN) == Fraction("5.5")
    assert readiness.less({"critical": 9}, {"critical": 4}, TEN) == 0


@pytest.mark.parametrize(
    ("source", "text", "params"),
    [
        ("items", "2, 1 2", {"phases": [1, 2]}),
        ("items", "", {"phases": []}),
        ("evidence", "coverage.lines 60 to 90", {"key": "coverage.lines", "zero": 60, "full": 90}),
        ("evidence", "load.p95: 400 → 200", {"key": "load.p95", "zero": 400, "full": 200}),
        ("evidence", "k6.rps 0 to 1234567.25", {"key": "k6.rps", "zero": 0, "full": 1234567.25}),
        ("criteria", "gate-1", {"gate": "gate-1"}),
        ("findings", "critical 5, high: 1.5", {"critical": 5, "high": 1.5}),
        ("person", "anything", {}),
    ],
)
def test_what_a_source_wants_is_typed_on_one_line(source, text, params):
    assert parse(source, text) == params
    assert checked(source, params) == params
    assert parse(source, show(source, params)) == params


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("items", "one"),
        ("evidence", "coverage"),
        ("evidence", "coverage 90 to 90"),
        ("criteria", "gate 1!"),
        ("findings", "grave 4"),
        ("findings", "high -4"),
    ],
)
def test_what_says_nothing_to_a_source_is_refused_with_an_example(source, text):
    with pytest.raises(NotUnderstood):
        parse(source, text)


@pytest.mark.parametrize(
    ("text", "best", "value"),
    [("≥ 90", 100, 90), ("90%", 10, 9), ("9/10", 100, 90), ("8.5", 10, "8.5"), ("high", 10, None)],
)
def test_the_figure_of_a_target_is_brought_onto_the_scale(text, best, value):
    found = target_of(text, Decimal(best))
    assert found == (None if value is None else Decimal(value))
