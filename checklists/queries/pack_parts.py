"""The parts of the review pack that this app knows from its gates, items and signatures."""

from collections.abc import Iterator

from checklists.models import Area, Decision
from checklists.queries.criteria import CriterionRow
from checklists.queries.gates import final_of, gates_now, opens_at
from checklists.queries.pack import Cell, Look, Mark, Part, register_part
from checklists.queries.scopes import PLAN, Scope, find_scope
from checklists.rules.bands import Band
from checklists.rules.gates import SHOWN
from warroom.rules.wording import full_instant, target_text

WORDS = {"go": Band.GREEN, "hold": Band.YELLOW, "no-go": Band.RED}


def summary(look: Look) -> Part:
    """What is asked, and how it stands, in a few sentences (S2)."""
    plan, sheet, counts = look.plan, look.sheet, look.board.counts
    advice, decided = sheet.recommendation, sheet.decided
    said = decided.word if decided else advice.word
    rows: list[tuple[Cell, ...]] = [
        ("Release", f"{plan.name} {plan.version}".strip()),
        ("Environment", plan.environment or "not said"),
        ("Goes live", full_instant(plan.t0) if plan.t0 else "no date yet"),
        ("Window", _window(look)),
        (
            "Checklist",
            f"{counts.closed} of {counts.total} items closed, {counts.blocking} blocking",
        ),
        ("Criteria", advice.counts),
        ("Votes", f"{sheet.cast} of {len(sheet.votes)}"),
        ("Decided" if decided else "The rule says", Mark(WORDS[said], SHOWN[said])),
    ]
    asked = f"{sheet.gate.title}: {plan.summary}".rstrip(": ")
    if decided is None:
        return Part("summary", "Summary", asked, (), tuple(rows), tuple(advice.reasons))
    rows.append(("By", _by(decided)))
    lines = (*decided.reasons, "The other parts are read now; the record has what was decided on.")
    return Part("summary", "Summary", asked, (), tuple(rows), lines)


def _by(decided: Decision) -> str:
    who = f"{decided.person_name} as {decided.decided_as}, {full_instant(decided.at)}"
    return f"{who}, {decided.how}" if decided.override else who


def _window(look: Look) -> str:
    plan = look.plan
    ends = [full_instant(at) if at else "open" for at in (plan.window_start, plan.window_end)]
    return " to ".join(ends) if plan.window_start or plan.window_end else "not said"


def schedule(look: Look) -> Part | None:
    """Phases and gates in the order in which they come."""
    steps = [(rows.starts, f"Phase {rows.phase.number}: {rows.phase.title}", _closed(rows.counts))
             for rows in look.board.phases]  # fmt: skip
    for gate in gates_now(look.plan, look.now):
        final = final_of(gate)
        steps.append((opens_at(gate), gate.title, SHOWN[final.word] if final else "open"))
    # What has no time stays where its phase stands: after the one before it.
    last, placed = None, []
    for at, what, state in steps:
        last = at or last
        placed.append((last, at, what, state))
    if any(at is not None for _, at, _, _ in placed):
        placed.sort(key=lambda one: (one[0] is not None, one[0] or look.now))
    rows = tuple((_at(look, at), what, state) for _, at, what, state in placed)
    return Part("schedule", "Schedule", "", ("When", "What", "State"), rows) if rows else None


def _closed(counts) -> str:
    return f"{counts.closed} of {counts.total} closed"


def _at(look: Look, at) -> str:
    return full_instant(at) if at else ""


def criteria(look: Look) -> Part | None:
    """Criteria by area, each with its value, its target and its band (S15, S115)."""
    rows = tuple(_criterion(row) for row in in_areas(look.sheet.criteria))
    head = ("Area", "Criterion", "Measured", "Target", "Result")
    return Part("criteria", "Criteria", "", head, rows) if rows else None


def in_areas(rows: tuple[CriterionRow, ...]) -> Iterator[CriterionRow]:
    """Technical, operational, business, then those of no area; each in the gate's own order."""
    order = [*Area.values, ""]
    yield from sorted(rows, key=lambda row: order.index(row.criterion.area))


