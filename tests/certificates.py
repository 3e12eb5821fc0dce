"""Certificates for tests, made on the spot: P-256, signed by themselves or by a root of their own.

Written out here so that a clean clone needs neither another package nor a program nor a kept key.
"""

import base64
import hashlib
import ipaddress
import secrets
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def _add(one, other):
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    if one == other:
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, _P) % _P
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, _P) % _P
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _times(number, point):
    found = None
    while number:
        if number & 1:
            found = _add(found, point)
        point, number = _add(point, point), number >> 1
    return found


def _tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    length = bytes([size]) if size < 128 else None
    if length is None:
        raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(raw)]) + raw
    return bytes([tag]) + length + body


def _int(number):
    return _tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _oid(text):
    first, second, *rest = (int(part) for part in text.split("."))
    body = bytes([40 * first + second])
    for number in rest:
        chunk = [number & 127]
        while number := number >> 7:
            chunk.append(128 | (number & 127))
        body += bytes(reversed(chunk))
    return _tlv(6, body)


def _name(text):
    return _tlv(48, _tlv(49, _tlv(48, _oid("2.5.4.3"), _tlv(12, text.encode()))))


def _time(at):
    return _tlv(23, at.strftime("%y%m%d%H%M%SZ").encode())


_ECDSA = _tlv(48, _oid("1.2.840.10045.4.3.2"))
_KEY = _tlv(48, _oid("1.2.840.10045.2.1"), _oid("1.2.840.10045.3.1.7"))


def _pem(kind, der):
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN {kind}-----\n{text}-----END {kind}-----\n"


class Key:
    """A private key of P-256."""

    def __init__(self):
        self.secret = secrets.randbelow(_N - 1) + 1
        x, y = _times(self.secret, _G)
        self.point = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")

    @property
    def pem(self):
        secret = _tlv(4, self.secret.to_bytes(32, "big"))
        curve = _tlv(160, _oid("1.2.840.10045.3.1.7"))
        return _pem("EC PRIVATE KEY", _tlv(48, _int(1), secret, curve))

    def sign(self, data):
        digest = int.from_bytes(hashlib.sha256(data).digest(), "big")
        once = secrets.randbelow(_N - 1) + 1
        r = _times(once, _G)[0] % _N
        s = pow(once, -1, _N) * (digest + r * self.secret) % _N
        return _tlv(48, _int(r), _int(s))


def _extension(oid, body, critical=False):
    flag = _tlv(1, b"\xff") if critical else b""
    return _tlv(48, _oid(oid), flag, _tlv(4, body))


def certificate(key, subject, issuer, signer, *, days, names=(), is_root=False):
    """PEM of a certificate for `names` (hosts and addresses) that ends in `days` from now."""
    now = datetime.now(UTC)
    start = min(now, now + timedelta(days=days)) - timedelta(days=30)
    listed = [
        _tlv(135, ipaddress.ip_address(n).packed) if n[0].isdigit() else _tlv(130, n.encode())
        for n in names
    ]
    extensions = [_extension("2.5.29.19", _tlv(48, _tlv(1, b"\xff") if is_root else b""), True)]
    if is_root:
        extensions.append(_extension("2.5.29.15", _tlv(3, b"\x01\x06"), True))
    if listed:
        extensions.append(_extension("2.5.29.17", _tlv(48, *listed)))
    body = _tlv(
        48,
        _tlv(160, _int(2)),
        _int(secrets.randbits(64)),
        _ECDSA,
        _name(issuer),
        _tlv(48, _time(start), _time(now + timedelta(days=days))),
        _name(subject),
        _tlv(48, _KEY, _tlv(3, b"\x00" + key.point)),
        _tlv(163, _tlv(48, *extensions)),
    )
    return _pem("CERTIFICATE", _tlv(48, body, _ECDSA, _tlv(3, b"\x00" + signer.sign(body))))


class Authority:
    """A root whose PEM lies at `ca`, and certificates by it: ``authority.issue("localhost")``."""

    def __init__(self, folder):
        self.folder, self.key = folder, Key()
        self.ca = folder / "ca.pem"
        self.ca.write_text(
            certificate(self.key, "Test root", "Test root", self.key, days=3650, is_root=True)
        )

    def issue(self, *names, days=90):
        """Path of a file with key and certificate for these names."""
        key = Key()
        pem = certificate(key, names[0], "Test root", self.key, days=days, names=names)
        file = self.folder / f"{names[0]}-{days}.pem"
        file.write_text(key.pem + pem)
        return file


class _Quiet(ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A refused handshake is what some tests are about."""


class _Answer(BaseRequestHandler):
    def handle(self):
        with self.server.context.wrap_socket(self.request, server_side=True) as wrapped:
            wrapped.settimeout(2)
            self.server.asked.append(wrapped.recv(65_536))
            body = self.server.body
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            wrapped.sendall(head.encode() + body)


@contextmanager
def tls_server(pem, body=b"ok"):
    """A server with the certificate in `pem`; gives it with `.port` and what it was `.asked`."""
    server = _Quiet(("127.0.0.1", 0), _Answer)
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.load_cert_chain(pem)
    server.port, server.body, server.asked = server.server_address[1], body, []
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=2)
