"""Criteria with their readings as they count at an instant.

A reading that has grown old is no data, whatever it said when it was taken (law 5). A machine's
reading goes before a person's judgement: evidence beats opinion.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F
from django.utils.translation import gettext as _

from checklists.models import Criterion, CriterionVersion, Evidence, Source, Waiver
from checklists.queries.evidence import other_version
from checklists.queries.measures import Measured, measure_of, register_measure, stand_in_of
from checklists.rules import bands
from checklists.rules.bands import Band
from checklists.rules.waivers import accepted
from warroom.models import DeploymentPlan
from warroom.queries.once import once
from warroom.queries.there import there
from warroom.rules.wording import duration_text, moment_text, number_text


@dataclass(frozen=True)
class CriterionRow:
    """A criterion with its reading. ``age_s`` in seconds; ``why`` says why there is no value.

    ``accepted`` says who accepted the deviation and until when, while that counts.
    """

    criterion: Criterion
    band: Band
    value: float | None
    text: str
    why: str
    source: str
    observed_at: datetime | None
    age_s: float | None
    judged: bool
    sentence: str
    waiver: Waiver | None = None
    accepted: str = ""
    url: str = ""
    note: str = ""  # what a judgement rests on
    loosened: str = ""  # that its target was loosened while it was missed, by whom and when
    ruled: bool = False  # a veto of the readiness score speaks, whatever the value

    @property
    def counts(self) -> bool:
        """Whether its band counts for or against a go."""
        return not self.criterion.report_only and not self.accepted

    @property
    def to_judge(self) -> bool:
        """Whether a person may judge it: nothing measures it, or a person did before."""
        return self.judged or not self.source

    @property
    def green_text(self) -> str:
        return self.criterion.target_text or _bound(self.criterion, "green")

    @property
    def red_text(self) -> str:
        return self.criterion.fail_text or _bound(self.criterion, "red")

    @property
    def yellow_text(self) -> str:
        return self.criterion.acceptable_text or (
            _("in between") if self.red_text else _("not met")
        )


def bands_of(criterion: Criterion) -> bands.Bands | None:
    """The criterion's bounds; None when the document gave none that can be measured."""
    if not criterion.green_op or criterion.green_value is None:
        return None
    red = None
    if criterion.red_op and criterion.red_value is not None:
        red = bands.Bound(criterion.red_op, criterion.red_value)
    return bands.Bands(bands.Bound(criterion.green_op, criterion.green_value), red)


def judgement_key(criterion: Criterion) -> str:
    """The evidence key under which a person's judgement of a criterion is kept."""
    return f"judged:{criterion.pk}"


def evidence_now(plan: DeploymentPlan, now: datetime) -> dict[str, Evidence]:
    """The latest reading under every key, read once for one instant; one SQL statement.

    Not to be saved: it is as it counts for the release as that is named now.
    """

    def read() -> dict[str, Evidence]:
        rows = there(plan, Evidence.objects.filter(plan=plan))
        rows = rows.annotate(number=F("result__number"), commit=F("result__commit"))
        return {row.key: _of_release(row, plan) for row in rows}

    return once(plan, now, "evidence", read)


def _of_release(row: Evidence, plan: DeploymentPlan) -> Evidence:
    """The row as it counts: what was made of another version or commit has no value here."""
    if row.commit and (why := other_version(plan, row.commit)):
        row.value, row.band, row.reason = None, "", why
    return row


def criteria_now(plan: DeploymentPlan, now: datetime) -> list[Criterion]:
    """Every criterion with its gate, in order, read once for one instant; one SQL statement."""

    def read() -> list[Criterion]:
        rows = Criterion.objects.filter(gate__plan=plan).select_related("gate")
        found = list(rows.order_by("gate__number", "position"))
        for criterion in found:
            criterion.gate.plan = plan
        return found

    return once(plan, now, "criteria", read)


def waivers_now(plan: DeploymentPlan, now: datetime) -> dict[int, Waiver]:
    """The newest waiver of each criterion, by its id; one SQL statement."""

    def read() -> dict[int, Waiver]:
        newest = Waiver.objects.filter(criterion__gate__plan=plan, superseded_by__isnull=True)
        newest = there(plan, newest)
        return {waiver.criterion_id: waiver for waiver in newest.select_related("role")}

    return once(plan, now, "waivers", read)


