"""The register of findings as it stands at an instant, and what it says to criteria and gates."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from checklists.models import Criterion, Finding, FindingState, Source
from checklists.queries.criteria import bands_of
from checklists.queries.frozen import register_frozen
from checklists.queries.gates import GateSheet
from checklists.queries.looks import counting, looked
from checklists.queries.measures import Measured, register_measure
from checklists.rules import findings as rules
from checklists.rules.bands import Band, judge
from checklists.rules.recognised import within
from warroom.models import DeploymentPlan, TimelineEvent
from warroom.queries.once import once
from warroom.queries.there import there
from warroom.rules.wording import instant_text

PAGE = 100
IMPORTS_LOOKED_AT = 100
SOURCES = {"hand": _l("By hand"), "scan": _l("Scanners")}


@dataclass(frozen=True)
class Wish:
    """Which findings a page wants: of a state, of a source, of a severity, with words in them."""

    state: str = ""
    source: str = ""
    severity: str = ""
    text: str = ""
    page: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether only the state is chosen, so that the fragment of that state shows it live."""
        return not (self.source or self.severity or self.text) and self.page == 1


@dataclass(frozen=True)
class FindingRow:
    """A finding as it counts at an instant; ``said`` is the line beneath its state."""

    finding: Finding
    counts: bool
    said: str
    ended: bool = False

    @property
    def icon(self) -> str:
        return "open" if self.ended else rules.ICONS[self.finding.state]

    @property
    def word(self) -> str:
        return self.finding.get_state_display()

    @property
    def source(self) -> str:
        """``semgrep, api/limits.py:41``, or ``by hand, Thon``."""
        finding = self.finding
        by_hand = (
            _("by hand, {display_name}").format(display_name=finding.by.display_name)
            if finding.by
            else _("by hand")
        )
        where = finding.tool or by_hand
        return f"{where}, {finding.place}" if finding.place else where


@dataclass(frozen=True)
class Register:
    """One page of the register, and the sums over all of it."""

    rows: tuple[FindingRow, ...]
    total: int
    stated: str
    by_state: dict[str, int]
    wish: Wish
    more: bool = False

    @property
    def none(self) -> str:
        """What an empty page says: 'None is open' where only the state was chosen."""
        word = rules.WORDS.get(self.wish.state, "") if self.wish.is_plain else ""
        return _("None is {word}").format(word=word) if word else _("No such finding")

    @property
    def everything(self) -> int:
        return sum(self.by_state.values())


def in_order(findings: QuerySet[Finding]) -> QuerySet[Finding]:
    """Open first, then accepted, fixed, false; the gravest first (S107)."""

    def ranked(field: str, words: tuple[str, ...]) -> Case:
        cases = [When(**{field: word}, then=Value(n)) for n, word in enumerate(words)]
        return Case(*cases, default=Value(len(words)), output_field=IntegerField())

    return findings.order_by(
        ranked("state", rules.STATES), ranked("severity", rules.SEVERITIES), "number"
    )


def register_of(plan: DeploymentPlan, now: datetime, wish: Wish | None = None) -> Register:
    """A page of the register as of ``now`` (UTC), in three SQL statements whatever its size."""
    wish = wish or Wish()
    by_state = states_now(plan, now)
    found = _chosen(plan, wish)
    first = (wish.page - 1) * PAGE
    shown = in_order(found).select_related("by").defer("description", "fix")
    rows = list(shown[first : first + PAGE + 1])
    total = by_state.get(wish.state, 0) if wish.state else sum(by_state.values())
    if not wish.is_plain:
        total = found.count()
    return Register(
        rows=tuple(row_of(one, now) for one in rows[:PAGE]),
        total=total,
        stated=rules.stated(by_state.items()),
        by_state=by_state,
        wish=wish,
        more=len(rows) > PAGE,
    )


def states_now(plan: DeploymentPlan, now: datetime) -> dict[str, int]:
    """How many findings are in each state; one SQL statement."""

    def read() -> dict[str, int]:
        found = there(plan, Finding.objects.filter(plan=plan).order_by().values_list("state"))
        return dict(found.annotate(Count("pk")))

    return once(plan, now, "finding-states", read)


def _chosen(plan: DeploymentPlan, wish: Wish) -> QuerySet[Finding]:
    found = Finding.objects.filter(plan=plan)
    if wish.state:
        found = found.filter(state=wish.state)
    if wish.severity:
        found = found.filter(severity=wish.severity)
    if wish.source:
        found = found.filter(tool="") if wish.source == "hand" else found.exclude(tool="")
    for word in wish.text.split()[:5]:
        found = found.filter(
            Q(title__icontains=word)
            | Q(place__icontains=word)
            | Q(rule__icontains=word)
            | Q(owner__icontains=word)
        )
    return found


def row_of(finding: Finding, now: datetime) -> FindingRow:
    ended = finding.state == FindingState.ACCEPTED and rules.counts(finding, now)
    return FindingRow(finding, rules.counts(finding, now), _said(finding, ended, now), ended)


