"""Gates are added, set anew and taken off. What people voted on asks for new votes when it changes.

A decided gate is history and refuses; a change applies to those that are still open.
"""

from typing import Any

from django.db import models
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from checklists.actions.decisions import fresh_gate
from checklists.actions.regating import Regated, falling, regate
from checklists.models import Gate
from checklists.rules.gate_settings import (
    LABELS,
    VOTED_ON,
    GateWanted,
    changed_fields,
    gate_objection,
)
from checklists.rules.gates import FINAL, SHOWN
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, Right, Role, User
from warroom.rules.fingerprint import fingerprint

MOST = 200  # of one release


def settings_of(gate: Gate) -> dict[str, Any]:
    """A gate's settings, as ``GateWanted.values`` gives them."""
    kept = {name: getattr(gate, name) for name in LABELS if name != "decider"}
    return kept | {
        "decider": gate.decider.key if gate.decider else "",
        "voters": sorted(gate.voters),
        "veto_roles": sorted(gate.veto_roles),
    }


def settings_seen(gate: Gate) -> str:
    """The fingerprint of what a form showed; another one says that somebody changed it since."""
    return fingerprint([gate.version, settings_of(gate)])


def add_gate(
    plan: DeploymentPlan, wanted: GateWanted, *, by: User, request_id: str | None = None
) -> Gate:
    """Add a gate after the others. Raises Invalid naming the field, NotAllowed without ``edit``."""
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as adding:
        if adding.repeated:
            event = adding.plan.events.get(request_id=request_id)
            return Gate.objects.get(plan=adding.plan, key=event.data["gate"])
        values = _checked(adding, wanted)
        if adding.plan.gates.count() >= MOST:
            raise Refused(_("A release has at most {most} gates.").format(most=MOST))
        last = adding.plan.gates.aggregate(last=Max("number"))["last"] or 0
        key = _key(adding.plan, values["title"], last + 1)
        gate = Gate(plan=adding.plan, key=key, number=last + 1)
        _set(gate, values)
        gate.save()
        adding.record(
            "gate.added", _("Gate added: {gate}").format(gate=gate.title), gate=key, fields=values
        )
    return gate


def edit_gate(
    gate: Gate,
    wanted: GateWanted,
    *,
    by: User,
    reason: str = "",
    seen: str | None = None,
    request_id: str | None = None,
) -> Regated:
    """Set a gate anew; return the votes and signatures that fall with its older version.

    A ``reason`` is wanted once somebody voted for this version. ``seen``: what the form showed
    (``settings_seen``). Raises Invalid naming the field, Refused when the gate is decided or was
    set anew by somebody else meanwhile, NotAllowed without the right to edit.
    """
    reason = checked_reason(reason)
    with change(gate.plan, by=by, right=Right.EDIT, request_id=request_id) as editing:
        gate = fresh_gate(gate, editing)
        values = _checked(editing, wanted)
        changes = changed_fields(settings_of(gate), values)
        if editing.repeated or not changes:
            return Regated()
        _refuse_over(gate)
        if seen is not None and seen != settings_seen(gate):
            raise Refused(
                _("{gate} was set anew while you wrote. Nothing was saved.").format(gate=gate.title)
            )
        _demand_reason(gate, reason)
        _set(gate, values)
        gate.save()
        fallen = regate(editing, gate) if set(changes) & set(VOTED_ON) else Regated()
        what = ", ".join(str(LABELS[name]) for name in changes)
        editing.record(
            "gate.changed",
            _("{gate} set anew: {what}{fallen}. {reason}")
            .format(gate=gate.title, what=what, fallen=fallen.said, reason=reason)
            .strip(),
            gate=gate.key,
            changes=changes,
            reason=reason,
            version=gate.version,
            **fallen.data,
        )
    return fallen


