"""What people fill in about a guardrail. The action judges it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.actions.guardrails import Wanted
from rollouts.forms.metrics import SpanField
from rollouts.models import Guardrail, GuardrailKind, HealthCheck, PrometheusQuery, RollbackMode
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan
from warroom.rules.wording import duration_text

OTHERS = [
    (GuardrailKind.NO_DATA.value, _l("No metric answers at all")),
    (GuardrailKind.DRIFT.value, _l("Actual traffic differs from desired")),
]
MODES = [
    (RollbackMode.AUTOMATIC.value, _l("Roll back without asking")),
    (RollbackMode.RECOMMEND.value, _l("Recommend it, and call the first level")),
    (RollbackMode.OFF.value, _l("Off")),
]


class GuardrailForm(OnceForm):
    """What it watches, for how long it may be wrong, and what happens then."""

    watches = forms.ChoiceField(label=_l("Rolls back when"))
    window = SpanField(label=_l("For"), nothing=0, help_text=_l("5 min, 90 s"))
    mode = forms.ChoiceField(label=_l("Then"), choices=MODES)
    name = forms.CharField(
        required=False, max_length=120, help_text=_l("As it is called in alerts: HighErrorRate")
    )

    def __init__(
        self, plan: DeploymentPlan, rail: Guardrail | None = None, data: Any = None
    ) -> None:
        super().__init__(data, initial=_initial(rail))
        self.plan = plan
        metrics = PrometheusQuery.objects.filter(plan=plan).values_list("key", "name")
        checks = HealthCheck.objects.filter(plan=plan).values_list("key", "name")
        self.fields["watches"].choices = [
            *((f"metric:{key}", _("{name} is red").format(name=name)) for key, name in metrics),
            *((f"check:{key}", _("{name} fails").format(name=name)) for key, name in checks),
            *OTHERS,
        ]

    @property
    def wanted(self) -> Wanted:
        given = self.cleaned_data
        kind, _unused, key = given["watches"].partition(":")
        rows = {"metric": PrometheusQuery, "check": HealthCheck}
        found = rows[kind].objects.filter(plan=self.plan, key=key).first() if key else None
        return Wanted(kind, given["name"], given["window"], given["mode"], found)


def _initial(rail: Guardrail | None) -> dict[str, Any]:
    if rail is None:
        return {"window": "5 min", "mode": RollbackMode.RECOMMEND.value}
    watched = rail.query or rail.health_check
    return {
        "watches": f"{rail.kind}:{watched.key}" if watched else rail.kind,
        "window": _written(rail.window_s),
        "mode": rail.mode,
        "name": rail.name,
    }


def _written(seconds: int) -> str:
    """As it is typed again without a loss: "5 min", "90 s"."""
    return f"{seconds} s" if seconds % 60 else duration_text(seconds)
