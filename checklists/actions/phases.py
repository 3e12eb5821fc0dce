"""People change the parts of the list: phases here, the headings inside them in ``groups``.

Each change is one event. A phase that was signed, and the whole release, are changed only by taking
those signatures back. What was signed is never deleted, nor is its phase.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max
from django.utils.translation import gettext as _

from checklists.actions.revoking import revoke_signatures
from checklists.models import ChecklistItem, Phase, SignOff
from checklists.rules import placement
from checklists.rules.due_text import NEVER, Due, due_text
from checklists.rules.field_words import field_word
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused
from warroom.models import DeploymentPlan, Right, User

TITLE_LIMIT, EXIT_LIMIT, MOST_PHASES = 300, 2000, 200
_BESIDE = 20_000  # numbers that no phase has, to pass through while others take theirs
Named = Collection[int] | None  # as in ``editing``


@dataclass(frozen=True)
class PhaseWish:
    """What a phase is to be: its title, when it begins and ends, and when it is over."""

    title: str
    at: Due = NEVER
    until: Due = NEVER
    exit_criteria: str = ""
    required: bool = True

    def checked(self) -> "PhaseWish":
        title = checked_title(self.title)
        criteria = self.exit_criteria.replace("\0", "").strip()
        if len(criteria) > EXIT_LIMIT:
            raise Invalid(
                "exit_criteria", _("At most {exit_limit} characters.").format(exit_limit=EXIT_LIMIT)
            )
        return PhaseWish(title, self.at, self.until, criteria, self.required)


def phase_shown(phase: Phase) -> dict[str, Any]:
    """A phase's fields as events keep them; also what a form hands back as 'seen'."""
    return {
        "title": phase.title,
        "at": due_text(Due(phase.offset_s, phase.starts_at)),
        "until": due_text(Due(phase.end_offset_s, phase.ends_at)),
        "exit_criteria": phase.exit_criteria,
        "required": phase.required,
    }


def add_phase(
    plan: DeploymentPlan,
    wish: PhaseWish,
    *,
    by: User,
    place: int | None = None,
    named: Named = None,
    request_id: str | None = None,
) -> Phase:
    """Add a phase, last or at ``place`` (from 1), and return it. It revokes what was signed for
    the whole release. Raises Invalid, SignedMeanwhile, NotAllowed without the right to edit.
    """
    wish = wish.checked()
    with change(plan, by=by, right=Right.EDIT, request_id=request_id) as adding:
        if adding.repeated:
            event = adding.plan.events.get(request_id=adding.request_id)
            return adding.plan.phases.get(pk=event.data["id"])
        last = adding.plan.phases.aggregate(last=Max("number"))["last"] or 0
        if last >= MOST_PHASES:
            raise Refused(
                _("A release has at most {most_phases} phases.").format(most_phases=MOST_PHASES)
            )
        phase = Phase(plan=adding.plan, number=last + 1)
        _write_phase(phase, wish)
        _stand_phase(phase, place or last + 1)
        _record(
            adding, "phase.added", _("Phase {phase} added").format(phase=phase), phase, [], named
        )
    return phase


def edit_phase(
    phase: Phase,
    wish: PhaseWish,
    *,
    by: User,
    seen: Mapping[str, Any] | None = None,
    named: Named = None,
    request_id: str | None = None,
) -> Phase:
    """Change what a phase says. ``seen``: its fields as the author saw them (``phase_shown``).

    It revokes the signatures under the phase and the whole release. Raises Refused when the phase
    is no longer as it was seen; Invalid, SignedMeanwhile, NotAllowed as ``add_phase``.
    """
    wish = wish.checked()
    with change(phase.plan, by=by, right=Right.EDIT, request_id=request_id) as editing:
        phase = find_phase(editing, phase)
        before = phase_shown(phase)
        demand_seen(
            editing, seen, before, _("phase {phase}").format(phase=phase.number), phase=phase.number
        )
        if editing.repeated:
            return phase
        _write_phase(phase, wish, save=False)
        changes = changes_of(before, phase_shown(phase))
        if changes:
            phase.save()
            said = _("Phase {phase} edited, {changes}").format(
                phase=phase, changes=", ".join(map(field_word, changes))
            )
            _record(editing, "phase.edited", said, phase, [phase], named, changes=changes)
    return phase


def move_phase(
    phase: Phase, place: int, *, by: User, named: Named = None, request_id: str | None = None
) -> Phase:
    """Make a phase the ``place``-th (from 1). Numbers stay without gaps; refs follow.

    The order of the phases is part of what was signed for the whole release. Raises as above.
    """
    with change(phase.plan, by=by, right=Right.EDIT, request_id=request_id) as moving:
        phase = find_phase(moving, phase)
        old = phase.number
        if moving.repeated:
            return phase
        _stand_phase(phase, place)
        if phase.number != old:
            said = _("Phase {old} is now phase {phase}").format(old=old, phase=phase)
            _record(moving, "phase.moved", said, phase, [], named, before=old)
    return phase


