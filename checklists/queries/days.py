"""The forms that come back every day, with what was answered and what is missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from checklists.models import DailyEntry, DailyForm
from checklists.queries.signoffs import holders
from checklists.rules import days as rules
from warroom.live.needs import Need
from warroom.models import DeploymentPlan
from warroom.queries.people import seated
from warroom.queries.there import there
from warroom.rules.wording import day_text

NEARLY = timedelta(hours=1)
TOLD = timedelta(days=7)  # days that were missed longer ago nobody is asked for any more


@dataclass(frozen=True)
class Day:
    """One day of a form. ``due`` is UTC; ``entry`` the newest answers."""

    day: date
    due: datetime
    state: str
    entry: DailyEntry | None


@dataclass(frozen=True)
class FormDays:
    form: DailyForm
    who: str
    days: tuple[Day, ...]  # newest first

    @property
    def missed(self) -> list[Day]:
        return [day for day in self.days if day.state == rules.MISSED]

    @property
    def due(self) -> Day | None:
        return next((day for day in self.days if day.state == rules.DUE), None)

    @property
    def filled(self) -> int:
        return sum(day.state == rules.FILLED for day in self.days)


def form_days(plan: DeploymentPlan, now: datetime) -> list[FormDays]:
    """All daily forms of a plan with their days up to today, in four SQL statements."""
    rows = plan.daily_forms.select_related("role").prefetch_related(seated(now, "role__"))
    forms = list(there(plan, rows))
    if not forms:
        return []
    newest = DailyEntry.objects.filter(form__in=forms, superseded_by__isnull=True)
    entries = {(entry.form_id, entry.day): entry for entry in newest}
    return [_form_days(plan, form, entries, now) for form in forms]


def _form_days(
    plan: DeploymentPlan,
    form: DailyForm,
    entries: dict[tuple[int, date], DailyEntry],
    now: datetime,
) -> FormDays:
    zone, today = plan.time_zone, rules.local_day(now, plan.time_zone)
    found = []
    for day in rules.days_of(form.first_day, form.last_day, today):
        entry = entries.get((form.pk, day))
        state = rules.state_of(day, form.at_time, zone, entry is not None, now)
        if state == rules.MISSED and _over(day, form, zone) <= plan.created_at:
            continue  # nobody could have filled it in: there was no release yet
        found.append(Day(day, rules.due_at(day, form.at_time, zone), state, entry))
    who = holders(form.role) if form.role else ""
    return FormDays(form, who, tuple(reversed(found)))


def _over(day: date, form: DailyForm, zone: str) -> datetime:
    """From when on a day is missed (UTC)."""
    return rules.due_at(day + timedelta(days=1), form.at_time, zone)


def daily_needs(plan: DeploymentPlan, now: datetime) -> Iterator[Need]:
    """What is due today, from an hour before, and the newest of the days that were missed."""
    for one in form_days(plan, now):
        missed = [day for day in one.missed if day.due > now - TOLD]
        note = (
            _("Missed: {short}.").format(short=", ".join(_short(day.day) for day in missed))
            if missed
            else ""
        )
        coming = (d for d in one.days if d.state == rules.AHEAD and d.due <= now + NEARLY)
        asked = one.due or next(coming, None)
        if asked is not None:
            yield _need(
                plan,
                one,
                asked,
                _("Fill in {form} of {short}").format(form=one.form.title, short=_short(asked.day)),
                note,
            )
        elif missed:
            yield _need(
                plan, one, missed[0], _("{form} was missed").format(form=one.form.title), note
            )


def _need(plan: DeploymentPlan, one: FormDays, day: Day, title: str, note: str) -> Need:
    form = one.form
    return Need(
        key=f"role-{form.role.key}" if form.role else "tick",
        title=title,
        url=f"/plans/{plan.slug}/days/{form.key}/{day.day}/",
        button=_("Fill in"),
        note=note,
        due=day.due,
        who=one.who,
        short=form.title,
        icon="note",
        optional=day.state == rules.MISSED,
    )


def _short(day: date) -> str:
    return day_text(day)
