"""One change = one lock = one transaction = one timeline event (law 2)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from warroom.actions.refusals import NotAllowed, Refused
from warroom.live import byhand, doorbell, snapshots
from warroom.models import DeploymentPlan, Role, TimelineEvent, User
from warroom.queries.people import Standing, standing
from warroom.rules import chain, rehearsal
from warroom.rules.lifecycle import closed
from warroom.rules.wording import instant_text

RULE = "rule"


class Change:
    """An open change of one plan: its locked row, its author and its one instant (UTC)."""

    def __init__(
        self, plan: DeploymentPlan, by: User | str, at: datetime, request_id: str | None
    ) -> None:
        self.plan, self.at, self.request_id = plan, at, request_id or None
        self.by = chain.spoken(by)
        self.event: TimelineEvent | None = None

    @property
    def author_name(self) -> str:
        return self.by if isinstance(self.by, str) else self.by.display_name

    @property
    def author(self) -> User | None:
        return None if isinstance(self.by, str) else self.by

    @cached_property
    def held(self) -> Standing:
        """What the author is in this plan, read once for a change that asks it often."""
        return standing(self.author, self.plan, self.at) if self.author else Standing()

    @property
    def repeated(self) -> bool:
        """Whether this very request was carried out before, so that nothing is left to do."""
        return (
            self.request_id is not None
            and self.plan.events.filter(request_id=self.request_id).exists()
        )

    def record(self, kind: str, text: str, **data: Any) -> TimelineEvent:
        """Append the event of this change. ``data`` is JSON: what changed, from and to."""
        if self.event is not None:
            raise RuntimeError(f"{self.event.kind} and {kind}: one change has one event")
        if self.repeated:
            # The same id for something else: a form sent again with other words, or a reused key.
            raise Refused(
                _("This was sent before with other words. Load the page and send it anew.")
            )
        plan, data = self.plan, chain.spoken(data)
        if plan.rehearsal:
            text = rehearsal.marked(kind, text)
        link = chain.Link(
            plan=plan.slug,
            seq=plan.timeline_seq + 1,
            kind=kind,
            at=self.at,
            actor=self.author_name,
            actor_id=self.author.pk if self.author else None,
            text=str(text).replace("\0", ""),
            data=data,
            request_id=self.request_id,
            prev_hash=plan.timeline_hash,
        )
        self.event = TimelineEvent.objects.create(
            plan=plan,
            seq=link.seq,
            kind=kind,
            at=link.at,
            actor=self.author,
            actor_name=link.actor,
            text=link.text,
            data=data,
            request_id=self.request_id,
            prev_hash=link.prev_hash,
            hash=chain.digest(link),
        )
        plan.timeline_seq, plan.timeline_hash = link.seq, self.event.hash
        plan.revision += 1
        plan.save(update_fields=["timeline_seq", "timeline_hash", "revision"])
        event = self.event
        # Robust: what was committed stands, whatever becomes of telling others about it.
        transaction.on_commit(lambda: doorbell.ring(plan.pk), robust=True)
        transaction.on_commit(lambda: snapshots.after(plan, event), robust=True)
        transaction.on_commit(lambda: byhand.after(plan, event), robust=True)
        return event


@contextmanager
def change(
    plan: DeploymentPlan,
    *,
    by: User | str,
    right: str | None = None,
    role: Role | None = None,
    request_id: str | None = None,
    when_closed: bool = False,
) -> Iterator[Change]:
    """Lock the plan's row and check the right, then let the body read, judge and write.

    In a closed release people change nothing more, unless ``when_closed`` says that this is
    possible there too (a note, reopening).

    ``by`` is a person, or RULE (or another name) where no person acts. With ``right``, the person
    must hold it, through ``role`` where one is given. Raises NotAllowed, and Refused when the
    release is closed; the body raises Refused. Whatever is raised, nothing is written.
    """
    with transaction.atomic():
        locked = DeploymentPlan.objects.select_for_update().get(pk=plan.pk)
        if isinstance(by, User) and right is not None:
            demand(locked, by, right, role)
        opened = Change(locked, by, timezone.now(), request_id)
        # What was carried out before may be answered again, in a closed release as well.
        if isinstance(by, User) and not when_closed and not (locked.is_closed and opened.repeated):
            demand_open(locked, opened.at)
        # Whoever acts, one room's record is written in one language.
        with translation.override(locked.language):
            yield opened


def demand_open(plan: DeploymentPlan, now: datetime) -> None:
    """Raise Refused in a closed release."""
    since = (
        _("since {lifecycle_at} UTC").format(lifecycle_at=instant_text(plan.lifecycle_at, now))
        if plan.lifecycle_at
        else ""
    )
    if sentence := closed(plan.lifecycle, since):
        raise Refused(sentence)


def demand(plan: DeploymentPlan, person: User, right: str, role: Role | None = None) -> None:
    """Raise NotAllowed unless ``person`` holds ``right``, through ``role`` where one is given."""
    held = standing(person, plan)
    if role is None:
        if right not in held.rights:
            raise NotAllowed(
                _(
                    "Your roles in this release do not allow it: it wants the right to {right}."
                ).format(right=right)
            )
    elif role.plan_id != plan.pk or role.pk not in held.role_ids:
        raise NotAllowed(_("You do not sit as {role} in this release.").format(role=role.name))
    elif not role.may(right):
        raise NotAllowed(
            _("{role} does not have the right to {right}.").format(role=role.name, right=right)
        )
