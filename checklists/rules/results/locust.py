"""The four CSV files of Locust: statistics, their history, failures, exceptions."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.results.loads import error_rate, is_idle, load_figures, load_text
from checklists.rules.results.shape import (
    Reading,
    WrongResult,
    count,
    figure,
    instant,
    since_1970,
    typed,
)
from checklists.rules.results.tables import table
from warroom.rules.wording import number_text

STATS = ("Type", "Name", "Request Count", "Failure Count")
HISTORY = ("Timestamp", "User Count", "Type", "Name")
FAILURES = ("Method", "Name", "Error", "Occurrences")
EXCEPTIONS = ("Count", "Message", "Traceback", "Nodes")
SUM = ("Aggregated", "Total")


def read_stats(text: str) -> Reading:
    """The figures of the row Aggregated. Raises WrongResult with the line; and without that row."""
    total, names, last = None, 0, 1
    for line, row in table(text):
        last = line
        if _is_sum(row):
            if total is not None:
                raise WrongResult(
                    _("It has the row Aggregated twice: two tests in one file."), line
                )
            total = row
        else:
            names += 1
    if total is None:
        raise WrongResult(_("It ends without the row Aggregated: the test was cut off."), last)
    values = _values(total)
    return Reading(
        kind="locust",
        form=_("Locust statistics"),
        title=_("Load test"),
        prefix="load",
        text=load_text(values),
        detail=_detail(values, names),
        figures=load_figures(values),
        notes=tuple(_notes(values)),
    )


def _values(row: dict[str, str]) -> dict[str, float | None]:
    requests, failures = typed(row.get("Request Count")), typed(row.get("Failure Count"))
    return {
        "requests": requests,
        "failures": failures,
        "error-rate": error_rate(failures, requests),
        "p50": typed(row.get("50%", row.get("Median Response Time"))),
        "p90": typed(row.get("90%")),
        "p95": typed(row.get("95%")),
        "p99": typed(row.get("99%")),
        "average": typed(row.get("Average Response Time")),
        "max": typed(row.get("Max Response Time")),
        "rps": typed(row.get("Requests/s")),
    }


def _is_sum(row: dict[str, str]) -> bool:
    return row.get("Name") in SUM and row.get("Type") in ("", "None")


def _detail(values: dict[str, float | None], names: int) -> str:
    told = [_("Locust, {count}").format(count=count(names, "address"))]
    if values["requests"]:
        told.append(_("{requests} requests").format(requests=number_text(values["requests"])))
    if values["failures"]:
        told.append(_("{failures} failed").format(failures=number_text(values["failures"])))
    return ", ".join(told)


def _notes(values: dict[str, float | None]) -> list[str]:
    if is_idle(values):
        return [_("Nothing was requested: there is nothing to judge.")]
    rate = values["error-rate"]
    if rate is not None and rate >= 1:
        return [
            _(
                "{rate} of the requests failed: what fails at once makes the latencies "
                "look better than they are."
            ).format(rate=number_text(rate, "%"))
        ]
    return []


def read_history(text: str) -> Reading:
    """The last Aggregated row of the history: sums of the whole test, no percentiles of it."""
    last, users, samples, row = None, 0.0, 0, {}
    for _unused, row in table(text):
        samples += 1
        users = max(users, typed(row.get("User Count")) or 0)
        last = row if _is_sum(row) else last
    if last is None:
        raise WrongResult(_("It holds no row Aggregated: nothing was measured."), 1)
    values = _history_values(last) | {"users": users}
    return Reading(
        kind="locust",
        form=_("Locust history, {count}").format(count=count(samples, "row")),
        title=_("Load test, history"),
        prefix="load-history",
        text=_("{requests} requests").format(requests=number_text(values["requests"])),
        detail=_("Locust, up to {count}").format(count=count(int(users), "user")),
        figures=load_figures(values),
        observed_at=since_1970(typed(last.get("Timestamp"))),
        notes=(
            _("Its percentiles are those of ten seconds each; the statistics have the test's."),
        ),
    )


def _history_values(row: dict[str, str]) -> dict[str, float | None]:
    requests, failures = (
        typed(row.get("Total Request Count")),
        typed(row.get("Total Failure Count")),
    )
    return {
        "requests": requests,
        "failures": failures,
        "error-rate": error_rate(failures, requests),
        "p50": typed(row.get("Total Median Response Time")),
        "average": typed(row.get("Total Average Response Time")),
        "max": typed(row.get("Total Max Response Time")),
    }


def read_failures(text: str) -> Reading:
    """How often what failed. A list without rows does not say that a test ran."""
    kinds, occurrences, seen = 0, 0.0, []
    for line, row in table(text):
        amount = typed(row.get("Occurrences"))
        if amount is None:
            raise WrongResult(_("Occurrences is no number."), line)
        kinds, occurrences = kinds + 1, occurrences + amount
        seen.append(instant(row.get("Last Seen")))
    return _listing(_FAILED, kinds, occurrences, max(filter(None, seen), default=None))


def read_exceptions(text: str) -> Reading:
    """How often what was raised within the test itself."""
    kinds, occurrences = 0, 0.0
    for line, row in table(text):
        amount = typed(row.get("Count"))
        if amount is None:
            raise WrongResult(_("Count is no number."), line)
        kinds, occurrences = kinds + 1, occurrences + amount
    return _listing(_RAISED, kinds, occurrences, None)


@dataclass(frozen=True)
class _Listed:
    """What one of Locust's lists is called: its key, one of it, and how its figures are named."""

    key: str
    one: str
    form: str
    title: str
    many: str
    kinds: str


_FAILED = _Listed(
    "failures",
    "failure",
    _l("Locust failures, {rows}"),
    _l("Load test, failures"),
    _l("Failures"),
    _l("Kinds of failures"),
)
_RAISED = _Listed(
    "exceptions",
    "exception",
    _l("Locust exceptions, {rows}"),
    _l("Load test, exceptions"),
    _l("Exceptions"),
    _l("Kinds of exceptions"),
)


def _listing(of: _Listed, kinds: int, occurrences: float, observed_at) -> Reading:
    none = _("It lists none. Whether a test ran at all stands in the statistics.")
    return Reading(
        kind="locust",
        form=of.form.format(rows=count(kinds, "row")),
        title=str(of.title),
        prefix=f"load-{of.key}",
        text=count(int(occurrences), of.one) if kinds else _("none listed"),
        detail=_("Locust, {count}").format(count=count(kinds, "kind")),
        figures=(
            figure("count", of.many, occurrences if kinds else None),
            figure("kinds", of.kinds, kinds if kinds else None),
        ),
        observed_at=observed_at,
        notes=() if kinds else (none,),
    )


def csv_reader(header: list[str]):
    """The reader of a CSV with this header; None for one that is not Locust's."""
    known = (
        (STATS, read_stats),
        (HISTORY, read_history),
        (FAILURES, read_failures),
        (EXCEPTIONS, read_exceptions),
    )
    return next((read for names, read in known if tuple(header[: len(names)]) == names), None)
