"""Contingency: if this, then that. People write it down beforehand and start it with one click.

To start a scenario puts its items into the room as a phase of their own. Signatures under other
phases stand: what they were given for is unchanged. Nothing starts by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.actions.phases import MOST_PHASES, TITLE_LIMIT
from checklists.actions.placing import MOST_ITEMS
from checklists.actions.revoking import Revoked, revoke_signatures
from checklists.actions.risks import (
    demand_ahead,
    demand_seen,
    fresh,
    keep_edit,
    made_by,
    next_number,
)
from checklists.actions.scenario_fields import checked, shown
from checklists.models import ChecklistItem, Phase, Scenario, ScenarioState
from checklists.rules import scenarios as rules
from checklists.rules.owners import plain
from checklists.rules.scenarios import Wish
from checklists.rules.words import ended
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import DeploymentPlan, Right, Role, User
from warroom.rules.wording import instant_text


def add_scenario(
    plan: DeploymentPlan, fields: Mapping[str, Any], *, by: User, request_id: str | None = None
) -> Scenario:
    """Write down a scenario and return it; the same request again returns the same one.

    ``fields``: title (if), action (then), decide, duration, ``items`` (rows as ``Wish.data``, or
    plain texts), ``risk`` (a Risk of the plan or None), ``watch_key`` and ``watch_band``. Raises
    Invalid for a wrong field, NotAllowed without the right to edit.
    """
    values = checked(plan, fields)
    if not values.get("title"):
        raise Invalid("title", _("Say what would have to happen."))
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as adding:
        if adding.repeated:
            return made_by(adding, Scenario, "scenario")
        number = next_number(adding, Scenario, "scenario")
        scenario = Scenario.objects.create(plan=adding.plan, number=number, **values)
        adding.record(
            "scenario.added",
            _("Scenario {number} added: {scenario}").format(number=number, scenario=scenario.title),
            scenario=number,
            fields=shown(scenario),
        )
    return scenario


def edit_scenario(
    scenario: Scenario,
    fields: Mapping[str, Any],
    *,
    by: User,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> Scenario:
    """Change what a scenario says; what is in the room already stays as it is.

    Raises Refused when it changed since ``seen_revision``; Invalid, NotAllowed as above.
    """
    values = checked(scenario.plan, fields)
    with change(scenario.plan, by=by, right=Right.EDIT, request_id=request_id) as editing:
        scenario = fresh(editing, scenario, "scenario")
        name = _name(scenario)
        keep_edit(editing, scenario, values, shown, "scenario", name, seen_revision)
    return scenario


def start_scenario(
    scenario: Scenario,
    *,
    by: User,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> Scenario:
    """Put a scenario in force, and its items into the room as a new phase. Return it as it is now.

    What is in force already stays so, without an event. Due times of its items count from now.
    Raises Refused when it is cleared or changed since ``seen_revision``, NotAllowed without the
    right to tick.
    """
    with change(scenario.plan, by=by, right=Right.TICK, request_id=request_id) as starting:
        scenario = fresh(starting, scenario, "scenario")
        if starting.repeated or scenario.state == ScenarioState.IN_FORCE:
            return scenario
        if scenario.state == ScenarioState.CLEARED:
            raise Refused(
                _("{stands} Arm it again first.").format(stands=_stands(scenario, starting.at))
            )
        demand_seen(starting, scenario, seen_revision, "scenario", _name(scenario))
        wishes = rules.wishes_of(scenario.items)
        _demand_room(starting.plan, len(wishes))
        generation = _generation(starting.plan, scenario)
        phase, items = _put_in(starting, scenario, wishes, generation)
        revoked = Revoked()
        if phase is not None:
            what = _("the list: contingency {scenario} was started").format(
                scenario=scenario.number
            )
            revoked = revoke_signatures(starting, [], what, whole=True)
        scenario.phase = phase
        _set_state(starting, scenario, ScenarioState.IN_FORCE, "")
        _record_start(starting, scenario, phase, items, generation, revoked)
    return scenario


def clear_scenario(
    scenario: Scenario,
    reason: str,
    *,
    by: User,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> Scenario:
    """Say that a scenario is over, or does not apply any more. Items that it put in stay.

    Raises Invalid without a reason; Refused and NotAllowed as ``start_scenario``.
    """
    reason = checked_reason(reason)
    with change(scenario.plan, by=by, right=Right.TICK, request_id=request_id) as clearing:
        scenario = fresh(clearing, scenario, "scenario")
        if clearing.repeated or scenario.state == ScenarioState.CLEARED:
            return scenario
        if not reason:
            raise Invalid("reason", _("Say how it ended, or why it does not apply any more."))
        demand_seen(clearing, scenario, seen_revision, "scenario", _name(scenario))
        before = scenario.state
        _set_state(clearing, scenario, ScenarioState.CLEARED, reason)
        left = _open_items(scenario)
        stay = (
            " "
            + ngettext(
                "{count} open item of it stay.", "{count} open items of it stay.", left
            ).format(count=left)
            if left
            else ""
        )
        clearing.record(
            "scenario.cleared",
            _("Contingency {scenario} cleared: {scenario_title} Reason: {reason}{stay}").format(
                scenario=scenario.number, scenario_title=scenario.title, reason=reason, stay=stay
            ),
            scenario=scenario.number,
            before=before,
            reason=reason,
            phase=scenario.phase.number if scenario.phase else None,
            revision=scenario.revision,
        )
    return scenario


def arm_scenario(
    scenario: Scenario,
    *,
    by: User,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> Scenario:
    """Make a cleared scenario ready again: its next start is a new one, with a phase of its own.

    Raises Refused while it is in force; NotAllowed without the right to tick.
    """
    with change(scenario.plan, by=by, right=Right.TICK, request_id=request_id) as arming:
        scenario = fresh(arming, scenario, "scenario")
        if arming.repeated or scenario.state == ScenarioState.ARMED:
            return scenario
        if scenario.state == ScenarioState.IN_FORCE:
            raise Refused(_("{stands} Clear it first.").format(stands=_stands(scenario, arming.at)))
        demand_seen(arming, scenario, seen_revision, "scenario", _name(scenario))
        scenario.phase = None
        _set_state(arming, scenario, ScenarioState.ARMED, "")
        arming.record(
            "scenario.changed",
            _("Scenario {scenario} is armed again: {scenario_title}").format(
                scenario=scenario.number, scenario_title=scenario.title
            ),
            scenario=scenario.number,
            state=ScenarioState.ARMED.value,
            revision=scenario.revision,
        )
    return scenario


def remove_scenario(
    scenario: Scenario,
    reason: str,
    *,
    by: User,
    seen_revision: int | None = None,
    request_id: str | None = None,
) -> None:
    """Take a scenario off the list before the release is live. The event keeps what it said.

    Raises Refused once the release runs, and for one that was ever started.
    """
    if not (reason := checked_reason(reason)):
        raise Invalid("reason", _("Say why it goes. It stays in the timeline."))
    with change(scenario.plan, by=by, right=Right.EDIT, request_id=request_id) as removing:
        found = Scenario.objects.filter(pk=scenario.pk, plan=removing.plan).first()
        if removing.repeated or found is None:
            return
        demand_ahead(removing.plan, _("Clear {name} instead.").format(name=_name(found)))
        if found.state != ScenarioState.ARMED or _generation(removing.plan, found) > 1:
            raise Refused(
                _("{name} was in force or cleared: it stays.").format(
                    name=_name(found).capitalize()
                )
            )
        demand_seen(removing, found, seen_revision, "scenario", _name(found))
        removing.record(
            "scenario.removed",
            _("Scenario {found} removed: {found_title} Reason: {reason}").format(
                found=found.number, found_title=found.title, reason=reason
            ),
            scenario=found.number,
            fields=shown(found),
            reason=reason,
        )
        found.delete()


# --- what a start puts in ----------------------------------------------------------------------


def _put_in(
    starting: Change, scenario: Scenario, wishes: Sequence[Wish], generation: int
) -> tuple[Phase | None, list[ChecklistItem]]:
    """The phase with its items, last on the list. Without items there is no phase.

    It begins at this instant, for good: a shift of T0 does not move what has begun.
    """
    if not wishes:
        return None, []
    plan = starting.plan
    last = plan.phases.aggregate(last=Max("number"))["last"] or 0
    title = rules.phase_title(scenario.title, generation, TITLE_LIMIT)
    phase = Phase.objects.create(
        plan=plan, number=last + 1, title=title, starts_at=starting.at, required=False
    )
    newest = ChecklistItem.everything.filter(plan=plan).aggregate(last=Max("number"))["last"] or 0
    roles = list(plan.roles.all())
    return phase, ChecklistItem.objects.bulk_create(
        _item(starting, phase, wish, newest + place, place, roles)
        for place, wish in enumerate(wishes, start=1)
    )


def _item(
    starting: Change, phase: Phase, wish: Wish, number: int, place: int, roles: Iterable[Role]
) -> ChecklistItem:
    role = next((r for r in roles if plain(wish.role) in (plain(r.key), plain(r.name))), None)
    due = starting.at + timedelta(seconds=wish.due_s) if wish.due_s else None
    return ChecklistItem(
        plan=starting.plan,
        phase=phase,
        number=number,
        position=place,
        text=wish.text,
        role=role if wish.role else None,
        owner=wish.role if wish.role and role is None else "",
        blocking=wish.blocking,
        required=wish.required,
        due_at=due,
        added_at=starting.at,
        added_by_name=starting.author_name,
    )


def _demand_room(plan: DeploymentPlan, wanted: int) -> None:
    if wanted and plan.phases.count() >= MOST_PHASES:
        raise Refused(
            _("A release has at most {most_phases} phases.").format(most_phases=MOST_PHASES)
        )
    if ChecklistItem.everything.filter(plan=plan).count() + wanted > MOST_ITEMS:
        raise Refused(_("A release has at most {most_items} items.").format(most_items=MOST_ITEMS))


def _generation(plan: DeploymentPlan, scenario: Scenario) -> int:
    """Which start of the scenario the next one is, from 1."""
    mine = plan.events.filter(kind="scenario.started", data__scenario=scenario.number)
    return mine.count() + 1


def _record_start(
    starting: Change,
    scenario: Scenario,
    phase: Phase | None,
    items: Sequence[ChecklistItem],
    generation: int,
    revoked: Revoked,
) -> None:
    into = ""
    if phase is not None:
        into = " " + ngettext(
            "{count} item is in the room as phase {phase}.",
            "{count} items are in the room as phase {phase}.",
            len(items),
        ).format(count=len(items), phase=phase.number)
    starting.record(
        "scenario.started",
        _("Contingency {scenario} started: {ended}{into}{revoked}").format(
            scenario=scenario.number, ended=ended(scenario.title), into=into, revoked=revoked.said
        ),
        scenario=scenario.number,
        generation=generation,
        phase=phase.number if phase else None,
        id=phase.pk if phase else None,
        phases=[phase.number] if phase else [],
        items={str(item.number): f"{phase.number}.{item.position}" for item in items},
        revision=scenario.revision,
        **revoked.data,
    )


def _set_state(changing: Change, scenario: Scenario, state: ScenarioState, reason: str) -> None:
    scenario.state, scenario.state_reason = state, reason
    scenario.state_at, scenario.state_by_name = changing.at, changing.author_name
    scenario.revision += 1
    scenario.save()


def _open_items(scenario: Scenario) -> int:
    if scenario.phase is None:
        return 0
    return sum(not item.closed for item in scenario.phase.items.all())


def _stands(scenario: Scenario, now: datetime) -> str:
    since = (
        _(" at {state_at} UTC").format(state_at=instant_text(scenario.state_at, now))
        if scenario.state_at
        else ""
    )
    done = {ScenarioState.CLEARED: "cleared", ScenarioState.IN_FORCE: "started"}
    said = done[ScenarioState(scenario.state)]
    return f"{scenario.state_by_name} {said} {_name(scenario)}{since}."


# --- finding ------------------------------------------------------------------------------------


def _name(scenario: Scenario) -> str:
    return _("scenario {scenario}").format(scenario=scenario.number)
