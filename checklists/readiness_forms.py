"""The categories of the readiness score and their weights, as one form with many lines."""

from typing import Any

from django import forms

from checklists.actions.readiness import CategoryWanted, weights_seen
from warroom.models import DeploymentPlan


class WeightLine(forms.Form):
    """A category; a line without a name is none."""

    label = forms.CharField(max_length=200, required=False)
    weight = forms.DecimalField(
        min_value=0, max_value=1000, max_digits=6, decimal_places=2, required=False
    )
    target = forms.CharField(max_length=60, required=False)

    def wanted(self) -> CategoryWanted | None:
        given = self.cleaned_data
        if not given.get("label"):
            return None
        return CategoryWanted(given["label"], given.get("weight") or 0, given["target"])


LINES = forms.formset_factory(WeightLine, extra=2, max_num=42, validate_max=True)


class WeightsForm:
    """The lines and the fingerprint of what they showed."""

    def __init__(self, plan: DeploymentPlan, data: Any = None) -> None:
        rows = list(plan.readiness.order_by("position").values("label", "weight", "target"))
        for row in rows:
            row["weight"] = f"{row['weight'].normalize():f}"
        self.lines = LINES(data, initial=rows, prefix="weight")
        self.seen = weights_seen(plan) if data is None else data.get("seen", "")
        self.total = sum(float(row["weight"]) for row in rows)
        self.error = ""

    def is_valid(self) -> bool:
        return self.lines.is_valid()

    def wanted(self) -> list[CategoryWanted]:
        found = [line.wanted() for line in self.lines]
        return [one for one in found if one]