def criterion_rows(
    plan: DeploymentPlan, criteria: Iterable[Criterion], now: datetime
) -> tuple[CriterionRow, ...]:
    """Criteria with their readings as they count at ``now`` (UTC)."""
    criteria = list(criteria)
    edited = any(criterion.version > 1 for criterion in criteria)
    waivers, loosened = waivers_now(plan, now), loosened_now(plan, now) if edited else {}
    rows = (
        _row(criterion, _measured(plan, criterion, now), waivers.get(criterion.pk), now)
        for criterion in criteria
    )
    return tuple(replace(row, loosened=loosened.get(row.criterion.pk, "")) for row in rows)


def loosened_now(plan: DeploymentPlan, now: datetime) -> dict[int, str]:
    """Criteria whose target was loosened while it was missed, by id; one SQL statement."""

    def read() -> dict[int, str]:
        kept = CriterionVersion.objects.filter(criterion__gate__plan=plan).order_by("number")
        return {
            row.criterion_id: _("loosened while missed, {by_name} {at} UTC").format(
                by_name=row.by_name, at=moment_text(row.at)
            )
            for row in kept
            if row.data.get("loosened")
        }

    return once(plan, now, "loosened", read)


def of_evidence(row: Evidence, plan: DeploymentPlan) -> Measured:
    number = getattr(row, "number", None)  # of the result that brought it, see evidence_now
    return Measured(
        value=row.value,
        text=row.text,
        unit=row.unit,
        why=row.reason,
        origin=row.source or ("" if row.band else row.key),
        observed_at=row.observed_at,
        valid_for_s=None if row.band else row.valid_for_s,
        band=row.band,
        reason=row.reason,
        url=f"{plan.get_absolute_url()}evidence/{number}/" if number else "",
    )


