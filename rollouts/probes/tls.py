"""How many days does a certificate still hold, and is it the right one?"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from rollouts.probes.base import (
    LONGEST_S,
    BadOption,
    ProbeResult,
    failure,
    found,
    no_data,
    within,
)
from warroom.environment import NotGiven, refusal, secret
from warroom.outbound import Forbidden, OutboundError, Transport, Unresolved
from warroom.outbound_sockets import connect, host_and_port, trusting
from warroom.rules.wording import full_instant

DAY_S = 86_400


@dataclass(frozen=True)
class Options:
    """Days left under which it is yellow or red. `name`: the host that the certificate is for.

    `ca_env` names the variable that holds the path of a PEM file to trust. `deadline_s` in seconds.
    """

    yellow_days: int = 21
    red_days: int = 7
    name: str = ""
    ca_env: str = ""
    deadline_s: float = LONGEST_S

    def __post_init__(self) -> None:
        within("yellow_days", self.yellow_days, 0, 3650, "days")
        within("red_days", self.red_days, 0, 3650, "days")
        if self.red_days > self.yellow_days:
            raise BadOption("red_days", _("Red begins with fewer days left than yellow."))
        if self.ca_env and (refused := refusal(self.ca_env)):
            raise BadOption("ca_env", f"{refused[:1].upper()}{refused[1:]}.")
        if any(ord(c) <= 32 for c in self.name) or len(self.name) > 253:
            raise BadOption("name", _("That is no name of a host."))
        within("deadline_s", self.deadline_s, 0.1, LONGEST_S, "s")


@dataclass(frozen=True)
class TlsTarget:
    """Shake hands with `address`: host:port, a host, or an https address."""

    address: str
    options: Options = field(default_factory=Options)


async def ask(transport: Transport, target: TlsTarget) -> ProbeResult:
    """The value is the days until the certificate expires, a part of a day as a fraction.

    A certificate that is expired, for another name or not trusted is the target's failure.
    """
    try:
        host, port = host_and_port(_with_port(target.address))
        opened = await connect(
            host,
            port,
            tls=_trusted(target.options.ca_env),
            server_name=target.options.name,
            deadline_s=target.options.deadline_s,
        )
    except NotGiven as error:
        return no_data(_("not asked: {error}").format(error=error))
    except (Forbidden, Unresolved) as error:
        return no_data(error.reason)
    except ssl.SSLError as error:
        return failure(_words(error))
    except OutboundError as error:
        return failure(error.reason)
    return _days(opened.certificate, opened.elapsed_s * 1000)


def _with_port(address: str) -> str:
    """ "https://shop.example/x" and "shop.example" as "shop.example:443"."""
    if "://" in address:
        parts = urlsplit(address)
        return f"{parts.hostname or ''}:{parts.port or 443}"
    return address if address.rpartition(":")[2].isdecimal() else f"{address}:443"


def _trusted(ca_env: str) -> ssl.SSLContext:
    context = trusting(secret(ca_env)) if ca_env else None
    return context or ssl.create_default_context()


def _days(certificate: dict, latency: float) -> ProbeResult:
    ends = certificate.get("notAfter")
    if not ends:
        return no_data(_("the certificate does not say when it ends"), latency)
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    days = (end - datetime.now(UTC)).total_seconds() / DAY_S
    return found(
        days,
        _("{days:.0f} days").format(days=days),
        latency,
        reason=_("it ends {end}").format(end=full_instant(end)),
    )


def _words(error: ssl.SSLError) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return _("no TLS handshake")
    said = error.verify_message or ""
    if error.verify_code == 10:
        return _("the certificate has expired")
    if error.verify_code == 62 or "mismatch" in said.lower():
        return _("the certificate is for another name")
    if error.verify_code in (18, 19):
        return _("the certificate is signed by itself and not trusted")
    if error.verify_code in (20, 21, 2):
        return _("the chain of the certificate is not whole, or its root is not trusted")
    return (
        _("the certificate is not valid: {said}").format(said=said)
        if said
        else _("the certificate is not valid")
    )
