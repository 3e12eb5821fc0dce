"""The forms of the readiness score: scale and categories in many lines, and a person's score."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _l

from checklists.actions.readiness import CategoryWanted, ScaleWanted, weights_seen
from checklists.models import ReadinessCategory, ScoreSource
from checklists.queries.readiness import scale_of
from checklists.rules import score_params
from checklists.rules.readiness import adds_up, short
from warroom.actions.refusals import Invalid
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan

# Short, because they stand in a table.
SOURCES = (
    (ScoreSource.PERSON, _l("a person")),
    (ScoreSource.ITEMS, _l("items closed")),
    (ScoreSource.EVIDENCE, "evidence"),
    (ScoreSource.CRITERIA, _l("criteria green")),
    (ScoreSource.FINDINGS, "findings"),
)


class WeightLine(forms.Form):
    """A category; a line without a name is none."""

    key = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)
    label = forms.CharField(max_length=200, required=False)
    weight = forms.DecimalField(
        min_value=0, max_value=1000, max_digits=6, decimal_places=2, required=False
    )
    target = forms.CharField(max_length=60, required=False)
    veto = forms.BooleanField(required=False)
    source = forms.ChoiceField(choices=SOURCES, required=False)
    params = forms.CharField(max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        said["source"] = said.get("source") or ScoreSource.PERSON
        try:
            said["read"] = score_params.parse(said["source"], said.get("params") or "")
        except score_params.NotUnderstood as wrong:
            self.add_error("params", str(wrong))
        return said

    def wanted(self) -> CategoryWanted | None:
        given = self.cleaned_data
        if not given.get("label"):
            return None
        return CategoryWanted(
            given["label"],
            given.get("weight") or Decimal(),
            given["target"],
            key=given["key"],
            veto=given["veto"],
            source=given["source"],
            params=given["read"],
        )


LINES = forms.formset_factory(WeightLine, extra=2, max_num=42, validate_max=True)


class ScaleForm(forms.Form):
    """The best score and the bar; what is left out stays as it is."""

    best = forms.DecimalField(
        label=_l("Best score"), min_value=1, max_digits=7, decimal_places=2, required=False
    )
    bar = forms.DecimalField(
        label=_l("Bar"), min_value=0, max_digits=7, decimal_places=2, required=False
    )


class WeightsForm:
    """The lines, the scale, and the fingerprint of what they showed."""

    def __init__(self, plan: DeploymentPlan, data: Any = None) -> None:
        rows = list(plan.readiness.order_by("position"))
        stands = scale_of(plan)
        self.lines = LINES(data, initial=[_line(row) for row in rows], prefix="weight")
        self.scale = ScaleForm(data, initial=_scale(stands.best, stands.bar))
        self.stands = ScaleWanted(stands.best, stands.bar)
        self.seen = weights_seen(plan) if data is None else data.get("seen", "")
        self.total = sum(float(row.weight) for row in rows)
        self.adds_up = adds_up([row.weight for row in rows])
        self.off, self.short = self.total - 100, 100 - self.total
        self.hint = f"≥ {short(stands.best * 9 / 10)}"
        self.error = ""

    def is_valid(self) -> bool:
        return all([self.lines.is_valid(), self.scale.is_valid()])

    def refuse(self, wrong: Invalid) -> None:
        """Show why it was refused, beside its field where there is one."""
        if wrong.field in self.scale.fields:
            self.scale.add_error(wrong.field, wrong.sentence)
        else:
            self.error = wrong.sentence

    def wanted(self) -> list[CategoryWanted]:
        found = [line.wanted() for line in self.lines]
        return [one for one in found if one]

    def wanted_scale(self) -> ScaleWanted:
        given = self.scale.cleaned_data
        bar = given["bar"] if "bar" in self.scale.data else self.stands.bar
        return ScaleWanted(given["best"] or self.stands.best, bar)


def _line(row: ReadinessCategory) -> dict[str, Any]:
    return {
        "key": row.key,
        "label": row.label,
        "weight": short(row.weight),
        "target": row.target or (short(row.target_value) if row.target_value is not None else ""),
        "veto": row.veto,
        "source": row.source,
        "params": score_params.show(row.source, row.params),
    }


def _scale(best: Decimal, bar: Decimal | None) -> dict[str, str]:
    return {"best": short(best), "bar": short(bar) if bar is not None else ""}


class ScoreForm(OnceForm):
    """A person's score of one category, and why."""

    value = forms.DecimalField(
        label=_l("Score"),
        min_value=0,
        max_digits=7,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "size": 5, "autocomplete": "off"}),
    )
    why = forms.CharField(
        label=_l("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args, category: ReadinessCategory, **kwargs) -> None:
        super().__init__(*args, auto_id=f"{category.key}_%s", **kwargs)
        self.category = category
