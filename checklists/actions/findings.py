"""People keep the register of findings: write one down, say what became of it, confirm a fix.

Each is one event with what was before and after. Letting go of a grave one (accepting it, calling
it false, calling it less grave, doing without its retest) is for the role that answers for
security, where the plan has one, else for a role that decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from checklists.actions.finding_rights import demand_to_let_go
from checklists.models import Finding, FindingState, Severity
from checklists.rules import findings as rules
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, Right, Role, User
from warroom.rules.moments import YEARS
from warroom.rules.wording import full_instant, listed

MOST = 20_000
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


def add_finding(
    plan: DeploymentPlan,
    fields: Mapping[str, Any],
    *,
    by: User | str,
    at: datetime | None = None,
    request_id: str | None = None,
) -> Finding:
    """Write a finding down by hand and return it; the same request again returns the same one.

    ``fields``: title and severity, and if wanted place, rule, description, owner and due (UTC);
    ``at``: when it was seen (UTC), else now. Raises Invalid for a wrong field, NotAllowed without
    the right to tick.
    """
    values = checked(fields, new=True)
    with change(plan, by=by, right=Right.TICK, request_id=request_id) as adding:
        if adding.repeated:
            number = adding.plan.events.get(request_id=request_id).data["finding"]
            return Finding.objects.get(plan=adding.plan, number=number)
        finding = Finding(
            plan=adding.plan,
            number=next_number(adding.plan),
            state=FindingState.OPEN,
            state_at=adding.at,
            state_by_name=adding.author_name,
            seen_at=at or adding.at,
            by=adding.author,
        )
        _assign(finding, values)
        finding.retest = rules.wants_retest(finding.severity)
        finding.save()
        adding.record(
            "finding.added",
            f"F-{finding.number} written down, {finding.severity}: {finding.title}",
            finding=finding.number,
            after=shown(finding),
        )
    return finding


def edit_finding(
    finding: Finding,
    fields: Mapping[str, Any],
    *,
    by: User,
    reason: str = "",
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> Finding:
    """Change owner, due time, severity or words; only what is given changes, the same is no event.

    Another severity wants a reason; out of high and critical it wants who may let those go. Raises
    Invalid, NotAllowed without the right to sign, Refused when it changed since ``seen_revision``.
    """
    values, why = checked(fields), checked_reason(reason)
    with change(finding.plan, by=by, right=Right.SIGN, request_id=request_id) as editing:
        finding = _fresh(finding, editing)
        before = shown(finding)
        _assign(finding, values)
        after = shown(finding)
        differing = [name for name in after if after[name] != before[name]]
        if editing.repeated or not differing:
            return finding
        _demand_unchanged(finding, seen_revision)
        if "severity" in differing:
            _weigh_severity(editing, finding, before["severity"], why)
        finding.revision += 1
        finding.save()
        text = f"F-{finding.number} edited, {listed(differing)}: {finding.title}"
        _record(editing, finding, f"{text}{f'. {why}' if why else ''}", before, after, why)
    return finding


def set_finding_state(
    finding: Finding,
    state: str,
    *,
    by: User,
    said: Said | None = None,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> Finding:
    """Set what became of a finding; the same again changes nothing.

    Raises Invalid for a missing reason or end, NotAllowed for who may not let it go, Refused when
    it changed since ``seen_revision``.
    """
    said = _checked_said(said or Said())
    with change(finding.plan, by=by, right=Right.SIGN, request_id=request_id) as setting:
        finding = _fresh(finding, setting)
        if setting.repeated:
            return finding
        if wrong := _wrong(state, said, setting.at):
            raise Invalid(*wrong)
        before = _state_of(finding)
        wanted = _wanted(finding, state, said)
        if wanted == {name: before[name] for name in wanted}:
            return finding
        _demand_unchanged(finding, seen_revision)
        role = _standing_role(setting, finding, state, wanted["retest"])
        _set_state(setting, finding, wanted, role)
        after = _state_of(finding)
        _record(setting, finding, _state_sentence(finding, role), before, after, said.reason)
    return finding


def check_state(finding: Finding, state: str, said: Said, *, by: User, now: datetime) -> None:
    """Raise what ``set_finding_state`` would raise of the words, before a password is asked."""
    if wrong := _wrong(state, _checked_said(said), now):
        raise Invalid(*wrong)


def confirm_finding(
    finding: Finding,
    note: str,
    *,
    by: User,
    after: str = "",
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> Finding:
    """A retest by a person agrees that it is fixed: it counts no more. ``note`` says what was seen.

    Raises Invalid without a note, NotAllowed without the right to sign, Refused when it is not
    called fixed, or changed since ``seen_revision``. Confirmed again it stays as it is.
    """
    note, after = note.replace("\0", "").strip(), after.replace("\0", "").strip()
    if not note or len(note) > 120:
        raise Invalid("note", "Say in at most 120 characters what the retest saw.")
    if len(after) > VALUES:
        raise Invalid("after", f"A value has at most {VALUES} characters.")
    with change(finding.plan, by=by, right=Right.SIGN, request_id=request_id) as confirming:
        finding = _fresh(finding, confirming)
        if confirming.repeated or finding.confirmed_at is not None:
            return finding
        _demand_unchanged(finding, seen_revision)
        if finding.state != FindingState.FIXED:
            raise Refused(f"F-{finding.number} is {_word(finding)}, so there is no fix to confirm.")
        before = _state_of(finding)
        finding.confirmed_at = confirming.at
        finding.confirmed_by = f"{note}, {confirming.author_name}"[:200]
        finding.after_text = after or finding.after_text
        finding.revision += 1
        finding.save()
        text = f"F-{finding.number} retested, the fix holds: {note}"
        _record(confirming, finding, text, before, _state_of(finding), note)
    return finding


# --- words and values ------------------------------------------------------------------------


def checked(fields: Mapping[str, Any], *, new: bool = False) -> dict[str, Any]:
    """The fields that were given, without blanks at their ends. Raises Invalid for a wrong one."""
    values: dict[str, Any] = {}
    for name, limit in LENGTHS.items():
        if name not in fields:
            continue
        text = str(fields[name] or "").replace("\0", "").strip()
        if len(text) > limit:
            raise Invalid(name, f"This has {len(text)} characters; {limit} are allowed.")
        values[name] = text
    if (new or "title" in values) and not values.get("title"):
        raise Invalid("title", "Say what was found.")
    if new or "severity" in fields:
        values["severity"] = _severity(fields.get("severity"))
    if "due" in fields:
        values["due_at"] = _due(fields["due"])
    return values


def _severity(word: Any) -> str:
    if word not in Severity.values:
        raise Invalid("severity", f"A severity is {', '.join(Severity.values)}.")
    return word


def _due(at: datetime | None) -> datetime | None:
    if at is not None and at.year not in YEARS:
        raise Invalid("due", f"A due time lies in the years {YEARS[0]} to {YEARS[-1]}.")
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


def next_number(plan: DeploymentPlan) -> int:
    """The next F-number of a plan. Raises Refused for a register that is full."""
    last = plan.findings.aggregate(last=Max("number"))["last"] or 0
    if last >= MOST:
        raise Refused(f"The register has {MOST} findings and takes no more.")
    return last + 1


def _assign(finding: Finding, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(finding, name, value)


def _word(finding: Finding) -> str:
    return rules.WORDS[finding.state]


# --- states ----------------------------------------------------------------------------------


def _checked_said(said: Said) -> Said:
    texts = {
        name: getattr(said, name).replace("\0", "").strip() for name in ("before", "after", "fix")
    }
    for name in ("before", "after"):
        if len(texts[name]) > VALUES:
            raise Invalid(name, f"A value has at most {VALUES} characters.")
    if len(texts["fix"]) > 4000:
        raise Invalid("fix", "What was done has at most 4000 characters.")
    reason = checked_reason(said.reason)
    return Said(reason=reason, until=said.until, retest=said.retest, **texts)


def _wrong(state: str, said: Said, now: datetime) -> tuple[str, str] | None:
    field, sentence = rules.objection(state, said.reason, said.until, now)
    if not field and state == rules.ACCEPTED and said.until.year not in YEARS:
        field, sentence = "until", f"An end lies in the years {YEARS[0]} to {YEARS[-1]}."
    return (field, sentence) if field else None


def _state_of(finding: Finding) -> dict[str, Any]:
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


def _wanted(finding: Finding, state: str, said: Said) -> dict[str, Any]:
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


def _set_state(
    setting: Change, finding: Finding, wanted: Mapping[str, Any], role: Role | None
) -> None:
    if wanted["state"] != finding.state:
        finding.confirmed_at, finding.confirmed_by = None, ""
    finding.state, finding.reason = wanted["state"], wanted["reason"]
    until = wanted["until"]
    finding.accepted_until = datetime.fromisoformat(until) if until else None
    finding.before_text, finding.after_text = wanted["before"], wanted["after"]
    finding.fix, finding.retest = wanted["fix"], wanted["retest"]
    finding.state_at, finding.state_by_name = setting.at, setting.author_name
    finding.state_role = role.name if role else ""
    finding.revision += 1
    finding.save()


def _state_sentence(finding: Finding, role: Role | None) -> str:
    """What is said of it on the timeline; of an acceptance, word for word what was signed."""
    who = f" by {finding.state_by_name}{f' as {role.name}' if role else ''}"
    name = f"F-{finding.number} {finding.title} ({finding.severity})"
    until = f" until {full_instant(finding.accepted_until)}" if finding.accepted_until else ""
    values = ""
    if finding.before_text or finding.after_text:
        values = f" {finding.before_text or 'not measured'} → {finding.after_text or 'not yet'}."
    retest = " It counts until a retest agrees." if rules.waits_for_retest(finding) else ""
    why = f" {finding.reason}" if finding.reason else ""
    return f"{name}: {_word(finding)}{until}{who}.{values}{why}{retest}"


# --- who may ---------------------------------------------------------------------------------


def _standing_role(setting: Change, finding: Finding, state: str, retest: bool) -> Role | None:
    """As which role the state is set. Raises NotAllowed for who may not let a grave one go."""
    lets_go = state in rules.LETS_GO or (state == rules.FIXED and not retest)
    if lets_go and finding.severity in rules.GRAVE:
        what = "accepted" if state == rules.ACCEPTED else "let go"
        return demand_to_let_go(setting, finding.severity, what)
    signing = setting.held.roles_with(Right.SIGN)
    return signing[0] if signing else None


def _weigh_severity(editing: Change, finding: Finding, before: str, why: str) -> None:
    if len(why) < rules.REASON_LEAST:
        least = rules.REASON_LEAST
        raise Invalid("reason", f"Say in at least {least} characters why its severity is another.")
    if before in rules.GRAVE and rules.rank(finding.severity) > rules.rank(before):
        demand_to_let_go(editing, before, "lowered")
    if rules.wants_retest(finding.severity):
        finding.retest = True


# --- locked row and record -------------------------------------------------------------------


def _fresh(finding: Finding, under: Change) -> Finding:
    """The finding as it is now that the plan's row is locked."""
    fresh = Finding.objects.get(pk=finding.pk)
    fresh.plan = under.plan
    return fresh


def _demand_unchanged(finding: Finding, seen_revision: int | None) -> None:
    if seen_revision is None or seen_revision == finding.revision:
        return
    raise Refused(
        f"F-{finding.number} was changed while you wrote: it is {_word(finding)} now, "
        f"{finding.state_by_name}, {finding.state_at:%H:%M:%S} UTC. Nothing of yours was saved."
    )


def _record(
    under: Change,
    finding: Finding,
    text: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str,
) -> None:
    differing = [name for name in after if after[name] != before[name]]
    under.record(
        "finding.changed",
        text,
        finding=finding.number,
        before={name: before[name] for name in differing},
        after={name: after[name] for name in differing},
        reason=reason,
        revision=finding.revision,
    )
