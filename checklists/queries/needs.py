"""What the checklist and its gates need from whom now."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.utils.translation import gettext as _

from checklists.models import Condition
from checklists.queries.gates import GateSheet, gate_sheet, next_open
from checklists.queries.phases import Checklist, ItemRow, checklist
from checklists.queries.signoffs import ConditionRow, conditions_now, holders
from checklists.queries.silence import silence_at
from checklists.queries.votes import VoteRow
from checklists.rules.owners import named, plain
from warroom.live.needs import Need
from warroom.models import DeploymentPlan, Lifecycle, Right, Role
from warroom.queries.people import roles_now
from warroom.rules.wording import duration_text

AHEAD = timedelta(hours=1)
DAYS = timedelta(days=3)
PER_ROLE = 3
PER_ROLE_AHEAD = 10


def people_needs(plan: DeploymentPlan, now: datetime) -> list[Need]:
    """Late, near and blocking items, signatures that are missing, votes and the decision."""
    board = checklist(plan, now)
    needs = [*_items(plan, board, now), *_signatures(plan, board), *_conditions(plan, now)]
    gate = next_open(plan, now)
    if gate is not None:
        needs += _gate(plan, gate_sheet(gate, now), now)
    return needs


def _items(plan: DeploymentPlan, board: Checklist, now: datetime) -> Iterator[Need]:
    shown: Counter[str] = Counter()
    people = people_named(roles_now(plan, now))
    current = board.current.phase.pk if board.current else None
    rows = [row for phase in board.phases for row in phase.rows]
    rows.sort(key=lambda row: (not row.item.required, row.due is None, row.due or now))
    for row in rows:
        key, who = _whose(row, people)
        if shown[key] >= PER_ROLE or not _presses(row, current, now):
            continue
        shown[key] += 1
        yield _item_need(plan, row, key, who)


def people_ahead(plan: DeploymentPlan, now: datetime) -> Iterator[Need]:
    """Open items that are due within three days, but later than the room shows."""
    people, shown = people_named(roles_now(plan, now)), Counter()
    rows = [row for phase in checklist(plan, now).phases for row in phase.rows]
    for row in sorted(rows, key=lambda row: (row.due is None, row.due or now)):
        if row.due is None or not now + AHEAD < row.due <= now + DAYS:
            continue
        key, who = _whose(row, people)
        if row.item.closed or row.children or shown[key] >= PER_ROLE_AHEAD:
            continue
        shown[key] += 1
        yield _item_need(plan, row, key, who)


def _item_need(plan: DeploymentPlan, row: ItemRow, key: str, who: str) -> Need:
    item = row.item
    return Need(
        key=key,
        title=_title(row),
        url=f"/plans/{plan.slug}/items/{item.number}/",
        button=_("Open item"),
        note=f"{item.ref}{_(', blocking') if item.blocking else ''}.",
        due=row.ends if row.over else row.due,
        who=who,
        short=item.ref,
        optional=not item.required,
        icon="block" if item.state in ("blocked", "failed") else "list",
    )


def _title(row: ItemRow) -> str:
    text = row.item.text if len(row.item.text) <= 90 else f"{row.item.text[:87]}…"
    return (
        _("{duration_s} are over: confirm {text}").format(
            duration_s=duration_text(row.item.duration_s), text=text
        )
        if row.over
        else text
    )


def people_named(roles: list[Role]) -> dict[str, tuple[Role, str]]:
    """Every name by which the plan's roles and their people are called: the role, and who it is."""
    found: dict[str, tuple[Role, str]] = {}
    # A person with several roles is reached in the one that may do something.
    for role in sorted(roles, key=lambda role: not role.may(Right.TICK)):
        here = holders(role) or role.name
        for name in (role.key, role.name, role.holder):
            found.setdefault(plain(name), (role, here))
        for seat in role.seats.all():
            user = seat.user
            for name in (user.username, user.display_name, user.first_name):
                found.setdefault(plain(name), (role, user.display_name))
    found.pop("", None)
    return found


def _whose(row: ItemRow, people: dict[str, tuple[Role, str]]) -> tuple[str, str]:
    """For whom an item is, as a need's key, and the one name by which the room calls them."""
    role, owner = row.item.role, row.item.owner
    parts = named(owner)
    known = {part: people[plain(part)] for part in parts if plain(part) in people}
    names = owner.replace("@", "").strip()
    if known:
        names = ", ".join(dict.fromkeys(known[p][1] if p in known else p for p in parts))
    if role is not None:
        return f"role-{role.key}", names or row.who
    if known:
        return f"role-{next(iter(known.values()))[0].key}", names
    # Somebody whom no role stands for is for those to find who edit the plan.
    return ("edit", names) if names else ("tick", "")


def _presses(row: ItemRow, current: int | None, now: datetime) -> bool:
    if row.item.closed or row.children:
        return False
    if row.over or row.item.state in ("blocked", "failed"):
        return True
    if row.due is not None:
        return row.due <= now + AHEAD
    return row.item.blocking and row.item.phase_id == current


def _signatures(plan: DeploymentPlan, board: Checklist) -> Iterator[Need]:
    for rows in board.phases:
        if rows.counts.open or not rows.counts.total or rows.finished:
            continue
        for signature in rows.signatures:
            if signature.signoff is not None and not signature.revoked:
                continue
            again = " again" if signature.revoked else ""
            yield Need(
                key=f"role-{signature.role.key}",
                title=_("Sign off phase {phase}{again}, {phase_title}").format(
                    phase=rows.phase.number, again=again, phase_title=rows.phase.title
                ),
                url=f"/plans/{plan.slug}/checklist/?phase={rows.phase.number}#signoff",
                button=_("Sign off"),
                note=_("All {total} items are closed.").format(total=rows.counts.total),
                who=signature.holders,
                short=_("sign phase {phase}").format(phase=rows.phase.number),
                icon="pen",
            )


