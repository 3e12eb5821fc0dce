"""Are all targets that a Prometheus scrapes up? "3 of 4" """

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from rollouts.probes.base import LONGEST_S, BadOption, ProbeResult, found, no_data, within
from rollouts.probes.prometheus import HOW_TO_GET_ONE, Server, short
from warroom.outbound import OutboundError, Transport
from warroom.outbound_sockets import trusting


@dataclass(frozen=True)
class Options:
    """`job`: those of one job, empty: all. `expected`: how many there must be at least.

    With `min_up` so many are enough for yellow; without it one that is down is red.
    """

    job: str = ""
    expected: int | None = None
    min_up: int | None = None
    deadline_s: float = LONGEST_S

    def __post_init__(self) -> None:
        within("expected", self.expected, 1, 10_000)
        within("min_up", self.min_up, 1, 10_000)
        if self.expected and self.min_up and self.min_up > self.expected:
            raise BadOption("min_up", _("It is more than are expected."))
        within("deadline_s", self.deadline_s, 0.1, LONGEST_S, "s")


@dataclass(frozen=True)
class TargetsTarget:
    """Ask the Prometheus at `server` for its targets."""

    server: Server
    options: Options = field(default_factory=Options)


async def ask(transport: Transport, target: TargetsTarget) -> ProbeResult:
    """The value is how many are up, of `total`. What Prometheus does not say is no data."""
    server, options = target.server, target.options
    if server.trouble or not server.url:
        return no_data(server.trouble or str(HOW_TO_GET_ONE))
    # Older servers take no notice of the pool and send all.
    asked = {"state": "active"} | ({"scrapePool": options.job} if options.job else {})
    try:
        answer = await transport.fetch(
            "GET",
            f"{server.url.rstrip('/')}/api/v1/targets?{urlencode(asked)}",
            headers=dict(server.headers) or None,
            deadline_s=options.deadline_s,
            trust=trusting(server.ca),
        )
    except OutboundError as error:
        return no_data(error.reason)
    return _counted(answer.status, answer.body, options, answer.elapsed_s * 1000)


def _counted(status: int, body: bytes, options: Options, latency: float) -> ProbeResult:
    try:
        said = json.loads(body)
        active = said["data"]["activeTargets"] if said["status"] == "success" else None
    except (ValueError, RecursionError, KeyError, TypeError):
        active = None
    if status != 200 or not isinstance(active, list):
        return no_data(
            _("Prometheus did not list its targets: it answered {status}").format(status=status),
            latency,
        )
    return _up_of(_of_job(active, options.job), options, latency)


def _of_job(active: Sequence[Any], job: str) -> list[Mapping[str, Any]]:
    listed = [one for one in active if isinstance(one, dict)]
    if not job:
        return listed
    return [t for t in listed if (t.get("labels") or {}).get("job", t.get("scrapePool")) == job]


def _up_of(targets: list[Mapping[str, Any]], options: Options, latency: float) -> ProbeResult:
    of_job = _(" of the job {job}").format(job=options.job) if options.job else ""
    if not targets and not options.expected:
        return no_data(_("Prometheus scrapes no target{of_job}").format(of_job=of_job), latency)
    if targets and all(target.get("health") == _("unknown") for target in targets):
        return no_data(_("no target{of_job} was scraped yet").format(of_job=of_job), latency)
    up = sum(target.get("health") == "up" for target in targets)
    total = max(len(targets), options.expected or 0)
    return found(
        float(up),
        _("{up} of {total}").format(up=up, total=total),
        latency,
        total=total,
        reason=_down(targets, total),
    )


def _down(targets: Sequence[Mapping[str, Any]], total: int) -> str:
    """Names those that are not up with Prometheus' own reason; at most three."""
    down = [target for target in targets if target.get("health") != "up"]
    said = [_named(target) for target in down[:3]]
    if len(down) > 3:
        said.append(_("{count} more").format(count=len(down) - 3))
    if len(targets) < total:
        said.append(_("{total} not scraped at all").format(total=total - len(targets)))
    return short(_("not up: {said}").format(said=", ".join(said))) if said else ""


def _named(target: Mapping[str, Any]) -> str:
    name = (target.get("labels") or {}).get("instance") or target.get("scrapeUrl") or _("a target")
    why = str(target.get("lastError") or "").strip()
    return f"{name} ({why[:100]})" if why else str(name)
