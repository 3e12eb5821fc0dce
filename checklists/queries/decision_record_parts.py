"""The parts of a decision's record that other nouns froze with it: score, findings, people.

Evidence of an older release of the product may lack any of them; what is not there is no part.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

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
            one["score"] or _("no data"),
            one["target"] or "",
            one["verdict"],
            _("veto") if one["veto"] else "",
            one["why"],
        )
        for one in score.get("categories", [])
    )
    head = (_("Category"), _("Weight"), _("Score"), _("Target"), _("Verdict"), _("Veto"), _("Why"))
    return _table("score", _("Readiness score"), head, rows, score.get("sentence", ""))


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
    head = (_("Result"), _("Said"), _("Observed"), _("Note"), _("Commit"), _("SHA-256 of the file"))
    return _table("results", _("Results"), head, rows)


def _note(result: Kept) -> str:
    if not result["counts"]:
        return _("does not count: {why}").format(why=result["why"]).rstrip(": ")
    return _("too old") if result["too_old"] else ""


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
    head = (_("Load profile"), _("Run"), _("State"), _("Measured"), _("Ended"), _("Excepted"))
    return _table("load", _("Load runs"), head, rows)


def _dry_runs(kept: Kept) -> Part | None:
    found = kept.get("dry_runs") or {}
    rows = (
        (
            str(one["number"]),
            one["title"],
            Mark(_DRY.get(one["word"], Band.NO_DATA), one["word"].upper() or _("not tried")),
            _at(one["at"]),
            one["by"],
            _accepted(one),
        )
        for one in found.get("runs", [])
    )
    head = (_("No."), _("Dry run"), _("Result"), _("At"), _("By"), _("Accepted"))
    return _table("dry-runs", _("Dry runs"), head, rows, found.get("totals", ""))


def _accepted(run: Kept) -> str:
    if run["accepted"] is None:
        return ""
    return f"{_('accepted') if run['accepted'] else _('not accepted')}: {run['reason']}".rstrip(
        ": "
    )


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
            _("{by} as {role}").format(by=one["by"], role=one["role"])
            if one["role"]
            else one["by"],
            _("ended {at}").format(at=_at(one["until"])) if one["ended"] else _at(one["until"]),
            one["reason"],
        )
        for one in found["accepted"]
    )
    head = (
        (_("No."), _("Accepted finding"), _("Severity"), _("By"), _("Until"), _("Reason"))
        if rows
        else ()
    )
    return Part(
        "findings",
        _("Findings"),
        _("Counting: {counting}.").format(counting=counting or _("none")),
        head,
        rows,
    )


def _quorum(kept: Kept) -> Part | None:
    words = (kept.get("quorum") or {}).get("words", {})
    return _table("quorum", _("Who had to vote"), (), words.items())


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
    head = (_("Role"), _("For"), _("Asked"), _("By"), _("Reason"), _("Agreed"), _("At"), _("Ended"))
    return _table("delegations", _("Votes in other hands"), head, rows)


def _tries(kept: Kept) -> Part | None:
    rows = (
        (one["role"], one["how"], one["result"], one["by"], _at(one["at"]))
        for one in kept.get("tries") or []
    )
    return _table(
        "tries", _("Tries to reach"), (_("Role"), _("How"), _("Result"), _("By"), _("At")), rows
    )


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
    head = (_("Under"), _("Role"), _("Person"), _("Word"), _("Comment"), _("At"))
    return _table("signatures", _("Signatures"), head, rows)


def _risks(kept: Kept) -> Part | None:
    found = kept.get("risks")
    if not found:
        return None
    rows = tuple(
        (
            f"R-{one['number']}",
            one["title"],
            one["state"],
            one["level"] or _("not told"),
            one["owner"],
            "; ".join(one["holds"]),
        )
        for one in found["open"]
    )
    head = (
        (_("No."), _("Risk"), _("State"), _("Level"), _("Owner"), _("Comes true when"))
        if rows
        else ()
    )
    closed = (
        (_("Closed: {closed}.").format(closed=", ".join(found["closed"])),)
        if found["closed"]
        else ()
    )
    return Part("risks", _("Risks"), found["sentence"], head, rows, closed)


def _scenarios(kept: Kept) -> Part | None:
    found = (kept.get("risks") or {}).get("scenarios", [])
    rows = (
        (str(one["number"]), one["title"], one["state"], _at(one["since"]), one["time"] or "")
        for one in found
    )
    head = (_("No."), _("Scenario"), _("State"), _("Since"), _("Time"))
    return _table("scenarios", _("Scenarios in force"), head, rows)


def _people(kept: Kept) -> Part | None:
    rows = (
        (
            one["role_name"],
            one["person"],
            Mark(Band.GREEN, _("here")) if one["here"] else Mark(Band.NO_DATA, _("not here")),
        )
        for one in kept.get("present") or []
    )
    return _table("people", _("People"), (_("Role"), _("Person"), _("In the room")), rows)


def _at(text: str | None) -> str:
    return full_instant(datetime.fromisoformat(text)) if text else ""
