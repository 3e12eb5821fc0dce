"""What the readers of scanners share: severities, fingerprints, the figures of a scan."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.rules.results.shape import (
    MESSAGE,
    TITLE,
    Figure,
    Found,
    Reading,
    WrongResult,
    figure,
    number,
    said,
    typed,
)

SEVERITIES = ("critical", "high", "medium", "low", "info")
LIMIT_FINDINGS = 10_000
_FROM = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"), (0.0, "info"))
_WORDS = {
    "critical": "critical", "blocker": "critical",
    "high": "high", "error": "high", "important": "high",
    "medium": "medium", "moderate": "medium", "warning": "medium",
    "low": "low", "note": "low", "minor": "low",
    "info": "info", "none": "info", "negligible": "info", "experiment": "info", "inventory": "info",
}  # fmt: skip
_SECRET = re.compile(r"passw|secret|token|credential|api.?key|private.?key", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
NOT_RATED = "medium"


def severity_of(score: object) -> str:
    """The severity of a score from 0 to 10 (CVSS), a number or its text; "" for no score."""
    value = typed(score) if isinstance(score, str) else number(score)
    if value is None or not 0 <= value <= 10:
        return ""
    return next(word for least, word in _FROM if value >= least)


def severity_named(word: object) -> str:
    """The severity that a tool's own word means; "" for one that says nothing (UNKNOWN)."""
    return _WORDS.get(word.strip().lower(), "") if isinstance(word, str) else ""


def found(
    *, rule: str, title: str, severity: str, place: str, message: str, tool: str,
    file: str = "", suppressed: bool = False, given: str = "",
) -> Found:  # fmt: skip
    """A finding, its texts cut to what is kept. ``given`` is the tool's own fingerprint.

    Where a rule is about secrets, what its message quotes is taken out: it is the secret.
    """
    rule, title = said(rule, TITLE), said(title, TITLE) or said(rule, TITLE)
    message = said(message, MESSAGE)
    if _SECRET.search(f"{rule} {title} {message}"):
        message = _QUOTED.sub("'…'", message)
        title = _QUOTED.sub("'…'", title)
    marks = "\n".join((tool, rule, said(file, TITLE) or place, given or message))
    digest = hashlib.sha256(marks.encode()).hexdigest()[:32]
    return Found(rule, title, severity, said(place, TITLE), message, tool, suppressed, digest)


def numbered(findings: Iterable[Found]) -> list[Found]:
    """The same findings; those alike in rule, place and words are told apart by their order.

    Raises WrongResult where there are more than are kept: half a list would look like a fix.
    """
    seen: Counter[str] = Counter()
    told = []
    for one in findings:
        seen[one.fingerprint] += 1
        again = seen[one.fingerprint]
        if len(told) == LIMIT_FINDINGS:
            raise WrongResult(
                _("It lists more than {limit_findings:,} findings.").format(
                    limit_findings=LIMIT_FINDINGS
                )
            )
        told.append(one if again == 1 else _again(one, again))
    return told


def _again(one: Found, time: int) -> Found:
    return Found(**{**one.__dict__, "fingerprint": f"{one.fingerprint}-{time}"})


def scan(
    kind: str, form: str, findings: Sequence[Found], *, whole: bool, detail: str = "",
    observed_at: datetime | None = None, commit: str = "", notes: Sequence[str] = (),
    tools: Sequence[str] = (),
) -> Reading:  # fmt: skip
    """The reading of a scan. Without ``whole`` it did not see everything: none is no data then."""
    counts = Counter(one.severity for one in findings if not one.suppressed)
    hidden = sum(one.suppressed for one in findings)
    more = (
        [_("{hidden:,} suppressed in the tool: listed, not counted.").format(hidden=hidden)]
        if hidden
        else []
    )
    return Reading(
        kind=kind,
        form=form,
        title=_("Security scan"),
        prefix="scan",
        text=_text(counts, whole),
        detail=said(detail),
        figures=tuple(_figures(counts, hidden, whole)),
        observed_at=observed_at,
        commit=said(commit, 64),
        notes=(*notes, *more),
        findings=tuple(findings),
        tools=tuple(tools),
    )


_LABELS = {
    "critical": _l("Critical findings"),
    "high": _l("High findings"),
    "medium": _l("Medium findings"),
    "low": _l("Low findings"),
    "info": _l("Info findings"),
}


def _figures(counts: Counter[str], hidden: int, whole: bool) -> list[Figure]:
    def shown(key: str, label: str, amount: int) -> Figure:
        return figure(key, label, amount if amount or whole else None)

    told = [shown(word, said, counts[word]) for word, said in _LABELS.items()]
    # How many there are in all, nobody knows who did not look everywhere.
    total = figure("findings", _("Findings"), counts.total() if whole else None)
    return [*told, total, shown("suppressed", _("Suppressed findings"), hidden)]


def _text(counts: Counter[str], whole: bool) -> str:
    if not counts:
        return _("no finding") if whole else _("no data")
    named = [word for word in SEVERITIES if counts[word] or (word == "high" and whole)]
    return ", ".join(f"{counts[word]:,} {word}" for word in named)
