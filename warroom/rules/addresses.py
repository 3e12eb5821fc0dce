"""Which addresses the house may call. Pure: names and numbers in, a reason to refuse out.

Own lists instead of `ipaddress.is_private`: Python 3.11 takes NAT64, 6to4, multicast and some
metadata services for public.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from django.utils.translation import gettext as _

Address = IPv4Address | IPv6Address

# Where clouds hand out credentials. Refused even when the operator allows the network around.
_METADATA = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "169.254.169.254",
        "169.254.169.253",
        "169.254.169.123",
        "169.254.170.2",
        "169.254.170.23",
        "169.254.42.42",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::253",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fd00:42::42",
    )
)
_METADATA_NAMES = ("metadata.google.internal", "metadata.goog", "instance-data")
_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    )
)  # fmt: skip
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_LEGACY_NUMBER = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)


def clean_host(host: str) -> str:
    """A host as it is meant: no wide digits or dots, no brackets, no final dot, lower case."""
    # IDNA takes the ideographic stops for dots too, which NFKC leaves as they are.
    plain = unicodedata.normalize("NFKC", host).replace("\u3002", ".").replace("\uff61", ".")
    return plain.strip("[]").rstrip(".").lower()


def literal(host: str) -> Address | None:
    """The address a host spells out, also as 2130706433, 0x7f.1, 127.1 or ①②⑦.⓪.⓪.①."""
    host = clean_host(host).partition("%")[0]
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    if _LEGACY_NUMBER.fullmatch(host) and host[0].isdigit():
        try:
            return IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    return None


def unwrap(address: Address) -> Address:
    """The IPv4 address inside a mapped, compatible, NAT64, 6to4 or Teredo one, else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def refusal(host: str, port: int, address: Address, allowed: Sequence[str]) -> str | None:
    """Why `host`:`port`, resolved to `address`, must not be called; None when it may.

    `allowed` is the operator's list: hosts, host:port pairs, addresses and networks. It opens
    private places, never a metadata service.
    """
    inner = unwrap(address)
    if inner in _METADATA or clean_host(host) in _METADATA_NAMES:
        return _("{host} is a cloud metadata service, which is never asked").format(host=host)
    if _listed(host, port, (address, inner), allowed) or _public(inner):
        return None
    return _(
        "{host} leads to the private address {inner}; an operator can allow it in "
        "WARROOM_OUTBOUND_ALLOW"
    ).format(host=host, inner=inner)


def _public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _listed(host: str, port: int, addresses: Sequence[Address], allowed: Sequence[str]) -> bool:
    return any(_entry_matches(entry, host, port, addresses) for entry in allowed)


def _entry_matches(entry: str, host: str, port: int, addresses: Sequence[Address]) -> bool:
    entry = entry.strip()
    network = _network(entry)
    if network is not None:
        return any(a.version == network.version and a in network for a in addresses)
    name, colon, wanted = entry.rpartition(":")
    if not colon or not wanted.isdigit():
        return clean_host(entry) == clean_host(host)
    if int(wanted) != port:
        return False
    inside = _network(name.strip("[]"))
    if inside is not None:
        return any(a.version == inside.version and a in inside for a in addresses)
    return clean_host(name) == clean_host(host)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None
