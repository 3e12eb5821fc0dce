"""One number from Prometheus, or the reason why there is none; and series for charts.

Asked through prometheus-api-client. It gives only the bare result, so the response itself is kept
beside it: warnings and the result's type are in there, and both can turn an answer into no data.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import requests
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from prometheus_api_client import PrometheusApiClientException, PrometheusConnect
from urllib3.util.retry import Retry

from checklists.rules.bands import Bands
from rollouts.probes.base import ProbeResult, no_data
from rollouts.probes.series import Odd, as_time, differing, finite, numbers, one_of
from warroom.outbound import DEADLINE_S, GuardedAdapter, OutboundError, TooSlow
from warroom.outbound_sockets import trusting

HOW_TO_GET_ONE = _l(
    "set PROMETHEUS_URL to your Prometheus; on Debian or Ubuntu `apt-get install "
    "prometheus` brings one"
)
MOST_POINTS = 11_000  # what Prometheus gives at most for one series


@dataclass(frozen=True)
class Server:
    """Where to ask and as whom. `headers` hold secrets, so they are in no repr and no log.

    `ca` is the path of a PEM file; `trouble` says why nothing can be asked ("" when it can).
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class PrometheusTarget:
    """Ask `promql` of `server` (a bare URL will do) and want one number.

    `reducer` makes one of several series, "worst" by `bands`. With `guard_promql` the value counts
    only when that query gives `guard_min` at least. A sample older than `stale_s` (None: two
    `interval_s`) is too old. `deadline_s` bounds all of it together.
    """

    server: Server | str
    promql: str
    unit: str = ""
    interval_s: float = 15
    deadline_s: float = DEADLINE_S
    reducer: str = ""
    bands: Bands | None = None
    guard_promql: str = ""
    guard_min: float | None = None
    stale_s: float | None = None

    @property
    def at(self) -> Server:
        return Server(self.server) if isinstance(self.server, str) else self.server

    @property
    def url(self) -> str:
        return self.at.url


@dataclass(frozen=True)
class Series:
    """A span of values for a chart: (epoch seconds, value), None where there was none.

    `reason` says why there are no points; `warnings` are Prometheus' own.
    """

    points: tuple[tuple[float, float | None], ...] = ()
    warnings: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Tried:
    """What a query gives at this moment, to be looked at: series with labels, not judged.

    `value` is the number that would be kept, None with `error` saying why there is none. Numbers
    that are not finite are None. `at` is UTC, `took_ms` the time of the call.
    """

    series: tuple[tuple[Mapping[str, str], float | None], ...] = ()
    value: float | None = None
    at: datetime | None = None
    took_ms: float = 0
    warnings: tuple[str, ...] = ()
    error: str = ""


def ask(target: PrometheusTarget) -> ProbeResult:
    """Blocks for at most the target's deadline and never raises for what the network does."""
    started = time.monotonic()
    try:
        answer = _answer(target, _instant(target.promql))
        value, observed_at, labels = _one_number(answer, target)
        _guarded(target, started)
    except (Odd, OutboundError) as error:
        result = no_data(short(str(error)), (time.monotonic() - started) * 1000)
        return replace(result, timed_out=isinstance(error, TooSlow))
    return ProbeResult(
        value=value,
        observed_at=observed_at,
        latency_ms=(time.monotonic() - started) * 1000,
        labels=labels,
    )


def try_query(target: PrometheusTarget) -> Tried:
    """Ask once and show all that came. Blocks for the deadline at most, raises nothing."""
    started, answer = time.monotonic(), None
    series, warnings, value, at, error = (), (), None, None, ""
    try:
        answer = _answer(target, _instant(target.promql))
        warnings = _warnings(answer)
        found = numbers(answer)
        series = tuple((labels, finite(said)) for labels, _unused, said in found)
        at = as_time(found[0][1]) if found else None
        value, at, _unused = _one_number(answer, target)
        _guarded(target, started)
    except (Odd, OutboundError) as problem:
        error = short(str(problem))
    took = (time.monotonic() - started) * 1000
    return Tried(series, value, at, took, warnings, error)


