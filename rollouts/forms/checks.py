"""What people fill in about a health check: fields that all have, and those of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.actions.check_fields import LIMITS
from rollouts.forms.metrics import CadenceField, SpanField
from rollouts.models import HealthCheck, PrometheusSource
from rollouts.probes.compared import OPERATORS
from rollouts.probes.http import METHODS
from warroom.form_parts import OnceForm
from warroom.models import DeploymentPlan
from warroom.rules.lengths import written

_WIDE = frozenset({"url", "source", "headers", "body"})
HEADERS = _l(
    "One a line: Authorization: Bearer env:HEALTH_TOKEN. A secret is named, never written."
)


def _number(label: str, help_text: str = "", **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, help_text=help_text, required=False, **more)


def _words(label: str, help_text: str = "", **more: Any) -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, required=False, **more)


class HeadersField(forms.CharField):
    """Headers, one a line; a mapping."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def clean(self, value) -> dict[str, str]:
        found = {}
        for line in super().clean(value).splitlines():
            name, colon, text = (part.strip() for part in line.partition(":"))
            if not line.strip():
                continue
            if not (name and colon and text):
                raise forms.ValidationError(
                    _("{line!r}: write such as Accept: text/plain.").format(line=line[:40])
                )
            found[name] = text
        return found


class CheckForm(OnceForm):
    """What every kind has. ``own`` names the kind's fields, ``asked`` those kept as options."""

    own: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    name = forms.CharField(max_length=LIMITS["name"])
    group = _words(
        _l("Group"), _l("Checks of one group stand together as a matrix."), max_length=100
    )
    interval_s = SpanField(nothing=15, label=_l("Every"), help_text=_l("15s, 5 min, 1h"))
    cadence = CadenceField(
        required=False, label=_l("By age of the release"), help_text=_l("15s until 24h, then 1 min")
    )
    red_after = _number(_l("Red after bad answers in a row"), initial=1, min_value=1, max_value=100)
    sustained_s = SpanField(nothing=0, label=_l("Rolls back when red for"), help_text=_l("5 min"))
    runbook_url = _words(_l("Runbook"), _l("What to do when it fails: an address."), max_length=500)
    report_only = forms.BooleanField(
        required=False, label=_l("Show it only"), help_text=_l("It neither holds nor rolls back.")
    )
    reason = _words(_l("Why it is changed"), max_length=1000)

    def __init__(self, *args, plan: DeploymentPlan, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "source" in self.fields:
            rows = PrometheusSource.objects.filter(plan=plan, retired_at=None)
            self.fields["source"].queryset = rows

    @property
    def said(self) -> dict[str, Any]:
        """The fields as the action takes them."""
        given = dict(self.cleaned_data)
        options = {name: given.pop(name) for name in self.asked}
        for name in ("reason", "request_id"):
            given.pop(name, None)
        given["red_after"] = given["red_after"] or 1
        return given | {"options": {n: v for n, v in options.items() if v not in (None, "", {})}}

    @property
    def wide_fields(self) -> list[forms.BoundField]:
        """Those of the kind that want a line of their own."""
        return [self[name] for name in self.own if name in _WIDE]

    @property
    def short_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.own if name not in _WIDE]


class _Timed(CheckForm):
    slow_ms = _number(
        _l("Yellow when slower than, ms"), initial=1000, min_value=1, max_value=60_000
    )
    red_ms = _number(_l("Red when slower than, ms"), _l("Empty: never by slowness."), min_value=1)
    deadline_s = forms.FloatField(
        required=False, label=_l("Deadline, seconds"), help_text=_l("At most 5."), min_value=0.1
    )

    def clean_slow_ms(self) -> int:
        return self.cleaned_data["slow_ms"] or 1000


