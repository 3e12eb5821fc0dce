"""Does a port accept connections, and how fast?"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from rollouts.probes.base import LONGEST_S, ProbeResult, failure, found, no_data, within
from warroom.outbound import Forbidden, OutboundError, Transport, Unresolved
from warroom.outbound_sockets import connect, host_and_port


@dataclass(frozen=True)
class Options:
    """`deadline_s` in seconds."""

    deadline_s: float = LONGEST_S

    def __post_init__(self) -> None:
        within("deadline_s", self.deadline_s, 0.1, LONGEST_S, "s")


@dataclass(frozen=True)
class TcpTarget:
    """Connect to `address`, host:port."""

    address: str
    options: Options = field(default_factory=Options)


async def ask(transport: Transport, target: TcpTarget) -> ProbeResult:
    """The value is the time until the connection stood, in milliseconds."""
    try:
        host, port = host_and_port(target.address)
        opened = await connect(host, port, deadline_s=target.options.deadline_s)
    except (Forbidden, Unresolved) as error:
        return no_data(error.reason)
    except OutboundError as error:
        return failure(error.reason)
    latency = opened.elapsed_s * 1000
    return found(latency, _("{latency:.0f} ms").format(latency=latency), latency)