def ask_range(target: PrometheusTarget, start: float, end: float, step_s: float) -> Series:
    """The values from `start` to `end` (epoch seconds), one every `step_s` at most.

    Several series become one by the target's reducer, point by point. Blocks for at most the
    deadline and never raises for what the network does.
    """
    start, end = round(start), round(end)
    step_s = max(1.0, step_s, (end - start) / MOST_POINTS)
    try:
        answer = _answer(target, _spanning(target.promql, start, end, step_s))
        return Series(_points(answer, target, start, end, step_s), _warnings(answer))
    except (Odd, OutboundError) as error:
        return Series(reason=short(str(error)))


def _instant(promql: str) -> Callable[[PrometheusConnect], Any]:
    return lambda client: client.custom_query(promql)


def _spanning(promql: str, start: float, end: float, step_s: float):
    since, until = (datetime.fromtimestamp(at, UTC) for at in (start, end))
    return lambda client: client.custom_query_range(promql, since, until, f"{step_s:g}")


def _guarded(target: PrometheusTarget, started: float) -> None:
    """Raise unless enough samples stand behind the value."""
    if not target.guard_promql or target.guard_min is None:
        return
    left = max(0.1, target.deadline_s - (time.monotonic() - started))
    guard = replace(target, promql=target.guard_promql, deadline_s=left, reducer=target.reducer)
    try:
        count, _unused, _unused = _one_number(_answer(guard, _instant(guard.promql)), guard)
    except Odd as error:
        raise Odd(
            _("how many samples there are is not known: {error}").format(error=error)
        ) from error
    if count < target.guard_min:
        raise Odd(
            _("too few samples behind it: {count:g}, at least {guard_min:g} are wanted").format(
                count=count, guard_min=target.guard_min
            )
        )


def short(reason: str, limit: int = 400) -> str:
    """A reason on one line, without what no database takes."""
    reason = " ".join(reason.replace("\0", "").split())
    return reason if len(reason) <= limit else f"{reason[: limit - 1]}…"


# --- the call ------------------------------------------------------------------------------


def _answer(target: PrometheusTarget, call: Callable[[PrometheusConnect], Any]) -> Mapping:
    """The whole JSON object that Prometheus sent."""
    kept: list[requests.Response] = []
    client = _client(target, kept)
    try:
        call(client)
    except PrometheusApiClientException as error:
        raise Odd(_refusal(kept)) from error
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise Odd(_not_an_answer(kept)) from error
    except requests.RequestException as error:
        raise Odd(_("the address of Prometheus is not valid")) from error
    return _successful(_json(kept[-1]))


