"""What people fill in to say what a gate asks, and to accept that it is not met."""

from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.forms import RoleForm
from checklists.forms_editing import LengthField
from checklists.models import Area, Criterion, Gate, PhaseGroup, Source
from checklists.queries.measures import choices_of
from checklists.queries.scopes import AT_GATE, PLAN
from checklists.rules import bands
from checklists.rules.drafts import AS_TYPED, EXACTLY, HIGHER, LOWER, WrongBound, read_bounds
from warroom.form_parts import InstantField, OnceForm, sample_time
from warroom.models import DeploymentPlan

VETO, WEIGHTED, REPORT = "veto", "weighted", "report"
SEVERITIES = [(word, word.capitalize()) for word in ("critical", "high", "medium", "low")]
# What is counted is asked as a share: all of it, where nothing else is said.
_COUNTED = {Source.ITEMS, Source.SIGNOFFS, Source.CHECKS, Source.DRYRUNS}
_NONE = {Source.ALERTS, Source.FINDINGS}
_DIRECTIONS = [
    (AS_TYPED, _l("As written: < 0.1 %, >= 98 %, 5/5")),
    (LOWER, _l("Lower is better: green below, red above")),
    (HIGHER, _l("Higher is better: green from, red below")),
    (EXACTLY, _l("Exactly this value")),
]


class Several(forms.MultipleChoiceField):
    widget = forms.CheckboxSelectMultiple