def _said(one: Finding, ended: bool, now: datetime) -> str:
    if one.state == FindingState.ACCEPTED:
        until = instant_text(one.accepted_until, now) if one.accepted_until else _("no end")
        if ended:
            return _("counts again since {until}; {state_by_name} had accepted it").format(
                until=until, state_by_name=one.state_by_name
            )
        return _("until {until}, {state_by_name}").format(
            until=until, state_by_name=one.state_by_name
        )
    if one.state == FindingState.FALSE_POSITIVE:
        return f"{_short(one.reason).rstrip('.')}, {one.state_by_name}"
    if one.state == FindingState.FIXED:
        wanted = _("counts until a retest agrees") if one.retest else ""
        return one.confirmed_by or wanted or _short(one.after_text)
    if one.missing_since:
        return _("not in the scan of {missing_since}; a person closes it").format(
            missing_since=instant_text(one.missing_since, now)
        )
    return _short(one.reason)


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:97]}…"


# --- criteria --------------------------------------------------------------------------------


def counts_now(plan: DeploymentPlan, now: datetime) -> Counter[str]:
    """How many findings count, by severity; one SQL statement for all criteria of an instant."""

    def read() -> Counter[str]:
        found = Finding.objects.filter(counting(now), plan=plan).order_by()
        return Counter(dict(found.values_list("severity").annotate(Count("pk"))))

    return once(plan, now, "findings-counting", read)


def _measure(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured | None:
    """How many findings of a severity or worse count. Without a look it can only be red (law 5)."""
    seen = looked(plan, now, criterion.valid_for_s)
    if seen.look is None and not states_now(plan, now):
        return None
    graver = rules.at_least(criterion.params.get("severity") or rules.HIGH)
    found = counts_now(plan, now)
    number = sum(found[severity] for severity in graver)
    url = f"/plans/{plan.slug}/findings/"
    limits = bands_of(criterion)
    if seen.why and not (number and limits and judge(limits, number) is Band.RED):
        at = seen.look.observed_at if seen.look else None
        origin = _("findings register") if number or seen.look else ""
        return Measured(why=seen.why, origin=origin, observed_at=at, url=url)
    return Measured(
        value=number,
        text=rules.graded((one, found[one]) for one in graver) or _("none open"),
        origin=_("findings register"),
        # What is known to be red stays so, however old the look is.
        observed_at=None if seen.why or seen.look is None else seen.look.observed_at,
        valid_for_s=None if seen.why or seen.look is None else seen.look.valid_for_s,
        url=url,
    )


register_measure(Source.FINDINGS, _measure)


# --- gates -----------------------------------------------------------------------------------


def accepted_now(plan: DeploymentPlan, now: datetime) -> list[FindingRow]:
    """What is accepted, gravest first, which every gate shows; one SQL statement."""

    def read() -> list[FindingRow]:
        found = Finding.objects.filter(plan=plan, state=FindingState.ACCEPTED)
        return [row_of(one, now) for one in in_order(found)[:PAGE]]

    return once(plan, now, "findings-accepted", read)


def accepted_line(rows: list[FindingRow], now: datetime) -> str:
    """``1 accepted finding: F-2 until 6 Nov 12:00, Hudson``; "" where none is."""
    held = [row for row in rows if not row.ended]
    if not held:
        return ""
    shown = "; ".join(f"F-{row.finding.number} {row.said}" for row in held[:10])
    more = _("; and {count} more").format(count=len(held) - 10) if len(held) > 10 else ""
    said = ngettext(
        "{count} accepted finding: {shown}{more}",
        "{count} accepted findings: {shown}{more}",
        len(held),
    )
    return said.format(count=len(held), shown=shown, more=more)


def _frozen(sheet: GateSheet) -> dict[str, Any] | None:
    """What counted and what was accepted when the gate was decided."""
    plan, now = sheet.gate.plan, sheet.at
    states = states_now(plan, now)
    if not states:
        return None
    found = counts_now(plan, now)
    return {
        "states": states,
        "counting": {one: found[one] for one in rules.SEVERITIES if found[one]},
        "accepted": [_kept(row.finding, row.ended) for row in accepted_now(plan, now)],
    }


def _kept(one: Finding, ended: bool) -> dict[str, Any]:
    return {
        "number": one.number,
        "title": one.title,
        "severity": one.severity,
        "place": one.place,
        "until": one.accepted_until.isoformat() if one.accepted_until else None,
        "ended": ended,
        "by": one.state_by_name,
        "role": one.state_role,
        "reason": one.reason,
    }


register_frozen("findings", _frozen)


# --- history -----------------------------------------------------------------------------------


def history_of(finding: Finding) -> list[TimelineEvent]:
    """What happened to a finding, oldest first, out of the timeline; two SQL statements."""
    events = finding.plan.events
    own = list(events.filter(kind__startswith="finding.", data__finding=finding.number))
    brought = events.filter(kind="evidence.recorded", data__has_key="findings")
    recent = brought.order_by("-seq")[:IMPORTS_LOOKED_AT]
    own += [event for event in recent if said_by(event, finding.number)]
    for event in own:
        event.about = said_by(event, finding.number) or event.text
    return sorted(own, key=lambda event: event.seq)


IMPORTED = {
    "new": _l("Found for the first time."),
    "raised": _l("Rated worse by the scan: its severity is raised."),
    "reopened": _l("Found again after it was called fixed: open again."),
    "confirmed": _l("Not found any more: the fix is confirmed."),
    "gone": _l("Not found any more, and nobody said that it is fixed."),
}


def said_by(event: TimelineEvent, number: int) -> str:
    """What an import did to a finding; "" when it did nothing to it."""
    told = event.data.get("findings") or {}
    done = (said for key, said in IMPORTED.items() if within(number, told.get(key) or ()))
    return next(done, "")
