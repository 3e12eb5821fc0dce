"""What people fill in about findings and dry runs. The actions judge it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.finding_fields import Said
from checklists.forms import ReasonField
from checklists.forms_editing import DueField
from checklists.models import DryRunWord, FindingState, Severity
from checklists.rules.due_text import Due
from warroom.form_parts import TIME_HELP, InstantField, OnceForm
from warroom.models import DeploymentPlan

SHORT = {"rows": 2}


class UtcField(DueField):
    """A time as people type it; gives an instant (UTC) or None."""

    def clean(self, value) -> Any:
        due: Due = super().clean(value)
        if due.offset_s is None:
            return due.at
        if self.t0 is None:
            raise forms.ValidationError(
                _("The release has no T0 yet. Write a date and a time, UTC.")
            )
        return InstantField(t0=self.t0).clean(value)


class FindingFields(OnceForm):
    """What a finding says."""

    title = forms.CharField(max_length=300, label=_l("What was found"))
    severity = forms.ChoiceField(choices=Severity.choices, initial=Severity.MEDIUM)
    place = forms.CharField(
        max_length=500, required=False, label=_l("Where"), help_text=_l("Such as api/limits.py:41.")
    )
    description = forms.CharField(
        max_length=20_000, required=False, widget=forms.Textarea(attrs=SHORT)
    )
    owner = forms.CharField(max_length=120, required=False, help_text=_l("A name or a role."))
    due = UtcField(label=_l("Due, UTC or T-offset"))

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due"].t0 = plan.t0

    @property
    def said(self) -> dict[str, Any]:
        names = ("title", "severity", "place", "description", "owner", "due")
        return {name: self.cleaned_data[name] for name in names}


class NewFindingForm(FindingFields):
    prefix = "new"


class EditFindingForm(FindingFields):
    prefix = "edit"
    reason = ReasonField(
        required=False, max_length=1000, help_text=_l("Wanted for another severity.")
    )
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class FindingStateForm(OnceForm):
    """What became of a finding."""

    state = forms.ChoiceField(choices=FindingState.choices, widget=forms.RadioSelect)
    reason = ReasonField(required=False, max_length=2000, label=_l("Reason, shown at the gate"))
    until = UtcField(label=_l("Accepted until, UTC"))
    before = forms.CharField(max_length=200, required=False, label=_l("Measured before"))
    after = forms.CharField(max_length=200, required=False, label=_l("Measured after"))
    fix = forms.CharField(
        max_length=2000,
        required=False,
        label=_l("What was done"),
        widget=forms.Textarea(attrs=SHORT),
    )
    retest = forms.BooleanField(required=False, label=_l("Counts until a retest agrees"))
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].t0 = plan.t0

    @property
    def said(self) -> Said:
        given = self.cleaned_data
        fixed = given["state"] == FindingState.FIXED
        names = ("reason", "until", "before", "after", "fix")
        return Said(**{n: given[n] for n in names}, retest=given["retest"] if fixed else None)


class RetestForm(OnceForm):
    prefix = "retest"
    note = forms.CharField(max_length=120, label=_l("What the retest saw"))
    after = forms.CharField(max_length=200, required=False, label=_l("Measured after"))
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class FilterForm(forms.Form):
    """Which findings are shown; whatever makes no sense chooses nothing."""

    state = forms.ChoiceField(required=False)
    source = forms.ChoiceField(
        required=False,
        choices=[("", _l("Every source")), ("scan", _l("Scanners")), ("hand", _l("By hand"))],
    )
    severity = forms.ChoiceField(
        required=False, choices=[("", _l("Every severity")), *Severity.choices]
    )
    q = forms.CharField(
        max_length=100, required=False, widget=forms.TextInput(attrs={"placeholder": _l("Search")})
    )

    def __init__(self, *args, counted: dict[str, int], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        every = [("", _("All {sum}").format(sum=sum(counted.values())))]
        states = [(key, f"{word} {counted.get(key, 0)}") for key, word in FindingState.choices]
        self.fields["state"].choices = every + states


# --- dry runs --------------------------------------------------------------------------------


class DryRunForm(OnceForm):
    """What is tried."""

    title = forms.CharField(max_length=200, label=_l("What is tried"))
    command = forms.CharField(max_length=20_000, required=False, widget=forms.Textarea(attrs=SHORT))
    expected = forms.CharField(
        max_length=20_000, required=False, widget=forms.Textarea(attrs=SHORT)
    )


class NewDryRunForm(DryRunForm):
    prefix = "new"


class EditDryRunForm(DryRunForm):
    prefix = "edit"
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class DryRunResultForm(OnceForm):
    """How it went."""

    word = forms.ChoiceField(
        choices=DryRunWord.choices, widget=forms.RadioSelect, label=_l("Result")
    )
    output = forms.CharField(
        required=False,
        strip=False,
        help_text=_l("As text, at most 64 KB."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    analysis = forms.CharField(
        max_length=10_000, required=False, widget=forms.Textarea(attrs=SHORT)
    )
    at = InstantField(
        required=False, label=_l("When it ran, UTC"), help_text=f"{TIME_HELP}; else now."
    )

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].t0 = plan.t0


class JudgeDryRunForm(OnceForm):
    """Whether a warning or a failure is accepted."""

    prefix = "judge"
    accepted = forms.ChoiceField(
        choices=[("yes", _l("Accept it")), ("no", _l("Do not accept it"))], widget=forms.RadioSelect
    )
    reason = ReasonField(max_length=2000, label=_l("Reason"))
    result = forms.IntegerField(widget=forms.HiddenInput)


class RemoveDryRunForm(OnceForm):
    prefix = "remove"
    reason = forms.CharField(max_length=500, label=_l("Why it is not tried any more"))
