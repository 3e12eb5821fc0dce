from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.bands import Bound, exact, parse_bound, show
from rollouts.forms.metrics import SpanField
from rollouts.models import Baseline, PrometheusQuery
from rollouts.queries.baselines import bound_of
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan


class BoundField(forms.CharField):
    """``< 1 %``; a Bound and its unit, or None."""

    def __init__(self, **kwargs) -> None:
        super().__init__(required=False, max_length=60, **kwargs)

    def clean(self, value) -> tuple[Bound, str] | None:
        text = super().clean(value)
        if not text:
            return None
        found = parse_bound(text)
        if found is None:
            raise forms.ValidationError(
                _("“{text}” is no bound. Write such as < 1 %.").format(text=text[:40])
            )
        return found


class BaselineForm(OnceForm):
    """What is normal, what is aimed at, and from where on it is alarming."""

    name = forms.CharField(max_length=200)
    query = forms.ChoiceField(required=False, label=_l("Metric"))
    unit = forms.CharField(required=False, max_length=20)
    target = BoundField(label=_l("Target"), help_text="< 1 %")
    alert = BoundField(label=_l("Alert if"), help_text="> 5 %")
    value = forms.FloatField(required=False, label=_l("Baseline"))
    note = forms.CharField(required=False, max_length=500)

    def __init__(
        self, *args, plan: DeploymentPlan, baseline: Baseline | None = None, **kwargs
    ) -> None:
        initial = initial_of(baseline) if baseline else {}
        ids = f"baseline-{baseline.pk if baseline else 'new'}-%s"
        super().__init__(*args, **({"initial": initial, "auto_id": ids} | kwargs))
        rows = PrometheusQuery.objects.filter(plan=plan, enabled=True).only("pk", "name")
        self.rows = {str(row.pk): row for row in rows}
        names = [(pk, row.name) for pk, row in self.rows.items()]
        self.fields["query"].choices = [("", _("No metric")), *names]

    @property
    def said(self) -> dict[str, Any]:
        """As ``actions.baselines`` takes it; of the cleaned form."""
        said = self.cleaned_data
        bounds = {name: said[name] for name in ("target", "alert")}
        units = [found[1] for found in bounds.values() if found and found[1]]
        return {
            "name": said["name"],
            "unit": said["unit"] or next(iter(units), ""),
            "value": said["value"],
            "note": said["note"],
            "query": self.rows.get(said["query"]),
            **{name: found[0] if found else None for name, found in bounds.items()},
        }


def initial_of(one: Baseline) -> dict[str, Any]:
    """What the form shows of a baseline as it stands."""
    target, alert = bound_of(one, "target"), bound_of(one, "alert")
    return {
        "name": one.name,
        "query": str(one.query_id or ""),
        "unit": one.unit,
        "target": show(target) if target else "",
        "alert": show(alert) if alert else "",
        "value": exact(one.value) if one.value is not None else "",
        "note": one.note,
    }


class RecordForm(OnceForm):
    """Over which span the baseline is measured."""

    over = SpanField(nothing=3600, label=_l("Over the last"), help_text=_l("60 min, 24h"))
