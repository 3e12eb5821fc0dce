"""How traffic is moved and seen, as people type it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.actions.executors import Sight, Wanted, state_of
from rollouts.executors import KINDS, OptionError, read_options
from rollouts.models import HAND, Executor, PrometheusQuery, Rollout
from rollouts.queries.rollouts import source_of
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan

ENV_HELP = _l("The name of a variable of the worker's environment, such as FLAGS_TOKEN.")
# Which fields of the form are options of which kind; their names are the options' names.
OPTIONS = {
    "webhook": ("method", "headers", "body", "content_type"),
    "unleash": ("feature", "project", "environment", "strategy", "switch_off"),
}


class HeadersField(forms.CharField):
    """One header per line, ``Name: value``."""

    def clean(self, value: str) -> dict[str, str]:
        found = {}
        for line in filter(str.strip, super().clean(value).splitlines()):
            name, colon, text = line.partition(":")
            if not colon:
                raise forms.ValidationError(
                    _("{line!r} is no header. Write Name: value.").format(line=line[:40])
                )
            found[name.strip()] = text.strip()
        return found


class ExecutorForm(OnceForm):
    """One form for all kinds: what belongs to another kind than the chosen one is not kept."""

    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_l("Moved by"), choices=[(k.name, k.label) for k in KINDS.values()]
    )
    name = forms.CharField(max_length=120, required=False, help_text=_l("As people call it."))
    url = forms.CharField(
        label=_l("Address"),
        max_length=500,
        required=False,
        help_text=_l("A webhook's may hold {percent}. Of Unleash: where it runs."),
    )
    secret_env = forms.CharField(
        label=_l("Secret"), max_length=80, required=False, help_text=ENV_HELP
    )
    enabled = forms.BooleanField(label=_l("It moves the traffic"), required=False)
    confirmed = forms.CharField(label=_l("Type its name"), max_length=80, required=False)
    method = forms.ChoiceField(required=False, choices=[(m, m) for m in ("POST", "PUT", "PATCH")])
    headers = HeadersField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_l("One per line. {secret} puts the secret in: Authorization: Bearer {secret}"),
    )
    body = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=8000,
        help_text=_l(
            "Left empty, the order goes out as JSON. Places: {percent}, {key}, {action} …"
        ),
    )
    content_type = forms.CharField(label=_l("Kind of body"), max_length=100, required=False)
    feature = forms.CharField(max_length=200, required=False)
    project = forms.CharField(max_length=200, required=False)
    environment = forms.CharField(max_length=200, required=False)
    strategy = forms.CharField(
        max_length=100,
        required=False,
        help_text=_l("Its id, where there are several gradual ones."),
    )
    switch_off = forms.BooleanField(label=_l("At 0 % switch the environment off"), required=False)
    command = forms.CharField(
        label=_l("Command by hand"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=4000,
        help_text=_l("{percent} is put in."),
    )
    rollback_command = forms.CharField(
        label=_l("Command of a rollback"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=4000,
    )

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        row = Executor.objects.filter(plan=plan).order_by("-enabled", "position").first()
        kwargs.setdefault("initial", _initial(row))
        kwargs.setdefault("auto_id", "executor-%s")
        super().__init__(*args, **kwargs)
        self.row = row
        # The release whose traffic a rehearsal would move with the address that it came with.
        self.source = source_of(plan, row.url) if row else None
        if self.source is not None:
            self.fields["confirmed"].label = _("Type {source} to switch it on").format(
                source=self.source.slug
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors:
            try:
                read_options(KINDS[given["kind"]].options, self._options(given))
            except OptionError as error:
                self.add_error(error.name if error.name in self.fields else None, error.sentence)
        return given

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        """What was said of the chosen kind; what is usual is left out."""
        usual = {one.name: one.default for one in fields(KINDS[given["kind"]].options)}
        said = {name: given[name] for name in OPTIONS.get(given["kind"], ())}
        return {name: v for name, v in said.items() if v not in ("", {}) and v != usual[name]}

    @property
    def wanted(self) -> Wanted:
        given = self.cleaned_data
        own = {name: given[name] for name in ("kind", "name", "url", "secret_env", "enabled")}
        commands = {name: given[name].strip() for name in ("command", "rollback_command")}
        return Wanted(**own, **commands, options=self._options(given))

    def seen_again(self) -> None:
        """After a conflict: what was typed stays, and saving it once more is deliberate."""
        self.data = self.data.copy()
        self.data["seen"] = state_of(self.row)


def _initial(row: Executor | None) -> dict[str, Any]:
    usual = {"kind": HAND, "enabled": True, "method": "POST", "switch_off": True}
    usual |= {"project": "default", "environment": "production", "seen": state_of(row)}
    if row is None:
        return usual
    said = {name: getattr(row, name) for name in ("kind", "name", "url", "secret_env", "enabled")}
    options = dict(row.options)
    if headers := options.get("headers"):
        options["headers"] = "\n".join(f"{name}: {value}" for name, value in headers.items())
    commands = {"command": row.command, "rollback_command": row.rollback_command}
    return usual | said | commands | options


class SightForm(OnceForm):
    """By a metric, or at an address; left empty, a person confirms what was moved."""

    metric = forms.ModelChoiceField(
        PrometheusQuery.objects.none(),
        to_field_name="key",
        required=False,
        empty_label=_l("No metric"),
        help_text=_l("One whose value is the share in percent."),
    )
    url = forms.CharField(
        label=_l("Or an address"), max_length=500, required=False, help_text=_l("It answers JSON.")
    )
    path = forms.CharField(
        label=_l("Where in its answer"),
        max_length=200,
        required=False,
        help_text="flags.web.percentage",
    )
    token_env = forms.CharField(
        label=_l("Bearer token"), max_length=80, required=False, help_text=ENV_HELP
    )
    every_s = forms.IntegerField(label=_l("Look every, seconds"), min_value=2, max_value=3600)
    drift_points = forms.FloatField(label=_l("Drift from, points"), min_value=0.5, max_value=100)
    drift_s = forms.IntegerField(
        label=_l("For longer than, seconds"), min_value=10, max_value=86_400
    )

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        row = Rollout.objects.select_related("observed_by").filter(plan=plan).first() or Rollout()
        kwargs.setdefault("auto_id", "sight-%s")
        kwargs.setdefault(
            "initial",
            {
                "metric": row.observed_by.key if row.observed_by else None,
                "url": row.observe_url,
                "path": row.observe_path,
                "token_env": row.observe_env,
                "every_s": row.observe_every_s,
                "drift_points": row.drift_points,
                "drift_s": row.drift_s,
            },
        )
        super().__init__(*args, **kwargs)
        self.fields["metric"].queryset = PrometheusQuery.objects.filter(plan=plan)

    @property
    def wanted(self) -> Sight:
        given = {name: v for name, v in self.cleaned_data.items() if name != "request_id"}
        return Sight(**given | {"metric": given["metric"].key if given["metric"] else ""})
