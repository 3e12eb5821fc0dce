"""The parts of the review pack that this app knows from its gates, items and signatures."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.models import Area, Decision
from checklists.queries.criteria import CriterionRow
from checklists.queries.gates import final_of, gates_now, opens_at
from checklists.queries.pack import Cell, Look, Mark, Part, register_part
from checklists.queries.scopes import PLAN, Scope, find_scope
from checklists.rules.bands import Band, band_word
from checklists.rules.gates import SHOWN
from warroom.rules.wording import full_instant, target_text

WORDS = {"go": Band.GREEN, "hold": Band.YELLOW, "no-go": Band.RED}


def summary(look: Look) -> Part:
    """What is asked, and how it stands, in a few sentences (S2)."""
    plan, sheet, counts = look.plan, look.sheet, look.board.counts
    advice, decided = sheet.recommendation, sheet.decided
    said = decided.word if decided else advice.word
    rows: list[tuple[Cell, ...]] = [
        (_("Release"), f"{plan.name} {plan.version}".strip()),
        (_("Environment"), plan.environment or _("not said")),
        (_("Goes live"), full_instant(plan.t0) if plan.t0 else _("no date yet")),
        (_("Window"), _window(look)),
        (
            _("Checklist"),
            _("{closed} of {total} items closed, {blocking} blocking").format(
                closed=counts.closed, total=counts.total, blocking=counts.blocking
            ),
        ),
        (_("Criteria"), advice.counts),
        (_("Votes"), _("{cast} of {count}").format(cast=sheet.cast, count=len(sheet.votes))),
        (_("Decided") if decided else _("The rule says"), Mark(WORDS[said], SHOWN[said])),
    ]
    asked = f"{sheet.gate.title}: {plan.summary}".rstrip(": ")
    if decided is None:
        return Part("summary", _("Summary"), asked, (), tuple(rows), tuple(advice.reasons))
    rows.append((_("By"), _by(decided)))
    lines = (
        *decided.reasons,
        _("The other parts are read now; the record has what was decided on."),
    )
    return Part("summary", _("Summary"), asked, (), tuple(rows), lines)


def _by(decided: Decision) -> str:
    who = _("{person_name} as {decided_as}, {at}").format(
        person_name=decided.person_name, decided_as=decided.decided_as, at=full_instant(decided.at)
    )
    return f"{who}, {decided.how}" if decided.override else who


def _window(look: Look) -> str:
    plan = look.plan
    ends = [full_instant(at) if at else _("open") for at in (plan.window_start, plan.window_end)]
    if not plan.window_start and not plan.window_end:
        return _("not said")
    return _("{start} to {end}").format(start=ends[0], end=ends[1])


def schedule(look: Look) -> Part | None:
    """Phases and gates in the order in which they come."""
    name = _("Phase {number}: {title}")
    steps = [
        (
            rows.starts,
            name.format(number=rows.phase.number, title=rows.phase.title),
            _closed(rows.counts),
        )
        for rows in look.board.phases
    ]
    for gate in gates_now(look.plan, look.now):
        final = final_of(gate)
        steps.append((opens_at(gate), gate.title, SHOWN[final.word] if final else _("open")))
    # What has no time stays where its phase stands: after the one before it.
    last, placed = None, []
    for at, what, state in steps:
        last = at or last
        placed.append((last, at, what, state))
    if any(at is not None for _unused, at, _unused, _unused in placed):
        placed.sort(key=lambda one: (one[0] is not None, one[0] or look.now))
    rows = tuple((_at(look, at), what, state) for _unused, at, what, state in placed)
    return (
        Part("schedule", _("Schedule"), "", (_("When"), _("What"), _("State")), rows)
        if rows
        else None
    )


def _closed(counts) -> str:
    return _("{closed} of {total} closed").format(closed=counts.closed, total=counts.total)


def _at(look: Look, at) -> str:
    return full_instant(at) if at else ""


def criteria(look: Look) -> Part | None:
    """Criteria by area, each with its value, its target and its band (S15, S115)."""
    rows = tuple(_criterion(row) for row in in_areas(look.sheet.criteria))
    head = (_("Area"), _("Criterion"), _("Measured"), _("Target"), _("Result"))
    return Part("criteria", _("Criteria"), "", head, rows) if rows else None


def in_areas(rows: tuple[CriterionRow, ...]) -> Iterator[CriterionRow]:
    """Technical, operational, business, then those of no area; each in the gate's own order."""
    order = [*Area.values, ""]
    yield from sorted(rows, key=lambda row: order.index(row.criterion.area))


