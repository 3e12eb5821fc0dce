"""Add, change, move and take off what an undecided gate asks. The older text is kept.

Votes and signatures were given on what was asked: where that changes, they count no more.
"""

from collections.abc import Collection, Mapping
from copy import copy
from decimal import Decimal
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from checklists.actions.criteria_effects import Edit, followed, moment_of
from checklists.actions.criterion_fields import assign, checked, hundredths, shown
from checklists.actions.decisions import fresh_gate, refuse_decided
from checklists.actions.regating import Regated, falling, regate
from checklists.actions.undecided import fresh_criterion
from checklists.models import Criterion, CriterionVersion, Evidence, Gate
from checklists.queries.criteria import judgement_key
from checklists.rules.criterion_words import differences, words_of
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import User
from warroom.rules.keys import free_key
from warroom.rules.wording import listed

MOST = 200
RESERVED = frozenset({"add"})  # an address of its own below the gate's criteria
LOST = _l("Nothing was saved.")


class FellMeanwhile(Refused):
    """The change would take votes or signatures that its author was not told of."""

    def __init__(self, unnamed: Collection[str]) -> None:
        names = listed(list(unnamed))
        super().__init__(
            _(
                "Meanwhile: {names}. To save asks for that again. Send again if that is meant."
            ).format(names=names)
        )


def at_stake(fallen: Regated) -> dict[str, str]:
    """Votes and signatures that a change takes, as keys for a form and in words."""
    votes = {
        f"v{one.pk}": _("{person_name} voted as {role}").format(
            person_name=one.person_name, role=one.role.name
        )
        for one in fallen.votes
    }
    signed = {
        f"s{one.pk}": _("{person_name} signed as {role}").format(
            person_name=one.person_name, role=one.role.name
        )
        for one in fallen.signoffs
    }
    return votes | signed


def add_criterion(
    gate: Gate,
    fields: Mapping[str, Any],
    *,
    by: User,
    reason: str,
    named: Collection[str] | None = None,
    request_id: str | None = None,
) -> Criterion:
    """Ask one more thing at a gate; ``fields`` as in ``criterion_fields``. Returns it.

    ``named``: the keys of ``at_stake`` that the author was told of; None: whatever falls, falls.
    Raises Invalid, NotAllowed without the right to edit, FellMeanwhile, and Refused at a gate that
    is decided.
    """
    values, reason = checked(fields, new=True), _reason(reason)
    with change(gate.plan, by=by, right="edit", request_id=request_id) as adding:
        gate = fresh_gate(gate, adding)
        if adding.repeated:
            return _repeated(adding, gate)
        refuse_decided(gate, LOST)
        standing = gate.criteria.count()
        if standing >= MOST:
            raise Invalid("label", _("A gate asks at most {most} things.").format(most=MOST))
        criterion = Criterion(gate=gate, key=_key(gate, values["label"]), position=standing + 1)
        assign(criterion, values)
        criterion.save()
        _record(adding, "added", Edit(gate, None, criterion), reason, named)
    return criterion


def edit_criterion(
    criterion: Criterion,
    fields: Mapping[str, Any],
    *,
    by: User,
    reason: str,
    seen_version: int | None = None,
    named: Collection[str] | None = None,
    request_id: str | None = None,
) -> Criterion:
    """Change what a gate asks; the older text is kept as a version. The same text changes nothing.

    ``seen_version`` is the version that the author saw: who saw an older one is refused. Otherwise
    as ``add_criterion``.
    """
    values, reason = checked(fields), _reason(reason)
    with change(criterion.gate.plan, by=by, right="edit", request_id=request_id) as editing:
        gate = fresh_gate(criterion.gate, editing)
        criterion = fresh_criterion(criterion, gate, LOST)
        if editing.repeated:
            return criterion
        before = copy(criterion)
        assign(criterion, values)
        if shown(before) == shown(criterion):
            return before
        refuse_decided(gate, LOST)
        _refuse_older(before, seen_version)
        _record(editing, "changed", Edit(gate, before, criterion), reason, named)
    return criterion


