"""'If needed' parts of the list are switched off and on again, each as one event (S129, S130)."""

from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.actions.revoking import revoke_signatures
from checklists.models import ChecklistItem, Phase, PhaseGroup
from checklists.queries.refs import name_items
from checklists.rules.items import CLOSED
from warroom.actions.change import Change, change
from warroom.actions.refusals import Invalid, Refused, checked_reason
from warroom.models import Right, User

REASON_LIMIT = 1000
Section = Phase | PhaseGroup
FIELDS = ["state", "state_reason", "state_by", "state_by_name", "state_at"]
FIELDS += ["started_at", "off_with_section", "revision"]
SWITCH = ["off_at", "off_by_name", "off_reason"]


def switch_off(
    section: Section,
    reason: str,
    *,
    by: User,
    named: Collection[int] | None = None,
    request_id: str | None = None,
) -> Section:
    """Switch a part off: its open items are not applicable until it is switched on.

    What was done or left out before stays as it is. What is off already stays so. ``named`` as in
    ``revoke_signatures``. Raises Invalid without a reason, Refused for a part that is required,
    NotAllowed without the right to edit.
    """
    if not (reason := checked_reason(reason, REASON_LIMIT)):
        raise Invalid("reason", _("Say why this part is not needed."))
    with change(_phase(section).plan, by=by, right=Right.EDIT, request_id=request_id) as off:
        section = _locked(section)
        if off.repeated or section.off_at is not None:
            return section
        if not may_be_off(section):
            raise Refused(
                _(
                    "{section} is required: only 'if needed' parts can be switched off. "
                    "Skip its items one by one, each with its reason."
                ).format(section=section)
            )
        section.off_at, section.off_by_name, section.off_reason = off.at, off.author_name, reason
        section.save(update_fields=SWITCH)
        items = [item for item in _items(section) if item.state not in CLOSED]
        for item in items:
            _set(
                off,
                item,
                "not_applicable",
                _("{name} is off: {reason}").format(name=_name(section), reason=reason),
                off=True,
            )
        _write(off, section, items, "switched_off", reason, named)
    return section


def switch_on(
    section: Section,
    *,
    by: User,
    named: Collection[int] | None = None,
    request_id: str | None = None,
) -> Section:
    """Switch a part on again: the items that went off with it are open, all others stay.

    What is on already stays so. Raises NotAllowed without the right to edit.
    """
    with change(_phase(section).plan, by=by, right=Right.EDIT, request_id=request_id) as on:
        section = _locked(section)
        if on.repeated or section.off_at is None:
            return section
        phase = _phase(section)
        if isinstance(section, PhaseGroup) and phase.off_at is not None:
            raise Refused(
                _("Phase {phase} is off as a whole. Switch the phase on first.").format(phase=phase)
            )
        why = section.off_reason
        section.off_at, section.off_by_name, section.off_reason = None, "", ""
        section.save(update_fields=SWITCH)
        items = [item for item in _items(section) if _comes_back(section, item)]
        for item in items:
            _set(on, item, "open", "", off=False)
        _write(on, section, items, "switched_on", why, named)
    return section


def follow_part(changing: Change, items: Iterable[ChecklistItem]) -> str:
    """Items that came to stand elsewhere go off with the part that is off there, or come back.

    Otherwise one would stay open in a part that nobody works on, or off in one that is worked on.
    What was done stays done. Returns what the timeline says of it; empty when nothing changed.
    """
    went, came = [], []
    for item in items:
        part = next((one for one in (item.phase, item.group) if one and one.off_at), None)
        if part is not None and item.state not in CLOSED:
            said = _("{name} is off: {off_reason}").format(
                name=_name(part), off_reason=part.off_reason
            )
            _set(changing, item, "not_applicable", said, off=True)
            went.append(said)
        elif part is None and item.off_with_section:
            _set(changing, item, "open", "", off=False)
            came.append(item)
        else:
            continue
        item.save(update_fields=FIELDS)
    back = _(" It is open again: its part is not off.") if came else ""
    return _(" Not applicable: {went}").format(went=went[0]) if went else back


def may_be_off(section: Section) -> bool:
    """Whether a part is 'if needed': said of itself, or of the phase that it stands in."""
    if isinstance(section, Phase):
        return not section.required
    return section.optional or not section.phase.required


def _phase(section: Section) -> Phase:
    return section if isinstance(section, Phase) else section.phase


def _comes_back(section: Section, item: ChecklistItem) -> bool:
    """With its phase, an item stays off where its own part is still off."""
    part_off = isinstance(section, Phase) and item.group is not None and item.group.off_at
    return item.off_with_section and not part_off


def _name(section: Section) -> str:
    return (
        _("phase {section}").format(section=section)
        if isinstance(section, Phase)
        else section.title
    )


def _locked(section: Section) -> Section:
    if isinstance(section, Phase):
        return Phase.objects.select_related("plan").get(pk=section.pk)
    return PhaseGroup.objects.select_related("phase__plan").get(pk=section.pk)


def _items(section: Section) -> list[ChecklistItem]:
    scope = {"phase": section} if isinstance(section, Phase) else {"group": section}
    return name_items(ChecklistItem.objects.filter(**scope).select_related("phase", "group"))


def _set(switching: Change, item: ChecklistItem, state: str, reason: str, *, off: bool) -> None:
    item.state, item.state_reason, item.off_with_section = state, reason, off
    item.state_by, item.state_by_name = switching.author, switching.author_name
    item.state_at = switching.at
    item.started_at = None
    item.revision += 1


def _write(
    switching: Change,
    section: Section,
    items: list[ChecklistItem],
    verb: str,
    reason: str,
    named: Collection[int] | None,
) -> None:
    ChecklistItem.objects.bulk_update(items, FIELDS, batch_size=200)
    phase = _phase(section)
    said = _("{part} switched off") if verb == "switched_off" else _("{part} switched on")
    what = said.format(part=_name(section))
    revoked = revoke_signatures(switching, [phase], what, whole=True, named=named)
    said = ngettext("{count} item.", "{count} items.", len(items)).format(count=len(items))
    counted = f" {said}" if items else ""
    why = _(" Reason: {reason}").format(reason=reason) if verb == "switched_off" else ""
    switching.record(
        f"section.{verb}",
        f"{what}.{counted}{why}{revoked.said}",
        phase=phase.number,
        group=section.position if isinstance(section, PhaseGroup) else None,
        items={str(item.number): item.ref for item in items},
        after="not_applicable" if verb == "switched_off" else "open",
        reason=reason,
        **revoked.data,
    )