def _criterion(row: CriterionRow) -> tuple[Cell, ...]:
    criterion = row.criterion
    measured = row.text or ("judged" if row.judged else "no data")
    if row.band is Band.NO_DATA:
        measured = f"no data: {row.why}"
    word = f"{row.band.value.replace('_', ' ')}, accepted" if row.accepted else ""
    word = f"{row.band.value.replace('_', ' ')}, reported only" if criterion.report_only else word
    area = Area(criterion.area).label if criterion.area else ""
    return area, criterion.label, measured, target_text(row.green_text), Mark(row.band.value, word)


def work(look: Look) -> Part | None:
    """What is done of each phase, and which blocking items are open."""
    rows = tuple(
        (
            f"{one.phase.number}. {one.phase.title}",
            f"{one.counts.closed} of {one.counts.total}",
            str(one.counts.late or ""),
            ", ".join(one.blocking_refs),
        )
        for one in look.board.phases
    )
    head = ("Phase", "Closed", "Late", "Blocking and open")
    blocking = [f"{item.ref} {item.text}" for item in look.sheet.blocking]
    many = "1 open item holds" if len(blocking) == 1 else f"{len(blocking)} open items hold"
    said = f"{many} this gate." if blocking else "No open item holds it."
    return Part("work", "Checklist", said, head, rows, tuple(blocking)) if rows else None


def signatures(look: Look) -> Part | None:
    """Who signed the phases, the gate and the release, and how (S17, S84, S87)."""
    scopes = [(f"Phase {one.phase.number}", one.signatures) for one in look.board.phases]
    scopes.append((look.gate.title, look.board.signed.given(Scope(gate=look.gate))))
    whole = find_scope(look.plan, PLAN)
    scopes.append(("Whole release", look.board.signed.given(whole) if whole else []))
    rows = tuple(
        (what, row.role.name, row.signoff.person_name, _signed(row), row.signoff.comment)
        for what, given in scopes
        for row in given
        if row.signoff is not None
    )
    head = ("Under", "Role", "Person", "Signed", "Comment")
    return Part("signatures", "Sign-offs", "", head, rows) if rows else None


def _signed(row) -> Mark:
    if row.revoked:
        return Mark(Band.NO_DATA, "taken back")
    bands = {"approved": Band.GREEN, "conditional": Band.YELLOW, "rejected": Band.RED}
    score = f", {row.score}" if row.score else ""
    return Mark(bands[row.signoff.word], f"{row.signoff.get_word_display().lower()}{score}")


def conditions(look: Look) -> Part | None:
    """Conditions of votes and signatures that concern this gate (S85)."""
    rows = tuple(
        (
            one.text,
            one.owner,
            _at(look, one.due_at),
            "blocking" if one.blocking else "not blocking",
            Mark(Band.GREEN, "met") if one.closed_at else Mark(Band.YELLOW, "open"),
        )
        for one in look.sheet.conditions
    )
    head = ("Condition", "Owner", "Due", "Weight", "State")
    return Part("conditions", "Conditions", "", head, rows) if rows else None


def votes(look: Look) -> Part | None:
    """What each role says, and why (S31)."""
    rows = tuple(
        (
            row.role.name,
            row.vote.person_name if row.vote else row.holders or "nobody",
            Mark(_voted(row.vote.word), row.said) if row.vote else Mark(Band.NO_DATA, row.said),
            row.vote.reason if row.vote else "",
        )
        for row in look.sheet.votes
    )
    return Part("votes", "Votes", "", ("Role", "Person", "Vote", "Why"), rows) if rows else None


def _voted(word: str) -> Band:
    return {"go": Band.GREEN, "no-go": Band.RED}.get(word, Band.YELLOW)


def deliverables(look: Look) -> Part | None:
    """What was attached or linked to show the work, by phase (S117)."""
    rows = tuple(
        (f"{one.phase.number}. {one.phase.title}", row.item.ref, row.item.text, shown)
        for one in look.board.phases
        for row in one.rows
        if (shown := ", ".join(filter(None, [*(f.name for f in row.files), row.link])))
    )
    head = ("Area", "Item", "What", "Shown by")
    return Part("deliverables", "Deliverables", "", head, rows) if rows else None


for order, source in (
    (10, summary),
    (20, criteria),
    (40, work),
    (50, signatures),
    (60, conditions),
    (70, votes),
    (80, schedule),
    (90, deliverables),
):
    register_part(order, source)