class HttpForm(_Timed):
    """An address: status, text, a value in JSON, latency."""

    asked = ("method", "statuses", "contains", "json_path", "json_op", "json_value", "headers",
             "body", "redirects", "deadline_s")  # fmt: skip
    own = ("url", *asked[:-1], "slow_ms", "red_ms", "deadline_s")

    url = forms.CharField(
        max_length=500, label=_l("Address"), help_text="https://shop.example/health"
    )
    method = forms.ChoiceField(required=False, choices=[(m, m) for m in METHODS])
    statuses = _words(
        _l("Status wanted"), _l("200, or 200-299, 304"), initial="200", max_length=100
    )
    contains = _words(_l("The answer contains"), max_length=500)
    json_path = _words(
        _l("A value in the answer"), _l("JSON path: checks.database.state"), max_length=200
    )
    json_op = forms.ChoiceField(
        required=False, label=_l("Compared by"), choices=[(op, op) for op in OPERATORS]
    )
    json_value = _words(_l("Compared with"), _l("up, true, 3"), max_length=200)
    headers = HeadersField(required=False, help_text=HEADERS, max_length=4000)
    body = _words(_l("Body"), _l("Sent with POST and PUT."), max_length=4000)
    redirects = forms.BooleanField(required=False, label=_l("Follow redirects"))

    @property
    def said(self) -> dict[str, Any]:
        """One status is the check's own; several are options. Usual options are not kept."""
        said = super().said
        options, statuses = said["options"], said["options"].get("statuses", "").strip()
        said["expect_status"] = 200
        if not statuses or (statuses.isascii() and statuses.isdigit()):
            said["expect_status"] = int(statuses or 200)
            options.pop("statuses", None)
        for name, usual in (("method", "GET"), ("redirects", False)):
            if options.get(name) == usual:
                del options[name]
        if not options.get("json_path") and not options.get("json_value"):
            options.pop("json_op", None)
        return said


class TcpForm(_Timed):
    """A port that accepts connections."""

    asked = ("deadline_s",)
    own = ("url", "slow_ms", "red_ms", "deadline_s")

    url = forms.CharField(max_length=500, label=_l("Host and port"), help_text="db.example:5432")


class TlsForm(CheckForm):
    """A certificate and how long it holds."""

    asked = ("yellow_days", "red_days", "name_on_it", "ca_env", "deadline_s")
    own = ("url", *asked)

    url = forms.CharField(max_length=500, label=_l("Host and port"), help_text="shop.example:443")
    yellow_days = _number(_l("Yellow with fewer days left than"), initial=21, min_value=0)
    red_days = _number(_l("Red with fewer days left than"), initial=7, min_value=0)
    name_on_it = _words(_l("Name on the certificate"), _l("Empty: the host's."), max_length=253)
    ca_env = _words(_l("Variable that names a CA file"), max_length=80)
    deadline_s = forms.FloatField(required=False, label=_l("Deadline, seconds"), min_value=0.1)

    @property
    def said(self) -> dict[str, Any]:
        said = super().said
        if name := said["options"].pop("name_on_it", ""):
            said["options"]["name"] = name
        return said


class TargetsForm(CheckForm):
    """Are all targets that a Prometheus scrapes up?"""

    asked = ("job", "expected", "min_up", "deadline_s")
    own = ("source", *asked)

    source = forms.ModelChoiceField(
        PrometheusSource.objects.none(),
        required=False,
        empty_label=_l("the one Warroom is set up with"),
    )
    job = _words(_l("Job"), _l("Empty: all targets."), max_length=200)
    expected = _number(_l("Targets there must be"), _l("Empty: as many as there are."), min_value=1)
    min_up = _number(_l("Enough for yellow"), _l("Empty: one that is down is red."), min_value=1)
    deadline_s = forms.FloatField(required=False, label=_l("Deadline, seconds"), min_value=0.1)


class HeartbeatForm(CheckForm):
    """A script that reports by itself; ``interval_s`` is how often it does."""

    asked = ("longest_s",)
    own = ("grace_s", *asked)

    grace_s = SpanField(
        nothing=0, label=_l("Grace"), help_text=_l("Late so long after it was due.")
    )
    longest_s = SpanField(
        nothing=None, label=_l("Yellow when a run takes longer than"), help_text=_l("Empty: never.")
    )


