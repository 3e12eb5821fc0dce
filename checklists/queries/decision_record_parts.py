"""The parts of a decision's record that other nouns froze with it: score, findings, people.

Evidence of an older release of the product may lack any of them; what is not there is no part.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from checklists.queries.pack import Cell, Mark, Part
from checklists.rules.bands import Band
from warroom.rules.wording import full_instant

Kept = dict[str, Any]
_DRY = {"pass": Band.GREEN, "warn": Band.YELLOW, "fail": Band.RED}


def measured_parts(kept: Kept) -> list[Part | None]:
    """What was measured beside the criteria."""
    return [_score(kept), _results(kept), _runs(kept), _dry_runs(kept), _findings(kept)]


def voted_parts(kept: Kept) -> list[Part | None]:
    """Who had to vote, whose vote was in other hands, and what stood signed."""
    return [_quorum(kept), _delegations(kept), _tries(kept), _signatures(kept)]


def around_parts(kept: Kept) -> list[Part | None]:
    """The risks of that moment, and who was there."""
    return [_risks(kept), _scenarios(kept), _people(kept)]


def _table(
    key: str, title: str, head: tuple[str, ...], rows: Iterable[tuple[Cell, ...]], said: str = ""
) -> Part | None:
    rows = tuple(rows)
    return Part(key, title, said, head, rows) if rows else None


def _score(kept: Kept) -> Part | None:
    score = kept.get("readiness") or {}
    rows = (
        (
            one["label"],
            f"{one['weight']} %",
            one["score"] or "no data",
            one["target"] or "",
            one["verdict"],
            "veto" if one["veto"] else "",
            one["why"],
        )
        for one in score.get("categories", [])
    )
    head = ("Category", "Weight", "Score", "Target", "Verdict", "Veto", "Why")
    return _table("score", "Readiness score", head, rows, score.get("sentence", ""))


def _results(kept: Kept) -> Part | None:
    rows = (
        (
            one["name"],
            one["text"],
            _at(one["observed_at"]),
            _note(one),
            one["commit"],
            one["sha256"],
        )
        for one in kept.get("results") or []
    )
    head = ("Result", "Said", "Observed", "Note", "Commit", "SHA-256 of the file")
    return _table("results", "Results", head, rows)


def _note(result: Kept) -> str:
    if not result["counts"]:
        return f"does not count: {result['why']}".rstrip(": ")
    return "too old" if result["too_old"] else ""


def _runs(kept: Kept) -> Part | None:
    rows = (
        (
            one["name"],
            str(one.get("number", "")),
            Mark(one.get("band") or Band.NO_DATA, one["state"]),
            one.get("sentence", ""),
            _at(one.get("ended_at")),
            one.get("excepted", ""),
        )
        for one in kept.get("load_runs") or []
    )
    head = ("Load profile", "Run", "State", "Measured", "Ended", "Excepted")
    return _table("load", "Load runs", head, rows)


def _dry_runs(kept: Kept) -> Part | None:
    found = kept.get("dry_runs") or {}
    rows = (
        (
            str(one["number"]),
            one["title"],
            Mark(_DRY.get(one["word"], Band.NO_DATA), one["word"].upper() or "not tried"),
            _at(one["at"]),
            one["by"],
            _accepted(one),
        )
        for one in found.get("runs", [])
    )
    head = ("No.", "Dry run", "Result", "At", "By", "Accepted")
    return _table("dry-runs", "Dry runs", head, rows, found.get("totals", ""))


def _accepted(run: Kept) -> str:
    if run["accepted"] is None:
        return ""
    return f"{'accepted' if run['accepted'] else 'not accepted'}: {run['reason']}".rstrip(": ")


def _findings(kept: Kept) -> Part | None:
    found = kept.get("findings")
    if not found:
        return None
    counting = ", ".join(f"{many} {name}" for name, many in found["counting"].items())
    rows = tuple(
        (
            f"F-{one['number']}",
            one["title"],
            one["severity"],
            f"{one['by']} as {one['role']}" if one["role"] else one["by"],
            f"ended {_at(one['until'])}" if one["ended"] else _at(one["until"]),
            one["reason"],
        )
        for one in found["accepted"]
    )
    head = ("No.", "Accepted finding", "Severity", "By", "Until", "Reason") if rows else ()
    return Part("findings", "Findings", f"Counting: {counting or 'none'}.", head, rows)


def _quorum(kept: Kept) -> Part | None:
    words = (kept.get("quorum") or {}).get("words", {})
    return _table("quorum", "Who had to vote", (), words.items())


def _delegations(kept: Kept) -> Part | None:
    rows = (
        (
            one["role"],
            one["for"],
            one["to"],
            one["by"],
            one["reason"],
            one["agreed"],
            _at(one["at"]),
            _at(one["ended_at"]),
        )
        for one in kept.get("delegations") or []
    )
    head = ("Role", "For", "Asked", "By", "Reason", "Agreed", "At", "Ended")
    return _table("delegations", "Votes in other hands", head, rows)


def _tries(kept: Kept) -> Part | None:
    rows = (
        (one["role"], one["how"], one["result"], one["by"], _at(one["at"]))
        for one in kept.get("tries") or []
    )
    return _table("tries", "Tries to reach", ("Role", "How", "Result", "By", "At"), rows)


def _signatures(kept: Kept) -> Part | None:
    rows = (
        (
            one["scope"],
            one["role_name"],
            one["person"],
            one["word"],
            one["comment"],
            _at(one["at"]),
        )
        for one in kept.get("signatures") or []
    )
    head = ("Under", "Role", "Person", "Word", "Comment", "At")
    return _table("signatures", "Signatures", head, rows)


def _risks(kept: Kept) -> Part | None:
    found = kept.get("risks")
    if not found:
        return None
    rows = tuple(
        (
            f"R-{one['number']}",
            one["title"],
            one["state"],
            one["level"] or "not told",
            one["owner"],
            "; ".join(one["holds"]),
        )
        for one in found["open"]
    )
    head = ("No.", "Risk", "State", "Level", "Owner", "Comes true when") if rows else ()
    closed = (f"Closed: {', '.join(found['closed'])}.",) if found["closed"] else ()
    return Part("risks", "Risks", found["sentence"], head, rows, closed)


def _scenarios(kept: Kept) -> Part | None:
    found = (kept.get("risks") or {}).get("scenarios", [])
    rows = (
        (str(one["number"]), one["title"], one["state"], _at(one["since"]), one["time"] or "")
        for one in found
    )
    head = ("No.", "Scenario", "State", "Since", "Time")
    return _table("scenarios", "Scenarios in force", head, rows)


def _people(kept: Kept) -> Part | None:
    rows = (
        (
            one["role_name"],
            one["person"],
            Mark(Band.GREEN, "here") if one["here"] else Mark(Band.NO_DATA, "not here"),
        )
        for one in kept.get("present") or []
    )
    return _table("people", "People", ("Role", "Person", "In the room"), rows)


def _at(text: str | None) -> str:
    return full_instant(datetime.fromisoformat(text)) if text else ""
