"""Reads a result file: which format it is stands in its content, never in its name."""

from checklists.rules.results.junit import ROOTS, read_junit
from checklists.rules.results.markup import root_of
from checklists.rules.results.shape import (
    LIMIT_BYTES,
    MB,
    Figure,
    Found,
    Reading,
    WrongResult,
)

__all__ = ["LIMIT_BYTES", "Figure", "Found", "Reading", "WrongResult", "read_result"]

SHOWN = {
    "junit": "JUnit",
    "sarif": "SARIF",
    "scan": "a scanner's report",
    "coverage": "coverage",
    "locust": "Locust",
    "k6": "k6",
}
TAKEN = "JUnit or Cobertura XML, SARIF, coverage, scanner or k6 JSON, Locust CSV, lcov, Go cover"


def read_result(data: bytes, name: str, kind: str = "") -> Reading:
    """What the file says. ``kind`` (a ResultKind) is what its sender takes it for.

    Raises WrongResult, and nothing else, for a file that is none, is cut off, is too large, or is
    of another kind than was said.
    """
    if len(data) > LIMIT_BYTES:
        raise WrongResult(f"It has {len(data) / MB:.1f} MB; {LIMIT_BYTES // MB} MB are taken.")
    if not data.strip():
        raise WrongResult("The file is empty.")
    reading = _read(data)
    if kind and kind != reading.kind:
        raise WrongResult(
            f"It was sent as {SHOWN.get(kind, kind)} and is {reading.form}. Send it without a kind."
        )
    return reading


def _read(data: bytes) -> Reading:
    root, line = root_of(data)
    if root in ROOTS:
        return read_junit(data)
    raise WrongResult(f"Its first element is <{root}>. {_expected()}", line)


def _expected() -> str:
    return f"This is no result that can be read: {TAKEN} are."