def remove_gate(
    gate: Gate, reason: str, *, by: User, seen: str | None = None, request_id: str | None = None
) -> None:
    """Take off a gate at which nothing was said yet. Raises Refused where anything was."""
    reason = checked_reason(reason)
    with change(gate.plan, by=by, right=Right.EDIT, request_id=request_id) as removing:
        found = Gate.objects.filter(pk=gate.pk).select_related("decider").first()
        if removing.repeated or found is None:
            return
        if not reason:
            raise Invalid("reason", _("Say why the gate is taken off; the timeline keeps it."))
        if seen is not None and seen != settings_seen(found):
            raise Refused(
                _("{found} was set anew while you wrote. Nothing was taken off.").format(
                    found=found.title
                )
            )
        if on_record := _on_record(found):
            raise Refused(
                _("{found} stays: {on_record}. What was voted, signed or decided is kept.").format(
                    found=found.title, on_record=on_record
                )
            )
        key, title = found.key, found.title
        found.delete()
        removing.record(
            "gate.removed",
            _("Gate taken off: {title}. {reason}").format(title=title, reason=reason),
            gate=key,
        )


def _on_record(gate: Gate) -> str:
    """What speaks against taking a gate off; "" for nothing."""
    counts = (
        (ngettext_lazy("{count} vote", "{count} votes", "count"), gate.votes),
        (ngettext_lazy("{count} decision", "{count} decisions", "count"), gate.decisions),
        (ngettext_lazy("{count} signature", "{count} signatures", "count"), gate.signoffs),
        (ngettext_lazy("{count} delegation", "{count} delegations", "count"), gate.delegations),
        (
            ngettext_lazy(
                "{count} try to reach somebody", "{count} tries to reach somebody", "count"
            ),
            gate.tries,
        ),
    )
    said = [words.format(count=n) for words, rows in counts if (n := rows.count())]
    judged = gate.criteria.model.everything.filter(gate=gate)
    if judged.exclude(waivers=None).exists() or judged.exclude(versions=None).exists():
        said.append(_("waivers or older versions of criteria"))
    said += [_("a {name} that ends with it").format(name=name) for name in _used_by(gate)]
    return _("it has {said}").format(said=", ".join(said)) if said else ""


def _used_by(gate: Gate) -> list[str]:
    """What floors above hang on this gate, such as a stage: it would go on without being asked."""
    hanging = (link for link in Gate._meta.related_objects if link.on_delete is models.SET_NULL)
    return [
        str(link.related_model._meta.verbose_name)
        for link in hanging
        if link.related_model._default_manager.filter(**{link.field.name: gate}).exists()
    ]


def _checked(changing: Change, wanted: GateWanted) -> dict[str, Any]:
    values = wanted.values()
    roles = list(Role.objects.filter(plan=changing.plan))
    keys = {role.key for role in roles}
    if wrong := gate_objection(values, keys, [r.key for r in roles if r.may(Right.VOTE)]):
        raise Invalid(*wrong)
    return values


def _set(gate: Gate, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if name != "decider":
            setattr(gate, name, value)
    gate.decider = Role.objects.filter(plan=gate.plan, key=values["decider"]).first()


def _refuse_over(gate: Gate) -> None:
    final = gate.decisions.filter(word__in=FINAL).first()
    if final is None:
        return
    later = Gate.objects.filter(plan=gate.plan, number__gt=gate.number)
    following = later.exclude(decisions__word__in=FINAL).first()
    applies = (
        _(" A change applies from {following}.").format(following=following.title)
        if following
        else ""
    )
    raise Refused(
        _("{gate} is decided: {word}. It stays as it was.{applies}").format(
            gate=gate.title, word=SHOWN[final.word], applies=applies
        )
    )


def _demand_reason(gate: Gate, reason: str) -> None:
    if reason or not falling(gate).votes:
        return
    raise Invalid("reason", _("Somebody has voted already. Say why the gate is set anew."))


def _key(plan: DeploymentPlan, title: str, number: int) -> str:
    taken = set(plan.gates.values_list("key", flat=True))
    base = (slugify(title) or f"gate-{number}")[:50]
    names = (base if n == 1 else f"{base}-{n}" for n in range(1, MOST + 2))
    return next(name for name in names if name not in taken)
