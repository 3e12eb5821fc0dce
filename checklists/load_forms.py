"""Forms of load profiles and of their runs."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from checklists.models import LoadProfile, LoadRun
from checklists.queries.load import limits_of
from checklists.rules.bands import exact
from checklists.rules.load import KINDS, LIMITED, Kind
from warroom.form_parts import OnceForm

DECIMAL = {"inputmode": "decimal", "autocomplete": "off", "size": "8", "class": "in--s"}
WHOLE = {"inputmode": "numeric", "autocomplete": "off", "size": "8", "class": "in--s"}
TYPED = {"autocomplete": "off", "size": "8", "class": "in--s"}
LIMIT_LABELS = {
    "p50_ms": "P50, ms",
    "p95_ms": "P95, ms",
    "p99_ms": "P99, ms",
    "error_percent": _l("Errors, %"),
    "throughput": _l("Throughput, /s"),
}
SIGNS = {"<=": "≤", ">=": "≥"}


def _number(label: str) -> forms.FloatField:
    return forms.FloatField(label=label, required=False, widget=forms.TextInput(DECIMAL))


def _limit(kind: Kind) -> forms.CharField:
    example = "≤ 500" if kind.unit == "ms" else f"{SIGNS[kind.op]} 1"
    widget = forms.TextInput(TYPED | {"placeholder": example})
    label = LIMIT_LABELS[kind.field]
    return forms.CharField(label=label, required=False, max_length=40, widget=widget)


def _limits(profile: LoadProfile) -> dict[str, str]:
    """The limits as they are typed: ``< 500``, ``≤ 500``."""
    told = limits_of(profile)
    return {
        kind.field: f"{SIGNS.get(bound.op, bound.op)} {exact(bound.value)}"
        for kind in LIMITED
        if (bound := told.get(kind.key)) is not None
    }


class ProfileForm(OnceForm):
    """A profile: what is run, and what it has to keep to."""

    name = forms.CharField(max_length=200, widget=forms.TextInput({"placeholder": _l("Peak load")}))
    users = forms.IntegerField(required=False, widget=forms.TextInput(WHOLE))
    minutes = forms.IntegerField(required=False, widget=forms.TextInput(WHOLE))
    command = forms.CharField(
        required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, profile: LoadProfile | None = None, **kwargs) -> None:
        kwargs.setdefault("auto_id", "profile-%s")
        if profile is not None:
            names = ("name", "users", "minutes", "command", "revision")
            said = {name: getattr(profile, name) for name in names}
            kwargs.setdefault("initial", said | _limits(profile))
        super().__init__(*args, **kwargs)
        for kind in LIMITED:
            self.fields[kind.field] = _limit(kind)

    def said(self) -> dict[str, Any]:
        names = ("name", "users", "minutes", "command", *LIMIT_LABELS)
        return {name: self.cleaned_data[name] for name in names}

    @property
    def limits(self) -> list[forms.BoundField]:
        return [self[name] for name in LIMIT_LABELS]


class RunForm(OnceForm):
    """The figures of a run that ended; without any, why there are none."""

    run = forms.IntegerField(required=False, widget=forms.HiddenInput)
    cause = forms.CharField(
        label=_l("Note, or why there are no figures"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args, running: LoadRun | None = None, **kwargs) -> None:
        kwargs.setdefault("auto_id", "run-%s")
        super().__init__(*args, **kwargs)
        for key, kind in KINDS.items():
            self.fields[key] = _number(f"{kind.label}, {kind.unit}" if kind.unit else kind.label)
        self.fields["run"].initial = running.number if running else None

    def measured(self) -> dict[str, float | None]:
        return {key: self.cleaned_data[key] for key in KINDS}

    @property
    def figures(self) -> list[forms.BoundField]:
        return [self[key] for key in KINDS]


class RunFileForm(OnceForm):
    """What Locust or k6 wrote of a run."""

    file = forms.FileField(help_text=_l("Locust's stats.csv or k6's summary as JSON; up to 20 MB."))
    commit = forms.CharField(
        label=_l("Commit it was made from"), max_length=64, required=False,
        widget=forms.TextInput({"placeholder": "3d97ee2", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, *args, **kwargs) -> None:
        kwargs.setdefault("auto_id", "file-%s")
        super().__init__(*args, **kwargs)


class ExplainForm(OnceForm):
    """Why a run failed, and what was done about it."""

    cause = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    fix = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, run: LoadRun | None = None, **kwargs) -> None:
        kwargs.setdefault("auto_id", "explain-%s")
        if run is not None:
            kwargs.setdefault("initial", {"cause": run.cause, "fix": run.fix})
        super().__init__(*args, **kwargs)


class ExceptForm(OnceForm):
    """Why the failing of a run is accepted."""

    reason = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, run: LoadRun | None = None, **kwargs) -> None:
        kwargs.setdefault("auto_id", "except-%s")
        if run is not None:
            kwargs.setdefault("initial", {"reason": run.excepted})
        super().__init__(*args, **kwargs)
