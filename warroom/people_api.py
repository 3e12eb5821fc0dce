"""What pipelines do with people: who sits where, who is missing, seating and asking."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status

from warroom.actions.invitations import invite, link_of
from warroom.actions.people import take_seat
from warroom.actions.refusals import Invalid
from warroom.api import find_role, plan_of, zoned
from warroom.models import Seat, User
from warroom.once import once
from warroom.problems import Instant
from warroom.queries.people import span_of
from warroom.queries.seats import RoleRow, last_seen, presences, role_rows
from warroom.rules.coverage import EVER, NEVER, Span
from warroom.rules.lengths import offset

router = Router(tags=["people"])


class SpanOut(Schema):
    """UTC; null is an open end."""

    starts_at: datetime | None
    ends_at: datetime | None


class HolderOut(SpanOut):
    """``stands_in_for``: the user name of whoever lent the seat. ``presence``: "away 14 min"."""

    person: str
    name: str
    presence: str = ""
    stands_in_for: str = ""


class CoverOut(Schema):
    """T-offsets, as the plan file writes them."""

    starts: str
    ends: str


class RoleOut(Schema):
    """``holders`` count now, ``coming`` later; nobody sits in ``gaps``."""

    key: str
    name: str
    rights: list[str]
    named: str
    cover: CoverOut | None
    holders: list[HolderOut]
    coming: list[HolderOut]
    gaps: list[SpanOut]


@router.get("plans/{slug}/people", response=list[RoleOut])
def people(request: HttpRequest, slug: str):
    """The roles with their rights, who sits there now and later, and the gaps in coverage."""
    plan, now = plan_of(request, slug), timezone.now()
    rows = role_rows(plan, now, last_seen(presences(plan)))
    return [_role(row) for row in rows]


class SeatIn(Schema):
    """``person`` is a user name. Without times the seat is for good."""

    role: str
    person: str
    starts_at: Instant | None = None
    ends_at: Instant | None = None


@router.post("plans/{slug}/seats", response={201: HolderOut})
def seat(request: HttpRequest, slug: str, body: SeatIn):
    """Seat somebody with an account; who sits there already stays so."""
    plan = plan_of(request, slug, "edit")
    role = find_role(plan, body.role)
    person = User.objects.filter(username=body.person, is_active=True).first()
    if person is None:
        raise Invalid(
            "person", _("Nobody has the user name {person!r}.").format(person=body.person)
        )
    times = {"starts_at": zoned("starts_at", body.starts_at)}
    times["ends_at"] = zoned("ends_at", body.ends_at)
    return Status(201, _holder(take_seat(plan, role, person, by=request.user, **times)))


class InvitationIn(Schema):
    """With ``email`` a letter goes out; without, hand the answer's ``link`` over."""

    role: str
    name: str = ""
    email: str = ""


class InvitationOut(Schema):
    id: int
    role: str
    name: str
    expires_at: datetime
    link: str


@router.post("plans/{slug}/invitations", response={200: None, 201: InvitationOut})
def ask(request: HttpRequest, slug: str, body: InvitationIn):
    """Ask somebody to take a role; 200 when the same key did so before."""
    plan = plan_of(request, slug, "edit")
    role = find_role(plan, body.role)
    asked = invite(
        plan, role, name=body.name, email=body.email, by=request.user, request_id=once(request)
    )
    if asked is None:
        return Status(200, None)
    return Status(
        201,
        {
            "id": asked.pk,
            "role": role.key,
            "name": asked.name,
            "expires_at": asked.expires_at,
            "link": link_of(asked),
        },
    )


def _role(row: RoleRow) -> dict[str, Any]:
    role = row.role
    cover = None
    if role.cover_from_s is not None and role.cover_until_s is not None:
        cover = {"starts": offset(role.cover_from_s), "ends": offset(role.cover_until_s)}
    return {
        "key": role.key,
        "name": role.name,
        "rights": role.rights,
        "named": role.holder,
        "cover": cover,
        "holders": [_holder(one.seat, one.presence) for one in row.sitters],
        "coming": [_holder(seat) for seat in row.coming],
        "gaps": [_span(gap) for gap in row.gaps],
    }


def _holder(seat: Seat, presence: str = "") -> dict[str, Any]:
    lender = seat.stands_in_for
    return _span(span_of(seat)) | {
        "person": seat.user.username,
        "name": seat.user.display_name,
        "presence": presence,
        "stands_in_for": lender.user.username if lender else "",
    }


def _span(span: Span) -> dict[str, datetime | None]:
    return {
        "starts_at": None if span.starts == NEVER else span.starts,
        "ends_at": None if span.ends == EVER else span.ends,
    }
