"""What people may say of a finding: its fields, its state, how an event keeps and tells them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from checklists.models import Finding, FindingState, Severity
from checklists.rules import findings as rules
from warroom.actions.refusals import Invalid, checked_reason
from warroom.models import Role
from warroom.rules.moments import YEARS
from warroom.rules.wording import full_instant

LENGTHS = {"title": 300, "place": 500, "owner": 120, "rule": 200, "description": 20_000}
VALUES = 200


@dataclass(frozen=True)
class Said:
    """What a person says of the state. ``until`` is UTC; ``retest`` None leaves it as is usual."""

    reason: str = ""
    until: datetime | None = None
    before: str = ""
    after: str = ""
    fix: str = ""
    retest: bool | None = None


def checked(fields: Mapping[str, Any], *, new: bool = False) -> dict[str, Any]:
    """The fields that were given, without blanks at their ends. Raises Invalid for a wrong one."""
    values: dict[str, Any] = {}
    for name, limit in LENGTHS.items():
        if name not in fields:
            continue
        text = str(fields[name] or "").replace("\0", "").strip()
        if len(text) > limit:
            raise Invalid(
                name,
                _("This has {count} characters; {limit} are allowed.").format(
                    count=len(text), limit=limit
                ),
            )
        values[name] = text
    if (new or "title" in values) and not values.get("title"):
        raise Invalid("title", _("Say what was found."))
    if new or "severity" in fields:
        values["severity"] = _severity(fields.get("severity"))
    if "due" in fields:
        values["due_at"] = _due(fields["due"])
    return values


def _severity(word: Any) -> str:
    if word not in Severity.values:
        raise Invalid(
            "severity", _("A severity is {values}.").format(values=", ".join(Severity.values))
        )
    return word


def _due(at: datetime | None) -> datetime | None:
    if at is not None and at.year not in YEARS:
        raise Invalid(
            "due",
            _("A due time lies in the years {years} to {years_item}.").format(
                years=YEARS[0], years_item=YEARS[-1]
            ),
        )
    return at


def shown(finding: Finding) -> dict[str, Any]:
    """What a finding says, as an event keeps it."""
    return {
        "title": finding.title,
        "severity": finding.severity,
        "place": finding.place,
        "rule": finding.rule,
        "description": finding.description,
        "owner": finding.owner,
        "due": finding.due_at.isoformat() if finding.due_at else "",
    }


def assign(finding: Finding, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(finding, name, value)


def word_of(finding: Finding) -> str:
    return str(rules.WORDS[finding.state])


def checked_said(said: Said) -> Said:
    texts = {
        name: getattr(said, name).replace("\0", "").strip() for name in ("before", "after", "fix")
    }
    for name in ("before", "after"):
        if len(texts[name]) > VALUES:
            raise Invalid(name, _("A value has at most {values} characters.").format(values=VALUES))
    if len(texts["fix"]) > 4000:
        raise Invalid("fix", _("What was done has at most 4000 characters."))
    reason = checked_reason(said.reason)
    return Said(reason=reason, until=said.until, retest=said.retest, **texts)


def objection(state: str, said: Said, now: datetime) -> tuple[str, str] | None:
    field, sentence = rules.objection(state, said.reason, said.until, now)
    if not field and state == rules.ACCEPTED and said.until.year not in YEARS:
        field, sentence = (
            "until",
            _("An end lies in the years {years} to {years_item}.").format(
                years=YEARS[0], years_item=YEARS[-1]
            ),
        )
    return (field, sentence) if field else None


def state_of(finding: Finding) -> dict[str, Any]:
    return {
        "state": finding.state,
        "reason": finding.reason,
        "until": finding.accepted_until.isoformat() if finding.accepted_until else "",
        "before": finding.before_text,
        "after": finding.after_text,
        "fix": finding.fix,
        "retest": finding.retest,
        "confirmed": finding.confirmed_by,
        "by": finding.state_by_name,
    }


def wanted_state(finding: Finding, state: str, said: Said) -> dict[str, Any]:
    """The state as it shall be. Values of the fix stay where nothing else is said."""
    retest = finding.retest if said.retest is None else said.retest
    if said.retest is None and state == FindingState.FIXED:
        retest = retest or rules.wants_retest(finding.severity)
    return {
        "state": state,
        "reason": said.reason,
        "until": said.until.isoformat() if said.until and state == rules.ACCEPTED else "",
        "before": said.before or finding.before_text,
        "after": said.after or finding.after_text,
        "fix": said.fix or finding.fix,
        "retest": retest,
    }


def state_sentence(finding: Finding, role: Role | None) -> str:
    """What is said of it on the timeline; of an acceptance, word for word what was signed."""
    who = f" by {finding.state_by_name}{f' as {role.name}' if role else ''}"
    name = f"F-{finding.number} {finding.title} ({finding.severity})"
    until = (
        _(" until {accepted_until}").format(accepted_until=full_instant(finding.accepted_until))
        if finding.accepted_until
        else ""
    )
    values = ""
    if finding.before_text or finding.after_text:
        values = (
            f" {finding.before_text or _('not measured')} → {finding.after_text or _('not yet')}."
        )
    retest = _(" It counts until a retest agrees.") if rules.waits_for_retest(finding) else ""
    why = f" {finding.reason}" if finding.reason else ""
    return f"{name}: {word_of(finding)}{until}{who}.{values}{why}{retest}"