def _by_key(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured | None:
    found = evidence_now(plan, now).get(criterion.evidence_key) if criterion.evidence_key else None
    if found:
        return of_evidence(found, plan)
    stand_in = stand_in_of(criterion.evidence_key)
    return stand_in(plan, criterion, now) if stand_in else None


register_measure(Source.EVIDENCE, _by_key)


def _measured(plan: DeploymentPlan, criterion: Criterion, now: datetime) -> Measured | None:
    measure = measure_of(criterion.source)
    found = measure(plan, criterion, now) if measure else None
    if found is not None and (found.origin or found.value is not None):
        return found
    # What says only why nothing is measured leaves the word to a person.
    judged = evidence_now(plan, now).get(judgement_key(criterion))
    return of_evidence(judged, plan) if judged else found


def _row(
    criterion: Criterion, measured: Measured | None, waiver: Waiver | None, now: datetime
) -> CriterionRow:
    reading = _in_percent(criterion, measured or Measured(why=_("nothing measures it yet")))
    age_s = (now - reading.observed_at).total_seconds() if reading.observed_at else None
    band, why = _band(criterion, reading, age_s)
    text = reading.text
    if not text and reading.value is not None:
        text = number_text(reading.value, reading.unit or criterion.unit)
    return CriterionRow(
        criterion=criterion,
        band=band,
        value=reading.value if band is not Band.NO_DATA else None,
        text=text,
        why=why,
        source=reading.origin,
        observed_at=reading.observed_at,
        age_s=age_s,
        judged=bool(reading.band) and not reading.ruled,
        sentence=_sentence(criterion, reading, band, text, why),
        waiver=waiver,
        accepted=_accepted(criterion, waiver, band, reading.value, now),
        url=reading.url,
        note=reading.reason if reading.band else "",
        ruled=reading.ruled,
    )


def _in_percent(criterion: Criterion, reading: Measured) -> Measured:
    """A count as a share, where the criterion asks for one: it stays true when the list grows."""
    total = reading.unit.removeprefix("of ")
    if criterion.unit != "%" or total == reading.unit or not total.isdigit() or not int(total):
        return reading
    share = None if reading.value is None else 100 * reading.value / int(total)
    return replace(reading, value=share, unit="%")


def covers(waiver: Waiver, criterion: Criterion, value: float | None) -> bool:
    """Whether it was given for this version of a criterion, and for nothing better than a value."""
    if waiver.withdrawn or waiver.criterion_version != criterion.version:
        return False
    limits = bands_of(criterion)
    if limits is None or waiver.value is None or value is None:
        return True
    return not bands.is_worse(limits, value, waiver.value)


def _accepted(
    criterion: Criterion, waiver: Waiver | None, band: Band, value: float | None, now: datetime
) -> str:
    if waiver is None or not covers(waiver, criterion, value):
        return ""
    if not accepted(waiver.band, band, waiver.ends_at, now):
        return ""
    until = (
        _(" until {ends_at} UTC").format(ends_at=moment_text(waiver.ends_at))
        if waiver.ends_at
        else ""
    )
    who = _("{person_name} as {role}").format(person_name=waiver.person_name, role=waiver.role.name)
    return _("{band}, accepted{until} by {who}: {reason}").format(
        band=bands.band_word(band), until=until, who=who, reason=waiver.reason
    )


def _band(criterion: Criterion, reading: Measured, age_s: float | None) -> tuple[Band, str]:
    """The band as it counts now, and why there is none."""
    if old := _too_old(criterion, reading, age_s):
        return Band.NO_DATA, old
    if reading.band:
        return Band(reading.band), reading.reason if reading.band == Band.NO_DATA else ""
    if reading.value is None:
        return Band.NO_DATA, reading.why or _("there is no value")
    if criterion.unit and reading.unit and criterion.unit != reading.unit:
        # 0.3 s is not below 200 ms, and 7 of 9 is not at least 5 of 5.
        return Band.NO_DATA, _("it is measured “{unit}”, its target “{criterion_unit}”").format(
            unit=reading.unit, criterion_unit=criterion.unit
        )
    limits = bands_of(criterion)
    if limits is None:
        return Band.NO_DATA, _("the plan gives no bounds to judge the value by")
    band = bands.judge(limits, reading.value)
    return band, _("the value is no finite number") if band is Band.NO_DATA else ""


def _too_old(criterion: Criterion, reading: Measured, age_s: float | None) -> str:
    """Why the reading counts no more; "" when it does, and where there is none that could age."""
    if reading.value is None and not reading.band:
        return ""
    valid_s = _valid_s(criterion, reading)
    if valid_s is None or (age_s is not None and age_s <= valid_s):
        return ""
    said = (
        _("the last judgement is older than {length}")
        if reading.band and not reading.ruled
        else _("the last reading is older than {length}")
    )
    return said.format(length=_length(valid_s))


def _valid_s(criterion: Criterion, reading: Measured) -> int | None:
    """The shorter of what the reading says of itself and what the criterion asks, in seconds.

    None where it does not age: what is counted in the room at this moment, a judgement that the
    criterion asks no length for, an age, whose own age is judged.
    """
    own, asked = reading.valid_for_s, criterion.valid_for_s
    if own is None and (reading.observed_at is None or criterion.source == Source.AGE):
        return None
    return min((one for one in (own, asked) if one is not None), default=None)


def _length(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else duration_text(seconds)


def _sentence(criterion: Criterion, reading: Measured, band: Band, text: str, why: str) -> str:
    if band is Band.NO_DATA:
        return _("{criterion} has no data: {why}.").format(criterion=criterion.label, why=why)
    if reading.band:
        note = f": {reading.reason}" if reading.reason else ""
        said = (
            _("{criterion} is {band}{note}")
            if reading.ruled
            else _("{criterion} is judged {band}{note}")
        )
        return said.format(criterion=criterion.label, band=bands.band_word(band), note=note)
    limits, unit = bands_of(criterion), reading.unit or criterion.unit
    stands = bands.against(limits, reading.value, unit) if limits else ""
    return (
        _("{criterion} is {text}, {stands}.").format(
            criterion=criterion.label, text=text, stands=stands
        )
        if stands
        else _("{criterion} is {text}.").format(criterion=criterion.label, text=text)
    )


def _bound(criterion: Criterion, side: str) -> str:
    limits = bands_of(criterion)
    bound = getattr(limits, side) if limits else None
    return bands.show(bound, criterion.unit) if bound else ""
