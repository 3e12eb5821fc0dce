"""What people fill in about a stage."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from checklists.models import Gate
from rollouts.forms.metrics import CadenceField, SpanField
from rollouts.models import RollbackMode, Stage
from rollouts.rules.stage_chain import RUNNING_FIELDS
from warroom.form_parts import TIME_HELP, InstantField, OnceForm
from warroom.models import DeploymentPlan
from warroom.rules import lengths

USUAL_HOLD_S = Stage._meta.get_field("hold_s").default


class StageForm(OnceForm):
    """A stage: its share, when it begins, soak, hold length, gate, rounds, and what it means."""

    to_percent = forms.IntegerField(label=_l("To, per cent"), min_value=1, max_value=100)
    name = forms.CharField(label=_l("Name"), max_length=200, required=False)
    begins = InstantField(label=_l("Planned to begin"), required=False, help_text=TIME_HELP)
    soak = SpanField(
        label=_l("Soak"), nothing=0, help_text=_l("Green time before it goes on: 12h.")
    )
    hold = SpanField(
        label=_l("Hold length"),
        nothing=USUAL_HOLD_S,
        help_text=_l("What the rule holds for on yellow or no data, before it looks again."),
    )
    gate = forms.ModelChoiceField(
        Gate.objects.none(), label=_l("Gate at its end"), required=False, empty_label=_l("None")
    )
    cadence = CadenceField(
        label=_l("Rounds"), required=False, help_text=_l("5m until 1h, then 30m until 8h, then 2h.")
    )
    auto_advance = forms.BooleanField(
        label=_l("Goes on by itself"),
        required=False,
        help_text=_l(
            "When the soak is done, the gate said GO and all is green; needs an executor."
        ),
    )
    rollback_mode = forms.ChoiceField(
        label=_l("Guardrails here"),
        required=False,
        choices=[("", _l("As each guardrail says")), *RollbackMode.choices],
    )
    explanation = forms.CharField(
        label=_l("What it means"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    command = forms.CharField(
        label=_l("Command by hand"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    reason = forms.CharField(
        max_length=4000, required=False, help_text=_l("Wanted while the stage is under way.")
    )

    def __init__(self, *args, plan: DeploymentPlan, stage: Stage | None = None, **kwargs) -> None:
        self.plan, self.stage = plan, stage
        super().__init__(*args, initial=_initial(plan, stage) if stage else None, **kwargs)
        self.fields["begins"].t0 = plan.t0
        self.fields["gate"].queryset = Gate.objects.filter(plan=plan)
        if stage is None:
            del self.fields["reason"]
        elif stage.state == "running":
            for name in ("to_percent", "begins", "gate", "rollback_mode"):
                del self.fields[name]

    def wanted(self) -> dict[str, Any]:
        """The fields as an action takes them; of a running stage those that can change."""
        said = self.cleaned_data
        found = {
            "name": said["name"],
            "to_percent": said.get("to_percent"),
            "offset_s": _offset(said.get("begins"), self.plan.t0),
            "soak_s": said["soak"],
            "hold_s": said["hold"],
            "gate_id": said["gate"].pk if said.get("gate") else None,
            "cadence": _with_duties(said["cadence"], self.stage),
            "auto_advance": said["auto_advance"],
            "rollback_mode": said.get("rollback_mode", ""),
            "explanation": said["explanation"],
            "command": said["command"],
        }
        if self.plan.t0 is None:
            del found["offset_s"]
        if self.stage is not None and self.stage.state == "running":
            return {name: value for name, value in found.items() if name in RUNNING_FIELDS}
        return found


def _offset(at: datetime | None, t0: datetime | None) -> int | None:
    return None if at is None or t0 is None else int((at - t0).total_seconds())


def _with_duties(steps: list[dict[str, Any]], stage: Stage | None) -> list[dict[str, Any]]:
    """Steps as typed; what is done at a round stays with the step that looks as often."""
    kept = {step["every_s"]: step.get("duties") for step in (stage.cadence if stage else ())}
    return [
        step | ({"duties": kept[step["every_s"]]} if kept.get(step["every_s"]) else {})
        for step in steps
    ]


def _initial(plan: DeploymentPlan, stage: Stage) -> dict[str, Any]:
    at = None
    if stage.offset_s is not None and plan.t0 is not None:
        at = plan.t0 + timedelta(seconds=stage.offset_s)
    return {
        "to_percent": stage.to_percent,
        "name": stage.name,
        "begins": f"{at:%Y-%m-%d %H:%M}" if at else "",
        "soak": lengths.written(stage.soak_s) if stage.soak_s else "",
        "hold": lengths.written(stage.hold_s),
        "gate": stage.gate_id,
        "cadence": "\n".join(_line(step) for step in stage.cadence),
        "auto_advance": stage.auto_advance,
        "rollback_mode": stage.rollback_mode,
        "explanation": stage.explanation,
        "command": stage.command,
    }


def _line(step: dict[str, Any]) -> str:
    every = lengths.written(step["every_s"])
    return f"{every} until {lengths.written(step['until_s'])}" if step.get("until_s") else every
