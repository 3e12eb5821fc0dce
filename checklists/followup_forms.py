"""What people fill in about follow-ups, and about what a gate's branches start."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.models import DecisionWord
from checklists.rules.followups import MOST_STEPS, Step, read_step, write_step
from warroom.form_parts import TIME_HELP, InstantField, OnceForm
from warroom.models import DeploymentPlan, Role
from warroom.settings_forms import ShiftForm


class FollowUpForm(OnceForm):
    text = forms.CharField(label=_l("What is to be done"), max_length=2000)
    role = forms.ModelChoiceField(
        Role.objects.none(),
        to_field_name="key",
        required=False,
        label=_l("For"),
        empty_label=_l("anybody"),
    )
    owner = forms.CharField(required=False, max_length=120)
    due = InstantField(required=False, help_text=TIME_HELP)

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = plan.roles.all()
        self.fields["due"].t0 = plan.t0


class NewDateForm(ShiftForm):
    """A shift of the schedule; left empty, the date stands as it was moved already."""

    def __init__(self, *args, plan: DeploymentPlan, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, plan=plan, now=now, **kwargs)
        self.fields["shift"].required = False

    def clean_shift(self) -> datetime | int | None:
        return super().clean_shift() if self.cleaned_data["shift"] else None


class BranchesForm(OnceForm):
    """One field per branch, one line per step: ``kind | text | role | 60m``."""

    def __init__(
        self, *args, branches: list[tuple[str, list[Step]]], roles: dict[str, str], **kwargs
    ) -> None:
        super().__init__(*args, **kwargs)
        self.roles, self.words = roles, [word for word, _unused in branches]
        for word, steps in branches:
            self.fields[word] = forms.CharField(
                label=_("On {decisionword}").format(decisionword=DecisionWord(word).label),
                required=False,
                max_length=20_000,
                initial="\n".join(map(write_step, steps)),
                widget=forms.Textarea(attrs={"rows": max(3, len(steps) + 1)}),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.steps = {word: self._steps(word, cleaned.get(word, "")) for word in self.words}
        return cleaned

    def _steps(self, word: str, text: str) -> list[Step]:
        found = []
        for line in filter(str.strip, text.splitlines()):
            try:
                found.append(read_step(line, self.roles))
            except ValueError as wrong:
                self.add_error(word, str(wrong))
        if len(found) > MOST_STEPS:
            self.add_error(
                word, _("At most {most_steps} steps start at once.").format(most_steps=MOST_STEPS)
            )
        return found
