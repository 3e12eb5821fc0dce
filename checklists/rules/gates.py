"""What the rule says about a go/no-go: GO, HOLD or NO-GO, with its reasons. Worst wins (law 6).

NO-GO: a counting criterion is red, or somebody voted no-go (one no-go outweighs every go).
HOLD: anything yellow or without data, a vote missing, a blocking item or condition open, or nothing
at all to go by. GO: none of these, and at least one vote or one measured criterion speaks for it.
"""

from collections import Counter
from dataclasses import dataclass, field

from checklists.rules.bands import Band

GO, HOLD, NO_GO = "go", "hold", "no-go"
WORDS = (GO, HOLD, NO_GO)
FINAL = frozenset({GO, NO_GO})
SHOWN = {GO: "GO", HOLD: "HOLD", NO_GO: "NO-GO"}
_RANK = {GO: 0, HOLD: 1, NO_GO: 2}


@dataclass(frozen=True)
class Reading:
    """One criterion as it counts now. ``sentence`` says what is measured, or why nothing is."""

    label: str
    band: Band
    sentence: str = ""
    report_only: bool = False


@dataclass(frozen=True)
class Ballot:
    """What a role that votes has said: go, no-go, abstain, or '' while its vote is missing."""

    role: str
    word: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Facts:
    """All that a gate is judged by. Items and conditions are the open blocking ones, as words."""

    readings: tuple[Reading, ...] = ()
    ballots: tuple[Ballot, ...] = ()
    items: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """One reason and the word that it alone would lead to."""

    word: str
    text: str


@dataclass(frozen=True)
class Recommendation:
    """The rule's answer. ``reasons`` are its grounds, worst first; ``counts`` sums the criteria."""

    word: str
    reasons: tuple[str, ...]
    counts: str
    green: int = field(default=0, compare=False)
    yellow: int = field(default=0, compare=False)
    red: int = field(default=0, compare=False)
    no_data: int = field(default=0, compare=False)

    @property
    def shown(self) -> str:
        return SHOWN[self.word]

    @property
    def sentence(self) -> str:
        """'HOLD: P95 latency is 236 ms, above its 200 ms target.'"""
        return f"{self.shown}: {' '.join(self.reasons)}"


def recommend(facts: Facts) -> Recommendation:
    """Judge the facts. A report-only criterion is shown, but counts neither way."""
    reasons = [*_of_readings(facts), *_of_ballots(facts), *_of_open_work(facts)]
    if not reasons:
        reasons = [_for_go(facts)]
    word = max((reason.word for reason in reasons), key=_RANK.__getitem__)
    reasons.sort(key=lambda reason: -_RANK[reason.word])
    bands = Counter(r.band for r in facts.readings if not r.report_only)
    return Recommendation(
        word,
        tuple(reason.text for reason in reasons),
        _counted(bands),
        green=bands[Band.GREEN],
        yellow=bands[Band.YELLOW],
        red=bands[Band.RED],
        no_data=bands[Band.NO_DATA],
    )


def _counted(bands: Counter) -> str:
    if not bands.total():
        return "nothing is measured"
    counts = f"{bands[Band.GREEN]} green, {bands[Band.YELLOW]} yellow, {bands[Band.RED]} red"
    return f"{counts}, {bands[Band.NO_DATA]} without data" if bands[Band.NO_DATA] else counts


def _of_readings(facts: Facts) -> list[Reason]:
    words = {Band.RED: NO_GO, Band.YELLOW: HOLD, Band.NO_DATA: HOLD}
    return [
        Reason(words[reading.band], _ended(reading.sentence or f"{reading.label}: {reading.band}"))
        for reading in facts.readings
        if reading.band in words and not reading.report_only
    ]


def _of_ballots(facts: Facts) -> list[Reason]:
    against = [
        Reason(NO_GO, _ended(f"{ballot.role} votes no-go: {ballot.reason}"))
        for ballot in facts.ballots
        if ballot.word == NO_GO
    ]
    missing = [ballot.role for ballot in facts.ballots if not ballot.word]
    if missing:
        verb = "vote is" if len(missing) == 1 else "votes are"
        against.append(Reason(HOLD, f"{len(missing)} {verb} missing: {', '.join(missing)}."))
    elif facts.ballots and all(ballot.word == "abstain" for ballot in facts.ballots):
        against.append(Reason(HOLD, "Everybody abstained: nobody says go."))
    return against


def _of_open_work(facts: Facts) -> list[Reason]:
    found = []
    for kind, names in (("item", facts.items), ("condition", facts.conditions)):
        if names:
            many = (
                f"1 blocking {kind} is" if len(names) == 1 else f"{len(names)} blocking {kind}s are"
            )
            found.append(Reason(HOLD, f"{many} open: {', '.join(names)}."))
    return found


def _for_go(facts: Facts) -> Reason:
    measured = sum(not reading.report_only for reading in facts.readings)
    if not measured and not facts.ballots:
        return Reason(HOLD, "Nothing is measured and nobody votes here, so nothing says go.")
    said = []
    if measured:
        one = measured == 1
        said.append("its one criterion is green" if one else f"all {measured} criteria are green")
    if votes := len(facts.ballots):
        they = "its one vote is" if votes == 1 else f"all {votes} votes are"
        said.append(f"{they} in, none against")
    text = " and ".join(said)
    return Reason(GO, f"{text[0].upper()}{text[1:]}.")


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def decision_objection(
    word: str, recommended: str, rationale: str, *, is_open: bool, opens: str
) -> tuple[str, str] | None:
    """Why a decision may not be made: (field, sentence), or None if it may.

    ``opens`` says when the gate opens, as people read it. To go against the rule wants a rationale
    (law 9); GO waits for the gate to open; HOLD and NO-GO never wait.
    """
    if word not in WORDS:
        return "decision", f"{word!r} is no decision. One of: {', '.join(WORDS)}."
    if word == GO and not is_open:
        return "decision", f"GO is possible from {opens}, or once all votes are in."
    if word != recommended and not rationale.strip():
        return (
            "rationale",
            f"The rule says {SHOWN[recommended]}. To decide {SHOWN[word]} wants a written reason.",
        )
    return None


def vote_objection(word: str, reason: str, conditions: int) -> tuple[str, str] | None:
    """Why a vote may not be cast: (field, sentence), or None if it may."""
    if word not in (GO, NO_GO, "abstain"):
        return "vote", f"{word!r} is no vote. One of: go, no-go, abstain."
    if word == NO_GO and not reason.strip():
        return "reason", "A no-go wants its reason: what must change before it can go."
    if conditions and word != GO:
        return "conditions", "Conditions go with a go. A no-go says what must change in its reason."
    return None