def remove_criterion(
    criterion: Criterion,
    *,
    by: User,
    reason: str,
    seen_version: int | None = None,
    named: Collection[str] | None = None,
    request_id: str | None = None,
) -> Criterion:
    """Take a criterion off its gate. It is kept, with the reason; again changes nothing."""
    reason = _reason(reason)
    with change(criterion.gate.plan, by=by, right="edit", request_id=request_id) as removing:
        gate = fresh_gate(criterion.gate, removing)
        criterion = Criterion.everything.get(pk=criterion.pk)
        criterion.gate = gate
        if removing.repeated or criterion.removed_at is not None:
            return criterion
        refuse_decided(gate, LOST)
        _refuse_older(criterion, seen_version)
        _record(removing, "removed", Edit(gate, copy(criterion), None), reason, named)
        criterion.removed_at = removing.at
        criterion.save(update_fields=["removed_at"])
        _number(gate)
    return criterion


def move_criterion(
    criterion: Criterion, place: int, *, by: User, request_id: str | None = None
) -> Criterion:
    """Stand a criterion at ``place`` (from 1) of its gate. Nobody voted on the order."""
    with change(criterion.gate.plan, by=by, right="edit", request_id=request_id) as moving:
        gate = fresh_gate(criterion.gate, moving)
        criterion = fresh_criterion(criterion, gate, LOST)
        others = [one for one in gate.criteria.all() if one.pk != criterion.pk]
        place = min(max(1, place), len(others) + 1)
        if moving.repeated or criterion.position == place:
            return criterion
        refuse_decided(gate, LOST)
        before = criterion.position
        others.insert(place - 1, criterion)
        _number(gate, others)
        moving.record(
            "criterion.changed",
            _("{criterion} stands at place {place} of {gate}, was {before}").format(
                criterion=criterion.label, place=place, gate=gate.title, before=before
            ),
            gate=gate.key,
            criterion=criterion.key,
            place=place,
            before=before,
        )
    return criterion


def set_bar(
    gate: Gate,
    reach: Decimal | None,
    fail: Decimal | None,
    *,
    by: User,
    reason: str,
    named: Collection[str] | None = None,
    request_id: str | None = None,
) -> Gate:
    """What the weighted criteria must reach, in percent, and under what it is a no-go.

    None: all of it, and never. The same numbers change nothing.
    """
    reason = _reason(reason)
    reach, fail = _share("bar", reach), _share("bar_fail", fail)
    _check_bar(reach, fail)
    with change(gate.plan, by=by, right="edit", request_id=request_id) as setting:
        gate = fresh_gate(gate, setting)
        if setting.repeated or (gate.bar, gate.bar_fail) == (reach, fail):
            return gate
        refuse_decided(gate, LOST)
        _refuse_unnamed(gate, named)
        was, gate.bar, gate.bar_fail = bar_text(gate), reach, fail
        gate.save(update_fields=["bar", "bar_fail"])
        fallen = regate(setting, gate)
        text = _("{gate}: the weighted criteria must reach {bar}, was {was}").format(
            gate=gate.title, bar=bar_text(gate), was=was
        )
        setting.record(
            "gate.changed",
            f"{text}: {reason}{fallen.said}",
            gate=gate.key,
            bar=bar_text(gate),
            before=was,
            reason=reason,
            **fallen.data,
        )
    return gate


def bar_text(gate: Gate) -> str:
    """``90 %, no-go under 70 %``."""
    reach = Decimal(100) if gate.bar is None else gate.bar
    under = (
        ""
        if gate.bar_fail is None
        else _(", no-go under {bar_fail:g} %").format(bar_fail=float(gate.bar_fail))
    )
    return f"{float(reach):g} %{under}"


def _share(field: str, value: Decimal | None) -> Decimal | None:
    """As the column keeps it, so that nothing is judged that rounds to something else."""
    try:
        return None if value is None else hundredths(value)
    except (ValueError, ArithmeticError):
        raise Invalid(field, _("Give a share above 0 and up to 100 %.")) from None


def _check_bar(reach: Decimal | None, fail: Decimal | None) -> None:
    for field, value in (("bar", reach), ("bar_fail", fail)):
        if value is not None and not 0 < value <= 100:
            raise Invalid(field, _("Give a share above 0 and up to 100 %."))
    if fail is not None and fail > (100 if reach is None else reach):
        raise Invalid("bar_fail", _("What is a no-go lies below what must be reached."))


def _reason(text: str) -> str:
    reason = checked_reason(text)
    if not reason:
        raise Invalid("reason", _("Say why. It is shown to everybody."))
    return reason


