"""A call to an address of the team's own: signed, with an idempotency key."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from dataclasses import asdict, dataclass, field, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from rollouts.executors import templates
from rollouts.executors.base import (
    DEADLINE_S,
    Answer,
    Fetch,
    OptionError,
    Order,
    Target,
    judged,
    option,
)

JSON = "application/json"
SIGNATURE = "X-Warroom-Signature"
ALREADY = 409
# Headers of these names carry secrets, which stand in the environment only.
SECRET = re.compile(r"auth|token|secret|key|cookie|password", re.I)


@dataclass(frozen=True)
class WebhookOptions:
    """All may be left out: then the order itself is posted as JSON."""

    method: str = option("POST", _l("POST, PUT or PATCH"))
    headers: dict = field(
        default_factory=dict, metadata={"about": _l("further headers; {secret} puts the secret in")}
    )
    body: str = option("", _l("the body, with places such as {percent} and {key}"))
    content_type: str = option(JSON, _l("of the body"))

    def __post_init__(self) -> None:
        if self.method not in ("POST", "PUT", "PATCH"):
            raise OptionError("method", _("method wants POST, PUT or PATCH."))
        if not self.content_type.isprintable():
            raise OptionError("content_type", _("content_type wants one line."))
        templates.check("body", self.body)
        templates.check_json("body", self.body, self.content_type)
        for name, value in self.headers.items():
            if not name.replace("-", "").isalnum() or not name.isascii():
                raise OptionError(
                    "headers", _("{name!r} is not the name of a header.").format(name=name)
                )
            templates.check("headers", value)
            if SECRET.search(name) and "{secret}" not in value:
                text = _(
                    "{name} wants {{secret}} in it: a secret itself is never kept here."
                ).format(name=name)
                raise OptionError("headers", text)
            if not value.isprintable():
                raise OptionError(
                    "headers", _("{name} wants a value on one line.").format(name=name)
                )


class Webhook:
    name, label, options = "webhook", "Webhook", WebhookOptions
    secret = _l("signs the body (HMAC-SHA256), or goes where {secret} stands")

    async def carry_out(self, fetch: Fetch, order: Order, target: Target) -> Answer:
        """Post the order. 409 means that this key was carried out before, which is a yes."""
        url, headers, body = request_of(order, target)
        answer = await fetch(
            target.options.method, url, headers=headers, data=body, deadline_s=DEADLINE_S
        )
        return judged(answer, accepted=(ALREADY,))

    async def try_out(self, fetch: Fetch, order: Order, target: Target) -> Answer:
        """Post an order of action "test", which a receiver answers without moving anything.

        Where a template leaves the action out the other side could not tell: nothing is sent.
        """
        if target.options.body and "{action}" not in target.options.body:
            sure = _(
                "the body has no {action}, so the receiver could not tell a test from an order"
            )
            return Answer(False, _("Not called: {sure}.").format(sure=sure), retry=False)
        return await self.carry_out(fetch, replace(order, action="test"), target)


def request_of(order: Order, target: Target) -> tuple[str, dict[str, str], bytes]:
    """Address, headers and body of the call."""
    options, secret = target.options, target.secret
    body = json.dumps(asdict(order), sort_keys=True)
    if options.body:
        body = templates.in_body(options.body, order, secret, options.content_type)
    headers = {"Content-Type": options.content_type, "Idempotency-Key": order.key}
    headers["X-Warroom-Generation"] = str(order.generation)
    if secret and not templates.uses_secret(options.body, *options.headers.values()):
        headers[SIGNATURE] = signature(secret, body.encode(), int(time.time()))
    for name, value in options.headers.items():
        headers[name] = templates.in_header(value, order, secret)
    return templates.in_address(target.url, order), headers, body.encode()


def signature(secret: str, body: bytes, at: int) -> str:
    """``t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">``; old times are to be refused."""
    said = hmac.new(secret.encode(), str(at).encode() + b"." + body, hashlib.sha256)
    return f"t={at},v1={said.hexdigest()}"
