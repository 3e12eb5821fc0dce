"""Forms with which a person brings in a result: a file that is looked at first, or a value."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.models import Criterion, Source
from checklists.queries.evidence import commit_names
from checklists.rules.evidence import LEAST_S, MOST_S, names_commit
from warroom.form_parts import OnceForm, sample_time
from warroom.models import DeploymentPlan
from warroom.rules.typed import clock_of, instant_of, length_of

REPORT = "-"  # no prefix: a hyphen cannot begin one
COMMIT_HELP = _l("Another commit or version than {} is kept, but does not count.")
VERSION_HELP = _l(
    "Another version than {} is kept, but does not count. This release names no "
    "commit: a commit is not compared."
)


class LengthField(forms.CharField):
    """A length of time as people write it; seconds, or None for an empty field."""

    def clean(self, value) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        seconds = length_of(text)
        if seconds is None or not LEAST_S <= seconds <= MOST_S:
            raise forms.ValidationError(
                _("Write a length from 1m to 366d, such as 45m, 12h or 7d.")
            )
        return seconds


class PastField(forms.CharField):
    """When something was: UTC text, the last time of a clock, or an offset from T0."""

    def __init__(self, *args, t0: datetime | None = None, **kwargs) -> None:
        super().__init__(*args, max_length=40, **kwargs)
        self.t0 = t0

    def clean(self, value) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        now = timezone.now()
        at = instant_of(text, now, self.t0)
        if at is None:
            raise forms.ValidationError(
                _("{text!r} is no time. Write {sample_time}, or 20:44.").format(
                    text=text, sample_time=sample_time("20:44")
                )
            )
        return at - timedelta(days=1) if clock_of(text) and at > now else at


class _Brought(OnceForm):
    """What both ways of bringing something in ask."""

    commit = forms.CharField(
        label=_l("Commit it was made from"),
        max_length=64,
        required=False,
        widget=forms.TextInput({"placeholder": "3d97ee2", "autocomplete": "off"}),
    )
    valid_for = LengthField(label=_l("Counts for"), max_length=20, required=False)
    observed_at = PastField(label=_l("Observed, UTC"), required=False)
    url = forms.URLField(
        label=_l("Link to the run"), max_length=500, required=False, assume_scheme="https"
    )

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["observed_at"].t0 = plan.t0
        if plan.version:
            said = COMMIT_HELP if names_commit(commit_names(plan)) else VERSION_HELP
            self.fields["commit"].help_text = said.format(plan.version)


class UploadForm(_Brought):
    """A result file, before anything of it counts."""

    file = forms.FileField(
        help_text=_l(
            "JUnit or Cobertura XML, SARIF, coverage or k6 JSON, Locust CSV; up to 20 "
            "MB. The kind is recognised."
        )
    )
    feeds = forms.ChoiceField(required=False)

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        kwargs.setdefault("auto_id", "import-%s")
        super().__init__(*args, plan=plan, **kwargs)
        self.fields["feeds"].choices = feeds_choices(plan)


class ConfirmForm(_Brought):
    """The same file once more, with what was chosen for it. ``ref`` names the kept bytes."""

    label = forms.CharField(
        label=_l("Name"), max_length=200, required=False, help_text=_l("Such as Smoke load at 5 %.")
    )
    ref = forms.CharField(max_length=1000, widget=forms.HiddenInput)
    feeds = forms.ChoiceField(required=False)
    prefix = forms.CharField(
        max_length=60,
        required=False,
        help_text=_l("Before the keys of its values: load gives load.p95."),
    )

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        kwargs.setdefault("auto_id", "confirm-%s")
        super().__init__(*args, plan=plan, **kwargs)
        self.fields["feeds"].choices = feeds_choices(plan)


class ValueForm(_Brought):
    """One value that a person read somewhere."""

    key = forms.CharField(
        max_length=80, widget=forms.TextInput({"list": "known-keys", "autocomplete": "off"})
    )
    value = forms.CharField(max_length=40, widget=forms.TextInput({"inputmode": "decimal"}))
    unit = forms.CharField(max_length=20, required=False)
    label = forms.CharField(label=_l("Name"), max_length=200, required=False)
    source = forms.CharField(
        label=_l("Where it was read"),
        max_length=500,
        required=False,
        help_text=_l("The tool, or a query."),
    )

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        kwargs.setdefault("auto_id", "value-%s")
        super().__init__(*args, plan=plan, **kwargs)
        self.fields["observed_at"].help_text = _("Empty: now.")
        self.fields["valid_for"].help_text = _("Empty: 1h.")

    def clean_value(self) -> float:
        text = self.cleaned_data["value"].strip().replace("−", "-")
        try:
            return float(text) if text.isascii() and "_" not in text else float("x")
        except ValueError:
            raise forms.ValidationError(_("Write a number with a point: 98.28.")) from None


def feeds_choices(plan: DeploymentPlan) -> list[tuple[str, str]]:
    """Which criteria a file can feed, by the prefix of their keys."""
    asked = Criterion.objects.filter(
        gate__plan=plan, source=Source.EVIDENCE, evidence_key__contains="."
    )
    named: dict[str, list[str]] = {}
    for key, label, number in asked.values_list("evidence_key", "label", "gate__number"):
        named.setdefault(key.partition(".")[0], []).append(
            _("{label}, gate {number}").format(label=label, number=number)
        )
    chosen = [
        (prefix, f"{'; '.join(rows[:2])[:70]} ({prefix}.…)") for prefix, rows in named.items()
    ]
    first, last = ("", _("What it fed last time")), (REPORT, _("Nothing, keep for the report"))
    return [first, *sorted(chosen), last]
