"""A decision as it can be read in a year: what was decided, by whom, on what, and what came of it.

What was true then comes from the frozen evidence; what happened since stands in parts of its own.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from checklists.models import Condition, Decision, FollowUp
from checklists.queries.decision_record_parts import (
    around_parts,
    measured_parts,
    voted_parts,
)
from checklists.queries.pack import Cell, Code, Mark, Part, tight
from checklists.queries.verified import Proof, prove
from checklists.rules.followups import title_of
from checklists.rules.items import CLOSED
from checklists.rules.words import SHOWN
from warroom.models import DeploymentPlan
from warroom.rules.wording import full_instant


@dataclass(frozen=True)
class Record:
    decision: Decision
    proof: Proof
    parts: tuple[Part, ...]

    @property
    def plan(self) -> DeploymentPlan:
        return self.decision.gate.plan

    @property
    def stamp(self) -> str:
        """The one line under the record (S43)."""
        one = self.decision
        event = (
            _(", timeline event {seq}").format(seq=self.proof.event.seq) if self.proof.event else ""
        )
        return _("{word}: {gate}, {at}, {person_name} as {decided_as}{event}").format(
            word=SHOWN[one.word],
            gate=one.gate.title,
            at=full_instant(one.at),
            person_name=one.person_name,
            decided_as=one.decided_as,
            event=event,
        )


def record_of(decision: Decision) -> Record:
    """Read the record of a decision whose gate and plan are loaded."""
    proof = prove(decision)
    kept: dict[str, Any] = decision.evidence
    parts = (
        _decided(decision, kept),
        _rationale(decision),
        _rule(decision, kept),
        _window(kept),
        _criteria(kept),
        *measured_parts(kept),
        _votes(kept),
        *voted_parts(kept),
        _conditions(decision, kept),
        _items(kept),
        _watched(kept),
        *around_parts(kept),
        _followups(decision),
        _corrections(decision),
        _proof(decision, proof),
    )
    return Record(decision, proof, tuple(tight(part) for part in parts if part is not None))


_BULLET = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•])\s+")


def numbered(text: str) -> list[str]:
    """A rationale as its points: one per line, without the numbers that were typed before them."""
    lines = (
        re.sub(r"^\s*(?:\d{1,3}[.)]|[-*•])\s+", "", line).strip() for line in text.splitlines()
    )
    return [line for line in lines if line]


def _decided(one: Decision, kept: dict[str, Any]) -> Part:
    rows = [
        (_("Decision"), Mark(_BANDS[one.word], SHOWN[one.word])),
        (
            _("Decided by"),
            _("{person_name} as {decided_as}").format(
                person_name=one.person_name, decided_as=one.decided_as
            ),
        ),
        (_("At"), full_instant(one.at)),
        (_("How"), _("OVERRIDE: {how}").format(how=one.how) if one.override else one.how),
    ]
    if one.hold_until:
        rows.append((_("Looked at again"), full_instant(one.hold_until)))
    if kept.get("rehearsal"):
        rows.append((_("Rehearsal"), _("It speaks for no other release.")))
    return Part("decision", _("Decision"), rows=tuple(rows))


_BANDS = {"go": "green", "hold": "yellow", "no-go": "red"}


def _rationale(one: Decision) -> Part:
    points = numbered(one.rationale)
    if not points:
        return Part(
            "rationale", _("Rationale"), _("None was written: the decision is the rule's word.")
        )
    return Part("rationale", _("Rationale"), head=(_("No."), _("Reason")), rows=_counted(points))


def _rule(one: Decision, kept: dict[str, Any]) -> Part:
    counts = kept.get("recommendation", {}).get("counts", "")
    bar = kept.get("bar")
    weighed = (
        _(" The bar of the weighted criteria is {bar:g} %.").format(bar=bar)
        if bar is not None
        else ""
    )
    said = f"{SHOWN[one.recommendation]}: {counts}.{weighed}"
    return Part(
        "rule", _("What the rule said"), said, (_("No."), _("Reason")), _counted(one.reasons)
    )


def _counted(points: list[str]) -> tuple[tuple[Cell, ...], ...]:
    return tuple((str(n), point) for n, point in enumerate(points, start=1))


def _window(kept: dict[str, Any]) -> Part | None:
    window = kept.get("window") or {}
    named = (
        ("T0", kept.get("t0")),
        (_("Window opens"), window.get("opens")),
        (_("Window closes"), window.get("closes")),
        (_("Gate opens"), kept.get("opens_at")),
    )
    rows = tuple((name, _at(text)) for name, text in named if text)
    return Part("window", _("Window"), rows=rows) if rows else None


def _criteria(kept: dict[str, Any]) -> Part | None:
    rows = tuple(
        (
            one["label"],
            one["text"] or _("no data"),
            one["green"],
            one["red"],
            Mark(one["verdict"]),
            _at(one["observed_at"]),
            one.get("waived") or one["why"] or (_("reported only") if one["report_only"] else ""),
            one["source"],
        )
        for one in kept.get("criteria", [])
    )
    head = (
        _("Criterion"),
        _("Measured"),
        _("Target"),
        _("Fail"),
        _("Result"),
        _("Read"),
        _("Note"),
        _("Source"),
    )
    return Part("criteria", _("Criteria as measured"), head=head, rows=rows) if rows else None


def _votes(kept: dict[str, Any]) -> Part | None:
    rows = tuple(
        (
            one["role_name"],
            one["person"],
            _voted(one),
            one["reason"],
            _at(one["at"]),
            _state(one, kept),
        )
        for one in kept.get("votes", [])
    )
    missing = kept.get("missing_votes", [])
    said = _("Missing: {missing}.").format(missing=", ".join(missing)) if missing else ""
    head = (_("Role"), _("Person"), _("Vote"), _("Reason"), _("At"), _("State"))
    return Part("votes", _("Votes"), said, head, rows) if rows or said else None


def _voted(vote: dict[str, Any]) -> str:
    """'go with conditions 1 and 2', by the numbers under which they stand below."""
    numbers = [str(number) for number in vote.get("conditions", ())]
    many = (
        _("conditions {numbers} and").format(numbers=", ".join(numbers[:-1]))
        if numbers[1:]
        else _("condition")
    )
    return (
        _("{word} with {many} {numbers}").format(word=vote["word"], many=many, numbers=numbers[-1])
        if numbers
        else vote["word"]
    )


def _state(vote: dict[str, Any], kept: dict[str, Any]) -> str:
    if vote["superseded"]:
        return _("superseded")
    version = kept.get("gate_version", 1)
    stands = (
        _("counts") if vote.get("gate_version", version) == version else _("for an earlier version")
    )
    delegated = vote.get("delegated_from")
    return (
        _("{stands}, for {delegated}").format(stands=stands, delegated=delegated)
        if delegated
        else stands
    )


def _conditions(decision: Decision, kept: dict[str, Any]) -> Part | None:
    now = {one.number: one for one in Condition.objects.filter(plan=decision.gate.plan)}
    rows = tuple(
        (
            str(one["number"]),
            one["text"],
            one["owner"] or _("nobody"),
            _at(one["due_at"]) or _("no time"),
            one.get("set_by") or _set_by(one["number"], kept),
            _("blocks") if one["blocking"] else "",
            _then(one, decision),
            _since(now.get(one["number"]), one),
        )
        for one in kept.get("conditions", [])
    )
    head = (
        _("No."),
        _("Condition"),
        _("Owner"),
        _("Due"),
        _("Set by"),
        _("Blocks"),
        _("Then"),
        _("Since"),
    )
    return Part("conditions", _("Conditions"), head=head, rows=rows) if rows else None


def _set_by(number: int, kept: dict[str, Any]) -> str:
    """Who tied a vote to a condition, where the condition itself does not say so."""
    votes = (one for one in kept.get("votes", []) if number in one.get("conditions", ()))
    return next(
        (
            _("{person} as {role_name}").format(person=one["person"], role_name=one["role_name"])
            for one in votes
        ),
        "",
    )


def _then(condition: dict[str, Any], decision: Decision) -> str:
    if condition["closed_at"]:
        return _("met {at}").format(at=_at(condition["closed_at"]))
    return _("open, overridden") if condition["blocking"] and decision.word == "go" else _("open")


def _since(now: Condition | None, then: dict[str, Any]) -> str:
    if now is None or now.closed_at is None or then["closed_at"]:
        return ""
    return _("met {closed_at}: {closed_note}").format(
        closed_at=full_instant(now.closed_at), closed_note=now.closed_note
    )


def _items(kept: dict[str, Any]) -> Part | None:
    items = kept.get("items", [])
    still = [one for one in items if one["state"] not in CLOSED]
    rows = tuple(
        (
            one["ref"],
            one["text"],
            one["state"],
            one["reason"],
            _("blocks") if one["blocking"] else "",
        )
        for one in still
    )
    said = _("{count} of {items_count} were closed.").format(
        count=len(items) - len(still), items_count=len(items)
    )
    head = (_("Item"), _("What"), _("State"), _("Reason"), _("Blocks"))
    return Part("items", _("Items that were open"), said, head, rows) if items else None


def _watched(kept: dict[str, Any]) -> Part | None:
    """By the bands of the room; the same figure can be yellow by those of the gate."""
    asked = {one["label"]: one["verdict"] for one in kept.get("criteria", [])}
    rows = tuple(
        (
            one["label"],
            one["text"] or _("no data"),
            Mark(one["verdict"]),
            Mark(asked[one["label"]]) if one["label"] in asked else _("not asked"),
            _at(one["observed_at"]),
            Code(one["query"]),
        )
        for one in kept.get("watched", [])
    )
    head = (_("Watched"), _("Value"), _("In the room"), _("At this gate"), _("Read"), _("Query"))
    said = _("The room and the gate may ask for different values of the same thing.")
    return Part("watched", _("Queries and checks"), said, head, rows) if rows else None


def _followups(decision: Decision) -> Part | None:
    rows = tuple(_followup(one) for one in decision.followups.select_related("role"))
    head = (_("No."), _("Follow-up"), _("For"), _("Due"), _("State"))
    return Part("followups", _("Follow-ups"), head=head, rows=rows) if rows else None


def _followup(one: FollowUp) -> tuple[Cell, ...]:
    done = (
        _("done {done_at} by {done_by_name}: {note}").format(
            done_at=full_instant(one.done_at), done_by_name=one.done_by_name, note=one.note
        )
        if one.done_at
        else ""
    )
    due = full_instant(one.due_at) if one.due_at else ""
    whose = one.owner or (one.role.name if one.role else "")
    return str(one.number), title_of(one.text), whose, due, done or _("open")


def _corrections(decision: Decision) -> Part | None:
    rows = tuple(
        (full_instant(one.at), one.by_name, one.text) for one in decision.corrections.all()
    )
    head = (_("At"), _("By"), _("What was wrong"))
    return Part("corrections", _("Corrections"), head=head, rows=rows) if rows else None


def _proof(decision: Decision, proof: Proof) -> Part:
    head = decision.evidence.get("timeline") or {}
    rows: list[tuple[Cell, ...]] = [
        (_("Evidence, SHA-256"), decision.evidence_sha256),
        (
            _("Verified"),
            Mark("green", _("holds")) if proof.holds else Mark("red", _("was changed")),
        ),
    ]
    if proof.event:
        rows.append(
            (
                _("Timeline event"),
                _("{seq}, hash {hash}").format(seq=proof.event.seq, hash=proof.event.hash),
            )
        )
    if head.get("hash"):
        rows.append(
            (
                _("Taken on event"),
                _("{seq}, hash {hash}").format(seq=head["seq"], hash=head["hash"]),
            )
        )
    return Part("proof", _("Proof"), rows=tuple(rows), lines=proof.wrong)


def _at(text: str | None) -> str:
    return full_instant(datetime.fromisoformat(text)) if text else ""
