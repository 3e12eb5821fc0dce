from collections.abc import Iterator

from django.db.models import QuerySet

from warroom.models import DeploymentPlan, TimelineEvent
from warroom.rules import chain


def newest(plan: DeploymentPlan, count: int = 12) -> list[TimelineEvent]:
    """The newest ``count`` events, newest first; one SQL statement whatever the length."""
    return list(plan.events.order_by("-seq")[:count])


def after(plan: DeploymentPlan, seq: int) -> QuerySet[TimelineEvent]:
    """Events with a larger sequence number, oldest first."""
    return plan.events.filter(seq__gt=seq).order_by("seq")


def first_broken(plan: DeploymentPlan) -> str | None:
    """What is wrong with the first event that does not fit the chain; None when all fit."""
    return chain.first_broken(_links(plan), plan.timeline_seq, plan.timeline_hash)


def _links(plan: DeploymentPlan) -> Iterator[tuple[chain.Link, str]]:
    for event in plan.events.order_by("seq").iterator(chunk_size=1000):
        yield (
            chain.Link(
                plan=plan.slug,
                seq=event.seq,
                kind=event.kind,
                at=event.at,
                actor=event.actor_name,
                text=event.text,
                data=event.data,
                request_id=event.request_id or "",
                prev_hash=event.prev_hash,
            ),
            event.hash,
        )
