"""Forms that come back every day: their questions, and a day's answers."""

from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.wrapups import Asked, form_seen
from checklists.models import DailyEntry, DailyForm
from checklists.rules import days as rules
from warroom.form_parts import OnceForm, sample_time
from warroom.models import DeploymentPlan, Role

DAY = {"placeholder": lazy(lambda: sample_time()[:10], str)(), "inputmode": "numeric"}


class DailyFormForm(OnceForm):
    """What is asked every day, when, and of whom. Times are the plan's local ones."""

    key = forms.SlugField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    title = forms.CharField(max_length=200)
    role = forms.ModelChoiceField(
        Role.objects.none(),
        to_field_name="key",
        required=False,
        empty_label=_l("Whoever ticks items"),
    )
    at_time = forms.TimeField(
        label=_l("Due every day at"),
        input_formats=["%H:%M"],
        widget=forms.TimeInput(format="%H:%M", attrs={"placeholder": "18:00"}),
    )
    first_day = forms.DateField(input_formats=["%Y-%m-%d"], widget=forms.DateInput(DAY, "%Y-%m-%d"))
    last_day = forms.DateField(
        required=False, input_formats=["%Y-%m-%d"], widget=forms.DateInput(DAY, "%Y-%m-%d")
    )
    questions = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=8000,
        help_text=_l("One per line: question | text, number or yes-no | optional"),
    )

    def __init__(self, *args, plan: DeploymentPlan, form: DailyForm | None = None, **kwargs):
        if form is not None:
            kwargs.setdefault("initial", _initial(form))
        kwargs.setdefault("auto_id", f"daily-{form.pk if form else 'new'}-%s")
        super().__init__(*args, **kwargs)
        self.form = form
        self.fields["role"].queryset = plan.roles.all()
        self.fields["at_time"].help_text = _("In the plan's time zone, {time_zone}.").format(
            time_zone=plan.time_zone
        )

    def clean_questions(self) -> list[dict[str, object]]:
        try:
            return rules.read_questions(self.cleaned_data["questions"])
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from wrong

    def seen_again(self) -> None:
        """After a conflict: what was typed stays, and saving it once more is deliberate."""
        if self.form is not None:
            self.data = self.data.copy()
            self.data["seen"] = form_seen(self.form)

    def asked(self) -> Asked:
        said = self.cleaned_data
        return Asked(
            said["title"].strip(),
            said["questions"],
            said["at_time"],
            said["first_day"],
            said["last_day"],
            said["role"],
        )


def _initial(form: DailyForm) -> dict[str, Any]:
    return {
        "key": form.key,
        "seen": form_seen(form),
        "title": form.title,
        "role": form.role.key if form.role else None,
        "at_time": form.at_time,
        "first_day": form.first_day,
        "last_day": form.last_day,
        "questions": rules.questions_text(form.questions),
    }


class DayForm(OnceForm):
    """One day's answers; a field per question. ``seen`` is the entry that its reader saw."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, daily: DailyForm, entry: DailyEntry | None = None, **kwargs):
        if entry is not None:
            answers = {f"q-{key}": said for key, said in entry.answers.items()}
            kwargs.setdefault("initial", answers | {"seen": entry.pk})
        super().__init__(*args, **kwargs)
        for one in daily.questions:
            self.fields[f"q-{one['key']}"] = _field(one)
        self.fields[f"q-{rules.REPLAN}"] = forms.CharField(
            label=_("What moves, and where to"),
            required=False,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text=_("Work that today leaves for another day."),
        )

    def answers(self) -> dict[str, Any]:
        said = self.cleaned_data.items()
        return {name[2:]: value for name, value in said if name.startswith("q-")}

    def questions(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("q-")]


def _field(question: dict[str, Any]) -> forms.Field:
    wanted = bool(question.get("wanted", True))
    common = {"label": question["label"], "required": wanted}
    if question.get("kind") == "yes-no":
        choices = [("", _("Choose")), ("yes", _("Yes")), ("no", _("No"))]
        return forms.ChoiceField(choices=choices, **common)
    if question.get("kind") == "number":
        widget = forms.TextInput(attrs={"inputmode": "decimal"})
        return forms.CharField(max_length=40, widget=widget, **common)
    widget = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(max_length=rules.ANSWER_LIMIT, widget=widget, **common)
