"""What the preview says of phases, groups and items, and what is odd about them."""

import re
from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from checklists.documents import work
from checklists.documents.found import ItemFound, PhaseFound, Reading
from checklists.models.items import places
from checklists.rules.items import count_text
from warroom.documents.plain import has_tick, plain
from warroom.documents.readers import NOTE, WARNING, Understanding
from warroom.rules.offsets import format_offset
from warroom.rules.wording import dated_moment, duration_text

_HEADINGS = ("phase", "group")


def label_lines(phases: list[PhaseFound], understanding: Understanding) -> None:
    for phase in phases:
        understanding.claim(phase.line, "phase", _phase_label(phase))
        _offer_heading(phase.line, "phase", understanding)
        names = places((i.number, i.parent, i.position, i.number) for i in phase.items)
        for group in phase.groups:
            if group.title:
                due = format_offset(group.span.end_s)
                _offer_heading(group.line, "group", understanding)
                understanding.claim(
                    group.line,
                    "group",
                    _("Group, due {due}").format(due=due) if due else _("Group"),
                )
                if group.span.doubt:
                    text = _("The time of “{group}” {doubt}.").format(
                        group=group.title, doubt=group.span.doubt
                    )
                    understanding.find(group.line, NOTE, "offset_doubt", text)
            for item in group.items:
                understanding.claim(
                    item.line, "item", _item_label(f"{phase.number}.{names[item.number]}", item)
                )
        if phase.span.doubt:
            text = _("The time of “{phase}” is a guess: {doubt}.").format(
                phase=phase.title, doubt=phase.span.doubt
            )
            understanding.find(phase.line, NOTE, "offset_doubt", text, _("Set it in the plan."))
    _say_heading_ticks(phases, understanding)
    _say_claimed_counts(phases, understanding)


def _offer_heading(line: int, now: str, understanding: Understanding) -> None:
    """Which heading makes a phase is a guess; the first of all can be nothing else."""
    if understanding.document.lines[line - 1].lstrip(" \\").startswith("#"):
        understanding.offer(line, now, _HEADINGS, line)


def _phase_label(phase: PhaseFound) -> str:
    due = format_offset(phase.span.end_s)
    day = (
        _("{starts_at} UTC").format(starts_at=dated_moment(phase.starts_at))
        if phase.starts_at
        else ""
    )
    return ", ".join(filter(None, (_("Phase {phase}").format(phase=phase.number), due, day)))


def _item_label(ref: str, item: ItemFound) -> str:
    parts = [_("Item {ref}").format(ref=ref)]
    due: str | datetime | None = format_offset(item.details.due_offset_s)
    if item.details.due_at is not None:
        due = _("{due_at} UTC").format(due_at=dated_moment(item.details.due_at))
    if item.state != "open":
        parts.append("ticked" if item.state == "done" else item.state)
    if due:
        parts.append(_("due {due}").format(due=due))
    if item.details.priority:
        parts.append(item.details.priority)
    if not item.details.required:
        parts.append("optional")
    elif item.details.blocking:
        parts.append("blocking")
    if item.parent is not None:
        parts.append(_("below another"))
    return ", ".join([*parts, *_more(item)])


def _more(item: ItemFound) -> Iterator[str]:
    """What the words of the line became besides: whose it is, what is counted, how long it runs."""
    if item.details.owner:
        yield _("for {owner}").format(owner=item.details.owner)
    if item.details.count_of:
        done, of = item.details.count_done, item.details.count_of
        yield _("counts {done}").format(done=count_text(done, of, item.details.count_unit))
    if item.details.duration_s:
        yield _("runs {duration_s}").format(duration_s=duration_text(item.details.duration_s))


def _headings(phases: list[PhaseFound]) -> Iterator[tuple[int, list[ItemFound]]]:
    for phase in phases:
        yield phase.line, phase.items
        for group in phase.groups:
            if group.title and group.line != phase.line:
                yield group.line, group.items


def _say_heading_ticks(phases: list[PhaseFound], understanding: Understanding) -> None:
    lines = understanding.document.lines
    ticked = [n for n, _unused in _headings(phases) if n <= len(lines) and has_tick(lines[n - 1])]
    text = _("The tick mark is dropped: no tick is imported without a name.")
    for number in ticked:
        understanding.claims[number].severity = WARNING
        understanding.claims[number].note = text
    if ticked:
        more = (
            _(" The same in {count} more headings.").format(count=len(ticked) - 1)
            if len(ticked) > 1
            else ""
        )
        understanding.find(ticked[0], WARNING, "heading_tick", text + more)


_CLAIM = re.compile(
    r"(?P<done>\d+)\s*/\s*(?P<all>\d+)\s*(?P<what>[\w ]{0,30}?)\b(?:complete|done)", re.I
)


def _say_claimed_counts(phases: list[PhaseFound], understanding: Understanding) -> None:
    """Counts are computed (law 11): a claimed "(10/10 Complete)" is checked against the boxes."""
    lines = understanding.document.lines
    headings = {number: items for number, items in _headings(phases)}
    worked = {item.line for phase in phases for item in phase.items}
    current: list[ItemFound] = []
    for number, line in enumerate(lines, start=1):
        current = headings.get(number, current)
        if line.startswith("#") and number not in headings:
            current = []
        if not current or number in worked or "/" not in line:
            continue
        if number in headings or "**" in line:
            for claim in _CLAIM.finditer(plain(line)):
                _check_claim(number, claim, current, understanding)


def _check_claim(
    number: int, claim: re.Match, items: list[ItemFound], understanding: Understanding
) -> None:
    if re.search(r"critical|required|blocking", claim["what"], re.I):
        items = [item for item in items if item.details.required]
    done = sum(1 for item in items if item.state == "done")
    if (int(claim["done"]), int(claim["all"])) == (done, len(items)):
        return
    text = _("The document claims {claim}; counted: {done} of {count}.").format(
        claim=claim[0].strip(), done=done, count=len(items)
    )
    understanding.find(number, WARNING, "claimed_count", text, _("Warroom counts for itself."))


def say_triggers(reading: Reading) -> None:
    if not reading.triggers:
        return
    first = reading.triggers[0].line
    reading.understanding.rollback["triggers"] = [
        work.item_text(trigger.text) for trigger in reading.triggers
    ]
    text = _(
        "{count} boxes name conditions for a rollback: they are triggers to declare, "
        "not work to tick, and are kept with the plan."
    ).format(count=len(reading.triggers))
    reading.understanding.find(first, WARNING, "rollback_triggers", text)
