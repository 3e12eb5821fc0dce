"""Does a URL answer as expected, and how fast?"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from rollouts.probes.base import LONGEST_S, BadOption, ProbeResult, failure, found, no_data, within
from rollouts.probes.compared import OPERATORS, holds, shown
from warroom.environment import NotGiven, refusal, secret
from warroom.outbound import Forbidden, OutboundError, Response, Transport, Unresolved
from warroom.rules.json_path import NoPath, find, steps

MAX_HEALTH_BYTES = 20_000
METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS")
_STATUSES = re.compile(r"\s*(\d{3})\s*(?:-\s*(\d{3})\s*)?")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}")
_ENV = re.compile(r"\benv:([A-Za-z_][A-Za-z0-9_]*)")
_SECRET = re.compile(r"authorization|cookie|token|secret|password|api-?key|signature", re.I)
_OURS = {"content-length", "transfer-encoding", "connection", "accept-encoding", "upgrade", "te"}


@dataclass(frozen=True)
class Options:
    """What an HTTP check may want besides its address.

    `statuses`: "200", "200-299, 304"; empty: the check's one status. A header's value may hold
    `env:NAME`, which is read when it is asked: a secret is never stored. `json_path` with `json_op`
    and `json_value` asks for a value in a JSON answer. `deadline_s` in seconds.
    """

    method: str = "GET"
    statuses: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    contains: str = ""
    json_path: str = ""
    json_op: str = "="
    json_value: str = ""
    redirects: bool = False
    deadline_s: float = LONGEST_S

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise BadOption(
                "method", _("One of {methods} is wanted.").format(methods=", ".join(METHODS))
            )
        if self.body and self.method not in ("POST", "PUT"):
            raise BadOption("body", _("{method} sends no body.").format(method=self.method))
        _ranges(self.statuses)
        for name, value in self.headers.items():
            _check_header(name, value)
        _check_path(self)
        within("deadline_s", self.deadline_s, 0.1, LONGEST_S, "s")


def _ranges(statuses: str) -> list[tuple[int, int]]:
    """ "200-299, 304" as pairs of bounds."""
    pairs = []
    for part in statuses.split(",") if statuses.strip() else ():
        match = _STATUSES.fullmatch(part)
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 100 <= low <= high <= 599:
            raise BadOption(
                "statuses",
                _("“{part}” is no status; write 200 or 200-299.").format(part=part.strip()),
            )
        pairs.append((low, high))
    return pairs


def _check_header(name: str, value: str) -> None:
    if not _HEADER.fullmatch(name) or name.lower() in _OURS:
        raise BadOption(
            "headers", _("“{name}” is no header that a check can send.").format(name=name[:60])
        )
    if len(value) > 2000 or any((ord(c) < 32 and c != "\t") or ord(c) == 127 for c in value):
        raise BadOption(
            "headers",
            _("The value of {name} has characters in it that end a header.").format(name=name),
        )
    named = _ENV.findall(value)
    for variable in named:
        if refused := refusal(variable):
            raise BadOption("headers", f"{name}: {refused}.")
    if _SECRET.search(name) and not named:
        example = _("{name}: Bearer env:HEALTH_TOKEN").format(name=name)
        raise BadOption(
            "headers",
            _("{name} is a secret: name a variable, as in {example}.").format(
                name=name, example=example
            ),
        )


def _check_path(options: Options) -> None:
    try:
        steps(options.json_path)
    except NoPath as error:
        raise BadOption("json_path", f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    if options.json_op not in OPERATORS:
        raise BadOption(
            "json_op", _("One of {operators} is wanted.").format(operators=" ".join(OPERATORS))
        )
    if options.json_value and not options.json_path:
        raise BadOption("json_path", _("A value was given, and no path to compare it with."))
    if options.json_op not in ("=", "!=") and options.json_path:
        try:
            float(options.json_value)
        except ValueError as error:
            raise BadOption(
                "json_value", _("{json_op} wants a number.").format(json_op=options.json_op)
            ) from error


@dataclass(frozen=True)
class HttpTarget:
    """Ask `url` and want `expect_status`, all within `deadline_s` seconds."""

    url: str
    expect_status: int = 200
    deadline_s: float = LONGEST_S
    options: Options = field(default_factory=Options)


async def ask(transport: Transport, target: HttpTarget) -> ProbeResult:
    """The value is the latency in milliseconds.

    A refused connection, a time-out, a wrong status and a wrong body are the target's failures. A
    name that does not resolve, an address that may not be called and a secret that is not there
    say nothing about the target: no data.
    """
    options = target.options
    try:
        answer = await transport.fetch(
            options.method,
            target.url,
            headers=_headers(options.headers),
            data=options.body or None,
            redirects=options.redirects,
            deadline_s=min(target.deadline_s, options.deadline_s),
        )
    except NotGiven as error:
        return no_data(_("not asked: {error}").format(error=error))
    except (Forbidden, Unresolved) as error:
        return no_data(error.reason)
    except OutboundError as error:
        return failure(error.reason)
    return _judged(answer, target)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: _ENV.sub(lambda match: secret(match[1]), value) for name, value in headers.items()
    }


def _judged(answer: Response, target: HttpTarget) -> ProbeResult:
    latency, labels = answer.elapsed_s * 1000, _counts(answer.body)
    wrong = _wrong_status(answer.status, target) or _wrong_body(answer.body, target.options)
    if wrong:
        return replace(failure(wrong, latency), labels=labels)
    return found(latency, _("{latency:.0f} ms").format(latency=latency), latency, labels=labels)


def _wrong_status(status: int, target: HttpTarget) -> str:
    wanted = _ranges(target.options.statuses) or [(target.expect_status, target.expect_status)]
    if any(low <= status <= high for low, high in wanted):
        return ""
    return _("answered {status}, wanted {statuses}").format(
        status=status, statuses=target.options.statuses or target.expect_status
    )


def _wrong_body(body: bytes, options: Options) -> str:
    """What is wrong with an answer's text; "" when nothing is, or nothing is asked of it."""
    if options.contains and options.contains not in body.decode(errors="replace"):
        return _("the answer does not contain “{contains}”").format(contains=options.contains[:80])
    if not options.json_path:
        return ""
    try:
        value = find(json.loads(body), options.json_path)
    except NoPath as error:
        return str(error)
    except (ValueError, RecursionError):
        return _("the answer is not JSON")
    if holds(value, options.json_op, options.json_value):
        return ""
    wanted = f"{options.json_op} {options.json_value}".removeprefix("= ")
    return _("{json_path} is {shown}, wanted {wanted}").format(
        json_path=options.json_path, shown=shown(value), wanted=wanted
    )


def _counts(body: bytes) -> dict[str, str]:
    """What a health page says of its own checks: {"passing": "5", "total": "5"}, else {}."""
    if not body.startswith(b"{") or len(body) > MAX_HEALTH_BYTES:
        return {}
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    passing, total = said.get("passing"), said.get("total")
    if type(passing) is not int or type(total) is not int or not 0 <= passing <= total <= 10_000:
        return {}
    return {"passing": str(passing), "total": str(total)}
