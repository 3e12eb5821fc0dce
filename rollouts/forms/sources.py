from django import forms
from django.utils.translation import gettext_lazy as _l

from rollouts.actions.sources import LIMITS
from rollouts.models import PrometheusSource
from warroom.form_parts import OnceForm


class SourceForm(OnceForm):
    """A Prometheus server. Secrets are given by the names of variables, never by themselves."""

    name = forms.CharField(max_length=100)
    url = forms.CharField(
        required=False,
        max_length=300,
        label=_l("Address"),
        help_text=_l("Empty: of this installation."),
    )
    page_url = forms.CharField(
        required=False, max_length=300, label=_l("Address for people"), help_text=_l("For links.")
    )
    token_env = forms.CharField(
        required=False,
        max_length=80,
        label=_l("Token in"),
        help_text=_l("A variable of the worker."),
    )
    username = forms.CharField(required=False, max_length=120, label=_l("Asked as"))
    password_env = forms.CharField(required=False, max_length=80, label=_l("Password in"))
    ca_env = forms.CharField(
        required=False,
        max_length=80,
        label=_l("CA in"),
        help_text=_l("It holds the path of a PEM file."),
    )
    tenant = forms.CharField(
        required=False, max_length=120, label=_l("Tenant"), help_text=_l("Sent as X-Scope-OrgID.")
    )

    def __init__(self, *args, source: PrometheusSource | None = None, **kwargs) -> None:
        self.source = source
        initial = {name: getattr(source, name) for name in LIMITS} if source else {}
        ids = f"source-{source.pk if source else 'new'}-%s"
        super().__init__(*args, **({"initial": initial, "auto_id": ids} | kwargs))