def _conditions(plan: DeploymentPlan, now: datetime) -> Iterator[Need]:
    """Open conditions for who owns them, else for the role that set them; late ones first."""
    people = people_named(roles_now(plan, now))
    for row in conditions_now(plan, now):
        condition = row.condition
        if not row.is_open:
            continue
        given = condition.signoff or condition.vote
        known = people.get(plain(condition.owner))
        role, who = known or (given.role if given else None, condition.owner)
        text = condition.text if len(condition.text) <= 90 else f"{condition.text[:87]}…"
        yield Need(
            key=f"role-{role.key}" if role else Right.EDIT,
            title=_("Meet condition {condition}: {text}").format(
                condition=condition.number, text=text
            ),
            url=_where(plan, condition),
            button=_("See condition"),
            note=_blocks(row),
            due=condition.due_at,
            who=who or (role.name if role else ""),
            short=_("condition {condition}").format(condition=condition.number),
            icon="cond",
            optional=not condition.blocking,
        )


def _blocks(row: ConditionRow) -> str:
    if not row.condition.blocking:
        return _("Does not block.")
    said = _("Overridden at the decision, still open. ") if row.overridden else ""
    return _("{said}Blocks the final sign-off.").format(said=said)


def _where(plan: DeploymentPlan, condition: Condition) -> str:
    if condition.gate:
        return f"/plans/{plan.slug}/gates/{condition.gate.key}/#co-h"
    return f"/plans/{plan.slug}/checklist/?phase=plan#pc-h"


def _gate(plan: DeploymentPlan, sheet: GateSheet, now: datetime) -> Iterator[Need]:
    waits = sheet.opens_at is None and (
        sheet.gate.offset_s is not None or plan.lifecycle == Lifecycle.DRAFT
    )
    near = sheet.opens_at is None or sheet.opens_at <= now + AHEAD or sheet.cast
    if not near or (waits and not sheet.cast):
        return
    url = f"/plans/{plan.slug}/gates/{sheet.gate.key}/"
    ahead = sheet.opens_at if sheet.opens_at and sheet.opens_at > now else None
    yield from _votes(sheet, url, ahead)
    if sheet.on_hold:
        return
    decider = sheet.gate.decider
    yield Need(
        key=f"role-{decider.key}" if decider else "decide",
        title=_("Decide {gate}: go, hold or no-go").format(gate=sheet.gate.title),
        url=f"{url}#decide",
        button=_("Review gate"),
        note=_("The rule says {recommendation}.").format(recommendation=sheet.recommendation.shown),
        due=ahead or (sheet.hold.hold_until if sheet.hold else None),
        who=_deciders(plan, sheet, now),
        short=_("decide"),
        icon="gate",
    )


def _deciders(plan: DeploymentPlan, sheet: GateSheet, now: datetime) -> str:
    """Whom the room waits for once the votes are in; before that it waits for the votes."""
    if sheet.waited:
        return ""
    decider = sheet.gate.decider_id
    roles = [
        role
        for role in roles_now(plan, now)
        if (role.pk == decider if decider else role.may(Right.DECIDE))
    ]
    return ", ".join(dict.fromkeys(filter(None, (holders(role) for role in roles))))


def _votes(sheet: GateSheet, url: str, ahead: datetime | None) -> Iterator[Need]:
    """Votes that are missing or fell, for who sits there; and for whom was asked instead."""
    due = ahead or silence_at(sheet.gate, sheet.decisions)
    left = len(sheet.missing)
    for row in sheet.missing:
        note = (
            _("The last vote that is missing.")
            if left == 1
            else _("{left} votes are missing.").format(left=left)
        )
        if row.outdated:
            note = _("The gate was changed; {word} does not count any more.").format(
                word=row.outdated.word
            )
        yield Need(
            key=f"role-{row.role.key}",
            title=(_("Vote again at {gate}") if row.outdated else _("Vote at {gate}")).format(
                gate=sheet.gate.title
            ),
            url=f"{url}#vote",
            button=_("Vote"),
            note=note,
            due=due,
            who=row.holders,
            short=_("vote"),
            icon="gate",
            main=True,
        )
    for row in sheet.missing:
        if row.delegation is not None:
            yield from _asked(sheet, row, url, due)


def _asked(sheet: GateSheet, row: VoteRow, url: str, due: datetime | None) -> Iterator[Need]:
    """A need is for a role: for one that the delegate holds, with their name."""
    to = row.delegation.to_id
    roles = roles_now(sheet.gate.plan, sheet.at)
    held = (role for role in roles if any(seat.user_id == to for seat in role.seats.all()))
    for role in islice(held, 1):
        name = row.delegation.to_name
        yield Need(
            key=f"role-{role.key}",
            title=_("{name}: vote as {role} for {for_name}").format(
                name=name, role=row.role.name, for_name=row.delegation.for_name
            ),
            url=f"{url}#vote",
            button=_("Vote"),
            note=_("{by_name} asks: {reason}").format(
                by_name=row.delegation.by_name, reason=row.delegation.reason
            )[:200],
            due=due,
            who=name,
            short=_("vote for {for_name}").format(for_name=row.delegation.for_name),
            icon="gate",
            main=True,
        )
