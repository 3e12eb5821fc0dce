"""Ways to look at a thing from outside: one file per kind, one line per kind in the registry."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from rollouts.probes import heartbeat, http, prometheus, targets, tcp, tls
from rollouts.probes.base import BadOption, ProbeResult, failure, no_data, read_options

# kind -> how to ask: a coroutine on the transport's loop, but "prometheus", which blocks a thread.
ASK = {
    "http": http.ask,
    "tcp": tcp.ask,
    "tls": tls.ask,
    "targets": targets.ask,
    "prometheus": prometheus.ask,
}
# kind -> what a check of that kind may want besides its address.
OPTIONS: dict[str, type] = {
    "http": http.Options,
    "tcp": tcp.Options,
    "tls": tls.Options,
    "targets": targets.Options,
    "heartbeat": heartbeat.Options,
}


def options_of(kind: str, raw: Mapping[str, Any]) -> Any:
    """A check's options as its kind reads them. Raises BadOption, naming the field."""
    if kind not in OPTIONS:
        raise BadOption(
            "kind",
            _("There is no such check; there are: {options}.").format(options=", ".join(OPTIONS)),
        )
    return read_options(OPTIONS[kind], raw)


__all__ = ["ASK", "OPTIONS", "BadOption", "ProbeResult", "failure", "no_data", "options_of"]