FORMS: dict[str, type[CheckForm]] = {
    "http": HttpForm,
    "tcp": TcpForm,
    "tls": TlsForm,
    "targets": TargetsForm,
    "heartbeat": HeartbeatForm,
}
# What a new check begins with.
USUAL: dict[str, dict[str, Any]] = {
    "http": {"interval_s": "15s", "sustained_s": "5m"},
    "tcp": {"interval_s": "15s", "sustained_s": "5m"},
    "tls": {"interval_s": "1h", "sustained_s": "1h"},
    "targets": {"interval_s": "30s", "sustained_s": "5m"},
    "heartbeat": {"interval_s": "1h", "grace_s": "5m", "sustained_s": "1h"},
}
_LENGTHS = ("interval_s", "sustained_s", "grace_s", "longest_s")


def check_initial(row: HealthCheck) -> dict[str, Any]:
    """What the form of a check begins with: the row as people type it."""
    found = {name: getattr(row, name) for name in (
        "name", "group", "url", "slow_ms", "red_ms", "source", "red_after", "runbook_url",
        "report_only", "interval_s", "sustained_s", "grace_s",
    )} | row.options  # fmt: skip
    found["statuses"] = row.options.get("statuses") or str(row.expect_status)
    if row.kind == "tls":
        found["name_on_it"] = row.options.get("name", "")
        found["name"] = row.name
    found["cadence"] = "\n".join(_step(step) for step in row.cadence)
    found["headers"] = _lines(row.options.get("headers", {}))
    return found | {name: written(found[name]) for name in _LENGTHS if found.get(name)}


def _step(step: Mapping[str, int]) -> str:
    until = step.get("until_s")
    return f"{written(step['every_s'])}{f' until {written(until)}' if until else ''}"


def _lines(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())


class ManyForm(OnceForm):
    """Many addresses at once: a name and an address a line, the rest in common."""

    lines = forms.CharField(
        label=_l("Addresses"),
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text=_l(
            "One a line: a name, then its address. Checkout https://shop.example/checkout"
        ),
    )
    group = forms.CharField(max_length=100, help_text=_l("The matrix that they stand in."))
    statuses = _words(_l("Status wanted"), initial="200", max_length=3)
    interval_s = SpanField(nothing=15, label=_l("Every"), help_text=_l("15s, 5 min, 1h"))
    slow_ms = _number(
        _l("Yellow when slower than, ms"), initial=1000, min_value=1, max_value=60_000
    )
    report_only = forms.BooleanField(required=False, label=_l("Show them only"))

    def clean_lines(self) -> list[tuple[str, str]]:
        found = []
        for number, line in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            words = line.replace(",", " ").split()
            if not words:
                continue
            if len(words) < 2:
                words = [_name_of(words[0]), words[0]]
            if not words[-1].startswith(("http://", "https://")):
                raise forms.ValidationError(
                    _("Line {number}: no address at its end: {line}").format(
                        number=number, line=line[:60]
                    )
                )
            found.append((" ".join(words[:-1]), words[-1]))
        return found

    def clean_statuses(self) -> int:
        text = self.cleaned_data["statuses"] or "200"
        if not (text.isascii() and text.isdigit()):
            raise forms.ValidationError(_("One status: 200."))
        return int(text)

    @property
    def said(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "group": given["group"],
            "expect_status": given["statuses"],
            "interval_s": given["interval_s"],
            "slow_ms": given["slow_ms"] or 1000,
            "report_only": given["report_only"],
        }


def _name_of(url: str) -> str:
    return url.split("://", 1)[-1].strip("/")[:200]


class PlaceForm(OnceForm):
    place = forms.IntegerField(min_value=1, max_value=10_000)


class ReasonForm(OnceForm):
    reason = _words(_l("Why"), max_length=1000)