def remove_phase(
    phase: Phase, *, by: User, named: Named = None, request_id: str | None = None
) -> None:
    """Take away a phase without items. Raises Refused for one that has items or was ever signed."""
    with change(phase.plan, by=by, right=Right.EDIT, request_id=request_id) as removing:
        found = Phase.objects.filter(pk=phase.pk, plan=removing.plan).first()
        if removing.repeated or found is None:
            return
        if wrong := _keeps(found):
            raise Refused(wrong)
        others = list(removing.plan.phases.exclude(pk=found.pk))
        kept = _hand_on(found, others)
        # Told before it is gone: the event names it as it was.
        _record(
            removing,
            "phase.removed",
            _("Phase {found} removed").format(found=found),
            found,
            [],
            named,
            kept=kept,
        )
        found.delete()
        renumber([one.pk for one in others])


def _keeps(phase: Phase) -> str | None:
    """Why a phase stays; None if it may go."""
    count = ChecklistItem.objects.filter(phase=phase).count()
    if count:
        what = _("1 item") if count == 1 else _("{count} items").format(count=count)
        return _("Phase {phase} has {what}. Move or remove what is in it first.").format(
            phase=phase.number, what=what
        )
    if SignOff.objects.filter(phase=phase).exists():
        return _(
            "Phase {phase} was signed, and what was signed is kept. Switch the phase off instead."
        ).format(phase=phase.number)
    return None


def _hand_on(phase: Phase, others: list[Phase]) -> list[int]:
    """What was taken off the list is kept, in the phase before or after. Its numbers."""
    removed = list(ChecklistItem.everything.filter(phase=phase).order_by("position"))
    if not removed:
        return []
    if not others:
        raise Refused(_("This is the only phase, and it keeps what was removed from it."))
    before = [one for one in others if one.number < phase.number]
    heir = before[-1] if before else others[0]
    place = ChecklistItem.everything.filter(phase=heir).aggregate(last=Max("position"))["last"] or 0
    for position, item in enumerate(removed, place + 1):
        item.phase, item.group, item.position = heir, None, position
    ChecklistItem.everything.bulk_update(removed, ["phase", "group", "position"], batch_size=200)
    return [item.number for item in removed]


def _record(
    changing: Change,
    kind: str,
    said: str,
    phase: Phase,
    phases: list[Phase],
    named: Named,
    **more: Any,
) -> None:
    what = _("the list: {said}{said_2}").format(said=said[0].lower(), said_2=said[1:])
    revoked = revoke_signatures(changing, phases, what, whole=True, named=named)
    data = {"phase": phase.number, "id": phase.pk, **more, **revoked.data}
    changing.record(kind, f"{said}{revoked.said}", **data)


def find_phase(changing: Change, phase: Phase) -> Phase:
    found = Phase.objects.filter(pk=phase.pk, plan=changing.plan).first()
    if found is None:
        raise Refused(_("This phase was removed meanwhile. Nothing was saved."))
    return found


def _write_phase(phase: Phase, wish: PhaseWish, *, save: bool = True) -> None:
    phase.title, phase.required = wish.title, wish.required
    phase.exit_criteria = wish.exit_criteria
    phase.offset_s, phase.starts_at = wish.at.offset_s, wish.at.at
    phase.end_offset_s, phase.ends_at = wish.until.offset_s, wish.until.at
    if save:
        phase.save()


def _stand_phase(phase: Phase, place: int) -> None:
    ids = list(Phase.objects.filter(plan=phase.plan_id).values_list("pk", flat=True))
    renumber(placement.moved_within(ids, phase.pk, place))
    phase.refresh_from_db(fields=["number"])


def renumber(ids: list[int]) -> None:
    """Give phases their numbers, by way of numbers that nobody has: each is unique at any time."""
    phases = Phase.objects.in_bulk(ids)
    wrong = [phases[pk] for place, pk in enumerate(ids, 1) if phases[pk].number != place]
    away = Phase.objects.filter(pk__in=[phase.pk for phase in wrong])
    away.update(number=F("number") + _BESIDE)
    places = {pk: place for place, pk in enumerate(ids, 1)}
    for phase in wrong:
        phase.number = places[phase.pk]
    Phase.objects.bulk_update(wrong, ["number"])


def changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {"before": before[name], "after": after[name]}
        for name in after
        if before[name] != after[name]
    }


def demand_seen(
    changing: Change, seen: Mapping[str, Any] | None, now: Mapping[str, Any], what: str, **data: Any
) -> None:
    if seen is None or dict(seen) == dict(now) or changing.repeated:
        return
    wanted = {f"data__{key}": value for key, value in data.items()}
    kinds = ("phase.edited", "group.edited")
    last = changing.plan.events.filter(kind__in=kinds, **wanted).order_by("-seq").first()
    who = (
        _("{actor_name} changed {what} first, at {at:%H:%M} UTC").format(
            actor_name=last.actor_name, what=what, at=last.at
        )
        if last
        else ""
    )
    raise Refused(
        _("{who}. Nothing was saved.").format(
            who=who or _("Somebody changed {what} first").format(what=what)
        )
    )


def checked_title(title: str) -> str:
    title = " ".join(title.replace("\0", "").split())
    if not title:
        raise Invalid("title", _("Give it a title."))
    if len(title) > TITLE_LIMIT:
        raise Invalid(
            "title",
            _("The title has more than {title_limit} characters.").format(title_limit=TITLE_LIMIT),
        )
    return title
