"""Ways to look at a thing from outside: one file per kind, one line per kind in the registry."""

from rollouts.probes import http, prometheus
from rollouts.probes.base import ProbeResult, failure, no_data

# kind -> how to ask. "http" is a coroutine on the transport's loop; "prometheus" blocks a thread.
ASK = {"http": http.ask, "prometheus": prometheus.ask}

__all__ = ["ASK", "ProbeResult", "failure", "no_data"]
