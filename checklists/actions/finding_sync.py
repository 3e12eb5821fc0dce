"""What a scanner's newest result does to the register, inside the one change of its import.

New is open, whatever the file says: what is suppressed there was accepted by nobody here. Seen
again after it was called fixed it is open again; not seen any more, the fix is confirmed. What is
open and not seen any more stays open until a person closes it: a scanner that looked elsewhere
proves nothing. A result older than what the register knows changes nothing that is newer.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.actions.findings import MOST, next_number
from checklists.actions.results import register_followed
from checklists.models import Finding, FindingState, Result
from checklists.queries.looks import SCANS
from checklists.rules import findings as rules
from checklists.rules.recognised import mark_of, match, spans
from checklists.rules.results.shape import Found
from warroom.actions.change import Change
from warroom.actions.refusals import Invalid
from warroom.rules.wording import moment_text

BATCH = 500
SEEN = ["seen_at", "last_result"]
TURNED = ["missing_since", "place", "mark", "suppressed", "state", "state_at", "state_by_name"]
TURNED += ["severity", "rated", "retest", "accepted_until"]
TURNED += ["state_role", "reason", "confirmed_at", "confirmed_by", "revision"]


def sync_findings(under: Change, result: Result, reading: Any) -> tuple[str, dict[str, Any]] | None:
    """Bring the register in step with a scan; a sentence and data for the import's own event.

    Numbers stand as first and last of each run. Raises Invalid for more findings than a register
    holds. A fixed number of statements for each 500 findings.
    """
    if result.kind not in SCANS or not result.counts:
        return None
    known = list(
        Finding.objects.filter(plan=under.plan)
        .exclude(tool="")
        .annotate(scope=F("last_result__prefix"))
    )
    before = {row.pk: _kept(row) for row in known}
    rated = {row.pk: row.severity for row in known}
    tools = set(reading.tools)
    matched = match(known, reading.findings)
    # Under another prefix the same scanner looks at something else.
    gone = [row for row in matched.gone if row.tool in tools and row.scope == result.prefix]
    reopened = [row for row, seen in matched.same if _seen_again(under, row, seen, result)]
    turned = [_gone(row, result) for row in gone]
    new = _add(under, result, matched.new)
    same = [row for row, _unused in matched.same]
    _write(before, [*same, *gone], result)
    told = {
        "new": new,
        "raised": [row for row in same if row.severity != rated[row.pk]],
        "reopened": reopened,
        "confirmed": [row for row, turn in zip(gone, turned, strict=True) if turn == "confirmed"],
        "gone": [row for row, turn in zip(gone, turned, strict=True) if turn == "gone"],
    }
    data = {key: spans(row.number for row in rows) for key, rows in told.items() if rows}
    return said_of(told), {"findings": data | {"seen": len(same) + len(new)}}


def said_of(told: dict[str, list[Finding]]) -> str:
    """``2 new findings, F-3 is open again, 1 fix confirmed.``; "" when nothing changed."""
    parts = []
    if new := told["new"]:
        said = ngettext("{count} new finding", "{count} new findings", len(new))
        parts.append(said.format(count=len(new)))
    for row in told["raised"][:3]:
        parts.append(
            _("F-{row} is rated {severity} now").format(row=row.number, severity=row.severity)
        )
    if len(told["raised"]) > 3:
        parts.append(_("{count} more are rated worse").format(count=len(told["raised"]) - 3))
    for row in told["reopened"][:3]:
        parts.append(_("F-{row} is found again and open").format(row=row.number))
    if len(told["reopened"]) > 3:
        parts.append(_("{count} more are open again").format(count=len(told["reopened"]) - 3))
    if sure := told["confirmed"]:
        said = ngettext("{count} fix confirmed", "{count} fixes confirmed", len(sure))
        parts.append(said.format(count=len(sure)))
    if gone := told["gone"]:
        said = ngettext(
            "{count} open one not found any more", "{count} open ones not found any more", len(gone)
        )
        parts.append(said.format(count=len(gone)))
    return f"{', '.join(parts)}." if parts else ""


def _kept(row: Finding) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in TURNED)


def _write(before: dict[int, tuple[Any, ...]], rows: list[Finding], result: Result) -> None:
    """Most of a scan is what it was: that is seen again, many rows in one statement."""
    turned = [row for row in rows if _kept(row) != before[row.pk]]
    Finding.objects.bulk_update(turned, SEEN + TURNED, batch_size=BATCH)
    changed = {row.pk for row in turned}
    seen = [row.pk for row in rows if row.pk not in changed and row.last_result_id == result.pk]
    for first in range(0, len(seen), BATCH):
        some = Finding.objects.filter(pk__in=seen[first : first + BATCH])
        some.update(seen_at=result.observed_at, last_result=result)


def _add(under: Change, result: Result, found: Iterable[Found]) -> list[Finding]:
    found = list(found)
    first = next_number(under.plan) if found else 0
    if first + len(found) - 1 > MOST:
        raise Invalid(
            "file",
            _("{count} new findings; the register holds {most}.").format(
                count=len(found), most=MOST
            ),
        )
    rows = [_new(under, result, one, first + place) for place, one in enumerate(found)]
    return Finding.objects.bulk_create(rows, batch_size=BATCH)


def _new(under: Change, result: Result, seen: Found, number: int) -> Finding:
    severity = _severity(seen)
    return Finding(
        plan=under.plan,
        number=number,
        title=_clean(seen.title or seen.message or seen.rule or _("Finding without a title"))[:300],
        severity=severity,
        rated=severity,
        state=FindingState.OPEN,
        state_at=under.at,
        state_by_name=result.by_name,
        reason=_suppressed(seen),
        tool=tool_of(seen),
        rule=_clean(seen.rule)[:200],
        place=_clean(seen.place)[:500],
        mark=mark_of(seen),
        description=seen.message.replace("\0", "")[:20_000],
        retest=rules.wants_retest(severity),
        first_result=result,
        last_result=result,
        seen_at=result.observed_at,
        suppressed=seen.suppressed,
        by=under.author,
    )


def _severity(seen: Found) -> str:
    return seen.severity if seen.severity in rules.SEVERITIES else rules.MEDIUM


def tool_of(seen: Found) -> str:
    return _clean(seen.tool)[:120] or "scanner"


def _clean(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _suppressed(seen: Found) -> str:
    return _("Suppressed in the file; nobody has accepted it here.") if seen.suppressed else ""


def _seen_again(under: Change, row: Finding, seen: Found, result: Result) -> bool:
    """Write down that it is there still; whether it is open again by that."""
    if result.observed_at < row.seen_at:
        return False
    row.seen_at, row.last_result, row.missing_since = result.observed_at, result, None
    row.place, row.mark, row.suppressed = _clean(seen.place)[:500], mark_of(seen), seen.suppressed
    was, is_worse = row.severity, _rated_worse(row, seen)
    if is_worse and _let_go_as(row, was):
        said = _("{state_by_name} had let it go as {was}").format(
            state_by_name=row.state_by_name, was=was
        )
        return _open_again(
            under,
            row,
            result,
            _("Rated {severity} in the scan").format(severity=row.severity),
            said,
        )
    if row.state != FindingState.FIXED or result.observed_at <= row.state_at:
        return False
    said = _("after {state_by_name} called it fixed on {day}").format(
        state_by_name=row.state_by_name, day=_day(row.state_at)
    )
    return _open_again(under, row, result, _("Found again in the scan"), said)


def _rated_worse(row: Finding, seen: Found) -> bool:
    """Take over a rating that is worse than any scan gave before; whether it raised the severity.

    What a scan rates as before is no news: a person who lowered it had seen that. Nor does a scan
    that rates lower speak against a person, or against another scan.
    """
    rating = _severity(seen)
    if rules.rank(rating) >= rules.rank(row.rated):
        return False
    row.rated = rating
    if rules.rank(rating) >= rules.rank(row.severity):
        return False
    row.severity = rating
    row.retest = row.retest or rules.wants_retest(rating)
    row.revision += 1
    return True


def _let_go_as(row: Finding, was: str) -> bool:
    """Whether it was let go as less than it is: accepted, or called false by who might then."""
    grave = row.severity in rules.GRAVE and was not in rules.GRAVE
    return row.state == FindingState.ACCEPTED or (
        row.state == FindingState.FALSE_POSITIVE and grave
    )


def _open_again(under: Change, row: Finding, result: Result, why: str, said: str) -> bool:
    row.reason = _("{why} of {day}, {said}.").format(
        why=why, day=_day(result.observed_at), said=said
    )
    row.state, row.state_at, row.state_by_name = FindingState.OPEN, under.at, result.by_name
    row.state_role, row.confirmed_at, row.confirmed_by = "", None, ""
    row.accepted_until = None
    row.revision += 1
    return True


def _gone(row: Finding, result: Result) -> str:
    """Write down that it is not there any more: ``confirmed``, ``gone``, or "" for no change."""
    if result.observed_at <= row.seen_at:
        return ""
    if row.state == FindingState.FIXED:
        if row.confirmed_at is not None or result.observed_at < row.state_at:
            return ""
        row.confirmed_at = result.observed_at
        row.confirmed_by = _("scan of {day} agrees").format(day=_day(result.observed_at))
        row.revision += 1
        return "confirmed"
    if row.missing_since is not None:
        return ""
    row.missing_since = result.observed_at
    return "gone" if row.state == FindingState.OPEN else ""


def _day(at: datetime) -> str:
    return moment_text(at)


register_followed(sync_findings)
