"""Reads a result file: which format it is stands in its content, never in its name."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.results.coverage_json import (
    is_coverage_py,
    is_istanbul,
    read_coverage_py,
    read_istanbul,
)
from checklists.rules.results.coverage_xml import read_cobertura
from checklists.rules.results.junit import ROOTS, read_junit
from checklists.rules.results.k6 import is_k6, read_k6
from checklists.rules.results.locust import csv_reader
from checklists.rules.results.markup import root_of
from checklists.rules.results.objects import decoded, parsed, part
from checklists.rules.results.sarif import is_sarif, read_sarif
from checklists.rules.results.scanners import (
    is_bandit,
    is_semgrep,
    is_trivy,
    read_bandit,
    read_semgrep,
    read_trivy,
)
from checklists.rules.results.shape import (
    LIMIT_BYTES,
    MB,
    Figure,
    Found,
    Reading,
    WrongResult,
)
from checklists.rules.results.tables import header_of
from checklists.rules.results.tracefiles import is_go_cover, is_lcov, read_go_cover, read_lcov

__all__ = ["LIMIT_BYTES", "Figure", "Found", "Reading", "WrongResult", "read_result"]

SHOWN = {
    "junit": "JUnit",
    "sarif": "SARIF",
    "scan": _l("a scanner's report"),
    "coverage": "coverage",
    "locust": _l("Locust"),
    "k6": "k6",
}
TAKEN = _l(
    "Read are JUnit and Cobertura XML; SARIF; JSON of coverage.py, istanbul, k6, "
    "bandit, semgrep and trivy; Locust CSV; lcov; Go cover profiles."
)
_JSON = (
    (is_sarif, read_sarif),
    (is_bandit, read_bandit),
    (is_trivy, read_trivy),
    (is_coverage_py, read_coverage_py),
    (is_istanbul, read_istanbul),
    (is_k6, read_k6),
    (is_semgrep, read_semgrep),
)
# What is sent by mistake, by what its top level holds.
_OTHERS = (
    (("alerts",), _l("alerts; they arrive by themselves where alerts are received")),
    (("status", "data"), _l("an answer of Prometheus; add its query as a metric")),
    (("repository",), _l("a webhook of a code host")),
    (("routing_key",), _l("an event of PagerDuty")),
    (("object_kind",), _l("a webhook of GitLab")),
)


def read_result(data: bytes, name: str, kind: str = "") -> Reading:
    """What the file says. ``kind`` (a ResultKind) is what its sender takes it for.

    Raises WrongResult, and nothing else, for a file that is none, is cut off, is too large, or is
    of another kind than was said.
    """
    if len(data) > LIMIT_BYTES:
        raise WrongResult(
            _("It has {count:.1f} MB; {limit_bytes} MB are taken.").format(
                count=len(data) / MB, limit_bytes=LIMIT_BYTES // MB
            )
        )
    if not data.strip():
        raise WrongResult(_("The file is empty."))
    reading = _read(data)
    if kind and kind != reading.kind:
        raise WrongResult(
            _("It was sent as {get} and is {form}. Send it without a kind.").format(
                get=SHOWN.get(kind, kind), form=reading.form
            )
        )
    return reading


def _read(data: bytes) -> Reading:
    text = decoded(data) if not _is_markup(data) else ""
    begin = text[:100].lstrip()
    if not text or begin.startswith("<"):
        return _markup(data)
    if begin.startswith(("{", "[")):
        return _object(parsed(text))
    return _text(text.lstrip())


def _is_markup(data: bytes) -> bool:
    """XML names its own encoding, so its bytes are left to its parser."""
    return data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _markup(data: bytes) -> Reading:
    root, line = root_of(data.lstrip(b" \t\r\n"))
    if root in ROOTS:
        return read_junit(data.lstrip(b" \t\r\n"))
    if root == "coverage":
        return read_cobertura(data.lstrip(b" \t\r\n"))
    raise WrongResult(
        _("Its first element is <{root}>, so it is no result. {taken}").format(
            root=root, taken=TAKEN
        ),
        line,
    )


def _object(document: Any) -> Reading:
    for recognised, read in _JSON:
        if recognised(document):
            return read(document)
    for keys, told in _OTHERS:
        if all(part(document, key) is not None for key in keys):
            raise WrongResult(
                _("This is no result but {told}. {taken}").format(told=told, taken=TAKEN),
                place=keys[0],
            )
    raise WrongResult(
        _("This JSON is no result that is known. {taken}").format(taken=TAKEN), place="$"
    )


def _text(text: str) -> Reading:
    if is_lcov(text):
        return read_lcov(text)
    if is_go_cover(text):
        return read_go_cover(text)
    header = header_of(text)
    read = csv_reader(header)
    if read is not None:
        return read(text)
    raise WrongResult(_("Its first line is that of no result. {taken}").format(taken=TAKEN), 1)
