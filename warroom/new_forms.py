"""The forms of the page on which a release begins."""

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.form_parts import T0_FORMATS, OnceForm
from warroom.models import DeploymentPlan
from warroom.rules.outlines import TAKES
from warroom.rules.rehearsal import MOST_FACTOR
from warroom.rules.zones import known


class ReleaseForm(OnceForm):
    """What is said of a release that begins."""

    name = forms.CharField(
        label=_l("Name"),
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": _l("Genesis Phase 5")}),
    )
    version = forms.CharField(
        label=_l("Version"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _l("v5.0.0 or a commit")}),
    )
    t0 = forms.DateTimeField(
        label=_l("T0, go-live, UTC"),
        required=False,
        input_formats=T0_FORMATS,
        error_messages={"invalid": _l("Write the time as 2025-11-06 09:00.")},
        widget=forms.DateTimeInput(
            attrs={"inputmode": "numeric", "placeholder": _l("YYYY-MM-DD HH:MM")},
            format="%Y-%m-%d %H:%M",
        ),
    )
    rehearsal = forms.BooleanField(label=_l("Rehearsal"), required=False)
    factor = forms.IntegerField(
        label=_l("Times as fast"),
        required=False,
        min_value=1,
        max_value=MOST_FACTOR,
        initial=60,
        help_text=format_lazy(
            _l("For a rehearsal: 60 makes an hour a minute, at most {most}."), most=MOST_FACTOR
        ),
    )

    def wishes(self) -> dict:
        """The fields of ``actions.drafts.Wishes``, of the cleaned form."""
        names = ("name", "version", "environment", "time_zone", "language", "t0", "rehearsal")
        said = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        return said | {"factor": self.cleaned_data["factor"] or 1}


class TemplateReleaseForm(ReleaseForm):
    """A release from a template. ``role`` is a role of it that its author takes."""

    LEADER = "leader"

    template = forms.ChoiceField(widget=forms.RadioSelect)
    environment = forms.ChoiceField(
        label=_l("Environment"),
        choices=[("production", _l("Production")), ("staging", _l("Staging"))],
        required=False,
    )
    time_zone = forms.ChoiceField(label=_l("Plan time zone"), initial="UTC")
    language = forms.ChoiceField(
        label=_l("Language of the room"),
        choices=settings.LANGUAGES,
        required=False,
        initial=get_language,
        help_text=_l("Of its pages, records and letters, whoever looks."),
    )
    role = forms.ChoiceField(
        label=_l("Your role"),
        required=False,
        initial="leader",
        help_text=_l("As author you cannot be the only one who approves."),
    )

    def __init__(self, *args, starters=(), **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.starters = {one.key: one for one in starters}
        self.fields["template"].choices = [(one.key, one.name) for one in starters]
        zones = sorted(zone for zone in known() if "/" in zone)
        self.fields["time_zone"].choices = [("UTC", "UTC"), *((zone, zone) for zone in zones)]
        self.fields["t0"].help_text = _(
            "Every date in the template is counted from here. Can stay empty."
        )
        self.fields["role"].choices = [
            (self.LEADER, _("The role that leads")),
            ("", _("Author only")),
            *((one.name, [(r["key"], r["name"]) for r in one.roles]) for one in starters),
        ]

    def clean(self) -> dict:
        said = super().clean()
        chosen = self.starters.get(said.get("template"))
        if chosen is not None and said.get("role") == self.LEADER:
            said["role"] = chosen.leader
        elif chosen is not None and said.get("role"):
            names = {role["key"]: role["name"] for role in chosen.roles}
            if said["role"] not in names:
                known = ", ".join(names.values())
                self.add_error(
                    "role",
                    _("“{chosen}” has no such role. It has {known}.").format(
                        chosen=chosen.name, known=known
                    ),
                )
        return said


class CopyReleaseForm(ReleaseForm):
    """A release from an earlier one that the person may see; ``take`` is what goes along."""

    plan = forms.ModelChoiceField(
        DeploymentPlan.objects.none(), label=_l("Plan"), to_field_name="slug", empty_label=None
    )
    take = forms.MultipleChoiceField(
        choices=[(take, take) for take in TAKES], required=False, initial=list(TAKES)
    )
    added = forms.BooleanField(label=_l("Also what was added later"), required=False, initial=True)

    def __init__(self, *args, plans, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = plans
        self.fields["t0"].help_text = _("Offsets are counted from here. Can stay empty.")


class YamlReleaseForm(OnceForm):
    """A plan file, pasted or chosen."""

    text = forms.CharField(
        label=_l("Paste YAML"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"spellcheck": "false"}),
    )
    file = forms.FileField(
        label=_l("Or choose a file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,.json"}),
    )

    def clean(self) -> dict:
        said = super().clean()
        if not said.get("text", "").strip() and not said.get("file"):
            self.add_error("file", _("Choose a file, or paste its text."))
        return said


class TemplateForm(OnceForm):
    """A plan that becomes a template."""

    template_name = forms.CharField(label=_l("Name of the template"), max_length=200)
    template_summary = forms.CharField(label=_l("What it is for"), max_length=300, required=False)
