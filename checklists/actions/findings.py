"""People keep the register of findings: write one down, say what became of it, confirm a fix.

Each is one event with what was before and after. Letting go of a grave one (accepting it, calling
it false, calling it less grave, doing without its retest) is for the role that answers for
security, where the plan has one, else for a role that decides.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from checklists.actions.finding_fields import (
    VALUES,
    Said,
    assign,
    checked,
    checked_said,
    objection,
    shown,
    state_of,
    state_sentence,
    wanted_state,
    word_of,
)
from checklists.actions.finding_rights import demand_to_let_go
from checklists.models import Finding, FindingState
from checklists.rules import findings as rules
from checklists.rules.field_words import field_words
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, NotAllowed, Refused, checked_reason
from warroom.models import DeploymentPlan, Right, Role, User

MOST = 20_000


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
        assign(finding, values)
        finding.retest = rules.wants_retest(finding.severity)
        finding.save()
        adding.record(
            "finding.added",
            _("F-{finding} written down, {severity}: {finding_title}").format(
                finding=finding.number, severity=finding.severity, finding_title=finding.title
            ),
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

    Another severity wants a reason; out of high and critical it wants who may let those go. A worse
    one opens a finding again that was accepted or called false: that was signed of a lesser one.
    Raises Invalid, NotAllowed without the right to sign, Refused when it changed since
    ``seen_revision``.
    """
    values, why = checked(fields), checked_reason(reason)
    with change(finding.plan, by=by, right=Right.SIGN, request_id=request_id) as editing:
        finding = _fresh(finding, editing)
        before, stood = shown(finding), state_of(finding)
        assign(finding, values)
        after = shown(finding)
        differing = [name for name in after if after[name] != before[name]]
        if editing.repeated or not differing:
            return finding
        _demand_unchanged(finding, seen_revision)
        opens = ""
        if "severity" in differing:
            opens = _weigh_severity(editing, finding, before["severity"], why)
        finding.revision += 1
        finding.save()
        text = _("F-{finding} edited, {differing}: {finding_title}{opens}").format(
            finding=finding.number,
            differing=field_words(differing),
            finding_title=finding.title,
            opens=opens,
        )
        before, after = before | stood, after | state_of(finding)
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
    said = checked_said(said or Said())
    with change(finding.plan, by=by, right=Right.SIGN, request_id=request_id) as setting:
        finding = _fresh(finding, setting)
        if setting.repeated:
            return finding
        if wrong := objection(state, said, setting.at):
            raise Invalid(*wrong)
        before = state_of(finding)
        wanted = wanted_state(finding, state, said)
        if wanted == {name: before[name] for name in wanted}:
            return finding
        _demand_unchanged(finding, seen_revision)
        role = _standing_role(setting, finding, state, wanted["retest"])
        _set_state(setting, finding, wanted, role)
        after = state_of(finding)
        _record(setting, finding, state_sentence(finding, role), before, after, said.reason)
    return finding


def check_state(finding: Finding, state: str, said: Said, *, by: User, now: datetime) -> None:
    """Raise what ``set_finding_state`` would raise of the words, before a password is asked."""
    if wrong := objection(state, checked_said(said), now):
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

    Raises Invalid without a note, NotAllowed without the right to sign and, of a high or critical
    one, for who called it fixed; Refused when it is not called fixed, or changed since
    ``seen_revision``. Confirmed again it stays as it is.
    """
    note, after = note.replace("\0", "").strip(), after.replace("\0", "").strip()
    if not note or len(note) > 120:
        raise Invalid("note", _("Say in at most 120 characters what the retest saw."))
    if len(after) > VALUES:
        raise Invalid("after", _("A value has at most {values} characters.").format(values=VALUES))
    with change(finding.plan, by=by, right=Right.SIGN, request_id=request_id) as confirming:
        finding = _fresh(finding, confirming)
        if confirming.repeated or finding.confirmed_at is not None:
            return finding
        _demand_unchanged(finding, seen_revision)
        if finding.state != FindingState.FIXED:
            raise Refused(
                _("F-{finding} is {word_of}, so there is no fix to confirm.").format(
                    finding=finding.number, word_of=word_of(finding)
                )
            )
        _demand_another(confirming, finding)
        before = state_of(finding)
        finding.confirmed_at = confirming.at
        finding.confirmed_by = f"{note}, {confirming.author_name}"[:200]
        finding.after_text = after or finding.after_text
        finding.revision += 1
        finding.save()
        text = _("F-{finding} retested, the fix holds: {note}").format(
            finding=finding.number, note=note
        )
        _record(confirming, finding, text, before, state_of(finding), note)
    return finding


def next_number(plan: DeploymentPlan) -> int:
    """The next F-number of a plan. Raises Refused for a register that is full."""
    last = plan.findings.aggregate(last=Max("number"))["last"] or 0
    if last >= MOST:
        raise Refused(_("The register has {most} findings and takes no more.").format(most=MOST))
    return last + 1


# --- states ----------------------------------------------------------------------------------


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


# --- who may ---------------------------------------------------------------------------------


def _standing_role(setting: Change, finding: Finding, state: str, retest: bool) -> Role | None:
    """As which role the state is set. Raises NotAllowed for who may not let a grave one go."""
    lets_go = state in rules.LETS_GO or (state == rules.FIXED and not retest)
    if lets_go and finding.severity in rules.GRAVE:
        what = _("accepted") if state == rules.ACCEPTED else _("let go")
        return demand_to_let_go(setting, finding.severity, what)
    signing = setting.held.roles_with(Right.SIGN)
    return signing[0] if signing else None


def _weigh_severity(editing: Change, finding: Finding, before: str, why: str) -> str:
    """What else follows of another severity, as the event says it."""
    if len(why) < rules.REASON_LEAST:
        least = rules.REASON_LEAST
        raise Invalid(
            "reason",
            _("Say in at least {least} characters why its severity is another.").format(
                least=least
            ),
        )
    if before in rules.GRAVE and rules.rank(finding.severity) > rules.rank(before):
        demand_to_let_go(editing, before, _("lowered"))
    if rules.wants_retest(finding.severity):
        finding.retest = True
    if finding.state in rules.LETS_GO and rules.rank(finding.severity) < rules.rank(before):
        return _open_again(editing, finding, before)
    return ""


def _open_again(editing: Change, finding: Finding, before: str) -> str:
    was = word_of(finding).lower()
    finding.state, finding.reason, finding.state_role = FindingState.OPEN, "", ""
    finding.accepted_until = None
    finding.state_at, finding.state_by_name = editing.at, editing.author_name
    return _(". It is open again: it was {was} as {before}").format(was=was, before=before)


def _demand_another(confirming: Change, finding: Finding) -> None:
    """A grave fix is confirmed by somebody else than who called it fixed (law 10)."""
    if confirming.author is None or finding.severity not in rules.GRAVE:
        return
    called = confirming.plan.events.filter(
        kind="finding.changed", data__finding=finding.number, data__after__state=FindingState.FIXED
    ).last()
    if called is not None and called.actor_id == confirming.author.pk:
        raise NotAllowed(
            _(
                "You called F-{finding} fixed. The fix of a {severity} finding is "
                "confirmed by somebody else."
            ).format(finding=finding.number, severity=finding.severity)
        )


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
        _(
            "F-{finding} was changed while you wrote: it is {word_of} now, "
            "{state_by_name}, {state_at:%H:%M:%S} UTC. Nothing of yours was saved."
        ).format(
            finding=finding.number,
            word_of=word_of(finding),
            state_by_name=finding.state_by_name,
            state_at=finding.state_at,
        )
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
