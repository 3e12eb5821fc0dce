"""A person's judgement of a criterion that nothing measures. The newest one counts."""

from django.utils.translation import gettext as _

from checklists.actions.decisions import fresh_gate, refuse_decided
from checklists.actions.undecided import fresh_criterion, refuse_older_criterion
from checklists.models import Criterion, Evidence
from checklists.queries.criteria import bands_of, criterion_rows, judgement_key
from checklists.rules import bands
from warroom.actions.again import carried_out_again
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused
from warroom.models import User
from warroom.rules.wording import number_text


@carried_out_again
def judge_criterion(
    criterion: Criterion,
    *,
    by: User,
    band: str = "",
    value: float | None = None,
    note: str = "",
    seen: int | None = None,
    request_id: str | None = None,
) -> Evidence:
    """A person's judgement of a criterion that nothing measures: a band, or a value to be judged.

    It stands until a newer judgement or a measurement; its event keeps the whole of it, as the next
    one takes its place. ``seen``: the version of the criterion that was read; an older one is
    refused. Raises Invalid for an unknown band, a value without bounds or a missing note, Refused
    when it is measured or its gate is decided.
    """
    note = note.strip()
    if not note:
        raise Invalid("note", _("Say what the judgement rests on."))
    gate = criterion.gate
    with change(gate.plan, by=by, right="vote", request_id=request_id) as judging:
        gate = fresh_gate(gate, judging)
        refuse_decided(gate, _("Your judgement was not counted."))
        criterion = fresh_criterion(criterion, gate, _("Your judgement was not counted."))
        [row] = criterion_rows(gate.plan, [criterion], judging.at)
        if not row.to_judge:
            raise Refused(
                _(
                    "{criterion} is measured by {source}. A judgement does not replace a "
                    "measurement."
                ).format(criterion=criterion.label, source=row.source or _("a check"))
            )
        if judging.repeated:
            return Evidence.objects.get(plan=gate.plan, key=judgement_key(criterion))
        refuse_older_criterion(criterion, seen, _("Your judgement was not counted: look again."))
        band = _judged_band(criterion, band, value)
        return _write_judgement(judging, criterion, band, value, note[:500])


def _judged_band(criterion: Criterion, band: str, value: float | None) -> str:
    if value is None:
        if band not in (bands.Band.GREEN, bands.Band.YELLOW, bands.Band.RED):
            raise Invalid("band", _("A judgement is green, yellow or red."))
        return band
    limits = bands_of(criterion)
    if limits is None:
        raise Invalid(
            "value",
            _("{criterion} has no bounds; judge it green, yellow or red.").format(
                criterion=criterion.label
            ),
        )
    judged = bands.judge(limits, value)
    if judged is bands.Band.NO_DATA:
        raise Invalid("value", _("The value is no finite number."))
    return judged.value


def _write_judgement(
    judging: Change, criterion: Criterion, band: str, value: float | None, note: str
) -> Evidence:
    shown = number_text(value, criterion.unit) if value is not None else ""
    evidence, _unused = Evidence.objects.update_or_create(
        plan=judging.plan,
        key=judgement_key(criterion),
        defaults={
            "label": criterion.label,
            "value": value,
            "unit": criterion.unit,
            "text": shown,
            "band": band,
            "reason": note,
            "observed_at": judging.at,
            "source": _("judgement of {author_name}").format(author_name=judging.author_name),
            "updated_at": judging.at,
        },
    )
    judging.record(
        "criterion.judged",
        f"{criterion.label} judged {band}{f' at {shown}' if shown else ''}: {note}",
        gate=criterion.gate.key,
        criterion=criterion.key,
        band=band,
        value=value,
        unit=criterion.unit,
        shown=shown,
        note=note,
    )
    return evidence
