"""JUnit XML, as pytest, surefire, jest, mocha, PHPUnit, gotestsum, Bazel and others write it.

Test cases are counted one by one. The sums in the attributes are the tools' own and often wrong:
they only give rise to a note.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from checklists.rules.results.markup import walk
from checklists.rules.results.shape import (
    Figure,
    Reading,
    WrongResult,
    count,
    figure,
    instant,
    said,
    share,
    whole,
)
from warroom.rules.wording import number_text

ROOTS = ("testsuites", "testsuite")
SWITCHED_OFF = {"disabled", "skipped", "notrun", "ignored", "pending", "suppressed", "todo"}
BAD = {"failed": "failure", "failure": "failure", "fail": "failure"}
BAD |= {"error": "error", "errored": "error", "broken": "error"}
_WEIGHT = {"": 0, "skipped": 1, "failure": 2, "error": 3}
_WORST = ("failure", "error", "skipped")
_OUTCOMES = {name: name for name in _WORST}  # some tools write them with a capital
PARTS = 20  # levels of sub-tests that are looked at


@dataclass
class _Case:
    name: str
    state: str
    risky: bool = False
    flaky: bool = False
    parent: bool = False


@dataclass
class _Seen:
    """What was met on the way through the file."""

    tool: str = ""
    claimed: int | None = None
    suite_claims: int = 0
    bad_claimed: int | None = None
    bad_suites: int = 0
    suites: int = 0
    states: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_WEIGHT, 0))
    failed_names: set[str] = field(default_factory=set)
    risky: int = 0
    flaky: int = 0
    outside: int = 0
    zoneless: bool = False
    observed_at: datetime | None = None
    first_suite: int = 1

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def ran(self) -> int:
        return self.total - self.states["skipped"]

    @property
    def unseen(self) -> int:
        """Failures and errors that the attributes name and no element shows, while none does."""
        named = self.bad_claimed if self.bad_claimed is not None else self.bad_suites
        return 0 if self.states["failure"] + self.states["error"] else named

    @property
    def says(self) -> bool:
        """Whether anything is known of how the tests went."""
        return bool(self.ran) and not self.unseen


def read_junit(data: bytes) -> Reading:
    """Raises WrongResult for what is no XML, and for a file that holds no test case."""
    seen = _Walk(data).seen
    if not seen.total:
        raise WrongResult(_without_cases(seen), seen.first_suite)
    return Reading(
        kind="junit",
        form=_("JUnit XML, {count}").format(count=count(seen.suites, "suite")),
        title=_("Tests"),
        prefix="tests",
        text=_("{value:,} of {total:,}").format(value=seen.states[""], total=seen.total)
        if seen.says
        else _("no data"),
        detail=_detail(seen),
        figures=_figures(seen),
        observed_at=seen.observed_at,
        notes=tuple(_notes(seen)),
    )


class _Walk:
    """Counts cases at the leaves: a case within a case is the test, what holds it is not."""

    def __init__(self, data: bytes) -> None:
        self.seen, self.path, self.cases = _Seen(), [], []
        walk(data, self.start, self.end)

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        parent = self.path[-1] if self.path else ""
        self.path.append(name)
        if name in ROOTS:
            self._suite(name, attributes, line)
        elif name == "testcase":
            if self.cases:
                self.cases[-1].parent = True
            self.cases.append(_case(attributes))
        elif parent == "testcase":
            self._outcome(name, attributes)
        elif name in ("failure", "error") and parent in ROOTS:
            self.seen.outside += 1
            self.seen.states[name] += 1

    def end(self, name: str, line: int) -> None:
        self.path.pop()
        if name == "testcase":
            self._count(self.cases.pop())

    def _suite(self, name: str, attributes: dict[str, str], line: int) -> None:
        seen, tests = self.seen, whole(attributes.get("tests"))
        if len(self.path) == 1:
            seen.tool, seen.claimed = said(attributes.get("name"), 80), tests
            seen.bad_claimed = _bad(attributes)
        elif name == "testsuite" and self.path.count("testsuite") == 1:
            seen.suite_claims += tests or 0
            seen.bad_suites += _bad(attributes) or 0
        if name == "testsuite":
            seen.first_suite = seen.first_suite if seen.suites else line
            seen.suites += 1
        at = instant(attributes.get("timestamp"))
        if at is not None and (seen.observed_at is None or at > seen.observed_at):
            seen.observed_at = at
            seen.zoneless = not attributes["timestamp"].strip()[10:].endswith("Z") and not any(
                sign in attributes["timestamp"][10:] for sign in "+-"
            )

    def _outcome(self, name: str, attributes: dict[str, str]) -> None:
        case, name = self.cases[-1], _OUTCOMES.get(name.lower(), name)
        if name in _WORST:
            case.state = max(case.state, name, key=_WEIGHT.__getitem__)
            case.risky |= attributes.get("type", "").endswith("RiskyTestError")
        elif name in ("flakyFailure", "flakyError"):
            case.flaky = True

    def _count(self, case: _Case) -> None:
        seen = self.seen
        if case.parent and case.state in ("", "skipped"):
            return
        seen.states[case.state] += 1
        seen.risky += case.risky
        seen.flaky += case.flaky
        if case.state in ("failure", "error"):
            seen.failed_names.add(case.name)


def _bad(attributes: dict[str, str]) -> int | None:
    """Failures and errors as the attributes of a suite name them; None where they name neither."""
    named = [whole(attributes.get(name)) for name in ("failures", "errors")]
    return None if named == [None, None] else sum(filter(None, named))


def _case(attributes: dict[str, str]) -> _Case:
    words = {attributes.get(name, "").strip().lower() for name in ("status", "result")}
    state = next((BAD[word] for word in words if word in BAD), "")
    if not state and words & SWITCHED_OFF:
        state = "skipped"
    return _Case(f"{attributes.get('classname', '')}\n{attributes.get('name', '')}", state)


def _figures(seen: _Seen) -> tuple[Figure, ...]:
    """Of tests of which none ran nothing failed, and nothing is known either."""
    passed, total = seen.states[""], seen.total
    rate = share(passed, seen.total if seen.says else 0)
    failures, errors = seen.states["failure"], seen.states["error"]
    bad = {"failed": failures + errors, "failures": failures, "errors": errors, "passed": passed}
    said = bad if seen.says else dict.fromkeys(bad)
    return (
        figure("pass-rate", _("Tests passed"), rate, "%", number_text(rate, "%")),
        figure("failed", _("Tests failed or in error"), said["failed"]),
        figure("count", _("Tests"), total),
        figure("passed", _("Tests that passed"), said["passed"]),
        figure("failures", _("Tests failed"), said["failures"]),
        figure("errors", _("Tests in error"), said["errors"]),
        figure("skipped", _("Tests skipped"), seen.states["skipped"]),
    )


def _detail(seen: _Seen) -> str:
    words = (
        ("failure", _("{count} failed")),
        ("error", _("{count} in error")),
        ("skipped", _("{count} skipped")),
    )
    many = {key: f"{seen.states[key]:,}" for key, _said in words if seen.states[key]}
    return ", ".join(said.format(count=many[key]) for key, said in words if key in many)


def _without_cases(seen: _Seen) -> str:
    claims = seen.claimed if seen.claimed is not None else seen.suite_claims
    named = (
        _("Its attributes name {count}, but it").format(count=count(claims, "test"))
        if claims
        else _("It")
    )
    return _("{named} holds no test case: this is no result, and no pass.").format(named=named)


def _notes(seen: _Seen) -> list[str]:
    notes = [_claim_note(seen), _parents_note(seen.failed_names)]
    if not seen.ran:
        notes.append(_("No test ran: this is no data, and no pass."))
    if seen.unseen:
        notes.append(
            _(
                "Its attributes name {count}, but no test in it failed: what did not "
                "pass is not in the file, so this is no data."
            ).format(count=count(seen.unseen, "failed test"))
        )
    if seen.risky:
        notes.append(
            _("{count} of PHPUnit: a risky test, not a failed one.").format(
                count=count(seen.risky, "error")
            )
        )
    if seen.flaky:
        notes.append(
            _("{count} passed only when run again.").format(count=count(seen.flaky, "test"))
        )
    if seen.outside:
        notes.append(
            _("{count} outside any test: counted as a failed test.").format(
                count=count(seen.outside, "failure")
            )
        )
    if seen.tool == "jest tests":
        notes.append(
            _(
                "jest-junit leaves out test files that could not be loaded, and shows a "
                "todo as passed."
            )
        )
    if seen.states["skipped"]:
        notes.append(
            _("{skipped:,} skipped: they do not count as passed.").format(
                skipped=seen.states["skipped"]
            )
        )
    if seen.zoneless:
        notes.append(_("Its time has no zone; it is taken as UTC."))
    return [note for note in notes if note]


def _claim_note(seen: _Seen) -> str:
    claims = seen.claimed if seen.claimed is not None else seen.suite_claims
    total = seen.total - seen.outside
    if not claims or claims == total:
        return ""
    if claims > total:
        return _(
            "Its attributes say {count}, it holds {total:,}: the others have no "
            "element (pending tests are written so) and do not count."
        ).format(count=count(claims, "test"), total=total)
    return _("Its attributes say {count}, it holds {total:,}, which count.").format(
        count=count(claims, "test"), total=total
    )


def _parents_note(failed: set[str]) -> str:
    parents = set()
    for name in failed:
        end = name.find("/")
        for _unused in range(PARTS):
            if end < 0:
                break
            if name[:end] in failed:
                parents.add(name[:end])
            end = name.find("/", end + 1)
    if not parents:
        return ""
    names = ", ".join(sorted(said(name.partition("\n")[2], 60) for name in parents)[:3])
    return _(
        "{count} only because a sub-test failed ({names}): one fault counts more than once."
    ).format(count=count(len(parents), "failure"), names=names)
