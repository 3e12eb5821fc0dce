"""k6's end-of-test summary, as handleSummary gives it and as --summary-export writes it.

The two turn a threshold's word around: ``{"ok": true}`` in the one, in the other ``false`` for
"not crossed", which is as good.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.results.loads import load_figures, load_text
from checklists.rules.results.objects import each, named, part
from checklists.rules.results.shape import (
    Figure,
    Reading,
    WrongResult,
    count,
    figure,
    number,
    said,
    share,
)
from warroom.rules.wording import duration_text, number_text

BAD_SHARE = 1.0  # percent of failed requests or checks that met thresholds do not explain away
LIMIT_GROUPS = 10_000
IDLE = _l("It made no request, so nothing was measured: its zeros and met thresholds are no data.")
_OWN = {"http_reqs", "http_req_duration", "iterations", "iteration_duration", "vus", "checks"}
_OWN |= {"data_sent", "data_received", "grpc_req_duration", "ws_sessions"}


@dataclass(frozen=True)
class Threshold:
    metric: str
    expression: str
    passed: bool


@dataclass(frozen=True)
class Check:
    name: str
    passes: float
    fails: float


def is_k6(document: Any) -> bool:
    metrics = part(document, "metrics")
    return isinstance(metrics, dict) and (
        bool(_OWN & metrics.keys()) or isinstance(part(document, "root_group"), dict)
    )


def read_k6(document: Any) -> Reading:
    """Raises WrongResult naming the place of a threshold that says neither yes nor no."""
    metrics = document["metrics"]
    if not metrics:
        raise WrongResult(_("It holds no metric: nothing was measured."), place="metrics")
    crossings, checks = thresholds(document), checks_of(document)
    values = _values(metrics)
    return Reading(
        kind="k6",
        form=_("k6 summary, {count}").format(count=count(len(crossings), "threshold")),
        title=_("Load test"),
        prefix="k6",
        text=_text(crossings, metrics, values),
        detail=_detail(document, values),
        figures=(*load_figures(values), *_judged(metrics, crossings)),
        notes=tuple(_notes(crossings, checks, metrics, values)),
    )


def thresholds(document: Any) -> list[Threshold]:
    """Every threshold with whether it was met, in both forms."""
    return [
        Threshold(said(name, 120), said(expression, 120), _passed(word, name))
        for name, metric in each(document, "metrics")
        for expression, word in named(metric, "thresholds").items()
    ]


def _passed(word: Any, metric: str) -> bool:
    if isinstance(word, bool):
        return not word  # --summary-export: true means that it was crossed
    ok = part(word, "ok")
    if isinstance(ok, bool):
        return ok
    place = f"metrics.{said(metric, 80)}.thresholds"
    raise WrongResult(_("A threshold says true, false or {ok: …}."), place=place)


def checks_of(document: Any) -> list[Check]:
    """Every check of every group. Groups stand in lists in the one form, by name in the other."""
    found, groups = [], [part(document, "root_group")]
    for group in groups:
        for row in _members(part(group, "checks")):
            passes, fails = number(row.get("passes")), number(row.get("fails"))
            if passes is not None and fails is not None:
                found.append(Check(said(row.get("name"), 120), passes, fails))
        groups += list(_members(part(group, "groups")))[: LIMIT_GROUPS - len(groups)]
    return found


def _members(held: Any) -> Iterator[dict]:
    listed = held.values() if isinstance(held, dict) else held if isinstance(held, list) else ()
    return (one for one in listed if isinstance(one, dict))


def _of(metrics: dict, name: str, *keys: str) -> float | None:
    """A metric's value under the first key that it has, in either form."""
    metric = metrics.get(name)
    held = named(metric, "values") or metric
    return next((found for key in keys if (found := number(part(held, key))) is not None), None)


def _values(metrics: dict) -> dict[str, float | None]:
    failed = _of(metrics, "http_req_failed", "rate", "value")
    latency = {"p50": "med", "p90": "p(90)", "p95": "p(95)", "p99": "p(99)", "average": "avg"}
    latency |= {"max": "max"}
    return {
        "requests": _of(metrics, "http_reqs", "count"),
        "failures": _of(metrics, "http_req_failed", "passes"),
        "error-rate": 100 * failed if failed is not None and 0 <= failed <= 1 else None,
        **{key: _of(metrics, "http_req_duration", name) for key, name in latency.items()},
        "rps": _of(metrics, "http_reqs", "rate"),
        "users": _of(metrics, "vus_max", "max", "value"),
    }


def _is_idle(metrics: dict) -> bool:
    """Nothing was asked of anything: k6 calls thresholds over nothing met, and its trends are 0."""
    counted = ("http_reqs", "ws_sessions", "ws_connecting", "grpc_req_duration")
    return not any(_of(metrics, name, "count", "avg") for name in counted)


def _judged(metrics: dict, crossings: list[Threshold]) -> list[Figure]:
    """Without thresholds there is nothing met: 0 of 0 is no data, and so is a test that idled."""
    met, total = sum(one.passed for one in crossings), len(crossings)
    rate, idle = _of(metrics, "checks", "rate", "value"), _is_idle(metrics)
    said = bool(total) and not idle
    return [
        figure("checks", _("Checks passed"), None if rate is None or idle else 100 * rate, "%"),
        figure(
            "thresholds",
            _("Thresholds met"),
            met if said else None,
            f"of {total}",
        ),
        figure("thresholds-crossed", _("Thresholds crossed"), total - met if said else None),
    ]


def _text(crossings: list[Threshold], metrics: dict, values: dict[str, float | None]) -> str:
    if _is_idle(metrics):
        return _("no data")
    if not crossings:
        return load_text(values)
    return _("{sum:,} of {count:,} met").format(
        sum=sum(one.passed for one in crossings), count=len(crossings)
    )


def _detail(document: Any, values: dict[str, float | None]) -> str:
    told, lasted = ["k6"], number(part(document, "state", "testRunDurationMs"))
    if values["requests"]:
        told.append(_("{requests} requests").format(requests=number_text(values["requests"])))
    if lasted:
        told.append(duration_text(lasted / 1000))
    if values["users"]:
        told.append(_("{users} users").format(users=number_text(values["users"])))
    return ", ".join(told)


def _notes(
    crossings: list[Threshold], checks: list[Check], metrics: dict, values: dict
) -> list[str]:
    notes = [
        _("Crossed: {metric} {expression}.").format(metric=one.metric, expression=one.expression)
        for one in crossings
        if not one.passed
    ][:5]
    if _is_idle(metrics):
        notes.insert(0, str(IDLE))
    met = bool(crossings) and all(one.passed for one in crossings)
    told = _("Every threshold is met, yet ") if met else ""
    failed = values["error-rate"]
    if failed is not None and failed >= BAD_SHARE:
        notes.append(
            _("{told}{failed} of the requests failed.").format(
                told=told, failed=number_text(failed, "%")
            )
        )
    worst = max(checks, key=lambda one: one.fails, default=None)
    if worst is not None and worst.fails:
        rate = share(worst.fails, worst.fails + worst.passes)
        notes.append(
            _("{told}“{worst}” failed in {rate} of its checks.").format(
                told=told, worst=worst.name, rate=number_text(rate, "%")
            )
        )
    if not crossings:
        notes.append(_("It sets no threshold, so it does not say by itself whether this is good."))
    if _of(metrics, "http_req_duration", "p(99)") is None:
        notes.append(_("It has no P99: k6 gives it when summaryTrendStats names p(99)."))
    return notes
