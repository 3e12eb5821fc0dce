"""Addresses of health checks: of the web, host and port, or a host. Pure."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from warroom.rules.blanks import blanks

_PORT = _l("Host and port are wanted: db.example:5432.")


def wrong_address(kind: str, url: str) -> str:
    """What is wrong with the address of a check, in a sentence; "" for nothing.

    A blank of a template may stand in it; an empty one is no matter of this.
    """
    if not url or blanks(url):
        return ""
    if kind not in ADDRESSED:
        return _("A check of this kind asks no address.")
    return ADDRESSED[kind](url)


def wrong_web(url: str) -> str:
    """What is wrong with an address of the web; "" for nothing."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or any(c.isspace() or c in '<>"\\' for c in url):
        return _("It is no web address: write https://service.example/health.")
    if parts.username is not None:
        return _("The address has a name or password in it; name a variable instead.")
    return ""


def _wrong_port(url: str) -> str:
    host, _unused, port = url.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        return str(_PORT)
    return _PORT if any(c.isspace() or c in '/@<>"\\' for c in host) else ""


def _wrong_certificate(url: str) -> str:
    if url.startswith(("http://", "https://")):
        return wrong_web(url)
    return _wrong_port(url if ":" in url else f"{url}:443")


ADDRESSED: dict[str, Callable[[str], str]] = {
    "http": wrong_web,
    "tcp": _wrong_port,
    "tls": _wrong_certificate,
}
