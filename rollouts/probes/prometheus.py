"""One number from Prometheus, or the reason why there is none.

Asked through prometheus-api-client. It gives only the bare result, so the response itself is kept
beside it: warnings and the result's type are in there, and both can turn an answer into no data.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import requests
from prometheus_api_client import PrometheusApiClientException, PrometheusConnect
from urllib3.util.retry import Retry

from rollouts.probes.base import ProbeResult, no_data
from warroom.outbound import DEADLINE_S, GuardedAdapter, OutboundError, TooSlow

HOW_TO_GET_ONE = (
    "set PROMETHEUS_URL to your Prometheus; on Debian or Ubuntu `apt-get install prometheus` "
    "brings one"
)


@dataclass(frozen=True)
class PrometheusTarget:
    """Ask `promql` of the server at `url`; a sample older than two `interval_s` is too old."""

    url: str
    promql: str
    unit: str = ""
    interval_s: float = 15
    deadline_s: float = DEADLINE_S


class _Odd(Exception):
    """The answer cannot be taken as one number; the message says why."""


def ask(target: PrometheusTarget) -> ProbeResult:
    """Blocks for at most the target's deadline and never raises for what the network does."""
    if not target.url:
        return no_data(HOW_TO_GET_ONE)
    started = time.monotonic()
    try:
        value, observed_at, labels = _one_number(_answer(target), target)
    except (_Odd, OutboundError) as error:
        result = no_data(_short(str(error)), (time.monotonic() - started) * 1000)
        return replace(result, timed_out=isinstance(error, TooSlow))
    return ProbeResult(
        value=value,
        observed_at=observed_at,
        latency_ms=(time.monotonic() - started) * 1000,
        labels=labels,
    )


def _short(reason: str, limit: int = 400) -> str:
    reason = " ".join(reason.split())
    return reason if len(reason) <= limit else f"{reason[: limit - 1]}…"


def _answer(target: PrometheusTarget) -> Mapping[str, Any]:
    """The whole JSON object that Prometheus sent."""
    kept: list[requests.Response] = []
    session = requests.Session()
    session.trust_env = False
    session.hooks["response"].append(lambda response, **_: kept.append(response))
    client = PrometheusConnect(
        url=target.url.rstrip("/"),
        session=session,
        retry=Retry(total=0),
        timeout=(target.deadline_s, target.deadline_s),
    )
    # The client has just mounted an adapter of its own for this very address; ours replaces it.
    for prefix in ("http://", "https://", client.url):
        session.mount(prefix, GuardedAdapter(target.deadline_s))
    try:
        client.custom_query(target.promql)
    except PrometheusApiClientException as error:
        raise _Odd(_refusal(kept)) from error
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise _Odd(_not_an_answer(kept)) from error
    except requests.RequestException as error:
        raise _Odd("the address of Prometheus is not valid") from error
    return _json(kept[-1])


def _json(response: requests.Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise _Odd("Prometheus answered with broken JSON") from error
    return body if isinstance(body, dict) else {}


def _refusal(kept: Sequence[requests.Response]) -> str:
    """Another status than 200: Prometheus' own words where it sent some."""
    response = kept[-1]
    try:
        said = _json(response).get("error")
    except _Odd:
        said = None
    if said:
        return f"Prometheus says: {said}"
    return f"Prometheus answered {response.status_code}{_kind_of(response)}"


def _kind_of(response: requests.Response) -> str:
    html = "html" in response.headers.get("Content-Type", "") or response.content[:1] == b"<"
    return " with a web page" if html else ""


def _not_an_answer(kept: Sequence[requests.Response]) -> str:
    if not kept:
        return "the address of Prometheus is not valid"
    if _kind_of(kept[-1]):
        return "a web page answered instead of Prometheus"
    return "Prometheus answered with broken JSON"


def _one_number(
    answer: Mapping[str, Any], target: PrometheusTarget
) -> tuple[float, datetime, Mapping[str, str]]:
    if answer.get("status") != "success":
        raise _Odd(f"Prometheus says: {answer.get('error') or 'no success'}")
    if answer.get("warnings"):
        # A partial answer looks like a whole one; only the warning tells (scenario 34).
        raise _Odd(f"Prometheus warns: {'; '.join(map(str, answer['warnings']))}")
    data = answer.get("data") or {}
    sample, labels = _sample(data.get("resultType"), data.get("result"))
    try:
        at, value = float(sample[0]), float(sample[1])
        observed_at = datetime.fromtimestamp(at, UTC)
    except (TypeError, ValueError, IndexError, OverflowError, OSError) as error:
        raise _Odd("Prometheus answered with a value that is no number") from error
    _fresh(observed_at, target.interval_s)
    if not math.isfinite(value):
        raise _Odd(f"the value is {sample[1]}, not a number that can be judged")
    return value, observed_at, labels


def _sample(kind: Any, result: Any) -> tuple[Sequence[Any], Mapping[str, str]]:
    if kind == "scalar" and isinstance(result, list):
        return result, {}
    if kind != "vector" or not isinstance(result, list):
        raise _Odd(f"the query gives a {kind or 'nameless result'}, one number is wanted")
    if not result:
        raise _Odd("the query found no series")
    if len(result) > 1:
        raise _Odd(_several([series.get("metric") or {} for series in result]))
    return result[0].get("value") or (), result[0].get("metric") or {}


def _several(metrics: Sequence[Mapping[str, str]]) -> str:
    """Names the series by the labels in which they differ."""
    names = sorted({name for metric in metrics for name in metric})
    differing = [n for n in names if len({metric.get(n) for metric in metrics}) > 1]
    shown = [
        "{" + ", ".join(f'{n}="{metric.get(n, "")}"' for n in differing) + "}"
        for metric in metrics[:4]
    ]
    more = f" and {len(metrics) - 4} more" if len(metrics) > 4 else ""
    return f"{len(metrics)} series where one is meant: {', '.join(shown)}{more}"


def _fresh(observed_at: datetime, interval_s: float) -> None:
    age = (datetime.now(UTC) - observed_at).total_seconds()
    if age > 2 * interval_s:
        raise _Odd(f"the sample is {age:.0f} s old, older than two intervals")
    if age < -2 * interval_s:
        raise _Odd(f"the sample is {-age:.0f} s in the future: the clocks disagree")