class CriterionForm(OnceForm):
    """Everything about a criterion. Fields that its source does not want are left aside."""

    label = forms.CharField(max_length=200, label=_l("What is asked"))
    source = forms.ChoiceField(choices=Source.choices, label=_l("Its value comes from"))
    evidence_key = forms.CharField(
        required=False,
        max_length=80,
        label=_l("Key of the reading"),
        help_text=_l("Such as error-rate, tests.pass-rate or load.p95. Empty: a person judges."),
    )
    phases = Several(required=False, help_text=_l("None chosen: those that begin before the gate."))
    groups = Several(
        required=False, label=_l("Of these groups"), help_text=_l("None chosen: of all.")
    )
    scopes = Several(
        required=False,
        label=_l("Signatures under"),
        help_text=_l("None chosen: the phases that begin before the gate."),
    )
    checks = Several(required=False, help_text=_l("None chosen: all of them."))
    severity = forms.ChoiceField(required=False, choices=SEVERITIES)
    age_key = forms.CharField(
        required=False,
        max_length=80,
        label=_l("What is dated"),
        help_text=_l("A key such as backup."),
    )
    direction = forms.ChoiceField(required=False, choices=_DIRECTIONS)
    target = forms.CharField(
        required=False, max_length=200, label=_l("Green: target"), help_text="< 0.1 %, >= 98 %, 5/5"
    )
    fail = forms.CharField(
        required=False,
        max_length=200,
        label=_l("Red: fail"),
        help_text=_l("Yellow is what lies between."),
    )
    acceptable = forms.CharField(
        required=False, max_length=200, label=_l("Yellow: acceptable"), help_text=_l("In words.")
    )
    unit = forms.CharField(required=False, max_length=20, help_text=_l("Where no bound names it."))
    counts = forms.ChoiceField(
        choices=[
            (VETO, _l("Decides alone")),
            (WEIGHTED, _l("Counts by weight")),
            (REPORT, _l("Report only")),
        ],
        initial=VETO,
    )
    weight = forms.DecimalField(required=False, max_digits=6, decimal_places=2)
    area = forms.ChoiceField(required=False, choices=[("", _l("Of no area")), *Area.choices])
    valid_for = LengthField(
        label=_l("A reading counts for"),
        help_text=_l("24h, 30 min. Empty: as long as it says itself."),
    )
    reason = forms.CharField(
        max_length=4000,
        label=_l("Reason, shown to everybody"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, gate: Gate, stands: Criterion | None = None, **kwargs) -> None:
        super().__init__(*args, **{"initial": initial_of(stands) if stands else {}} | kwargs)
        self.stands = stands
        plan = gate.plan
        phases = [(str(one.number), f"{one.number} {one.title}") for one in plan.phases.all()]
        self.fields["phases"].choices = phases
        self.fields["groups"].choices = self._groups(plan)
        self.fields["scopes"].choices = [
            *phases,
            (f"{AT_GATE}{gate.key}", gate.title),
            (PLAN, _("The whole release")),
        ]
        self.fields["checks"].choices = choices_of(Source.CHECKS, plan)
        self.fields["evidence_key"].widget.attrs["list"] = "known-keys"
        self.fields["age_key"].widget.attrs["list"] = "known-keys"

    def _groups(self, plan: DeploymentPlan) -> list[tuple[str, str]]:
        """The groups of the list by title; one that is counted and gone stays to be seen."""
        rows = PhaseGroup.objects.filter(phase__plan=plan).exclude(title="")
        named = rows.order_by("phase__number", "position").values_list("title", "phase__number")
        there = {title: f"{number} {title}" for title, number in named}
        counted = self.stands.params.get("groups") or () if self.stands else ()
        return [
            *there.items(),
            *((one, _("{one} (gone)").format(one=one)) for one in counted if one not in there),
        ]

    def clean(self) -> dict:
        said = super().clean()
        if said.get("counts") == WEIGHTED and not said.get("weight") and "weight" in said:
            self.add_error("weight", _("Give its weight, such as 20."))
        try:
            said["bounds"] = self._bounds(said)
        except WrongBound as wrong:
            self.add_error(wrong.field, wrong.sentence)
        return said

    def _bounds(self, said: dict) -> Any:
        target, fail, unit = (said.get(name) or "" for name in ("target", "fail", "unit"))
        source = said.get("source")
        if source in _COUNTED and not target:
            target = ">= 100 %"
        elif source in _NONE and not target:
            target = "0"
        words = source == Source.PERSON
        return read_bounds(target, fail, said.get("direction") or "", unit, words=words)

    @property
    def said(self) -> dict[str, Any]:
        """The fields as ``actions.criterion_fields`` takes them; of the cleaned form."""
        said = self.cleaned_data
        source, bounds = said["source"], said["bounds"]
        return {
            "label": said["label"],
            "source": source,
            "params": self._params(source, said),
            "evidence_key": said["evidence_key"] if source == Source.EVIDENCE else "",
            "target": self._words("target", bounds.green, bounds.unit),
            "acceptable": said["acceptable"],
            "fail": self._words("fail", bounds.red, bounds.unit),
            "green": bounds.green,
            "red": bounds.red,
            "unit": bounds.unit,
            "report_only": said["counts"] == REPORT,
            "weight": said["weight"] if said["counts"] == WEIGHTED else None,
            "area": said["area"],
            "valid_for_s": said["valid_for"],
        }

    def _words(self, name: str, bound: bands.Bound | None, unit: str) -> str:
        """The text that people read. What nobody touched stays word for word."""
        typed = self.cleaned_data[name]
        if self.stands is not None and typed == self.initial.get(name):
            return self.stands.target_text if name == "target" else self.stands.fail_text
        return _text(typed, bound, unit)

    def _params(self, source: str, said: dict) -> dict[str, Any]:
        """The action keeps of it what the source wants."""
        return {
            "phases": [int(number) for number in said["phases"]],
            "groups": said["groups"],
            "scopes": said["scopes"],
            "checks": said["checks"],
            "severity": said["severity"],
            "key": said["age_key"],
        }


def _text(typed: str, bound: bands.Bound | None, unit: str) -> str:
    """What people read: as it was typed, or with the sign that a bare number got."""
    if bound is None:
        return typed
    found = bands.parse_bound(typed) if typed else None
    return typed if found and found[0] == bound else bands.show(bound, unit)


def initial_of(criterion: Criterion) -> dict[str, Any]:
    """What the form shows of a criterion as it stands."""
    params = criterion.params
    kind = WEIGHTED if criterion.weight is not None else VETO
    green = _typed(criterion, "green")
    return {
        "label": criterion.label,
        "source": criterion.source,
        "evidence_key": criterion.evidence_key,
        "phases": [str(number) for number in params.get("phases") or ()],
        "groups": params.get("groups") or [],
        "scopes": params.get("scopes") or [],
        "checks": params.get("checks") or [],
        "severity": params.get("severity") or "critical",
        "age_key": params.get("key") or "",
        "target": green or criterion.target_text,
        "acceptable": criterion.acceptable_text,
        "fail": _typed(criterion, "red") or criterion.fail_text,
        "unit": "" if green else criterion.unit,
        "counts": REPORT if criterion.report_only else kind,
        "weight": criterion.weight,
        "area": criterion.area,
        "valid_for": f"{criterion.valid_for_s}s" if criterion.valid_for_s else "",
    }


def _typed(criterion: Criterion, side: str) -> str:
    """A bound as it can be typed: its own text where that says the same, else the bound."""
    op, value = getattr(criterion, f"{side}_op"), getattr(criterion, f"{side}_value")
    if not op or value is None:
        return ""
    bound = bands.Bound(op, value)
    text = criterion.target_text if side == "green" else criterion.fail_text
    found = bands.parse_bound(text) if text else None
    if found and found[0] == bound:
        return text
    if criterion.unit.startswith("of "):
        return f"{bands.exact(value)}/{criterion.unit.removeprefix('of ')}"
    return bands.show(bound, criterion.unit)


class BarForm(OnceForm):
    """What the weighted criteria must reach together."""

    bar = forms.DecimalField(
        required=False,
        max_digits=5,
        decimal_places=2,
        label=_l("Must reach, %"),
        help_text=_l("Green counts whole, yellow half. Empty: 100."),
    )
    bar_fail = forms.DecimalField(
        required=False, max_digits=5, decimal_places=2, label=_l("No-go under, %")
    )
    reason = forms.CharField(max_length=4000, label=_l("Reason, shown to everybody"))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **({"auto_id": "bar_%s"} | kwargs))


class RemoveCriterionForm(OnceForm):
    reason = forms.CharField(max_length=4000, label=_l("Reason, shown to everybody"))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **({"auto_id": "remove_%s"} | kwargs))


class WaiverForm(RoleForm):
    """A deviation is accepted: by whom, why, until when."""

    reason = forms.CharField(
        max_length=4000, label=_l("Why it is accepted"), widget=forms.Textarea(attrs={"rows": 2})
    )
    ends_at = InstantField(
        label=_l("Until, UTC or T-offset"),
        help_text=lazy(
            lambda: _("{sample_time}, 21:00 or T+24h").format(sample_time=sample_time("09:00")), str
        )(),
    )
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    band = forms.CharField(required=False, max_length=8, widget=forms.HiddenInput)


class WithdrawForm(OnceForm):
    reason = forms.CharField(required=False, max_length=4000, label=_l("Why"))
