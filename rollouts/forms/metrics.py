"""What people fill in to say what a metric asks and how it is judged."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.bands import Bound, exact, show
from checklists.rules.drafts import AS_TYPED, EXACTLY, HIGHER, LOWER, WrongBound, read_bounds
from rollouts.actions.metrics import AUTOMATIC, HOLD, RECOMMEND, REPORT, does_of
from rollouts.models import PrometheusQuery, PrometheusSource
from rollouts.rules.metric_words import REDUCERS
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan
from warroom.rules import lengths
from warroom.rules.typed import length_of

_DIRECTIONS = [
    (LOWER, _l("Lower is better")),
    (HIGHER, _l("Higher is better")),
    (EXACTLY, _l("Exactly this value")),
    (AS_TYPED, _l("As written: <= 0.1, >= 98")),
]
DOES = [
    (AUTOMATIC, _l("Rolls back without asking")),
    (RECOMMEND, _l("Recommends a rollback")),
    (HOLD, _l("Holds only")),
    (REPORT, _l("Reports only")),
]
_FIELDS = {"target": "green", "fail": "red", "unit": "unit"}
_STEP = re.compile(r"^(?P<every>\S+(?: \S+)?) until (?:T\+)?(?P<until>.+)$", re.I)
_LENGTH = _l("15s, 5 min or 1h.")


class SpanField(forms.CharField):
    """How long, as 15s or 5 min; seconds. ``nothing``: what an empty field or "at once" gives."""

    def __init__(self, *, nothing: int | None = None, **kwargs) -> None:
        super().__init__(max_length=30, required=False, **kwargs)
        self.nothing = nothing

    def clean(self, value) -> int | None:
        text = super().clean(value).strip().lower()
        if text in ("", "0", "at once", "0s"):
            return self.nothing
        seconds = length_of(text)
        if seconds is None:
            raise forms.ValidationError(
                _("{text!r} is no length. Write {length}").format(text=text[:30], length=_LENGTH)
            )
        return seconds


class CadenceField(forms.CharField):
    """One step a line: ``15s until 24h``, then ``1 min``; a list of steps."""

    widget = forms.Textarea(attrs={"rows": 2})

    def clean(self, value) -> list[dict[str, int]]:
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        return [self._step(line) for line in lines]

    def _step(self, line: str) -> dict[str, int]:
        match = _STEP.match(line)
        every = length_of((match["every"] if match else line).removeprefix("then "))
        until = length_of(match["until"]) if match else None
        if every is None or (match and until is None):
            raise forms.ValidationError(
                _("{line!r} is no step. Write 15s until 24h.").format(line=line[:40])
            )
        return {"every_s": every} | ({"until_s": until} if until else {})


class WordsField(forms.CharField):
    """Words for values, one a line: ``1 = UP``."""

    widget = forms.Textarea(attrs={"rows": 2})

    def clean(self, value) -> dict[str, str]:
        found = {}
        for line in super().clean(value).splitlines():
            if line.strip():
                number, sign, word = (part.strip() for part in line.partition("="))
                if not (sign and number and word):
                    raise forms.ValidationError(
                        _("{line!r}: write such as 1 = UP.").format(line=line[:40])
                    )
                found[number] = word
        return found


class MetricForm(OnceForm):
    """Everything about a metric. ``stands``: as it is now; None for a new one."""

    name = forms.CharField(max_length=200)
    unit = forms.CharField(required=False, max_length=20)
    source = forms.ChoiceField(required=False, label=_l("Server"))
    interval_s = SpanField(nothing=15, label=_l("Every"))
    promql = forms.CharField(
        label="PromQL",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"}),
    )
    reducer = forms.ChoiceField(
        required=False,
        label=_l("Several series become"),
        choices=list(REDUCERS.items()),
    )
    direction = forms.ChoiceField(required=False, choices=_DIRECTIONS)
    green = forms.CharField(required=False, max_length=60, label=_l("Green"))
    red = forms.CharField(
        required=False, max_length=60, label=_l("Red"), help_text=_l("Yellow is what lies between.")
    )
    sustained_s = SpanField(
        nothing=0,
        label=_l("Red counts after"),
        help_text=_l("Shorter red holds, it does not roll back. Empty: at once."),
    )
    red_after = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100,
        label=_l("Bad answers in a row"),
        help_text=_l("Fewer are yellow."),
    )
    stale_s = SpanField(
        label=_l("No data after"), help_text=_l("Always holds, never green. Empty: two intervals.")
    )
    guard_promql = forms.CharField(
        required=False,
        max_length=8000,
        label=_l("Counts samples by"),
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_l("A rate of three requests says nothing: a query that counts them."),
    )
    guard_min = forms.FloatField(
        required=False, label=_l("At least"), help_text=_l("Fewer are no data.")
    )
    cadence = CadenceField(
        required=False,
        max_length=500,
        label=_l("Other cadence by age of the release"),
        help_text=_l("One step a line: 15s until 24h. Empty: always the same."),
    )
    does = forms.ChoiceField(choices=DOES, initial=HOLD, label=_l("What red does"))
    meaning = forms.CharField(
        required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    expected = forms.CharField(required=False, max_length=200, label=_l("Expected value"))
    alert_name = forms.CharField(required=False, max_length=120, label=_l("Alert rule"))
    runbook_url = forms.CharField(required=False, max_length=500, label=_l("Runbook"))
    link_url = forms.CharField(required=False, max_length=500, label=_l("Dashboard or panel"))
    words = WordsField(
        required=False,
        max_length=4000,
        label=_l("Words for values"),
        help_text=_l("1 = UP, one a line."),
    )
    reason = forms.CharField(
        max_length=4000,
        required=False,
        label=_l("Reason, shown to everybody"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, *args, plan: DeploymentPlan, stands: PrometheusQuery | None = None, **kwargs
    ) -> None:
        initial = initial_of(stands) if stands else {"interval_s": "15s", "sustained_s": "5m"}
        super().__init__(*args, **{"initial": initial} | kwargs)
        rows = PrometheusSource.objects.filter(plan=plan).order_by("pk")
        used = stands.source_id if stands else None
        self.sources = {row.pk: row for row in rows if row.retired_at is None or row.pk == used}
        self.fields["source"].choices = [
            (str(row.pk), row.name + ("" if row.url else _(" (of this installation)")))
            for row in self.sources.values()
        ] or [("", _("Prometheus (of this installation)"))]

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        texts = [said.get(name) or "" for name in ("green", "red")]
        for name, text in zip(("green", "red"), texts, strict=True):
            if text and not any(letter.isdigit() for letter in text):
                self.add_error(name, _("Write a number, such as 250 or < 0.1."))
                return said
        try:
            said["bounds"] = read_bounds(*texts, said.get("direction") or "", said.get("unit", ""))
        except WrongBound as wrong:
            self.add_error(_FIELDS.get(wrong.field, "green"), wrong.sentence)
            return said
        return said

    @property
    def said(self) -> dict[str, Any]:
        """The fields as ``actions.metric_fields`` takes them; of the cleaned form."""
        said, bounds = self.cleaned_data, self.cleaned_data["bounds"]
        plain = (
            "name", "promql", "reducer", "interval_s", "cadence", "sustained_s", "stale_s",
            "guard_promql", "guard_min", "meaning", "expected", "alert_name", "runbook_url",
            "link_url", "words",
        )  # fmt: skip
        source = self.sources.get(int(said["source"])) if said.get("source") else None
        return {name: said[name] for name in plain} | {
            "unit": bounds.unit,
            "green": bounds.green,
            "red": bounds.red,
            "red_after": said["red_after"] or 1,
            **({"source": source} if source else {}),
        }


def initial_of(row: PrometheusQuery) -> dict[str, Any]:
    """What the form shows of a metric as it stands."""
    direction = _direction(row)
    return {
        "name": row.name,
        "unit": row.unit,
        "source": str(row.source_id),
        "interval_s": lengths.written(row.interval_s),
        "promql": row.promql,
        "reducer": row.reducer,
        "direction": direction,
        "green": _typed(row.green_op, row.green_value, direction),
        "red": _typed(row.red_op, row.red_value, direction),
        "sustained_s": lengths.written(row.sustained_s) if row.sustained_s else "at once",
        "red_after": row.red_after,
        "stale_s": lengths.written(row.stale_s) if row.stale_s else "",
        "guard_promql": row.guard_promql,
        "guard_min": row.guard_min,
        "cadence": "\n".join(_step(step) for step in row.cadence),
        "does": does_of(row),
        "meaning": row.meaning,
        "expected": row.expected,
        "alert_name": row.alert_name,
        "runbook_url": row.runbook_url,
        "link_url": row.link_url,
        "words": "\n".join(f"{value} = {word}" for value, word in row.words.items()),
    }


def _step(step: dict[str, int]) -> str:
    until = f" until {lengths.written(step['until_s'])}" if step.get("until_s") else ""
    return f"{lengths.written(step['every_s'])}{until}"


def _direction(row: PrometheusQuery) -> str:
    """The direction under which bare numbers say what stands."""
    ops = (row.green_op, row.red_op)
    known = {("<", ">"): LOWER, ("<", ""): LOWER, (">=", "<"): HIGHER, (">=", ""): HIGHER}
    known |= {("=", ""): EXACTLY, ("", ""): LOWER}
    return known.get(ops, AS_TYPED)


def _typed(op: str, value: float | None, direction: str) -> str:
    if not op or value is None:
        return ""
    return exact(value) if direction else show(Bound(op, value))


class ReasonForm(OnceForm):
    """A reason alone: to take something off, or to put it back."""

    reason = forms.CharField(max_length=4000, label=_l("Reason, shown to everybody"))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **({"auto_id": "off_%s"} | kwargs))


class NoteForm(OnceForm):
    """Something odd that was seen of a metric."""

    text = forms.CharField(max_length=4000, label=_l("What was seen"))

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **({"auto_id": "note_%s"} | kwargs))
