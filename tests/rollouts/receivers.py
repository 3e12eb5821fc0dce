"""Servers that executors call: one that honours idempotency keys, one of Unleash's shape."""

import hashlib
import hmac
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """Applies each key once and counts; ``answers`` are given before, one per call."""

    def __init__(self):
        self.calls, self.applied, self.answers, self.share = [], {}, [], 0
        self.newest = 0
        self.lock = threading.Lock()

    def take(self, method, path, headers, body):
        with self.lock:
            self.calls.append((method, path, headers, body))
            if self.answers:
                said = self.answers.pop(0)
                if said is not None:
                    return said
            return self.apply(headers, body)

    def apply(self, headers, body):
        key = headers.get("idempotency-key", "")
        if key in self.applied:
            return 409, '{"title": "carried out before"}'
        order = json.loads(body)
        self.applied[key] = order["percent"]
        if order["generation"] >= self.newest:
            self.newest, self.share = order["generation"], order["percent"]
        return 202, '{"accepted": true}'


def is_signed(secret, header, body, now, tolerance_s=300):
    """What a receiver does, as docs/rollouts.md says it."""
    said = dict(part.split("=", 1) for part in header.split(","))
    wanted = hmac.new(secret.encode(), f"{said['t']}.".encode() + body, hashlib.sha256)
    fresh = abs(now - int(said["t"])) <= tolerance_s
    return fresh and hmac.compare_digest(wanted.hexdigest(), said["v1"])


class UnleashShape(Receiver):
    """The part of the Admin API that moves a gradual strategy."""

    PATH = re.compile(
        r"/api/admin/projects/(?P<project>[^/]+)/features/(?P<feature>[^/]+)"
        r"/environments/(?P<environment>[^/]+)(?P<rest>.*)"
    )

    def __init__(self, token="*:*.token", rollout="0", enabled=False):
        super().__init__()
        self.token, self.enabled = token, enabled
        self.strategies = [gradual("s-1", rollout)] if rollout is not None else []

    def apply(self, headers, body):
        method, path = self.calls[-1][:2]
        if headers.get("authorization") != self.token:
            return 401, '{"name": "NoAccessError"}'
        at = self.PATH.fullmatch(path)
        if not at or at["feature"] != "web-v4":
            return 404, '{"name": "NotFoundError", "message": "Could not find feature"}'
        return self.answer(method, at["rest"], json.loads(body) if body else None)

    def answer(self, method, rest, said):
        if (method, rest) == ("GET", ""):
            return 200, json.dumps(
                {"name": "production", "enabled": self.enabled, "strategies": self.strategies}
            )
        if method == "POST" and rest in ("/on", "/off"):
            self.enabled = rest == "/on"
            return 200, ""
        if (method, rest) == ("POST", "/strategies"):
            self.strategies.append({"id": f"s-{len(self.strategies) + 1}", **said})
            return 200, json.dumps(self.strategies[-1])
        strategy = next((s for s in self.strategies if rest == f"/strategies/{s['id']}"), None)
        if method == "PATCH" and strategy:
            for one in said:
                assert one["op"] == "replace" and isinstance(one["value"], str)
                strategy["parameters"][one["path"].rpartition("/")[2]] = one["value"]
            return 200, json.dumps(strategy)
        return 404, "{}"

    @property
    def changes(self):
        return [(m, p.rpartition("/production")[2]) for m, p, *_ in self.calls if m != "GET"]


def gradual(pk, rollout):
    said = {"rollout": rollout, "stickiness": "default", "groupId": "web-v4"}
    return {"id": pk, "name": "flexibleRollout", "parameters": said, "constraints": []}


def serve(receiver):
    """Start it on a free port; gives the server, whose ``url`` is its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            size = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, text = receiver.take(self.command, self.path, headers, self.rfile.read(size))
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True, args=(0.05,)).start()
    return server
