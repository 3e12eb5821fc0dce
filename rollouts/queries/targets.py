"""What to ask for a metric or a check: its row with the secrets that its source names."""

from __future__ import annotations

import base64

from django.conf import settings
from django.utils.translation import gettext as _

from rollouts.models import HealthCheck, PrometheusQuery, PrometheusSource
from rollouts.probes import options_of
from rollouts.probes.http import HttpTarget
from rollouts.probes.prometheus import PrometheusTarget, Server
from rollouts.probes.targets import TargetsTarget
from rollouts.probes.tcp import TcpTarget
from rollouts.probes.tls import TlsTarget
from warroom.environment import NotGiven, secret


def server_of(source: PrometheusSource) -> Server:
    """Where a source is asked and as whom; without an address it means the operator's own.

    What its environment lacks is the server's `trouble`: nothing is asked, and that is said.
    """
    url = source.url or settings.PROMETHEUS_URL
    try:
        ca = secret(source.ca_env) if source.ca_env else ""
        return Server(url, _headers(source), ca)
    except NotGiven as error:
        return Server(
            url, trouble=_("{source} is not asked: {error}").format(source=source.name, error=error)
        )


def _headers(source: PrometheusSource) -> dict[str, str]:
    headers = {}
    if source.token_env:
        headers["Authorization"] = f"Bearer {secret(source.token_env)}"
    elif source.password_env or source.username:
        password = secret(source.password_env) if source.password_env else ""
        pair = base64.b64encode(f"{source.username}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    if source.tenant:
        headers["X-Scope-OrgID"] = source.tenant
    return headers


def target_of(row: PrometheusQuery) -> PrometheusTarget:
    """How a query is asked; its `source` is read with it. No SQL statement where it is there."""
    return PrometheusTarget(
        server=server_of(row.source),
        promql=row.promql,
        unit=row.unit,
        interval_s=row.interval_s,
        reducer=row.reducer,
        bands=row.bands,
        guard_promql=row.guard_promql,
        guard_min=row.guard_min,
        stale_s=row.stale_s,
    )


CheckTarget = HttpTarget | TcpTarget | TlsTarget | TargetsTarget


def check_target(row: HealthCheck) -> CheckTarget:
    """How a check is asked; its `source` is read with it. A heartbeat is asked nothing.

    Raises BadOption where its options cannot be, which a form does not let in, but a file may.
    """
    options = options_of(row.kind, row.options)
    if row.kind == "tcp":
        return TcpTarget(row.url, options)
    if row.kind == "tls":
        return TlsTarget(row.url, options)
    if row.kind == "targets":
        server = server_of(row.source) if row.source else Server(settings.PROMETHEUS_URL)
        return TargetsTarget(server, options)
    return HttpTarget(row.url, row.expect_status, options=options)
