"""What people fill in about rollbacks and drills: starting, ending, and what came of a step."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.actions.run_ends import MOST_S
from rollouts.models import RollbackProcedure, RunOutcome
from rollouts.rules.procedures import span_of
from rollouts.rules.runs import TOTAL, segment_text
from warroom.form_parts import InstantField, OnceForm
from warroom.models import DeploymentPlan


class SpanField(forms.CharField):
    """A length as on a stopwatch, ``7:05`` or ``90 s``, as seconds; None for none."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, max_length=20, **kwargs)

    def clean(self, value) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        seconds = span_of(text)
        if seconds is None or seconds > MOST_S:
            raise forms.ValidationError(
                _("{text!r} is no length. Write 7:05, 5m or 90 s.").format(text=text)
            )
        return seconds


class ProcedureChoice(forms.ModelChoiceField):
    def label_from_instance(self, row: RollbackProcedure) -> str:
        return row.name


def _ways(plan: DeploymentPlan):
    return RollbackProcedure.objects.filter(plan=plan, retired_at=None)


class StartDrillForm(OnceForm):
    """A drill that begins now."""

    procedure = ProcedureChoice(
        RollbackProcedure.objects.none(), required=False, empty_label=_l("the usual three segments")
    )
    place = forms.CharField(max_length=120, label=_l("Where"), help_text="staging")
    reason = forms.CharField(
        required=False,
        max_length=500,
        label=_l("What is tried"),
        help_text=_l("A restore from tonight"),
    )

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["procedure"].queryset = _ways(plan)
        if _ways(plan).exists():
            self.fields["procedure"].empty_label = None


class PastDrillForm(OnceForm):
    """A drill that was held before, from its notes: one length for each segment."""

    place = forms.CharField(max_length=120, label=_l("Where"), help_text="staging")
    held_by = forms.CharField(required=False, max_length=150, label=_l("Who held it"))
    downtime = SpanField(
        required=False, label=_l("Downtime"), help_text=_l("As a probe saw it, such as 7:05")
    )
    worked = forms.BooleanField(required=False, initial=True, label=_l("It worked"))
    note = forms.CharField(
        required=False, label=_l("What was seen"), widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args, procedure: RollbackProcedure, t0=None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["started_at"] = InstantField(
            t0=t0, label=_("Began"), help_text="2025-10-21 10:00, UTC"
        )
        rows = procedure.steps.order_by("position", "pk").values_list("segment", flat=True)
        self.segments = list(dict.fromkeys(rows)) or [TOTAL]
        for place, segment in enumerate(self.segments):
            label = _("{segment} took").format(segment=segment_text(segment))
            self.fields[f"took_{place}"] = SpanField(label=label)

    @property
    def durations(self) -> dict[str, float]:
        """Seconds by segment, once it is valid."""
        given = self.cleaned_data
        return {name: given[f"took_{place}"] for place, name in enumerate(self.segments)}

    @property
    def lengths(self):
        """The fields of the segments, in their order."""
        return [self[f"took_{place}"] for place in range(len(self.segments))]

    def refuse(self, refused) -> None:
        """A segment that the action names is the field of that segment."""
        named = getattr(refused, "field", "")
        if named in self.segments:
            self.add_error(f"took_{self.segments.index(named)}", refused.sentence)
        else:
            super().refuse(refused)


class FinishForm(OnceForm):
    """How a run ended."""

    outcome = forms.ChoiceField(
        choices=[
            (RunOutcome.VERIFIED.value, _l("Verified")),
            (RunOutcome.FAILED.value, _l("Failed")),
        ],
        error_messages={"required": _l("Say whether it is verified or did not work.")},
    )
    saw = forms.CharField(
        label=_l("What you saw"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _l("Say what you saw.")},
    )
    downtime = SpanField(
        required=False, label=_l("Downtime"), help_text=_l("If somebody measured it, such as 7:05")
    )

    @property
    def said(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "outcome": given["outcome"],
            "saw": given["saw"],
            "downtime_s": given["downtime"],
        }


class WhyForm(OnceForm):
    """A reason, and nothing else."""

    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), error_messages={"required": _l("Say why.")}
    )
