"""What people fill in about risks and scenarios. The actions judge it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.risks import LIMITS, MOST_ROWS, PHASES
from checklists.actions.scenario_fields import LIMITS as SCENARIO_LIMITS
from checklists.models import Risk, RiskState, Scenario
from checklists.queries.watched import watchable
from checklists.rules import scenarios as rules
from checklists.rules.due_text import NotUnderstood
from checklists.rules.scenarios import ANY
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan

BANDS = [
    ("", _l("no band")),
    ("green", _l("is green")),
    ("yellow", _l("is yellow")),
    ("red", _l("is red")),
    ("no_data", _l("is without data")),
]
CRITERION_WORDS = [("", _l("no word")), ("proceed", _l("Proceed")), ("hold", _l("Hold"))]
CRITERION_WORDS += [("rollback", _l("Roll back"))]
SPARE = 3  # empty rows of criteria that a form shows


def _lines(rows: int, help_text: str = "", **more: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(required=False, widget=widget, help_text=help_text, **more)


def keys_of(plan: DeploymentPlan, kept: Iterable[str], *, gate: bool) -> list[tuple[str, str]]:
    """What can be watched, with what is watched already, whatever became of it."""
    found = dict(watchable(plan))
    first = [("", _("nothing"))] + ([(ANY, _("Any criterion of the next gate"))] if gate else [])
    found |= {key: key for key in kept if key and key != ANY and key not in found}
    return first + [(key, label) for key, label in found.items()]


class RiskForm(OnceForm):
    """Everything that is said of a risk; its criteria are rows of ``CriteriaRows``."""

    title = forms.CharField(label=_l("What may go wrong"), max_length=LIMITS["title"])
    severity = forms.CharField(
        required=False, max_length=LIMITS["severity"], help_text=_l("P1, high, blocker, 4 of 5")
    )
    probability = forms.CharField(
        required=False,
        max_length=LIMITS["probability"],
        label=_l("Probability before"),
        help_text=_l("20 %, medium, 10 to 20 %"),
    )
    probability_after = forms.CharField(
        required=False,
        max_length=LIMITS["probability_after"],
        label=_l("Probability after mitigation"),
    )
    owner = forms.CharField(
        required=False, max_length=LIMITS["owner"], help_text=_l("A role or a name")
    )
    impact, cause, trigger = _lines(2), _lines(2, label=_l("Root cause")), _lines(2)
    mitigation = _lines(2, _l("What is done about it, in short"))
    before = _lines(2, _l("One step per line"), label=_l("Mitigation before the deployment"))
    during = _lines(2, label=_l("Mitigation during it"))
    after = _lines(2, label=_l("Fallback and afterwards"))

    @property
    def said(self) -> dict[str, Any]:
        given = self.cleaned_data
        steps = [
            {"phase": phase, "text": line.strip()}
            for phase in PHASES
            for line in given[phase].splitlines()
            if line.strip()
        ]
        return {name: given[name] for name in LIMITS} | {"mitigations": steps}


def risk_initial(risk: Risk) -> dict[str, Any]:
    """What the form of a risk begins with."""
    found = {name: getattr(risk, name) for name in LIMITS}
    for phase in PHASES:
        texts = [row["text"] for row in risk.mitigations if row.get("phase") == phase]
        found[phase] = "\n".join(texts)
    return found


class CriterionRow(forms.Form):
    """If this, then that, and the word. An emptied row is taken off."""

    case = forms.CharField(required=False, max_length=1000, label=_l("If"))
    then = forms.CharField(required=False, max_length=1000, label=_l("Then"))
    word = forms.ChoiceField(required=False, choices=CRITERION_WORDS, label=_l("Word"))
    key = forms.ChoiceField(required=False, label=_l("Holds while"))
    band = forms.ChoiceField(required=False, choices=BANDS, label=_l("Its band"))

    def __init__(self, *args, keys: list[tuple[str, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].choices = keys

    @property
    def said(self) -> dict[str, str]:
        given = self.cleaned_data
        names = ("case", "then", "word", "key", "band")
        row = {name: given.get(name, "") for name in names}
        return {"if": row.pop("case"), **row}


_ROWS = forms.formset_factory(CriterionRow, extra=SPARE, max_num=MOST_ROWS, validate_max=True)


class CriteriaRows:
    """The rows of decision criteria of one risk; ``error`` is what the action said of them."""

    def __init__(self, plan: DeploymentPlan, risk: Risk | None = None, data: Any = None) -> None:
        rows = [{"case": row.get("if", ""), **row} for row in (risk.criteria if risk else ())]
        keys = keys_of(plan, [row.get("key", "") for row in rows], gate=True)
        self.lines = _ROWS(data, initial=rows, prefix="criteria", form_kwargs={"keys": keys})
        self.error = ""

    def is_valid(self) -> bool:
        return self.lines.is_valid()

    @property
    def said(self) -> list[dict[str, str]]:
        return [line.said for line in self.lines]


class RiskStateForm(OnceForm):
    state = forms.ChoiceField(choices=RiskState.choices)
    reason = _lines(2, _l("Wanted where it has happened, is closed, or is taken back from there."))

    reason.wanted_at_times = True


class ReasonForm(OnceForm):
    """A reason, and nothing else."""

    reason = forms.CharField(max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))


class ScenarioForm(OnceForm):
    """If, then, decide; the items to put in; what is watched for it."""

    title = forms.CharField(label=_l("If this happens"), max_length=SCENARIO_LIMITS["title"])
    action = _lines(2, label=_l("Then do this"))
    decide = _lines(2, label=_l("Decide so"))
    duration = forms.CharField(
        required=False, max_length=SCENARIO_LIMITS["duration"], help_text=_l("6 to 12 hours")
    )
    items = _lines(
        4,
        _l(
            "One per line; with role or owner, “blocking”, “optional” and how long after "
            "the start it is due, if wanted: text | on-call | blocking | 30m"
        ),
        label=_l("Items that it puts into the room"),
    )
    risk = forms.ModelChoiceField(
        Risk.objects.none(), required=False, to_field_name="number", empty_label=_l("no risk")
    )
    watch_key = forms.ChoiceField(required=False, label=_l("It is time when"))
    watch_band = forms.ChoiceField(required=False, choices=BANDS, label=_l("Band"))

    def __init__(self, *args, plan: DeploymentPlan, scenario: Scenario | None = None, **kw) -> None:
        super().__init__(*args, **kw)
        self.fields["risk"].queryset = plan.risks.all()
        self.fields["risk"].label_from_instance = lambda risk: f"R{risk.number} {risk.title}"
        kept = [scenario.watch_key] if scenario else []
        self.fields["watch_key"].choices = keys_of(plan, kept, gate=True)

    def clean_items(self) -> list[dict[str, Any]]:
        try:
            return [wish.data for wish in rules.typed_wishes(self.cleaned_data["items"])]
        except NotUnderstood as wrong:
            raise forms.ValidationError(str(wrong)) from wrong

    @property
    def said(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*SCENARIO_LIMITS, *_MORE)}


_MORE = ("items", "risk", "watch_key", "watch_band")


def scenario_initial(scenario: Scenario) -> dict[str, Any]:
    """What the form of a scenario begins with."""
    found = {name: getattr(scenario, name) for name in (*SCENARIO_LIMITS, "watch_key")}
    items = "\n".join(wish.line for wish in rules.wishes_of(scenario.items))
    risk = scenario.risk.number if scenario.risk else None
    return found | {"items": items, "risk": risk, "watch_band": scenario.watch_band}