def _criterion(row: CriterionRow) -> tuple[Cell, ...]:
    criterion = row.criterion
    measured = row.text or (_("judged") if row.judged else _("no data"))
    if row.band is Band.NO_DATA:
        measured = _("no data: {why}").format(why=row.why)
    word = _("{band}, accepted").format(band=band_word(row.band)) if row.accepted else ""
    word = (
        _("{band}, reported only").format(band=band_word(row.band))
        if criterion.report_only
        else word
    )
    area = str(Area(criterion.area).label) if criterion.area else ""
    return area, criterion.label, measured, target_text(row.green_text), Mark(row.band.value, word)


def work(look: Look) -> Part | None:
    """What is done of each phase, and which blocking items are open."""
    rows = tuple(
        (
            f"{one.phase.number}. {one.phase.title}",
            _("{closed} of {total}").format(closed=one.counts.closed, total=one.counts.total),
            str(one.counts.late or ""),
            ", ".join(one.blocking_refs),
        )
        for one in look.board.phases
    )
    head = (_("Phase"), _("Closed"), _("Late"), _("Blocking and open"))
    blocking = [f"{item.ref} {item.text}" for item in look.sheet.blocking]
    said = ngettext(
        "{count} open item holds this gate.", "{count} open items hold this gate.", len(blocking)
    ).format(count=len(blocking))
    said = said if blocking else _("No open item holds it.")
    return Part("work", _("Checklist"), said, head, rows, tuple(blocking)) if rows else None


def signatures(look: Look) -> Part | None:
    """Who signed the phases, the gate and the release, and how (S17, S84, S87)."""
    scopes = [
        (_("Phase {phase}").format(phase=one.phase.number), one.signatures)
        for one in look.board.phases
    ]
    scopes.append((look.gate.title, look.board.signed.given(Scope(gate=look.gate))))
    whole = find_scope(look.plan, PLAN)
    scopes.append((_("Whole release"), look.board.signed.given(whole) if whole else []))
    rows = tuple(
        (what, row.role.name, row.signoff.person_name, _signed(row), row.signoff.comment)
        for what, given in scopes
        for row in given
        if row.signoff is not None
    )
    head = (_("Under"), _("Role"), _("Person"), _("Signed"), _("Comment"))
    return Part("signatures", _("Sign-offs"), "", head, rows) if rows else None


def _signed(row) -> Mark:
    if row.revoked:
        return Mark(Band.NO_DATA, _("taken back"))
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
            _("blocking") if one.blocking else _("not blocking"),
            Mark(Band.GREEN, _("met")) if one.closed_at else Mark(Band.YELLOW, _("open")),
        )
        for one in look.sheet.conditions
    )
    head = (_("Condition"), _("Owner"), _("Due"), _("Weight"), _("State"))
    return Part("conditions", _("Conditions"), "", head, rows) if rows else None


def votes(look: Look) -> Part | None:
    """What each role says, and why (S31)."""
    rows = tuple(
        (
            row.role.name,
            row.vote.person_name if row.vote else row.holders or _("nobody"),
            Mark(_voted(row.vote.word), row.said) if row.vote else Mark(Band.NO_DATA, row.said),
            row.vote.reason if row.vote else "",
        )
        for row in look.sheet.votes
    )
    return (
        Part("votes", _("Votes"), "", (_("Role"), _("Person"), _("Vote"), _("Why")), rows)
        if rows
        else None
    )


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
    head = (_("Area"), _("Item"), _("What"), _("Shown by"))
    return Part("deliverables", _("Deliverables"), "", head, rows) if rows else None


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
