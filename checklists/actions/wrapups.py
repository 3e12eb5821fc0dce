"""Forms that come back every day, such as an evening's wrap-up (S97)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.models import DailyEntry, DailyForm
from checklists.rules import days as rules
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, NotAllowed, Refused
from warroom.models import DeploymentPlan, Right, Role, User
from warroom.rules.fingerprint import fingerprint
from warroom.rules.keys import free_key

MOST_FORMS = 20
FIELDS = ["title", "questions", "role", "at_time", "first_day", "last_day"]
_ADDED = _l("Daily form added: {form}, at {at_time:%H:%M} {time_zone} from {first_day}.")
_CHANGED = _l("Daily form changed: {form}, at {at_time:%H:%M} {time_zone} from {first_day}.")


@dataclass(frozen=True)
class Asked:
    """What a daily form is. ``at_time`` is the plan's local time, the days are local days."""

    title: str
    questions: Sequence[Mapping[str, Any]]
    at_time: time
    first_day: date
    last_day: date | None = None
    role: Role | None = None


def define_form(
    plan: DeploymentPlan,
    asked: Asked,
    *,
    by: User,
    form: DailyForm | None = None,
    seen: str = "",
    request_id: str | None = None,
) -> DailyForm:
    """Make a daily form, or change ``form``; what was filled in stays as it was answered.

    ``seen`` is ``form_seen`` of what its editor saw. Raises Invalid for what is filled in wrongly,
    Refused when somebody changed it meanwhile, NotAllowed without the right to edit.
    """
    _check(plan, asked)
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as defining:
        form = DailyForm.objects.get(pk=form.pk) if form else None
        if form is not None and (defining.repeated or _says(form, asked)):
            return form
        if form is None and defining.repeated:
            return _same(defining.plan, asked)
        if form is not None and seen and seen != form_seen(form):
            raise Refused(
                _("Somebody changed {form} meanwhile. Nothing of yours was saved.").format(
                    form=form.title
                )
            )
        verb = "changed" if form else "added"
        form = form or _new(defining.plan, asked)
        for name in FIELDS:
            setattr(form, name, getattr(asked, name))
        form.questions = [dict(one) for one in asked.questions]
        form.save()
        defining.record(
            f"daily.{verb}",
            (_CHANGED if verb == "changed" else _ADDED).format(
                form=form.title,
                at_time=form.at_time,
                time_zone=plan.time_zone,
                first_day=form.first_day,
            ),
            form=form.key,
            at=f"{form.at_time:%H:%M}",
            first=str(form.first_day),
            last=str(form.last_day or ""),
            questions=form.questions,
        )
    return form


def form_seen(form: DailyForm) -> str:
    """The fingerprint of a daily form, which the form that changes it carries."""
    return fingerprint([form.role_id if name == "role" else getattr(form, name) for name in FIELDS])


def fill_day(
    form: DailyForm,
    day: date,
    answers: Mapping[str, Any],
    *,
    by: User,
    seen: int | None = None,
    request_id: str | None = None,
) -> DailyEntry:
    """Answer a day's form and return the entry; a correction is a new entry that names the old.

    ``seen``: the entry (its id) that the author saw, None where there was none. The same answers
    again are no event. Raises Invalid for a day the form is not for or a wrong answer, Refused when
    somebody answered meanwhile, NotAllowed for whoever may not tick or is not the form's role.
    """
    checked = rules.check_answers(form.questions, answers)
    if checked.wrong:
        field, sentence = next(iter(checked.wrong.items()))
        raise Invalid(field, sentence)
    with change(form.plan, by=by, right=Right.TICK, request_id=request_id) as filling:
        _demand_role(filling, form)
        _demand_day(filling, form, day)
        newest = form.entries.filter(day=day, superseded_by__isnull=True).first()
        if newest and (filling.repeated or newest.answers == checked.answers):
            return newest
        if newest and newest.pk != seen:
            raise Refused(
                _(
                    "{by_name} filled in {form} of {day} first, at {at:%H:%M} UTC. "
                    "Nothing was saved."
                ).format(by_name=newest.by_name, form=form.title, day=day, at=newest.at)
            )
        entry = DailyEntry.objects.create(
            form=form,
            day=day,
            answers=checked.answers,
            by=by,
            by_name=filling.author_name,
            at=filling.at,
            supersedes=newest,
        )
        _record(filling, form, entry)
    return entry


def _record(filling: Change, form: DailyForm, entry: DailyEntry) -> None:
    verb = "corrected" if entry.supersedes_id else "filled"
    said = (
        _("{form} of {day}, corrected: {answers}")
        if entry.supersedes_id
        else _("{form} of {day}: {answers}")
    )
    filling.record(
        f"daily.{verb}",
        said.format(
            form=form.title,
            day=entry.day,
            answers=rules.summary(form.questions, entry.answers),
        ),
        form=form.key,
        day=str(entry.day),
        answers=entry.answers,
        supersedes=entry.supersedes_id,
    )


def _check(plan: DeploymentPlan, asked: Asked) -> None:
    if not asked.title.strip() or len(asked.title) > 200:
        raise Invalid("title", _("A form has a title of at most 200 characters."))
    if not asked.questions:
        raise Invalid("questions", _("Ask at least one question."))
    if asked.last_day and asked.last_day < asked.first_day:
        raise Invalid("last_day", _("The last day lies before the first."))
    if asked.last_day and (asked.last_day - asked.first_day).days >= rules.MOST_DAYS:
        raise Invalid(
            "last_day",
            _("A form comes back for at most {most_days} days.").format(most_days=rules.MOST_DAYS),
        )
    if asked.role is not None and asked.role.plan_id != plan.pk:
        raise Invalid("role", _("This release has no such role."))


def _says(form: DailyForm, asked: Asked) -> bool:
    plain = (name for name in FIELDS if name != "questions")
    same = all(getattr(form, name) == getattr(asked, name) for name in plain)
    return same and form.questions == [dict(one) for one in asked.questions]


def _same(plan: DeploymentPlan, asked: Asked) -> DailyForm:
    return plan.daily_forms.filter(title=asked.title).last() or plan.daily_forms.last()


def _new(plan: DeploymentPlan, asked: Asked) -> DailyForm:
    if plan.daily_forms.count() >= MOST_FORMS:
        raise Invalid(
            "title",
            _("There are {most_forms} daily forms; no more are taken.").format(
                most_forms=MOST_FORMS
            ),
        )
    taken = {"forms", *plan.daily_forms.values_list("key", flat=True)}
    key = free_key(rules.key_of(asked.title), taken)
    last = plan.daily_forms.aggregate(last=Max("position"))["last"]
    return DailyForm(plan=plan, key=key, position=0 if last is None else last + 1)


def _demand_role(filling: Change, form: DailyForm) -> None:
    if form.role_id is None or form.role_id in filling.held.role_ids:
        return
    if not filling.held.may(Right.EDIT):
        raise NotAllowed(
            _("{form} is for {role}: only who sits there fills it in.").format(
                form=form.title, role=form.role.name
            )
        )


def _demand_day(filling: Change, form: DailyForm, day: date) -> None:
    today = rules.local_day(filling.at, filling.plan.time_zone)
    if day < form.first_day or (form.last_day and day > form.last_day):
        raise Invalid("day", _("{form} is not for {day}.").format(form=form.title, day=day))
    if day > today:
        raise Invalid("day", _("{day} is still to come.").format(day=day))
