"""A new plan from an earlier one: structure and people as they were, everything open again."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from warroom.actions.drafts import Outline, Wishes, begin
from warroom.actions.invitations import MOST_OPEN, invite
from warroom.actions.refusals import Invalid
from warroom.documents.portable import plan_data
from warroom.documents.readers import WARNING, Finding
from warroom.models import DeploymentPlan, Seat, User
from warroom.rules.facts import field_of
from warroom.rules.outlines import TAKES, days_from, drop_dates, taken

TOLD = {
    "items": _l("phases and items"),
    "criteria": _l("criteria and stages"),
    "people": _l("people"),
    "comms": _l("escalation and risks"),
}


def copy_plan(
    source: DeploymentPlan,
    wishes: Wishes,
    *,
    by: User,
    takes: Collection[str] = tuple(TAKES),
    added: bool = True,
    role_key: str = "",
    request_id: str | None = None,
) -> DeploymentPlan:
    """Make a draft of a plan that ``by`` may see; the same request makes one.

    ``takes`` names what goes along (``TOLD``), ``added`` whether items that came during the release
    do. Whoever sits in a role is asked again; ``by`` takes the own seats at once. Fixed dates go
    along while they lie in the future; of the others a finding stands in the event. Raises as
    ``drafts.begin`` does.
    """
    if unknown := set(takes) - set(TAKES):
        raise Invalid(
            "take",
            _("{unknown!r} cannot be taken. One of: {takes}.").format(
                unknown=sorted(unknown)[0], takes=", ".join(TAKES)
            ),
        )
    outline = _outline(source, wishes, set(takes), added)
    with transaction.atomic():
        own = _own(source, by) if "people" in takes else frozenset()
        plan = begin(outline, wishes, by=by, role_key=role_key, own=own, request_id=request_id)
        if "people" in takes and not plan.invitations.exists():
            _ask(source, plan, by)
    return plan


def _outline(source: DeploymentPlan, wishes: Wishes, takes: set[str], added: bool) -> Outline:
    data = taken(plan_data(source, states=False, added=added), takes)
    now = timezone.now()
    lost = drop_dates(data, lambda at: at > now)
    data["plan"].pop("version", None)
    _drop_facts(data["plan"])
    days_from(data, _day_of(data["plan"].pop("t0", None)))
    if not data["plan"].get("window"):
        data["plan"].pop("window", None)
    said = _(" and ").join(str(TOLD[key]) for key in TOLD if key in takes) or _("roles only")
    return Outline(
        data,
        "plan.copied",
        _("Copied from {source}: {said}. {of_dates}")
        .format(source=source.name, said=said, of_dates=_of_dates(lost))
        .strip(),
        factor=source.rehearsal_factor if source.rehearsal else 1,
        copied_from=source,
        findings=[_past(place) for place in lost],
        source_name=source.source_name if "document" in data else "",
    )


def _drop_facts(plan: dict) -> None:
    """Header lines that speak of the fields of the source would contradict those of the copy."""
    kept = {key: value for key, value in plan.pop("facts", {}).items() if not field_of(key)}
    if kept:
        plan["facts"] = kept


def _day_of(t0: str | None) -> date | None:
    return datetime.fromisoformat(t0).date() if t0 else None


def _of_dates(lost: list[str]) -> str:
    if not lost:
        return ""
    return ngettext(
        "{count} fixed date lies in the past and did not go along.",
        "{count} fixed dates lie in the past and did not go along.",
        len(lost),
    ).format(count=len(lost))


def _past(place: str) -> Finding:
    way_out = _("Give it an offset from T0, or a new date.")
    return Finding(
        0,
        WARNING,
        "date_past",
        _("{place} lies in the past and was left out.").format(place=place),
        way_out,
    )


def _own(source: DeploymentPlan, by: User) -> frozenset[str]:
    """The keys of the roles in which the author sits for good in the source."""
    seats = Seat.objects.filter(role__plan=source, stands_in_for=None, user=by)
    return frozenset(seats.values_list("role__key", flat=True))


def _ask(source: DeploymentPlan, plan: DeploymentPlan, by: User) -> None:
    """Ask everybody who sits for good in a role of the source, but for the author of the copy."""
    roles = {role.key: role for role in plan.roles.all()}
    seats = Seat.objects.filter(role__plan=source, stands_in_for=None).exclude(user=by)
    asked: dict[tuple[str, str], Seat] = {}
    for seat in seats.select_related("role", "user").order_by("role__position", "pk"):
        person = seat.user
        if person.is_active and seat.role.key in roles:
            # Two of one name and no address cannot be told apart by who is asked.
            asked.setdefault((seat.role.key, person.email or person.display_name), seat)
    for seat in list(asked.values())[:MOST_OPEN]:
        role, person = roles[seat.role.key], seat.user
        name = person.display_name[:150]
        invite(plan, role, by=by, name=name, email=person.email, letter=False)