def _key(gate: Gate, label: str) -> str:
    taken = set(Criterion.everything.filter(gate=gate).values_list("key", flat=True)) | RESERVED
    return free_key(slugify(label.replace("/", " "))[:55].strip("-") or "criterion", taken, 2)


def _repeated(adding: Change, gate: Gate) -> Criterion:
    event = adding.plan.events.get(request_id=adding.request_id)
    return Criterion.everything.get(gate=gate, key=event.data["criterion"])


def _refuse_older(now: Criterion, seen: int | None) -> None:
    if seen is None or seen == now.version:
        return
    newest = now.versions.first()
    who = (
        _(" by {by_name}, {at:%H:%M} UTC: “{reason}”").format(
            by_name=newest.by_name, at=newest.at, reason=newest.reason
        )
        if newest
        else ""
    )
    raise Refused(
        _(
            "{now} was changed while you wrote{who}. What you typed is compared with it "
            "below; send again if that is meant."
        ).format(now=now.label, who=who)
    )


def _refuse_unnamed(gate: Gate, named: Collection[str] | None) -> None:
    if named is None:
        return
    stake = at_stake(falling(gate))
    unnamed = [words for key, words in stake.items() if key not in named]
    if unnamed:
        raise FellMeanwhile(unnamed)


def _number(gate: Gate, rows: list[Criterion] | None = None) -> None:
    """Places from 1 without a gap."""
    rows = list(gate.criteria.all()) if rows is None else rows
    for place, row in enumerate(rows, 1):
        row.position = place
    Criterion.objects.bulk_update(rows, ["position"])


def _record(
    changing: Change, verb: str, edit: Edit, reason: str, named: Collection[str] | None
) -> None:
    """The older text, the votes that fall, what else follows, and the one event of all that."""
    if edit.judged:
        _refuse_unnamed(edit.gate, named)
    moment = moment_of(edit, changing.at)
    before, after = edit.before, edit.after
    if before is not None:
        _keep(changing, before, reason, moment.loosens)
    if before is not None and after is not None:
        after.version = before.version + 1
        after.save()
    judged = _forget_judgement(edit) if edit.outdates else ""
    fallen = regate(changing, edit.gate) if edit.judged else Regated()
    said, data = followed(changing, edit)
    loose = _(" A target is loosened while it is missed.") if moment.loosens else ""
    waived = _(" The deviation that was accepted is no longer.") if moment.waiver else ""
    changing.record(
        f"criterion.{verb}",
        f"{_sentence(verb, edit)}: {reason}{loose}{waived}{judged}{fallen.said}{said}",
        gate=edit.gate.key,
        criterion=(after or before).key,
        version=after.version if after else before.version,
        before=shown(before) if before else None,
        after=shown(after) if after else None,
        reason=reason,
        loosened=moment.loosens,
        **fallen.data,
        **data,
    )


def _forget_judgement(edit: Edit) -> str:
    """A person judged what was asked then, not what is asked now."""
    key = judgement_key(edit.before)
    gone, _unused = Evidence.objects.filter(plan=edit.gate.plan, key=key).delete()
    return _(" It is to be judged anew.") if gone and edit.after else ""


def _keep(changing: Change, before: Criterion, reason: str, loosened: bool) -> None:
    CriterionVersion.objects.create(
        criterion=before,
        number=before.version,
        data=shown(before) | {"loosened": loosened},
        reason=reason,
        by_name=changing.author_name,
        at=changing.at,
    )


def _sentence(verb: str, edit: Edit) -> str:
    """``P95 latency at Gate 1: target < 250 ms, was < 200 ms``: the older text is named."""
    label, at = (edit.after or edit.before).label, _("at {gate}").format(gate=edit.gate.title)
    if verb == "added":
        return _("{label} is asked {at}: {asks}").format(label=label, at=at, asks=_asks(edit.after))
    if verb == "removed":
        return _("{label} is no longer asked {at}, was {asks}").format(
            label=label, at=at, asks=_asks(edit.before)
        )
    moved = [one.text for one in differences(shown(edit.before), shown(edit.after))]
    return _("{label} {at}, version {version}: {moved}").format(
        label=label, at=at, version=edit.after.version, moved="; ".join(moved) or _("changed")
    )


def _asks(criterion: Criterion) -> str:
    return words_of(shown(criterion))["Target"] or _("as people judge it")
