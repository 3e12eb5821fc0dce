"""What people may say of a health check: the fields, how they are judged, how an event shows them.

=======================  ===================================================================
``kind``                 http, tcp, tls, targets or heartbeat; not changed once it is made
``name group``           texts
``url``                  an address (http), host:port (tcp, tls); nothing for the others
``expect_status``        the status that is right, where the options name no others
``slow_ms red_ms``       slower is yellow, red; ``red_ms`` None: never by slowness
``options``              what the kind wants besides, as ``rollouts.probes`` reads it
``source``               the PrometheusSource that is asked for targets; None: the usual one
``interval_s cadence``   how often, in seconds; by age of the release
``grace_s``              a heartbeat is late so long after its interval, in seconds
``sustained_s``          red for so long rolls back, in seconds
``red_after``            so many bad answers in a row are red
``report_only``          shown; neither holds nor rolls back
``runbook_url``          what to do when it fails
=======================  ===================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.models import HealthCheck, PrometheusSource
from rollouts.probes import BadOption, options_of
from rollouts.rules.check_addresses import ADDRESSED, wrong_address, wrong_web
from warroom.actions.refusals import Invalid
from warroom.models import DeploymentPlan

KINDS = {
    "http": _l("An HTTP address"),
    "tcp": _l("A TCP port"),
    "tls": _l("A certificate"),
    "targets": _l("Targets of a Prometheus"),
    "heartbeat": _l("A script that reports"),
}
DAY_S = 86_400
LIMITS = {"name": 200, "group": 100, "url": 500, "runbook_url": 500}
NUMBERS = {
    "expect_status": (100, 599),
    "slow_ms": (1, 60_000),
    "red_ms": (1, 60_000),
    "interval_s": (1, 7 * DAY_S),
    "grace_s": (0, 7 * DAY_S),
    "sustained_s": (0, 7 * DAY_S),
    "red_after": (1, 100),
}
MOST_STEPS = 10
# To change one of these changes what the readings stand for: green that was seen counts no more.
JUDGED = frozenset(
    {"url", "expect_status", "slow_ms", "red_ms", "options", "source", "grace_s", "red_after",
     "sustained_s", "report_only"}
)  # fmt: skip
_NAMES = {*LIMITS, *NUMBERS, "options", "source", "cadence", "report_only"}


def checked(plan: DeploymentPlan, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they will be kept; what has no name here is left aside. Raises Invalid."""
    if kind not in KINDS:
        raise Invalid("kind", _("One of {kinds} is wanted.").format(kinds=", ".join(KINDS)))
    values = {name: value for name, value in fields.items() if name in _NAMES}
    for name in LIMITS.keys() & values.keys():
        values[name] = _text(name, values[name])
    for name in NUMBERS.keys() & values.keys():
        _check_number(name, values[name])
    if "url" in values:
        _check_address(kind, values["url"])
    if values.get("runbook_url") and (wrong := wrong_web(values["runbook_url"])):
        raise Invalid("runbook_url", wrong)
    if "options" in values:
        values["options"] = _options(kind, values["options"])
    if "cadence" in values:
        values["cadence"] = _cadence(values["cadence"])
    source = values.get("source")
    if source is not None and (source.plan_id != plan.pk or source.retired_at is not None):
        raise Invalid("source", _("This release has no such Prometheus."))
    return values


def refuse_unnamed(kind: str, values: Mapping[str, Any]) -> None:
    """A new check wants a name and what is to be asked. Raises Invalid."""
    if not values.get("name"):
        raise Invalid("name", _("Give it a name."))
    if kind in ADDRESSED and not values.get("url"):
        raise Invalid("url", _("Say what is to be asked."))


def _text(name: str, value: Any) -> str:
    text = " ".join(str(value or "").replace("\0", "").split())
    if len(text) > LIMITS[name]:
        raise Invalid(
            name,
            _("This has {count} characters; {name} are allowed.").format(
                count=len(text), name=LIMITS[name]
            ),
        )
    return text


def _check_number(name: str, value: Any) -> None:
    low, high = NUMBERS[name]
    if value is None and name == "red_ms":
        return
    if type(value) is not int or not low <= value <= high:
        raise Invalid(
            name, _("A whole number from {low} to {high:,} is wanted.").format(low=low, high=high)
        )


def _check_address(kind: str, url: str) -> None:
    if wrong := wrong_address(kind, url):
        raise Invalid("url", wrong)


def _options(kind: str, raw: Any) -> dict[str, Any]:
    """Those that were given, once the probe has read them."""
    try:
        options_of(kind, raw)
    except BadOption as wrong:
        raise Invalid(wrong.field, wrong.message) from wrong
    return {name: value for name, value in raw.items() if value not in (None, "", {})}


def _cadence(steps: Any) -> list[dict[str, int]]:
    if not isinstance(steps, list) or len(steps) > MOST_STEPS:
        raise Invalid("cadence", _("At most {most_steps} steps.").format(most_steps=MOST_STEPS))
    for step in steps:
        every = step.get("every_s") if isinstance(step, dict) else None
        if type(every) is not int or not 1 <= every <= 7 * DAY_S:
            raise Invalid("cadence", _("Each step says how often, from 1 second to 7 days."))
    return [
        {name: step[name] for name in ("until_s", "every_s") if step.get(name)} for step in steps
    ]


def shown(row: HealthCheck) -> dict[str, Any]:
    """The fields as events keep them: plain JSON, never the secret word of a heartbeat."""
    kept = {name: getattr(row, name) for name in sorted(_NAMES - {"source"})}
    return {"asks": row.kind, **kept, "source": row.source.name if row.source else ""}


def assign(row: HealthCheck, values: Mapping[str, Any]) -> None:
    """Write checked fields into the row, unsaved."""
    for name, value in values.items():
        setattr(row, name, value)


def source_named(plan: DeploymentPlan, name: str) -> PrometheusSource | None:
    """A source of the release by its name; "": none. Raises Invalid."""
    if not name:
        return None
    found = PrometheusSource.objects.filter(plan=plan, name=name, retired_at=None).first()
    if found is None:
        raise Invalid("source", _("This release has no such Prometheus."))
    return found
