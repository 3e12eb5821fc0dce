from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from warroom.models import DeploymentPlan, TimelineEvent
from warroom.rules import chain

PAGE = 50
Proof = Callable[[DeploymentPlan], Iterable[str]]
_proofs: list[Proof] = []


def register_proof(proof: Proof) -> None:
    """``proof(plan)`` gives a sentence for each thing that does not fit to the timeline."""
    if proof not in _proofs:
        _proofs.append(proof)


def unproven(plan: DeploymentPlan) -> list[str]:
    """What apps above have kept and what does not fit to the timeline any more, in sentences."""
    return [sentence for proof in _proofs for sentence in proof(plan)]


def newest(plan: DeploymentPlan, count: int = 12) -> list[TimelineEvent]:
    """The newest ``count`` events, newest first; one SQL statement whatever the length."""
    return list(plan.events.order_by("-seq")[:count])


def after(plan: DeploymentPlan, seq: int) -> QuerySet[TimelineEvent]:
    """Events with a larger sequence number, oldest first."""
    return plan.events.filter(seq__gt=seq).order_by("seq")


def entries(
    plan: DeploymentPlan,
    *,
    kinds: Sequence[str] = (),
    by: str = "",
    text: str = "",
    before: int | None = None,
    count: int = PAGE,
) -> list[TimelineEvent]:
    """One page of the timeline, newest first: events of these kinds (prefixes), author and text,
    older than sequence number ``before``; one SQL statement."""
    events = plan.events.order_by("-seq")
    if kinds:
        events = events.filter(reduce(or_, (Q(kind__startswith=kind) for kind in kinds)))
    if by:
        events = events.filter(actor_name=by)
    if text:
        events = events.filter(text__icontains=text)
    if before is not None:
        events = events.filter(seq__lt=before)
    return list(events[:count])


def older(events: Sequence[TimelineEvent]) -> str:
    """The query string of the page after a full one; empty when there is nothing older."""
    return f"before={events[-1].seq}" if len(events) == PAGE and events[-1].seq > 1 else ""


def authors(plan: DeploymentPlan) -> list[str]:
    return list(plan.events.order_by("actor_name").values_list("actor_name", flat=True).distinct())


def first_broken(plan: DeploymentPlan) -> str | None:
    """What is wrong with the first event that does not fit the chain; None when all fit."""
    return chain.first_broken(_links(plan), plan.timeline_seq, plan.timeline_hash)


def orphans() -> int:
    """How many events belong to a plan that is no longer there: somebody deleted its row."""
    return TimelineEvent.objects.exclude(plan__in=DeploymentPlan.objects.all()).count()


def _links(plan: DeploymentPlan) -> Iterator[tuple[chain.Link, str]]:
    for event in plan.events.order_by("seq").iterator(chunk_size=1000):
        yield (
            chain.Link(
                plan=plan.slug,
                seq=event.seq,
                kind=event.kind,
                at=event.at,
                actor=event.actor_name,
                actor_id=event.actor_id,
                text=event.text,
                data=event.data,
                request_id=event.request_id,
                prev_hash=event.prev_hash,
            ),
            event.hash,
        )
