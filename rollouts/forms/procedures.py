"""The editor of a procedure: its head, and a row for each step."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _l

from rollouts.actions.procedures import LIMITS, MOST_STEPS, PARTS, STEP_LIMITS, watched_key
from rollouts.forms.runs import SpanField
from rollouts.models import HealthCheck, PrometheusQuery, RollbackProcedure, StepKind
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan
from warroom.rules.wording import span_text

SPARE = 3
KINDS = [
    (StepKind.PERSON.value, _l("A person does it")),
    (StepKind.STOP_INTAKE.value, _l("Stop taking requests")),
    (StepKind.BACKUP.value, _l("Back up first")),
    (StepKind.EXECUTE.value, _l("The executor does it")),
    (StepKind.METRIC.value, _l("A metric shows it")),
    (StepKind.CHECK.value, _l("A check shows it")),
]


class ProcedureForm(OnceForm):
    """Name, targets, and where it goes."""

    name = forms.CharField(max_length=LIMITS["name"], help_text=_l("Full restore"))
    target_s = SpanField(required=False, label=_l("Target, all of it"), help_text="20:00")
    downtime_target_s = SpanField(required=False, label=_l("Downtime at most"), help_text="10:00")
    to_percent = forms.IntegerField(
        required=False, min_value=0, max_value=100, initial=0, label=_l("Goes to, % of the traffic")
    )
    to_text = forms.CharField(
        required=False,
        max_length=LIMITS["to_text"],
        label=_l("And to"),
        help_text=_l("commit 3d97ee2"),
    )
    parts = forms.CharField(
        required=False,
        max_length=300,
        label=_l("What it takes back"),
        help_text=format_lazy(_l("With commas: {parts}"), parts=", ".join(PARTS)),
    )
    command = forms.CharField(
        required=False,
        max_length=LIMITS["command"],
        label=_l("All of it by hand"),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_l("The command to copy if the button fails."),
    )
    is_default = forms.BooleanField(required=False, label=_l("Followed unless another is named"))
    basis = forms.CharField(
        required=False, max_length=16, widget=forms.HiddenInput(attrs={"id": False})
    )

    @property
    def said(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        for name in ("request_id", "basis", "is_default"):
            given.pop(name, None)
        given["parts"] = [part.strip() for part in given["parts"].split(",") if part.strip()]
        return given


def procedure_initial(row: RollbackProcedure, basis: str) -> dict[str, Any]:
    """What the form of a procedure begins with."""
    return {
        "name": row.name,
        "target_s": _span(row.target_s),
        "downtime_target_s": _span(row.downtime_target_s),
        "to_percent": row.to_percent,
        "to_text": row.to_text,
        "parts": ", ".join(row.parts),
        "command": row.command,
        "is_default": row.is_default,
        "basis": basis,
    }


def _span(seconds: int | None) -> str:
    return span_text(seconds) if seconds is not None else ""


class StepForm(forms.Form):
    """One step. An emptied title takes it off; ``place`` is where it stands."""

    place = forms.IntegerField(required=False, min_value=0, max_value=999, label=_l("Place"))
    title = forms.CharField(
        required=False, max_length=STEP_LIMITS["title"], label=_l("What is done")
    )
    segment = forms.CharField(
        required=False,
        max_length=STEP_LIMITS["segment"],
        label=_l("Segment"),
        help_text="decide, execute, verify",
    )
    kind = forms.ChoiceField(required=False, choices=KINDS, label=_l("Who or what"))
    target_s = SpanField(required=False, label=_l("Target"))
    watches = forms.ChoiceField(required=False, label=_l("Shown by"))
    hold_s = SpanField(required=False, label=_l("Green for"))
    command = forms.CharField(
        required=False,
        max_length=STEP_LIMITS["command"],
        label=_l("Command"),
        widget=forms.Textarea(attrs={"rows": 1, "spellcheck": "false"}),
    )
    expected = forms.CharField(
        required=False, max_length=STEP_LIMITS["expected"], label=_l("Expected, or done when")
    )
    blocking = forms.BooleanField(required=False, label=_l("Blocks what follows"))

    def __init__(self, *args, watched: list[tuple[str, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["watches"].choices = watched


_ROWS = forms.formset_factory(StepForm, extra=SPARE, max_num=MOST_STEPS, validate_max=True)


class StepRows:
    """The steps of a procedure as rows; ``error`` is what the action said of them."""

    def __init__(
        self, plan: DeploymentPlan, procedure: RollbackProcedure | None = None, data: Any = None
    ) -> None:
        initial = [_initial(step) for step in procedure.steps.all()] if procedure else []
        self.lines = _ROWS(
            data, initial=initial, prefix="steps", form_kwargs={"watched": watchable(plan)}
        )
        self.error = ""

    def is_valid(self) -> bool:
        return self.lines.is_valid()

    @property
    def said(self) -> list[dict[str, Any]]:
        """The steps by their places; rows without a title are left out."""
        rows = [form.cleaned_data for form in self.lines if form.cleaned_data.get("title")]
        ordered = sorted(rows, key=lambda row: row.get("place") or 1000)
        return [{name: row[name] for name in row if name != "place"} for row in ordered]

    def refuse(self, sentence: str) -> None:
        self.error = sentence


def _initial(step) -> dict[str, Any]:
    return {
        "place": step.position,
        "title": step.title,
        "segment": step.segment,
        "kind": step.kind,
        "target_s": _span(step.target_s),
        "watches": watched_key(step),
        "hold_s": _span(step.hold_s) if step.hold_s else "",
        "command": step.command,
        "expected": step.expected,
        "blocking": step.blocking,
    }


def watchable(plan: DeploymentPlan) -> list[tuple[str, str]]:
    """The metrics and checks that can show a step; two SQL statements."""
    metrics = PrometheusQuery.objects.filter(plan=plan).values_list("key", "name")
    checks = HealthCheck.objects.filter(plan=plan).values_list("key", "name")
    found = [(f"metric:{key}", name) for key, name in metrics]
    return [("", "nothing"), *found, *((f"check:{key}", name) for key, name in checks)]