def _successful(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    if answer.get("status") != "success":
        raise Odd(
            _("Prometheus says: {error}").format(error=answer.get("error") or _("no success"))
        )
    return answer


def _client(target: PrometheusTarget, kept: list[requests.Response]) -> PrometheusConnect:
    server = target.at
    if server.trouble or not server.url:
        raise Odd(server.trouble or str(HOW_TO_GET_ONE))
    session = requests.Session()
    session.trust_env = False
    session.hooks["response"].append(lambda response, **_unused: kept.append(response))
    client = PrometheusConnect(
        url=server.url.rstrip("/"),
        headers=dict(server.headers) or None,
        session=session,
        retry=Retry(total=0),
        timeout=(target.deadline_s, target.deadline_s),
    )
    adapter = GuardedAdapter(target.deadline_s, trust=trusting(server.ca))
    # The client has just mounted an adapter of its own for this very address; ours replaces it.
    for prefix in ("http://", "https://", client.url):
        session.mount(prefix, adapter)
    return client


def _json(response: requests.Response) -> Mapping[str, Any]:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise Odd(_("Prometheus answered with broken JSON")) from error
    return body if isinstance(body, dict) else {}


def _refusal(kept: Sequence[requests.Response]) -> str:
    """Another status than 200: Prometheus' own words where it sent some."""
    response = kept[-1]
    if response.status_code in (401, 403):
        return _("Prometheus wants other credentials: it answered {status_code}").format(
            status_code=response.status_code
        )
    try:
        said = _json(response).get("error")
    except Odd:
        said = None
    if said:
        return _("Prometheus says: {said}").format(said=said)
    return _("Prometheus answered {status_code}{kind_of}").format(
        status_code=response.status_code, kind_of=_kind_of(response)
    )


def _kind_of(response: requests.Response) -> str:
    html = "html" in response.headers.get("Content-Type", "") or response.content[:1] == b"<"
    return _(" with a web page") if html else ""


def _not_an_answer(kept: Sequence[requests.Response]) -> str:
    if not kept:
        return _("the address of Prometheus is not valid")
    if _kind_of(kept[-1]):
        return _("a web page answered instead of Prometheus")
    return _("Prometheus answered with broken JSON")


# --- the answer ----------------------------------------------------------------------------


def _warnings(answer: Mapping[str, Any]) -> tuple[str, ...]:
    said = answer.get("warnings") or []
    return tuple(short(str(one)) for one in (said if isinstance(said, list) else [said]))


def _one_number(
    answer: Mapping[str, Any], target: PrometheusTarget
) -> tuple[float, datetime, Mapping[str, str]]:
    if warnings := _warnings(answer):
        # A partial answer looks like a whole one; only the warning tells (scenario 34).
        raise Odd(_("Prometheus warns: {warnings}").format(warnings="; ".join(warnings)))
    found = numbers(answer)
    if not found:
        raise Odd(_("the query found no series"))
    if len(found) > 1 and not target.reducer:
        raise Odd(differing([labels for labels, _unused, _unused in found]))
    for _unused, at, _unused in found:
        _fresh(as_time(at), target)
    observed_at = min(as_time(at) for _unused, at, _unused in found)
    labels = found[0][0] if len(found) == 1 else {}
    value = one_of([said for _unused, _unused, said in found], target.reducer, target.bands)
    return value, observed_at, labels


def _points(
    answer: Mapping[str, Any], target: PrometheusTarget, start: float, end: float, step_s: float
) -> tuple[tuple[float, float | None], ...]:
    data = answer.get("data") or {}
    result = data.get("result")
    if data.get("resultType") != "matrix" or not isinstance(result, list):
        raise Odd(_("Prometheus answered without a range of values"))
    if not result:
        raise Odd(_("the query found no series"))
    if len(result) > 1 and not target.reducer:
        raise Odd(differing([series.get("metric") or {} for series in result]))
    slots: dict[int, list[Any]] = {n: [] for n in range(int((end - start) / step_s) + 1)}
    for series in result:
        for at, said in series.get("values") or ():
            slots.setdefault(round((float(at) - start) / step_s), []).append(said)
    return tuple((start + n * step_s, _reduced(said, target)) for n, said in sorted(slots.items()))


def _reduced(said: Sequence[Any], target: PrometheusTarget) -> float | None:
    try:
        return one_of(said, target.reducer, target.bands) if said else None
    except Odd:
        return None


def _fresh(observed_at: datetime, target: PrometheusTarget) -> None:
    limit = target.stale_s or 2 * target.interval_s
    named = f"{target.stale_s:g} s" if target.stale_s else _("two intervals")
    age = (datetime.now(UTC) - observed_at).total_seconds()
    if age > limit:
        raise Odd(
            _("the sample is {age:.0f} s old, older than {named}").format(age=age, named=named)
        )
    if age < -2 * target.interval_s:
        raise Odd(
            _("the sample is {age:.0f} s in the future: the clocks disagree").format(age=-age)
        )
