from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.documents.metric_sets import PROMETHEUS, WARROOM
from warroom.form_parts import OnceForm


class MetricSetForm(OnceForm):
    """A set of metrics, pasted or as a file."""

    text = forms.CharField(
        label=_l("Paste it"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"spellcheck": "false", "rows": 12}),
    )
    file = forms.FileField(
        label=_l("Or choose a file"),
        required=False,
        allow_empty_file=True,
        help_text=_l(".yaml, .yml or .json; UTF-8, up to 1 MB"),
        widget=forms.FileInput(attrs={"class": "in", "accept": ".yaml,.yml,.json,.rules"}),
    )
    form = forms.ChoiceField(
        required=False,
        label=_l("What it is"),
        choices=[
            ("", _l("Find out")),
            (WARROOM, _l("Metrics of Warroom, or a plan file")),
            (PROMETHEUS, _l("Prometheus alert rules")),
        ],
    )
    reason = forms.CharField(
        required=False,
        max_length=4000,
        label=_l("Reason, shown to everybody"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].validators = []  # a NUL is refused by the reader, which names its line

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if said.get("file") is None and not (said.get("text") or "").strip():
            raise forms.ValidationError(_("Nothing to read: paste a text or choose a file."))
        return said
